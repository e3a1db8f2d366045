"""What holds for every language on the line alike: chunks, noise behind a silence, turned bits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.receipts import ReceiptLanguage
from simulators.tills.sayings import CHECKED, Saying, profile_name, sayings
from terminal_agent.pos.interpreters.displays import DisplayMeaning, DisplayShown
from terminal_agent.pos.interpreters.events import SaleClosed
from terminal_agent.pos.interpreters.till_events import TillEvent
from terminal_agent.pos.listener import Listener
from terminal_agent.pos.listeners import listener_of
from terminal_agent.pos.payments import PaymentSeen
from terminal_agent.pos.profile import Dialect
from terminal_agent.pos.profile_file import load_profile

TAPPED = [dialect for dialect in Dialect if dialect is not Dialect.MOHR_LINES]
#: Longer than any language waits for the rest of a message.
SILENCE_MS = 60_000


def a_sale(dialect: Dialect) -> tuple[Listener, Saying]:
    """A listener at power-on, and a sale that it should hear."""
    listener = listener_of(load_profile(profile_name(dialect, ReceiptLanguage.GERMAN)))
    return listener, next(sayings(dialect, 4, 1))


def amounts(events: list[TillEvent]) -> set[int | None]:
    """Every amount that was told as a sale, as a payment of any state, or as a display's total."""
    return {
        event.sale.total_minor if isinstance(event, SaleClosed) else event.amount_minor
        for event in events
        if isinstance(event, SaleClosed | PaymentSeen)
        or (isinstance(event, DisplayShown) and event.meaning is DisplayMeaning.TOTAL)
    }


@pytest.mark.parametrize("dialect", TAPPED)
@given(cuts=st.lists(st.integers(min_value=1, max_value=900), max_size=12))
def test_any_chunking_tells_the_same(dialect: Dialect, cuts: list[int]) -> None:
    """However a sale is split between reads, the very same is told."""
    listener, said = a_sale(dialect)
    whole, _ = a_sale(dialect)
    told: list[TillEvent] = []
    at = 0
    for cut in sorted({*(one for one in cuts if one < len(said.data)), len(said.data)}):
        told += listener.feed(said.data[at:cut], 0)
        at = cut
    told += listener.idle(SILENCE_MS)
    assert told == [*whole.feed(said.data, 0), *whole.idle(SILENCE_MS)]
    assert said.amount_minor in amounts(told)


@pytest.mark.parametrize("dialect", TAPPED)
@given(noise=st.binary(max_size=300))
def test_noise_and_a_silence_cost_no_sale(dialect: Dialect, noise: bytes) -> None:
    """Whatever was on the line before a silence, the sale behind it is heard with its amount."""
    listener, said = a_sale(dialect)
    listener.feed(noise, 0)
    listener.idle(SILENCE_MS)
    told = [*listener.feed(said.data, 2 * SILENCE_MS), *listener.idle(3 * SILENCE_MS)]
    assert said.amount_minor in amounts(told)


@pytest.mark.parametrize("dialect", sorted(CHECKED))
@given(place=st.floats(min_value=0, max_value=1, exclude_max=True), bit=st.integers(0, 7))
def test_a_turned_bit_is_never_another_amount(dialect: Dialect, place: float, bit: int) -> None:
    """One bit anywhere in the dialogue may cost the payment, and never changes what is paid."""
    listener, said = a_sale(dialect)
    spoiled = bytearray(said.data)
    spoiled[int(place * len(spoiled))] ^= 1 << bit
    told = [*listener.feed(bytes(spoiled), 0), *listener.idle(SILENCE_MS)]
    assert amounts(told) <= {said.amount_minor, None}
