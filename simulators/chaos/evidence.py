"""What the processes have written, read without stopping them."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from gateway.errors import MohrError
from gateway.ledger.sql_store import SqlLedgerStore
from terminal_agent.identity import load_identity
from terminal_agent.journal.journal import Journal
from terminal_agent.journal.values import JournalSettings


@contextmanager
def copied_journal(data_dir: Path) -> Iterator[Journal]:
    """Open a copy of a terminal's journal, every seal and link of it checked.

    Args:
        data_dir: the terminal's, whose agent may be running.

    Raises:
        JournalError: if the journal is damaged.
    """
    identity = load_identity(data_dir)
    settings = JournalSettings(
        terminal=identity.terminal,
        epoch=identity.epoch,
        public_key=identity.public_key,
        reserve_bytes=0,
    )
    with (
        _copied(data_dir / f"journal-{identity.epoch}.sqlite3") as copy,
        Journal.open(copy, settings=settings) as journal,
    ):
        journal.verify()
        yield journal


@contextmanager
def copied_ledger(ledger: Path) -> Iterator[SqlLedgerStore]:
    """Open a copy of a ledger, whose gateway may be running.

    Raises:
        LedgerError: if the ledger is damaged.
    """
    with _copied(ledger) as copy, closing(SqlLedgerStore(copy)) as store:
        yield store


@contextmanager
def _copied(source: Path) -> Iterator[Path]:
    """One state of a database, whatever its owner writes meanwhile (sqlite.org/backup.html)."""
    with tempfile.TemporaryDirectory(prefix="mohr-copy-") as folder:
        copy = Path(folder) / source.name
        try:
            with (
                closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as reading,
                closing(sqlite3.connect(copy)) as writing,
            ):
                reading.backup(writing)
        except sqlite3.Error as error:
            raise MohrError(f"{source} cannot be read: {error}") from error
        yield copy


def keep_evidence(shop: Path, place: Path) -> Path:
    """Copy everything a shop has written, while its disks are still mounted.

    Args:
        shop: the shop's folder.
        place: where to; made with its parents, and must not exist.

    Returns:
        ``place``.
    """

    def left_out(folder: str, names: list[str]) -> list[str]:
        """Sockets, lines and ballast hold nothing that anybody could read later."""
        return [
            name
            for name in names
            if name == "ballast" or not ((path := Path(folder) / name).is_dir() or path.is_file())
        ]

    shutil.copytree(shop, place, ignore=left_out)
    return place
