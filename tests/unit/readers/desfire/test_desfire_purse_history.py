"""A purse's history: what it settles of an operation whose outcome nobody knows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ValueRangeError
from gateway.model.ids import CardToken
from gateway.readers.cards.desfire_layout import REMEMBERED_MAX, PurseHistory
from gateway.readers.cards.desfire_value import CardIntent, OperationResult, Purse, reconcile

TOKEN = CardToken(bytes(range(32)))
DONE, NOT_DONE, UNKNOWN = OperationResult.DONE, OperationResult.NOT_DONE, OperationResult.UNKNOWN


def intent_at(moves: int, value: int = 100, amount: int = 10) -> CardIntent:
    """An intent on a purse that has seen so many operations."""
    history = PurseHistory(moves=moves, recent=tuple(ids(moves)[:REMEMBERED_MAX]))
    return CardIntent(
        operation_id=b"ourclaim",
        card=TOKEN,
        amount=amount,
        value_before=value,
        history_before=history,
        intended_at_ms=0,
    )


def ids(count: int) -> list[bytes]:
    """Names of other operations, newest first."""
    return [f"other{number:03}".encode() for number in range(count, 0, -1)]


@pytest.mark.parametrize(
    ("others_before", "ours", "others_after", "wanted"),
    [
        (2, False, 0, NOT_DONE),
        (2, True, 0, DONE),
        (2, True, 2, DONE),
        (2, False, 3, NOT_DONE),
        (2, True, 3, UNKNOWN),
        (2, False, 4, UNKNOWN),
        (0, True, 0, DONE),
        (0, False, 1, NOT_DONE),
    ],
)
def test_the_history_settles_as_far_as_it_goes(
    others_before: int,
    ours: bool,  # noqa: FBT001 - a parameter of the test
    others_after: int,
    wanted: OperationResult,
) -> None:
    """Ours is found under as many later operations as the card remembers, less one."""
    intent = intent_at(others_before)
    history, value = intent.history_before, intent.value_before
    if ours:
        history, value = intent.history_after, intent.value_after
    for number in range(others_after):
        history, value = history.after(f"later{number:03}".encode()), value + 1
    assert reconcile(Purse(value=value, history=history), intent).result is wanted


def test_a_card_that_went_back_settles_nothing() -> None:
    """A copy from before the operation is no witness, and neither is a purse that disagrees."""
    intent = intent_at(5)
    old = PurseHistory(moves=4, recent=tuple(ids(4)[:REMEMBERED_MAX]))
    assert reconcile(Purse(value=100, history=old), intent).result is UNKNOWN
    same = Purse(value=101, history=intent.history_before)
    assert reconcile(same, intent).result is UNKNOWN
    odd = Purse(value=100, history=intent.history_after)
    assert reconcile(odd, intent).result is UNKNOWN


@given(st.binary(min_size=28, max_size=28))
def test_a_history_is_read_strictly(raw: bytes) -> None:
    """What is read as a history is written as the same bytes again."""
    try:
        history = PurseHistory.from_bytes(raw)
    except ValueError:
        return
    assert history.to_bytes() == raw


@pytest.mark.parametrize("amount", [0, 2**31])
def test_an_operation_moves_something_that_fits(amount: int) -> None:
    """Nothing, and what no purse can hold, is no intent."""
    with pytest.raises(ValueRangeError):
        intent_at(0, amount=amount)
