"""A full disk: nothing accepted is lost, nothing half-accepted stays, and it goes on later."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from terminal_agent.errors import JournalError, JournalFullError

if TYPE_CHECKING:
    from tests.unit.agent.journal.conftest import Bench


def test_a_full_database_refuses_and_accepts_again_when_there_is_room(bench: Bench) -> None:
    """SQLITE_FULL in the middle of a commit rolls it back whole; the next seq is not burnt."""
    journal = bench.open()
    bench.fill(journal, 20)
    connection = journal._database._db.conn
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(JournalFullError, match="no room"):
        journal.accept([bench.earn] * 64, 1)
    assert journal.position().next_seq == 21
    assert len(journal.pending(0, 100)) == 20
    assert journal.settle(bench.receipt(journal, 20)).settled == 20
    connection.execute(f"PRAGMA max_page_count = {pages + 100}")
    assert journal.accept([bench.earn], 1)[0].id.seq == 21
    assert journal.verify() == 21


def test_an_archive_without_room_waits_and_loses_nothing(bench: Bench) -> None:
    """Packing that meets a full disk is reported by the receipt that asked for it."""
    journal = bench.open()
    bench.fill(journal, 64)
    connection = journal._database._db.conn
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    settlement = journal.settle(bench.receipt(journal, 64))
    assert (settlement.settled, settlement.archive_over_limit) == (64, True)
    assert journal.counts().archive_bytes == 0
    connection.execute(f"PRAGMA max_page_count = {pages + 100}")
    assert journal.tidy()
    assert journal.counts().archive_bytes > 0
    assert journal.verify() == 64


def test_writes_that_fail_in_the_file_system_lose_nothing_accepted(bench: Bench) -> None:
    """With the file size limited, accepting fails at some point; all before it is there after."""
    journal = bench.open()
    accepted: list[int] = []

    def fill_until_it_fails() -> None:
        for _ in range(1000):
            accepted.extend(item.id.seq for item in journal.accept([bench.earn] * 3, 1))

    with _file_size_limit(300_000), pytest.raises(JournalError):
        fill_until_it_fails()
    bench.drop(journal)
    again = bench.open()
    kept = [item.seq for item in again.envelopes(0, 10_000)]
    assert accepted
    assert kept == accepted == list(range(1, len(accepted) + 1))
    assert again.accept([bench.earn], 1)[0].id.seq == len(accepted) + 1


def test_after_a_failed_write_the_journal_must_be_opened_again(bench: Bench) -> None:
    """After an input/output fault the connection is not trusted, even when writing works again."""
    journal = bench.open()
    bench.fill(journal, 1)
    with _file_size_limit(1), pytest.raises(JournalError):
        journal.accept([bench.earn], 1)
    with pytest.raises(JournalError, match="opened again"):
        journal.accept([bench.earn], 1)
    bench.close(journal)
    assert bench.open().accept([bench.earn], 1)[0].id.seq == 2


@contextmanager
def _file_size_limit(size_bytes: int) -> Iterator[None]:
    """Let every write beyond ``size_bytes`` of a file fail (Python ignores the signal)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
