"""The past under other rules: the same rules give the same books, others give others."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.ledger.errors import AdministrationError
from gateway.ledger.memory_store import MemoryLedgerStore
from gateway.model.money import IRR
from gateway.model.programme import Programme
from gateway.rehearsal.replayer import Replayer
from gateway.rehearsal.simulation import Simulation, simulate
from gateway.writer.settings import WriterSettings
from simulators.ledger_day import LedgerDay


def played(seed: int, steps: int = 120) -> LedgerDay:
    """A ledger with a random day in it."""
    day = LedgerDay(MemoryLedgerStore(), seed=seed)
    day.play(steps)
    return day


def tried(day: LedgerDay, programme: Programme) -> Simulation:
    """The day under other rules."""
    with day.store.batch() as batch:
        return simulate(batch, programme, WriterSettings())


@given(seed=st.integers(0, 10**6))
@settings(max_examples=5, deadline=None)
def test_the_same_rules_give_the_same_books(seed: int) -> None:
    """Every row comes to what it came to, and every kind of account moves what it moved."""
    day = played(seed, steps=60)
    with day.store.batch() as batch:
        replayer = Replayer(batch, batch.programmes(), WriterSettings())
        differences = [replayer.take(row) for row in batch.journal(0, 10_000)]
        was = batch.moved(1, batch.head().journal_index)
    assert not any(differences)
    with replayer.store.batch() as rehearsed:
        assert rehearsed.moved(1, rehearsed.head().journal_index) == was


def test_twice_the_points_are_issued_twice_as_often() -> None:
    """Rules that give double issue the double, and the rows that differ are told."""
    day = played(3)
    base = day.store.programmes()[0]
    single = tried(day, base)
    double = tried(day, replace(base, earn_points=base.earn_points * 2))
    issued = [
        next(one.debit for one in made.would_be if one.account == "issued")
        for made in (single, double)
    ]
    assert issued[1] == 2 * issued[0] > 0
    assert double.differing >= single.differing
    assert sum(count for _, count in double.by_kind) == double.differing
    assert double.rows == single.rows


def test_another_currency_cannot_be_tried() -> None:
    """Rials are no euros: the figures would mean nothing."""
    day = played(1, steps=5)
    with pytest.raises(AdministrationError, match="cannot be compared"):
        tried(day, replace(day.store.programmes()[0], currency=IRR))
