"""What people do to the ledger from a desk, and the books.

Reading order: ``commanding`` (how anything is done once, and written down), ``form``, ``acting``
(one page for everything that is done), ``member_case`` and the modules ``member_*`` beside it,
``gift_*``, ``book_*``, ``correction_*``; ``routes`` puts every view on its blueprint.
"""
