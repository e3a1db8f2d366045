"""Ledgers with a few random days behind them, written by the real writer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.ledger.queries import LedgerReader
from gateway.ledger.sql_store import SqlLedgerStore
from simulators.ledger_day import LedgerDay

DAY_MS = 86_400_000


class Days:
    """A ledger that random days are played on.

    Attributes:
        day: plays.
        ledger: reads.
    """

    def __init__(self, path: Path, seed: int) -> None:
        """Make an empty ledger with rules and two tills, one in ``north`` and one in ``south``."""
        self.store = SqlLedgerStore(path)
        self.day = LedgerDay(self.store, seed)
        self.ledger = LedgerReader(path)

    def play(self, *days: int, steps: int = 40) -> None:
        """Let random things happen on days that follow each other by so many days each."""
        for later in days:
            self.day.now_ms += later * DAY_MS
            self.day.play(steps)


@pytest.fixture
def days_of(tmp_path: Path) -> Iterator[Callable[[int], Days]]:
    """Makes a ledger from a seed."""
    made: list[Days] = []

    def make(seed: int) -> Days:
        made.append(Days(tmp_path / f"ledger-{seed}.db", seed))
        return made[-1]

    yield make
    for one in made:
        one.store.close()
