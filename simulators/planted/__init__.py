"""Mistakes planted one at a time into the real code, to show that the checkers can fail.

No production module knows of this: a planted bug replaces one function from outside, for as long
as a ``with`` block lasts or a process lives, and refuses to be planted where that function is not
what it was written against.

Reading order: ``bug`` (one mistake, and how it is planted), the files of mistakes
(``journal_bugs``, ``sending_bugs``, ``sequence_bugs``, ``points_bugs``, ``hold_bugs``,
``rules_bugs``, ``rules_back_bugs``, ``currency_bugs``, ``storage_bugs``, ``process_bugs``, and
``harmless``: mistakes that the design forgives), ``registry`` (all of them by name), ``hunt`` (run
a checker until it finds one), ``crew`` (hunt for many at once), ``cli``.

What this does not show: that the checkers find every mistake. It shows that they find these.
"""
