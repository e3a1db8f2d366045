"""Power cuts: what is left of the journal and of the ledger when the current goes at any moment.

Reading order: ``disk_log`` (what a database asked of its disk), ``sqlite_vfs`` and ``recorder``
(how that is overheard), ``image`` (what a cut may leave of it, purely), ``recording``, ``cuts``,
``look``, ``subject``, ``seeded_key``, ``journal_life`` and ``ledger_life`` (what the two stores
live through), ``trial``, ``report``, ``run``, and ``cli``.
"""
