"""Whether a PostgreSQL database may hold a ledger. Pure."""

from __future__ import annotations

from typing import Final, NamedTuple

_OLDEST: Final = 13_00_00
#: Text is ordered by its bytes, as SQLite and Python order it: pages go by that order, and an index
#: does not go wrong when the system's library is updated and orders a language anew.
_BYTE_ORDERS: Final = frozenset({"C", "POSIX", "C.UTF-8", "C.utf8"})


class SettingsRow(NamedTuple):
    """What a server says of itself and of one database."""

    version: int
    in_recovery: bool
    encoding: str
    collation: str
    fsync: str
    full_page_writes: str


def unfit(row: SettingsRow) -> str | None:
    """Say why a database cannot hold a ledger, and what to do; None where it can."""
    if row.version < _OLDEST:
        return "the PostgreSQL server is older than 13: update it"
    if row.in_recovery:
        return "the PostgreSQL server is a standby, which cannot be written: name the primary"
    if row.encoding != "UTF8" or row.collation not in _BYTE_ORDERS:
        return (
            f"the database is encoded in {row.encoding} and ordered by {row.collation}: make it "
            "with createdb --encoding=UTF8 --locale=C --template=template0"
        )
    if row.fsync != "on" or row.full_page_writes != "on":
        return (
            "the PostgreSQL server runs with fsync or full_page_writes off, so a power cut could "
            "take back what receipts promised: switch them on"
        )
    return None
