"""The test bench's tray and paper: every card does what it is named for, every receipt is read."""

from __future__ import annotations

import pytest

from gateway.crypto.card_token import card_token
from gateway.model.card import CardProfile
from gateway.model.money import EUR, IRR, Currency
from gateway.office import test_bench as port
from gateway.readers.reader import CardGone, CardSeen, CardUnreadable, ReaderEvent
from gateway.readers.settings import ReaderSettings
from simulators.cards.named_tray import NamedTray, show, simulated_reader
from simulators.cards.timed import advancing
from simulators.clock import VirtualClock
from simulators.receipts import render_receipt
from simulators.test_bench.cards import DealtCard, deal, tray
from simulators.test_bench.errors import BenchError
from simulators.test_bench.paper import AMOUNT_MINOR_MAX, make_receipt, receipt_number, till_kind
from terminal_agent.pos.interpreters.events import NeedsReview, SaleClosed
from terminal_agent.pos.interpreters.till_events import TillEvent
from terminal_agent.pos.paper_listener import PaperListener
from terminal_agent.pos.profile_file import load_profile

CARD_KEY = bytes(range(32))
NOW_MS = 1_795_000_000_000


def shown(dealt: DealtCard) -> list[ReaderEvent]:
    """What a reader says of a card that is shown as often as it wants to be."""
    events: list[ReaderEvent] = []
    reader = simulated_reader(ReaderSettings(), VirtualClock(unix_ms=NOW_MS))
    reader.start(events.append)
    for _ in range(dealt.taps):
        show(reader, dealt.card)
    return events[1:]


def dealt_card(name: str) -> DealtCard:
    """A card that is in the tray."""
    clock = VirtualClock(unix_ms=NOW_MS)
    dealt = deal(name, NamedTray(clock, pass_us=advancing(clock)))
    assert dealt is not None
    return dealt


CUSTOMERS = [card for card in tray() if not card.for_tests]


@pytest.mark.parametrize("card", CUSTOMERS, ids=lambda card: str(card.name))
def test_a_card_does_what_its_outcome_says(card: port.BenchCard) -> None:
    """A reader sees each card once, or tells exactly the trouble that the tray promises."""
    events = shown(dealt_card(card.name))
    if card.outcome in {"ok", "new_card", "blocked", "double_tap"}:
        seen, gone = events
        assert isinstance(seen, CardSeen)
        assert isinstance(gone, CardGone)
        assert seen.tap.profile == card.profile
        return
    troubles = [event.trouble for event in events if isinstance(event, CardUnreadable)]
    assert troubles == [card.outcome]


@pytest.mark.parametrize(
    "name", ["first", "written", "new", "double", "uid", "clone", "qr", "stripe"]
)
def test_the_token_is_the_one_the_ledger_gets(name: str) -> None:
    """The tray names a card as the terminal will: from what the reader reads of it."""
    dealt = dealt_card(name)
    seen = next(event for event in shown(dealt) if isinstance(event, CardSeen))
    expected = card_token(CARD_KEY, seen.tap.profile, seen.tap.identity)
    assert dealt.token(CARD_KEY) == expected.hex()


def test_cards_without_a_name_have_no_token() -> None:
    """What cannot be read is nobody's card."""
    assert [
        dealt_card(name).token(CARD_KEY) for name in ("random-uid", "bank-card", "damaged")
    ] == [
        "",
        "",
        "",
    ]


def test_members_are_told_apart() -> None:
    """The members' cards are three, and the new card is new each time."""
    tokens = {dealt_card(name).token(CARD_KEY) for name in ("first", "second", "written")}
    tokens |= {dealt_card("new").token(CARD_KEY) for _ in range(3)}
    assert len(tokens) == 6
    assert deal("no such card", NamedTray(VirtualClock(unix_ms=NOW_MS))) is None
    assert {card.profile for card in tray()} <= {profile.value for profile in CardProfile}


def heard(items: list[tuple[str, int]], currency: Currency) -> list[TillEvent]:
    """What an agent makes of a receipt that the bench prints."""
    wanted = [port.BenchItem(label=label, amount_minor=amount) for label, amount in items]
    receipt = make_receipt(wanted, currency, 17, NOW_MS)
    assert receipt.total_minor == sum(amount for _, amount in items)
    return PaperListener(load_profile(till_kind(currency).profile)).feed(render_receipt(receipt), 0)


@pytest.mark.parametrize(
    ("currency", "items"),
    [
        (EUR, [("Cappuccino", 420), ("Croissant", 1)]),
        (EUR, [("All of it", 500_000)]),
        (Currency(code="USD", exponent=2), [("Coffee", 420), ("Bagel", 399)]),
        (IRR, [("نان سنگک", 150_000), ("چای", 250_000)]),
        (IRR, [("گردو", AMOUNT_MINOR_MAX)]),
    ],
)
def test_the_agent_reads_what_the_till_prints(
    currency: Currency, items: list[tuple[str, int]]
) -> None:
    """The total on the paper is the sum of what was asked for, in the programme's currency."""
    (closed,) = [event for event in heard(items, currency) if isinstance(event, SaleClosed)]
    assert closed.sale.total_minor == sum(amount for _, amount in items)
    assert closed.sale.receipt_number == "17"


def test_an_unlikely_total_is_asked_about() -> None:
    """A receipt above the profile's ceiling is no sale before a person has looked at it."""
    events = heard([("A whole shop", AMOUNT_MINOR_MAX)], EUR)
    assert not [event for event in events if isinstance(event, SaleClosed)]
    assert [event for event in events if isinstance(event, NeedsReview)]


@pytest.mark.parametrize(
    "items",
    [
        [],
        [("x", 1)] * 21,
        [("", 1)],
        [("free", 0)],
        [("too dear", AMOUNT_MINOR_MAX + 1)],
        [("\x1b@", 1)],
        [("x" * 25, 1)],
    ],
)
def test_what_cannot_be_printed_is_refused(items: list[tuple[str, int]]) -> None:
    """No control character reaches the printer, and no line is wider than the paper."""
    with pytest.raises(BenchError):
        heard(items, EUR)


def test_a_currency_without_a_till_is_refused_by_name() -> None:
    """The message names the currency and those there are."""
    with pytest.raises(BenchError, match="KWD; there are EUR, IRR, USD"):
        till_kind(Currency(code="KWD", exponent=3))


def test_receipt_numbers_are_new_each_time() -> None:
    """Two in one instant differ, and so do those before and after a restart."""
    first = receipt_number(NOW_MS, 0)
    second = receipt_number(NOW_MS, first)
    assert (second, receipt_number(NOW_MS + 1_000, 0)) == (first + 1, first + 10)
