"""Faults of the ledger and its store.

::

    LedgerError
    ├── StoreUnavailableError not now: the same batch may be tried again
    │   └── StoreFullError    no space: nothing was applied
    ├── StoreInUseError       another gateway writes the same database
    ├── StoreVersionError     the file was made by another version of Mohr
    ├── StoreClosedError      the store was closed
    ├── NotLoadedError        a decision asked for a row that was not loaded: a bug, not data
    ├── InvariantError        a change would break the books: a bug, not data
    └── AdministrationError   a terminal, key, card or programme that cannot be added as asked
"""

from __future__ import annotations

from gateway.errors import LedgerError


class StoreUnavailableError(LedgerError):
    """The database cannot be asked just now: it is away, or did not answer in time.

    Where a connection was lost while it committed, nobody knows whether the batch was applied.
    Trying the same batch again is right in both cases: what was applied is found and answered as
    a repetition.
    """


class StoreFullError(StoreUnavailableError):
    """The disk or the database is full. Nothing was applied; try again when there is space."""


class StoreInUseError(LedgerError):
    """Another gateway writes the same database, and two must never."""


class StoreVersionError(LedgerError):
    """The database's schema is not the one this version of Mohr works with."""


class StoreClosedError(LedgerError):
    """The store was used after it was closed."""


class NotLoadedError(LedgerError):
    """A decision needed a row that the batch's plan did not load."""


class InvariantError(LedgerError):
    """A change would break one of the ledger's invariants and was not made."""


class AdministrationError(LedgerError):
    """What an administrator asked for contradicts what the ledger already holds."""
