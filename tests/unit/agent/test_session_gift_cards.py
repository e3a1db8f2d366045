"""Gift cards at the counter: they pay for whoever holds them, and money is put onto them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gateway.model.ids import CardToken, EnvelopeHash
from gateway.model.instrument import Instrument
from gateway.model.outcome import Reason, Status
from gateway.model.receipt import Result
from gateway.model.sale import SaleLine
from gateway.model.standing import Standing
from gateway.model.transaction import Kind
from simulators.dialogue import PROGRAMME, SETTINGS, WITHOUT_OFFERS, Dialogue
from simulators.dialogue import dialogue_card as card
from terminal_agent.session.actions import (
    LoadGiftCard,
)
from terminal_agent.session.events import (
    GiftLoadAsked,
    JournalAccepted,
    ReceiptArrived,
    SaleCancelled,
)
from terminal_agent.session.states import State
from terminal_agent.session.view import Notice, Screen


def test_a_gift_card_pays_for_somebody_who_is_no_member() -> None:
    """Whoever holds it may use it, and nobody earns."""
    counter = Dialogue(PROGRAMME)
    counter.offer(2_000)
    counter.use(Instrument.GIFT)
    counter.tap(9)
    counter.grant(2_000, 2_000)
    counter.close(2_000)
    assert counter.kinds() == [(Kind.REDEEM, 2_000)]
    counter.feed(JournalAccepted(now_ms=0, seqs=(4,)))
    assert counter.view.points is None
    result = Result(
        seq=4,
        envelope_hash=EnvelopeHash(bytes(32)),
        status=Status.APPLIED,
        reason=Reason.NONE,
        points=0,
    )
    counter.feed(ReceiptArrived(now_ms=0, results=(result,)))
    assert (counter.view.screen, counter.view.points) == (Screen.APPLIED, None)


def test_a_member_may_come_after_the_gift_card() -> None:
    """The card tapped behind it is the member's, and earns."""
    counter = Dialogue(WITHOUT_OFFERS)
    counter.offer(2_000)
    counter.use(Instrument.GIFT, 500)
    counter.tap(9)
    counter.grant(500, 500)
    counter.tap(1)
    assert (counter.state, counter.session.card) == (State.RESERVED, card(1))
    counter.close(2_000)
    assert counter.kinds() == [(Kind.REDEEM, 500), (Kind.EARN, 0)]
    assert counter.accepted.drafts[1].card == card(1)


def test_a_gift_card_that_was_not_given_leaves_the_sale_to_a_late_tap() -> None:
    """A close below what it was to pay frees it, and without a member nothing is recorded yet."""
    counter = Dialogue(PROGRAMME)
    counter.offer(2_000)
    counter.use(Instrument.GIFT)
    counter.tap(9)
    counter.grant(2_000, 2_000)
    counter.close(1_500)
    assert (counter.state, counter.view.notice) == (State.LATE, Notice.REDEEM_SALE_CHANGED)
    assert counter.freed == [counter.reserved[0].request_id]


def test_a_gift_card_shown_by_itself_is_recognised(counter: Dialogue) -> None:
    """The gateway's answer says what it is: it collects nothing, and can pay when asked for."""
    counter.tap(9)
    counter.told(standing=Standing(credit_minor=700))
    assert (counter.state, counter.session.card) == (State.IDLE, None)
    assert (counter.view.purse_minor, counter.view.notice) == (700, Notice.GIFT_CARD_SEEN)
    counter.offer(2_000)
    counter.use(Instrument.GIFT)
    assert (counter.reserved[0].card, counter.state) == (card(9), State.AUTHORISING)
    counter.grant(700, 700)
    counter.close(2_000)
    assert counter.kinds() == [(Kind.REDEEM, 700)]


def test_a_gift_card_is_forgotten_with_its_sale(counter: Dialogue) -> None:
    """The next customer does not pay with it."""
    counter.tap(9)
    counter.told(standing=Standing(credit_minor=700))
    left = [counter.view.purse_minor]
    counter.wait(SETTINGS.card_wait_ms)
    left.append(counter.view.purse_minor)
    counter.offer(2_000)
    counter.tap(9)
    counter.told(standing=Standing(credit_minor=700))
    left.append(counter.view.purse_minor)
    counter.cancel()
    left.append(counter.view.purse_minor)
    assert left == [700, None, 700, None]


def test_a_gift_card_that_was_asked_for_can_be_given_up(counter: Dialogue) -> None:
    """One step back, and the next card is a customer's again."""
    counter.offer(2_000)
    counter.use(Instrument.GIFT)
    counter.cancel()
    assert (counter.state, counter.view.notice) == (State.SALE, Notice.NO_GIFT_CARD)
    counter.tap(1)
    assert (counter.state, counter.session.card) == (State.PREVIEW, card(1))


def loads(counter: Dialogue) -> list[tuple[CardToken, int]]:
    """What was put onto cards."""
    return [
        (one.card.token, one.amount_minor)
        for one in counter.actions
        if isinstance(one, LoadGiftCard)
    ]


@pytest.mark.parametrize(
    "answer",
    [
        {"status": Status.REFUSED, "reason": Reason.UNKNOWN_CARD},
        {"standing": Standing(credit_minor=0)},
    ],
)
def test_money_is_put_onto_a_gift_card_that_the_gateway_allows(answer: dict[str, Any]) -> None:
    """A new card is issued by its first load; a known one is loaded where that is allowed."""
    reloadable = replace(PROGRAMME.rules.gift_cards, reloadable=True)
    rules = replace(PROGRAMME, rules=replace(PROGRAMME.rules, gift_cards=reloadable))
    counter = Dialogue(rules)
    counter.feed(GiftLoadAsked(now_ms=0, amount_minor=5_000))
    assert (counter.view.screen, counter.view.load_minor) == (Screen.LOADING, 5_000)
    counter.tap(9)
    assert loads(counter) == []
    counter.told(**answer)
    assert loads(counter) == [(card(9).token, 5_000)]
    assert counter.state is State.IDLE


@pytest.mark.parametrize(
    ("amount", "answer", "reason"),
    [
        (5_000, {"balance_points": 3}, Reason.CARD_ALREADY_ENROLLED),
        (
            5_000,
            {"status": Status.REFUSED, "reason": Reason.GIFT_CARD_BLOCKED},
            Reason.GIFT_CARD_BLOCKED,
        ),
        (
            5_000,
            {"status": Status.REFUSED, "reason": Reason.GIFT_CARD_EXPIRED},
            Reason.GIFT_CARD_EXPIRED,
        ),
        (5_000, {"standing": Standing(credit_minor=1)}, Reason.GIFT_CARD_NOT_OFFERED),
        (400, {"status": Status.REFUSED, "reason": Reason.UNKNOWN_CARD}, Reason.BELOW_MINIMUM),
        (10_001, {"status": Status.REFUSED, "reason": Reason.UNKNOWN_CARD}, Reason.LIMIT_REACHED),
    ],
)
def test_money_is_not_put_onto_a_card_against_the_rules(
    counter: Dialogue, amount: int, answer: dict[str, Any], reason: Reason
) -> None:
    """The cashier reads why, with time to give the money back."""
    counter.feed(GiftLoadAsked(now_ms=0, amount_minor=amount))
    counter.tap(9)
    counter.told(**answer)
    assert (loads(counter), counter.view.reason) == ([], reason)
    counter.wait(SETTINGS.attention_ms - 1)
    assert counter.view.reason is reason
    counter.wait(1)
    assert counter.view.reason is None


def test_money_is_not_put_onto_a_card_without_the_gateways_word(counter: Dialogue) -> None:
    """Nobody knows whose the card is: the money goes back."""
    counter.feed(GiftLoadAsked(now_ms=0, amount_minor=5_000))
    counter.tap(9)
    counter.wait(SETTINGS.auth_wait_ms)
    assert (counter.state, counter.view.notice) == (State.IDLE, Notice.LOAD_OFFLINE)
    counter.told(status=Status.REFUSED, reason=Reason.UNKNOWN_CARD)
    assert loads(counter) == []


@pytest.mark.parametrize("end", ["cancel", "offer", "close"])
def test_a_sale_or_the_cashier_ends_a_load(counter: Dialogue, end: str) -> None:
    """A customer's sale goes on at once, and the cashier knows that nothing was loaded."""
    counter.feed(GiftLoadAsked(now_ms=0, amount_minor=5_000))
    if end == "cancel":
        counter.cancel()
    elif end == "offer":
        counter.offer(2_000)
    else:
        counter.close(2_000)
    assert counter.view.notice is Notice.LOAD_CANCELLED
    assert counter.session.load is None


def test_a_reprint_does_not_end_a_load(counter: Dialogue) -> None:
    """A receipt that is printed again while a card is loaded is no new sale."""
    counter.tap(1)
    counter.close(2_000)
    counter.feed(JournalAccepted(now_ms=0, seqs=(1,)))
    counter.feed(GiftLoadAsked(now_ms=0, amount_minor=5_000))
    counter.close(2_000)
    assert counter.view.notice is Notice.ALREADY_RECORDED
    assert counter.session.load is not None


def sold_in(counter: Dialogue) -> list[int | None]:
    """The totals of the sales that loaded cards were sold in."""
    return [
        None if one.sale is None else one.sale.total_minor
        for one in counter.actions
        if isinstance(one, LoadGiftCard)
    ]


def load(counter: Dialogue, amount_minor: int) -> None:
    """Money is put onto a new gift card."""
    counter.feed(GiftLoadAsked(now_ms=0, amount_minor=amount_minor))
    counter.tap(9)
    counter.told(status=Status.REFUSED, reason=Reason.UNKNOWN_CARD)


@pytest.mark.parametrize("member", [True, False])
def test_cards_are_loaded_for_the_sale_that_closed_before(
    counter: Dialogue, *, member: bool
) -> None:
    """Two cards of one sale know it, whoever bought them; a third is more than it came to."""
    if member:
        counter.tap(1)
    counter.close(11_000)
    if member:
        counter.feed(JournalAccepted(now_ms=0, seqs=(4,)))
    for amount_minor in (5_000, 5_000, 5_000):
        load(counter, amount_minor)
    assert sold_in(counter) == [11_000, 11_000, None]


@pytest.mark.parametrize(
    ("amount", "pieces", "shown"),
    [(5_000, 1, True), (10_000, 2, True), (5_000, 2, False), (7_500, 1, False)],
)
def test_a_load_that_no_goods_of_the_sale_show_is_not_of_it(
    counter: Dialogue, amount: int, pieces: int, *, shown: bool
) -> None:
    """Whoever pays for a card without the till would lose it with the sale before."""
    line = SaleLine(label="?", quantity_milli=pieces * 1_000, amount_minor=amount)
    counter.close(15_000, (replace(line, amount_minor=1_234), line))
    load(counter, 5_000)
    assert sold_in(counter) == [15_000 if shown else None]


def test_the_next_sale_forgets_the_one_before(counter: Dialogue) -> None:
    """A card that is loaded after another sale began is not of the earlier one."""
    counter.close(5_000)
    load(counter, 500)
    counter.offer(300)
    counter.feed(SaleCancelled(now_ms=0))
    load(counter, 500)
    assert sold_in(counter) == [5_000, None]
