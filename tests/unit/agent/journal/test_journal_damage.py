"""A damaged or foreign file is a clear fault at opening, never a wrong journal."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from terminal_agent.errors import JournalError

if TYPE_CHECKING:
    from tests.unit.agent.journal.conftest import Bench

DAMAGES = {
    "envelope": "UPDATE envelopes SET envelope = zeroblob(400) WHERE seq = 3",
    "swapped": "UPDATE envelopes SET envelope = (SELECT envelope FROM envelopes WHERE seq = 2),"
    " hash = zeroblob(32) WHERE seq = 3",
    "hash": "UPDATE envelopes SET hash = randomblob(32) WHERE seq = 3",
    "missing": "DELETE FROM envelopes WHERE seq = 3",
    "newest missing": "DELETE FROM envelopes WHERE seq = 5",
    "all missing": "DELETE FROM envelopes",
    "position ahead": "UPDATE state SET next_seq = 9",
    "position behind": "UPDATE state SET next_seq = 5",
    "last hash": "UPDATE state SET last_hash = zeroblob(32)",
    "no state": "DELETE FROM state",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_journal_does_not_open(bench: Bench, damage: str) -> None:
    """Each damage to what is not settled is found before anything can be accepted on it."""
    journal = bench.open()
    bench.fill(journal, 5)
    bench.close(journal)
    with sqlite3.connect(bench.path) as connection:
        connection.execute(DAMAGES[damage])
    connection.close()
    with pytest.raises(JournalError):
        bench.open()


def test_the_damaged_envelope_is_named(bench: Bench) -> None:
    """The message says at which seq the bytes are not the ones that were kept."""
    journal = bench.open()
    bench.fill(journal, 5)
    bench.drop(journal)
    with sqlite3.connect(bench.path) as connection:
        connection.execute(DAMAGES["hash"])
    connection.close()
    with pytest.raises(JournalError, match="seq 3: not the envelope it names"):
        bench.open()


def test_a_fault_at_opening_lets_the_lock_go(bench: Bench) -> None:
    """After the file is put right, the same process can open it."""
    bench.path.write_bytes(b"this is no database, whatever its name says" * 100)
    with pytest.raises(JournalError, match="failed"):
        bench.open()
    bench.path.unlink()
    assert bench.open().position().next_seq == 1


def test_damaged_pages_are_found_after_an_unclean_end(bench: Bench) -> None:
    """Overwriting pages in the middle of the file makes opening fail with SQLite's finding."""
    journal = bench.open()
    bench.fill(journal, 200)
    journal._database._db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    bench.drop(journal)
    content = bytearray(bench.path.read_bytes())
    # The middle of the file holds envelopes that the tail check (one of them) does not reach.
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = bytes(4096)
    bench.path.write_bytes(content)
    with pytest.raises(JournalError, match=r"damaged|failed"):
        bench.open(tail_check=1)


def test_a_journal_of_a_newer_version_is_refused(bench: Bench) -> None:
    """An older agent must not write into tables it does not understand."""
    bench.close(bench.open())
    with sqlite3.connect(bench.path) as connection:
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
            " VALUES ('mohr_journal', 'm999_later', 'then')"
        )
    connection.close()
    with pytest.raises(JournalError, match="newer version"):
        bench.open()


def test_a_new_journal_is_made_whole_or_not_at_all(bench: Bench) -> None:
    """With no room for the tables there is no half-made journal, and later it opens."""
    journal = bench.open()
    tables = journal._database.rows("SELECT count(*) FROM sqlite_master")
    bench.close(journal)
    for path in bench.directory.iterdir():
        path.unlink()
    bench.path.touch(mode=0o600)
    with sqlite3.connect(bench.path) as connection:
        connection.execute("CREATE VIEW configuration AS SELECT 1")
    connection.close()
    with pytest.raises(JournalError):
        bench.open()
    with sqlite3.connect(bench.path) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master")]
        connection.execute("DROP VIEW configuration")
    connection.close()
    assert names == ["configuration"]
    assert bench.open()._database.rows("SELECT count(*) FROM sqlite_master") == tables
