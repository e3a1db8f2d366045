"""Every word that a person at the counter reads, in Persian and in English.

The catalogues are ``fa.toml`` and ``en.toml``: one text for each message id, with named
parameters. ``catalogue`` reads them, ``numbers`` writes figures, ``words`` turns a view into lines.
"""
