"""What is used on a sale: rewards, coupons, points and credit, in the one order of payment."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.ids import EnvelopeHash
from gateway.model.instrument import Instrument
from gateway.model.money import EUR
from gateway.model.outcome import Reason, Status
from gateway.model.receipt import Result
from gateway.model.sale import TenderKind
from gateway.model.standing import Standing
from gateway.model.transaction import Kind
from gateway.program.stored import GiftCard, Wanted, order_of_payment
from simulators.dialogue import SETTINGS, WITHOUT_OFFERS, Dialogue
from simulators.dialogue import dialogue_card as card
from terminal_agent.session.events import (
    AskAgain,
    JournalAccepted,
    OwnerChanged,
    ReceiptArrived,
)
from terminal_agent.session.paying import given as given_by
from terminal_agent.session.states import State
from terminal_agent.session.view import Notice, Screen
from terminal_agent.session.wishes import OFFERS


def test_discounts_come_first_and_then_what_pays() -> None:
    """Each is asked for what the ones before it have left, and all are posted together."""
    counter = Dialogue(WITHOUT_OFFERS)
    counter.member()
    counter.offer(2_000)
    counter.use(Instrument.REWARD, reward="off")
    counter.grant(5, 100)
    counter.use(Instrument.POINTS)
    assert counter.reserved[-1].points == 90, "half of 19.00, in whole steps"
    counter.grant(90, 900)
    counter.use(Instrument.CREDIT, 300)
    assert counter.reserved[-1].points == 300
    counter.grant(300, 300)
    counter.use(Instrument.GIFT)
    assert counter.view.notice is Notice.PRESENT_GIFT_CARD
    counter.tap(9)
    assert (counter.reserved[-1].points, counter.reserved[-1].card) == (700, card(9))
    counter.grant(700, 700)
    assert counter.view.due_minor == 0
    counter.close(1_900)
    assert counter.kinds() == [
        (Kind.REDEEM, 900),
        (Kind.REDEEM, 300),
        (Kind.REDEEM, 700),
        (Kind.EARN, 0),
        (Kind.REDEEM, 100),
    ]
    paid = {one.kind: one.amount_minor for one in counter.accepted.drafts[0].sale.tenders}
    assert paid == {
        TenderKind.POINTS: 900,
        TenderKind.STORE_CREDIT: 300,
        TenderKind.GIFT_CARD: 700,
    }
    assert [one.card for one in counter.accepted.drafts] == [
        card(1), card(1), card(9), card(1), card(1),
    ]  # fmt: skip


def test_a_discount_is_not_asked_for_while_something_pays() -> None:
    """The cashier is told what to do first; nothing is freed behind anybody's back."""
    counter = Dialogue(WITHOUT_OFFERS)
    counter.member()
    counter.offer(2_000)
    counter.use(Instrument.POINTS)
    counter.grant(100, 1_000)
    for instrument in (Instrument.REWARD, Instrument.COUPON, Instrument.OFFER):
        counter.use(instrument, reward=None if instrument is Instrument.OFFER else "off")
        assert counter.view.notice is Notice.DISCOUNT_FIRST
    assert (counter.state, len(counter.reserved), counter.freed) == (State.RESERVED, 1, [])


@pytest.mark.parametrize("instrument", [Instrument.POINTS, Instrument.CREDIT])
def test_the_same_is_not_held_twice(instrument: Instrument) -> None:
    """A second reservation of the same is refused here; a second gift card is not the same."""
    counter = Dialogue(WITHOUT_OFFERS)
    counter.member()
    counter.offer(2_000)
    counter.use(instrument, 100)
    counter.grant(100, 100)
    counter.use(instrument, 100)
    assert (counter.view.notice, len(counter.reserved)) == (Notice.HELD_ALREADY, 1)


def test_nothing_left_to_pay_asks_nobody() -> None:
    """A sale that is paid wholly needs no gift card."""
    counter = Dialogue(WITHOUT_OFFERS)
    counter.member()
    counter.offer(2_000)
    counter.use(Instrument.CREDIT)
    counter.grant(2_000, 2_000)
    counter.use(Instrument.GIFT)
    assert (counter.view.notice, counter.session.gift_wish) == (Notice.NOTHING_DUE, None)


def test_a_reward_that_the_rules_do_not_know_asks_nobody(counter: Dialogue) -> None:
    """A mistyped id is said at once."""
    counter.asks_offers = False
    counter.member()
    counter.offer(2_000)
    counter.use(Instrument.REWARD, reward="of")
    assert (counter.view.reason, counter.reserved) == (Reason.REWARD_UNKNOWN, [])


def test_a_reward_that_is_no_money_is_handed_out_and_posted() -> None:
    """It changes neither price nor points, and closes with whatever total."""
    counter = Dialogue(WITHOUT_OFFERS)
    counter.member()
    counter.offer(2_000)
    counter.use(Instrument.REWARD, reward="seat")
    counter.grant(5, 0)
    assert (counter.view.due_minor, counter.view.parts[0].amount_minor) == (2_000, 0)
    counter.close(2_000)
    assert counter.kinds() == [(Kind.EARN, 0), (Kind.REDEEM, 0)]


def test_cancelling_takes_one_step_back_each_time() -> None:
    """What was held last goes first; at last the visit itself."""
    counter = Dialogue(WITHOUT_OFFERS)
    counter.member()
    counter.offer(2_000)
    counter.use(Instrument.POINTS)
    counter.grant(50, 500)
    counter.use(Instrument.CREDIT)
    counter.grant(1_500, 1_500)
    points, credit = (one.request_id for one in counter.reserved)
    counter.cancel()
    assert (counter.state, counter.freed) == (State.RESERVED, [credit])
    counter.cancel()
    assert (counter.state, counter.freed) == (State.PREVIEW, [credit, points])
    counter.cancel()
    assert counter.state is State.IDLE


def test_a_second_question_that_fails_keeps_what_is_held() -> None:
    """A refused credit leaves the points where they are."""
    counter = Dialogue(WITHOUT_OFFERS)
    counter.member()
    counter.offer(2_000)
    counter.use(Instrument.POINTS)
    counter.grant(50, 500)
    counter.use(Instrument.CREDIT)
    counter.refuse(Reason.INSUFFICIENT_CREDIT)
    assert (counter.state, counter.view.reason) == (State.RESERVED, Reason.INSUFFICIENT_CREDIT)
    counter.use(Instrument.CREDIT)
    counter.wait(SETTINGS.auth_wait_ms)
    assert (counter.state, counter.view.notice) == (State.RESERVED, Notice.REDEEM_OFFLINE)
    counter.close(2_000)
    assert counter.kinds() == [(Kind.REDEEM, 500), (Kind.EARN, 0)]


def test_the_first_hold_to_lapse_ends_them_all() -> None:
    """The screen promises nothing longer than the gateway does."""
    counter = Dialogue(WITHOUT_OFFERS)
    counter.member()
    counter.offer(2_000)
    counter.use(Instrument.POINTS)
    counter.grant(50, 500)
    counter.now_ms += 150_000
    counter.use(Instrument.CREDIT, 100)
    counter.grant(100, 100)
    counter.wait(50_000)
    assert (counter.state, counter.view.notice) == (State.PREVIEW, Notice.REDEEM_LAPSED)
    assert len(counter.freed) == 2


def test_the_preview_is_that_of_what_will_be_paid() -> None:
    """Points are reckoned on the price after discounts, less what points pay."""
    counter = Dialogue(WITHOUT_OFFERS)
    counter.member()
    counter.offer(2_000)
    counter.use(Instrument.REWARD, reward="off")
    counter.grant(5, 100)
    assert counter.view.points == 19
    counter.use(Instrument.POINTS)
    counter.grant(50, 500)
    assert counter.view.points == 14


@given(
    total=st.integers(1, 5_000),
    points=st.integers(0, 300),
    credit=st.integers(0, 3_000),
    cards=st.lists(st.integers(1, 2_000), max_size=2),
)
def test_the_usual_order_pays_what_the_rules_say(
    total: int, points: int, credit: int, cards: list[int]
) -> None:
    """Asked for one after the other, all pay exactly what the one order of payment says."""
    wanted = Wanted(
        points=points,
        balance_points=points,
        credit_minor=credit,
        balance_minor=credit,
        cards=tuple(GiftCard(balance_minor=one, currency=EUR) for one in cards),
    )
    right = order_of_payment(WITHOUT_OFFERS, total_minor=total, wanted=wanted, at_ms=0)
    counter = Dialogue(WITHOUT_OFFERS)
    counter.tap(1)
    counter.told(balance_points=points)
    counter.offer(total)
    _pay_if_asked(counter, Instrument.POINTS, points, 10)
    _pay_if_asked(counter, Instrument.CREDIT, credit, 1)
    for number, left in enumerate(cards):
        counter.use(Instrument.GIFT)
        if counter.session.gift_wish is not None:
            counter.tap(9 - number)
            units = min(counter.reserved[-1].points or 0, left)
            counter.grant(units, units)
    due = counter.view.due_minor
    assert (total if due is None else due) == right.due_minor


def _pay_if_asked(counter: Dialogue, instrument: Instrument, balance: int, worth: int) -> None:
    before = len(counter.reserved)
    counter.use(instrument, balance or None)
    if len(counter.reserved) == before:
        return
    units = min(counter.reserved[-1].points or 0, balance)
    if units:
        counter.grant(units, units * worth)
    else:
        counter.refuse(Reason.INSUFFICIENT_CREDIT)


def test_discounts_that_were_taken_off_in_part_are_posted_in_part(counter: Dialogue) -> None:
    """Of two discounts the till may show the first alone; then the second was not given."""
    counter.member()
    counter.offer(2_000)
    counter.grant(0, 200)
    counter.use(Instrument.REWARD, reward="off")
    counter.grant(5, 100)
    offer = counter.session.offer
    assert offer is not None
    first, second = counter.session.grants
    assert given_by(offer, (first, second), 1_700) == (first, second)
    assert given_by(offer, (first, second), 1_800) == (first,)
    assert given_by(offer, (first, second), 2_000) == ()
    assert given_by(offer, (first, second), 1_900) == (), "the second without the first"
    counter.close(1_800)
    assert counter.kinds() == [(Kind.REDEEM, 200), (Kind.EARN, 0)]
    assert counter.freed == [second.hold_id]


def test_results_may_come_in_several_receipts() -> None:
    """A refusal in an earlier receipt is not forgotten when the last result arrives."""
    counter = Dialogue(WITHOUT_OFFERS)
    counter.member()
    counter.offer(2_000)
    counter.use(Instrument.POINTS)
    counter.grant(50, 500)
    counter.close(2_000)
    counter.feed(JournalAccepted(now_ms=0, seqs=(7, 8)))
    refused = Result(
        seq=7,
        envelope_hash=EnvelopeHash(bytes(32)),
        status=Status.REFUSED,
        reason=Reason.HOLD_MISMATCH,
    )
    applied = replace(refused, seq=8, status=Status.APPLIED, reason=Reason.NONE, points=15)
    counter.feed(ReceiptArrived(now_ms=0, results=(refused,)))
    assert counter.state is State.ACCEPTED
    counter.feed(ReceiptArrived(now_ms=0, results=(applied,)))
    assert (counter.view.screen, counter.view.reason) == (
        Screen.NOT_APPLIED,
        Reason.HOLD_MISMATCH,
    )


def test_the_earns_result_is_shown_though_a_reward_is_posted_behind_it() -> None:
    """The points that the screen shows are the sale's, whatever else was posted."""
    counter = Dialogue(WITHOUT_OFFERS)
    counter.member()
    counter.offer(2_000)
    counter.use(Instrument.REWARD, reward="seat")
    counter.grant(5, 0)
    counter.close(2_000)
    counter.feed(JournalAccepted(now_ms=0, seqs=(7, 8)))
    earn = Result(
        seq=7,
        envelope_hash=EnvelopeHash(bytes(32)),
        status=Status.APPLIED,
        reason=Reason.NONE,
        points=20,
    )
    counter.feed(ReceiptArrived(now_ms=0, results=(earn, replace(earn, seq=8, points=-5))))
    assert counter.view.points == 20


def test_what_is_recorded_beside_a_visit_makes_the_answer_old(counter: Dialogue) -> None:
    """A top-up changes the owner: the facts are not used any more, and asked for anew in time."""
    counter.asks_offers = False
    counter.member(standing=Standing(credit_minor=100))
    counter.offer(2_000)
    counter.feed(OwnerChanged(now_ms=0))
    assert counter.session.behind
    counter.feed(AskAgain(now_ms=0, inquiry_id=counter.new_id(), behind=False))
    counter.told(balance_points=7, standing=Standing(credit_minor=600))
    assert (counter.view.balance_points, counter.view.member.credit_minor) == (7, 600)


def test_nobody_is_asked_about_anew_once_the_sale_is_closed(counter: Dialogue) -> None:
    """What the next tap will ask needs no question now."""
    counter.member()
    counter.close(2_000)
    before = len(counter.actions)
    counter.feed(AskAgain(now_ms=0, inquiry_id=counter.new_id(), behind=False))
    assert len(counter.actions) == before


def test_offers_can_be_asked_for_by_name() -> None:
    """The cashier's word for offers is the same wish as the session's own."""
    assert OFFERS.instrument is Instrument.OFFER
