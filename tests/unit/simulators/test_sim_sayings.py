"""What simulated tills say, in every language: our listeners read it, and faults are real."""

from __future__ import annotations

import pytest

from gateway.errors import ConfigError
from simulators.receipts import ReceiptLanguage
from simulators.tills.sayings import CHECKED, profile_name, sayings
from terminal_agent.pos.interpreters.displays import DisplayMeaning, DisplayShown
from terminal_agent.pos.interpreters.events import SaleClosed
from terminal_agent.pos.interpreters.till_events import TillEvent
from terminal_agent.pos.listeners import listener_of
from terminal_agent.pos.payments import PaymentSeen, PaymentStatus
from terminal_agent.pos.profile import Dialect
from terminal_agent.pos.profile_file import load_profile

TAPPED = [dialect for dialect in Dialect if dialect is not Dialect.MOHR_LINES]


def amounts(events: list[TillEvent]) -> list[int | None]:
    """What counts, in order."""
    told: list[int | None] = []
    for event in events:
        if isinstance(event, SaleClosed):
            told.append(event.sale.total_minor)
        elif isinstance(event, PaymentSeen):
            told += [event.amount_minor] if event.status is PaymentStatus.APPROVED else []
        elif isinstance(event, DisplayShown):
            told += [event.amount_minor] if event.meaning is DisplayMeaning.TOTAL else []
    return told


@pytest.mark.parametrize("language", ReceiptLanguage)
@pytest.mark.parametrize("dialect", TAPPED)
def test_every_sale_is_read_by_the_profile_that_is_named(
    dialect: Dialect, language: ReceiptLanguage
) -> None:
    """Three sales are three amounts, and nothing on the line is unknown."""
    listener = listener_of(load_profile(profile_name(dialect, language)))
    told: list[TillEvent] = []
    said = list(sayings(dialect, 5, 3, language=language))
    for at, one in enumerate(said):
        told += listener.feed(one.data, at * 60_000)
        told += listener.idle(at * 60_000 + 30_000)
    assert amounts(told) == [one.amount_minor for one in said]
    assert {one.currency.code for one in said} == {listener.profile.currency.code}
    counters = listener.counters
    assert (counters.unknown, counters.bad_checks, counters.abandoned) == (0, 0, 0)


@pytest.mark.parametrize("dialect", sorted(CHECKED))
def test_a_wrong_check_is_heard_and_the_message_comes_again(dialect: Dialect) -> None:
    """The wrong frame is counted and says nothing; its repetition is the payment, once."""
    listener = listener_of(load_profile(profile_name(dialect, ReceiptLanguage.GERMAN)))
    (one,) = sayings(dialect, 9, 1, wrong_checks=1.0)
    told = [*listener.feed(one.data, 0), *listener.idle(60_000)]
    assert amounts(told) == [one.amount_minor]
    assert listener.counters.bad_checks == 1


def test_the_same_seed_says_the_same() -> None:
    """A till is played again byte by byte."""
    first, again, other = (list(sayings(Dialect.SADAD, seed, 4)) for seed in (1, 1, 2))
    assert first == again != other


def test_what_cannot_be_played_is_refused_with_what_can() -> None:
    """A printer has no check, and Mohr's own lines are a conversation."""
    with pytest.raises(ConfigError, match="no check that could be wrong; these have: concert"):
        next(sayings(Dialect.ESCPOS, 1, 1, wrong_checks=0.5))
    with pytest.raises(ConfigError, match="conversation with us"):
        next(sayings(Dialect.MOHR_LINES, 1, 1))
