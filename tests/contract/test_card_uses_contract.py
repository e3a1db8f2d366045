"""The ``LedgerStore`` port about cards that count and cards that are denied."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.ledger.kinds import CardState
from gateway.ledger.memory_store import MemoryLedgerStore
from gateway.ledger.place import PostgresPlace
from gateway.ledger.rows_members import CardRow, CardUseRow
from gateway.ledger.shelf import ChangeSet
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.ledger.store import LedgerStore
from gateway.model.card import CardProfile
from gateway.model.ids import CardToken, TerminalId
from simulators.given.ledger_rows import ADA, make_member


@pytest.fixture(params=["sqlite", "memory", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LedgerStore]:
    """Each implementation of the port, with one member."""
    makers: dict[str, Callable[[], LedgerStore]] = {
        "sqlite": lambda: SqlLedgerStore(tmp_path / "ledger.db"),
        "memory": MemoryLedgerStore,
        "postgres": lambda: SqlLedgerStore(_place(request)),
    }
    made = makers[request.param]()
    make_member(made)
    yield made
    made.close()


def _place(request: pytest.FixtureRequest) -> PostgresPlace:
    place: PostgresPlace = request.getfixturevalue("postgres_place")
    return place


def token(number: int) -> CardToken:
    """Some card."""
    return CardToken(hashlib.sha256(number.to_bytes(4)).digest())


def use(card: int, counter: int) -> CardUseRow:
    """One tap."""
    return CardUseRow(
        token=token(card),
        counter=counter,
        terminal=TerminalId("till-1"),
        at_ms=counter * 1_000,
        certain=counter % 2 == 0,
        journal_index=1,
    )


def test_the_taps_beside_a_counter_are_found(store: LedgerStore) -> None:
    """The same counter and the next ones on both sides, of the right card, and no others."""
    rng = random.Random(6)
    counters = {card: sorted(rng.sample(range(60), 20)) for card in (1, 2)}
    rows = [use(card, one) for card, known in counters.items() for one in known]
    with store.batch() as batch:
        batch.save(ChangeSet({CardUseRow: rows}, {}, {}))
    with store.batch() as batch:
        for card, known in counters.items():
            for counter in range(61):
                found = {row.counter for row in batch.card_uses_beside([(token(card), counter)])}
                below = [one for one in known if one < counter][-1:]
                above = [one for one in known if one > counter][:1]
                wanted = {*below, *above, *({counter} & set(known))}
                # Where the counter itself is not there, one more below does no harm.
                assert wanted <= found <= wanted | set([one for one in known if one < counter][-2:])
        assert batch.card_uses_beside([(token(3), 5)]) == []
        (row,) = batch.rows(CardUseRow, [(token(1), counters[1][0])])
    assert row == use(1, counters[1][0])


def test_denied_cards_are_found_youngest_first(store: LedgerStore) -> None:
    """Every card that is not active, up to a number, by when it was added."""
    states = [CardState.ACTIVE, CardState.BLOCKED, CardState.LOST, CardState.REPLACED]
    cards = [
        CardRow(
            token=token(number),
            profile=CardProfile.UID,
            member_id=ADA,
            state=states[number % 4],
            added_at_ms=number,
        )
        for number in range(12)
    ]
    with store.batch() as batch:
        batch.save(ChangeSet({CardRow: cards}, {}, {}))
    assert [card.added_at_ms for card in store.denied_cards(100)] == [11, 10, 9, 7, 6, 5, 3, 2, 1]
    assert [card.added_at_ms for card in store.denied_cards(2)] == [11, 10]


def test_what_is_told_is_counted_when_it_changes(store: LedgerStore) -> None:
    """The same digest counts once, and going back to an earlier one counts like any change."""
    assert [store.count_told(digest) for digest in (5, 5, 6, 6, 5, 2**56 - 1)] == [0, 0, 1, 1, 2, 3]
