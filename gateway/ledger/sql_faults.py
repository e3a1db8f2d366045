"""The databases' faults as the ledger's own: what passes with time, and what needs a person."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import exc

from gateway.errors import LedgerError
from gateway.ledger.errors import StoreFullError, StoreUnavailableError

# SQLite's primary result codes (https://sqlite.org/rescode.html): no space, and a failed read,
# write or sync, which is what many filesystems report when they are full.
_SQLITE_FULL: Final = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})
# PostgreSQL's SQLSTATEs (its manual, appendix A).
_POSTGRES_FULL: Final = "53100"
_POSTGRES_PASSING: Final = frozenset(
    {
        "40001",  # serialization_failure
        "40P01",  # deadlock_detected
        "53200",  # out_of_memory
        "53300",  # too_many_connections
        "55P03",  # lock_not_available: lock_timeout
        "57014",  # query_canceled: statement_timeout
        "57P01",  # admin_shutdown
        "57P02",  # crash_shutdown
        "57P03",  # cannot_connect_now: it is starting or stopping
        "58030",  # io_error
    }
)
_POSTGRES_CONNECTION: Final = "08"


@contextmanager
def translated_faults() -> Iterator[None]:
    """Raise the database's faults as the ledger's own.

    Raises:
        StoreFullError: when there is no space.
        StoreUnavailableError: when the database cannot be asked just now.
        LedgerError: for everything else that the database complains of.
    """
    try:
        yield
    except exc.DBAPIError as error:
        raise _fault_of(error) from error
    except exc.TimeoutError as error:
        raise StoreUnavailableError(f"every connection for reading is in use: {error}") from error
    except exc.SQLAlchemyError as error:
        raise LedgerError(f"the ledger's database failed: {error}") from error


def _fault_of(error: exc.DBAPIError) -> LedgerError:
    state = getattr(error.orig, "sqlstate", None)
    if _sqlite_is_full(error) or state == _POSTGRES_FULL:
        return StoreFullError(f"the ledger has no space: {error.orig}")
    if error.connection_invalidated or _postgres_is_away(error, state):
        return StoreUnavailableError(f"the ledger's database does not answer: {error.orig}")
    return LedgerError(f"the ledger's database failed: {error.orig}")


def _sqlite_is_full(error: exc.DBAPIError) -> bool:
    code = getattr(error.orig, "sqlite_errorcode", None)
    return code is not None and (code & 0xFF) in _SQLITE_FULL


def _postgres_is_away(error: exc.DBAPIError, state: str | None) -> bool:
    if state is None:
        # Only what never reached a server has no state. SQLite's errors have no such attribute.
        return isinstance(error, exc.OperationalError) and hasattr(error.orig, "sqlstate")
    return state in _POSTGRES_PASSING or state.startswith(_POSTGRES_CONNECTION)
