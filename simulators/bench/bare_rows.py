"""The bare cost of what a batch writes: its rows, inserted by nothing but the SQLite driver."""

from __future__ import annotations

import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Final, Self

from gateway.ledger.numbering import MADE_BY_ONE_ROW_MAX

#: What a posting writes, and how its new rows are found. Balances that change in place, members
#: and holds are left out: they are the smaller part.
_NEW_ROWS: Final = {
    "journal": "SELECT * FROM journal WHERE journal_index > ?",
    "posting": "SELECT * FROM posting WHERE journal_index > ?",
    "entry": "SELECT * FROM entry WHERE journal_index > ?",
    "movement": "SELECT * FROM movement WHERE journal_index > ?",
    "lot": f"SELECT * FROM lot WHERE lot_id >= {MADE_BY_ONE_ROW_MAX} * (? + 1)",  # noqa: S608 - ours
    "allocation": "SELECT * FROM allocation WHERE journal_index > ?",
    "sale": "SELECT * FROM sale WHERE first_index > ?",
}


class BareRows:
    """Repeats on a copy of a ledger what a writer wrote to it, with its durability and no rules.

    Nothing is read, judged, checked or updated, so this is a bound and not a ledger.
    """

    def __init__(self, ledger: Path, copy: Path) -> None:
        """Copy a ledger that is closed.

        Args:
            ledger: the original.
            copy: where the copy goes.
        """
        shutil.copyfile(ledger, copy)
        self._ledger = ledger
        self._copy = sqlite3.connect(copy, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-65536"):
            self._copy.execute(f"PRAGMA {pragma}").fetchall()
        found = self._copy.execute("SELECT max(journal_index) FROM journal").fetchone()
        self._index: int = found[0] or 0

    def repeat(self) -> int:
        """Insert what the original has more than the copy, in one durable commit.

        Returns:
            how long that took, in nanoseconds; reading the original does not count.
        """
        with closing(sqlite3.connect(f"file:{self._ledger}?mode=ro", uri=True)) as original:
            rows = {
                table: original.execute(sql, (self._index,)).fetchall()
                for table, sql in _NEW_ROWS.items()
            }
        began_ns = time.perf_counter_ns()
        self._copy.execute("BEGIN IMMEDIATE")
        for table, some in rows.items():
            if some:
                marks = ", ".join("?" * len(some[0]))
                # The tables' names are ours and nobody else's.
                self._copy.executemany(f"INSERT INTO {table} VALUES ({marks})", some)  # noqa: S608 - see above
        self._copy.execute("COMMIT")
        took_ns = time.perf_counter_ns() - began_ns
        self._index += len(rows["journal"])
        return took_ns

    def close(self) -> None:
        """Give the copy back to the system."""
        self._copy.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
