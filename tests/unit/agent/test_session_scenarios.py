"""The counter dialogue, visit by visit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.model.authorisation import AuthKind
from gateway.model.ids import EnvelopeHash
from gateway.model.instrument import Instrument
from gateway.model.money import EUR
from gateway.model.outcome import Reason, Status
from gateway.model.programme import UnknownCardPolicy
from gateway.model.receipt import Result
from gateway.model.sale import TENDERS_MAX, Tender, TenderKind
from gateway.model.transaction import Kind
from gateway.readers.reader import CardTrouble
from simulators.given.session_counter import (
    PROGRAMME,
    RULES,
    Counter,
    answer,
    card,
    hold,
    sale,
    told,
)
from terminal_agent.session.actions import Inquire, Reserve
from terminal_agent.session.events import (
    CardTapped,
    CardTroubled,
    Event,
    JournalRefused,
    OperatorCancelled,
    ReceiptArrived,
    SaleCancelled,
    SaleDoubted,
    TimePassed,
)
from terminal_agent.session.machine import step
from terminal_agent.session.memory import Grant, Session
from terminal_agent.session.states import State
from terminal_agent.session.tenders import with_tenders
from terminal_agent.session.view import Notice, Part, Refusal, Screen, View


@pytest.fixture
def counter() -> Counter:
    """A counter with nobody at it."""
    return Counter()


def test_session_card_then_sale_earns_without_any_answer(counter: Counter) -> None:
    """A tap, a total and a close are accepted while the network says nothing at all."""
    counter.tap(1)
    assert counter.state() is State.CARD
    counter.offer()
    assert counter.view == View(screen=Screen.PREVIEW, points=20, total_minor=2_000, currency=EUR)
    counter.close()
    assert [draft.kind for draft in counter.accepted()[0].drafts] == [Kind.EARN]
    counter.journaled(5)
    assert counter.view.screen is Screen.ACCEPTED


def test_session_sale_then_card_earns_too(counter: Counter) -> None:
    """The order of card and sale does not matter."""
    counter.offer()
    assert counter.view.screen is Screen.SALE
    assert any(isinstance(action, Inquire) for action in counter.tap(1))
    assert counter.state() is State.PREVIEW
    counter.close()
    assert counter.accepted()[0].drafts[0].card == card(1)


def test_session_late_tap_claims_a_closed_sale(counter: Counter) -> None:
    """A sale that closed without a card waits for a tap and is then accepted."""
    counter.close()
    assert counter.state() is State.LATE
    counter.tap(2)
    assert counter.accepted()[0].drafts[0].sale.key == sale(1).key


def test_session_no_tap_counts_an_anonymous_sale(counter: Counter) -> None:
    """A closed sale that nobody claims is dropped, counted and never accepted."""
    counter.close()
    counter.wait(RULES.settings.late_tap_ms)
    assert counter.state() is State.IDLE
    assert counter.session.anonymous_sales == 1
    assert counter.view.notice is Notice.NO_CARD
    counter.tap(1)
    assert counter.accepted() == []


def test_session_card_waits_and_is_forgotten(counter: Counter) -> None:
    """A card whose sale never comes does not collect the next customer's points."""
    counter.tap(1)
    counter.wait(RULES.settings.card_wait_ms - 1)
    assert counter.state() is State.CARD
    counter.wait(1)
    assert counter.state() is State.IDLE
    counter.close()
    assert counter.state() is State.LATE


def test_session_redeem_is_posted_with_the_earn(counter: Counter) -> None:
    """Posting and earn are handed over together, both with one points tender."""
    counter.tap(1)
    counter.offer()
    asked = [action for action in counter.redeem() if isinstance(action, Reserve)]
    assert [(one.points, one.sale_total_minor) for one in asked] == [(400, 2_000)]
    counter.grant()
    assert counter.view.screen is Screen.RESERVED
    assert counter.view.parts == (
        Part(instrument=Instrument.POINTS, points=200, amount_minor=1_000),
    )
    assert counter.view.due_minor == 1_000
    counter.close()
    redeem, earn = counter.accepted()[0].drafts
    assert (redeem.kind, earn.kind) == (Kind.REDEEM, Kind.EARN)
    assert redeem.redemption is not None
    assert redeem.redemption.hold_id == hold(7)
    paid = (Tender(kind=TenderKind.POINTS, amount_minor=1_000),)
    assert redeem.sale.tenders == earn.sale.tenders == paid
    counter.journaled(5, 6)
    assert counter.view.points == 10, "what is paid with points earns none in this programme"
    assert counter.cancelled() == []


def test_session_redeem_uses_the_known_balance(counter: Counter) -> None:
    """Once the balance is known, the terminal asks for no more than it."""
    counter.tap(1)
    counter.offer()
    known = answer(101, AuthKind.INQUIRE, balance_points=250)
    counter.feed(told(known, counter.now_ms))
    assert (counter.view.balance_points, counter.view.redeem_points) == (250, 200)
    asked = [action for action in counter.redeem() if isinstance(action, Reserve)]
    assert asked[0].points == 200


@pytest.mark.parametrize("policy", UnknownCardPolicy)
def test_session_unknown_card_is_no_trouble_where_it_enrols(policy: UnknownCardPolicy) -> None:
    """A card that its first sale enrols has no points yet; elsewhere somebody must enrol it."""
    rules = replace(RULES, programme=replace(PROGRAMME, unknown_card=policy))
    tapped = CardTapped(now_ms=0, card=card(1), inquiry_id=hold(101))
    session, _ = step(Session(), tapped, rules)
    refused = answer(101, AuthKind.INQUIRE, status=Status.REFUSED, reason=Reason.UNKNOWN_CARD)
    session, _ = step(session, told(refused, 1), rules)
    enrols = policy is UnknownCardPolicy.ENROL
    assert session.balance_points == (0 if enrols else None)
    assert session.reason is (None if enrols else Reason.UNKNOWN_CARD)


def test_session_redeem_below_minimum_never_goes_online(counter: Counter) -> None:
    """What the programme refuses by itself is refused at once, with its reason."""
    counter.tap(1)
    counter.offer(total_minor=300)
    assert not any(isinstance(action, Reserve) for action in counter.redeem())
    assert counter.view.reason is Reason.BELOW_MINIMUM
    assert counter.state() is State.PREVIEW


def test_session_refused_reservation_says_why(counter: Counter) -> None:
    """The gateway's refusal leads back to the preview with its reason."""
    counter.tap(1)
    counter.offer()
    counter.redeem()
    refused = answer(7, AuthKind.RESERVE, status=Status.REFUSED, reason=Reason.CARD_BLOCKED)
    counter.feed(told(refused, counter.now_ms))
    assert (counter.state(), counter.view.reason) == (State.PREVIEW, Reason.CARD_BLOCKED)
    assert counter.cancelled() == []


def test_session_close_does_not_wait_for_the_reservation(counter: Counter) -> None:
    """A sale that closes first is a plain earn, and the late grant is cancelled again."""
    counter.tap(1)
    counter.offer()
    counter.redeem()
    counter.close()
    assert [draft.kind for draft in counter.accepted()[0].drafts] == [Kind.EARN]
    counter.journaled(5)
    assert counter.view.notice is Notice.REDEEM_TOO_LATE
    assert counter.cancelled() == [hold(7)]
    counter.grant()
    assert counter.cancelled() == [hold(7), hold(7)]
    counter.grant()
    assert counter.cancelled() == [hold(7), hold(7)], "a repeated answer is not news"


@pytest.mark.parametrize(
    ("end", "state"),
    [
        (SaleCancelled(now_ms=2_000), State.CARD),
        (SaleDoubted(now_ms=2_000), State.IDLE),
        (OperatorCancelled(now_ms=2_000), State.PREVIEW),
        (TimePassed(now_ms=10**9), State.PREVIEW),
        (CardTapped(now_ms=2_000, card=card(2), inquiry_id=hold(102)), State.PREVIEW),
    ],
)
@pytest.mark.parametrize("granted", [True, False])
def test_session_given_up_redemption_frees_points(
    counter: Counter, end: Event, state: State, *, granted: bool
) -> None:
    """Whatever ends a redemption before the close cancels the hold, granted or not yet."""
    counter.tap(1)
    counter.offer()
    counter.redeem()
    if granted:
        counter.grant()
    counter.feed(end)
    assert counter.state() is state
    assert counter.cancelled() == [hold(7)]


def test_session_hold_larger_than_the_closed_total_is_freed(counter: Counter) -> None:
    """A sale that closed below the held amount is a plain earn, and the cashier is told."""
    counter.tap(1)
    counter.offer()
    counter.redeem()
    counter.grant()
    counter.close(total_minor=900)
    assert [draft.kind for draft in counter.accepted()[0].drafts] == [Kind.EARN]
    assert counter.cancelled() == [hold(7)]
    counter.journaled(9)
    assert counter.view.notice is Notice.REDEEM_SALE_CHANGED


def test_session_hold_stands_no_longer_than_the_gateway_says(counter: Counter) -> None:
    """The screen stops promising the points when the hold's own time is over."""
    counter.tap(1)
    counter.offer()
    counter.redeem()
    counter.grant()
    counter.wait(199_999)
    assert counter.state() is State.RESERVED
    counter.wait(1)
    assert (counter.state(), counter.view.notice) == (State.PREVIEW, Notice.REDEEM_LAPSED)


def test_session_grant_without_figures_is_cancelled(counter: Counter) -> None:
    """An answer that claims success but names no points cannot be posted and is freed."""
    counter.tap(1)
    counter.offer()
    counter.redeem()
    counter.feed(told(answer(7, AuthKind.RESERVE), counter.now_ms))
    assert counter.state() is State.PREVIEW
    assert counter.cancelled() == [hold(7)]


def test_session_same_card_again_is_ignored(counter: Counter) -> None:
    """A second tap of the card asks nothing and changes nothing, before and after."""
    counter.tap(1)
    assert counter.tap(1) == []
    counter.offer()
    assert counter.tap(1) == []
    counter.close()
    counter.journaled(1)
    assert counter.tap(1) == []


def test_session_other_card_replaces_before_and_begins_anew_after(counter: Counter) -> None:
    """Another card takes the visit over; once it is accepted it opens the next one."""
    counter.tap(1)
    counter.offer()
    counter.tap(2)
    counter.close()
    assert counter.accepted()[0].drafts[0].card == card(2)
    counter.journaled(1)
    counter.tap(3)
    assert counter.state() is State.CARD
    assert counter.session.sale is None


def test_session_next_anonymous_sale_does_not_earn_for_the_last_card(counter: Counter) -> None:
    """The card of an accepted sale is not carried over to the sale that follows."""
    counter.tap(1)
    counter.close(1)
    counter.journaled(1)
    counter.close(2)
    assert counter.state() is State.LATE
    assert len(counter.accepted()) == 1


def test_session_reprint_is_not_accepted_again(counter: Counter) -> None:
    """A sale whose key was accepted is recognised in every state and accepted once."""
    counter.tap(1)
    counter.close(1)
    counter.journaled(1)
    counter.close(1)
    counter.tap(2)
    counter.close(1)
    counter.offer()
    counter.close(1)
    assert len(counter.accepted()) == 1
    assert counter.view.notice is Notice.ALREADY_RECORDED


def test_session_journal_refusal_tells_and_can_be_tried_again(counter: Counter) -> None:
    """A full journal frees the hold, records nothing, and the same sale may come again."""
    counter.tap(1)
    counter.offer()
    counter.redeem()
    counter.grant()
    counter.close()
    counter.feed(JournalRefused(now_ms=counter.now_ms, refusal=Refusal.JOURNAL_FULL))
    assert counter.view.refusal is Refusal.JOURNAL_FULL
    assert counter.cancelled() == [hold(7)]
    counter.tap(1)
    counter.close()
    assert len(counter.accepted()) == 2


@pytest.mark.parametrize(
    ("status", "screen"),
    [
        (Status.APPLIED, Screen.APPLIED),
        (Status.DUPLICATE, Screen.APPLIED),
        (Status.HELD, Screen.HELD),
        (Status.REFUSED, Screen.NOT_APPLIED),
    ],
)
def test_session_receipt_shows_the_gateways_word(
    counter: Counter, status: Status, screen: Screen
) -> None:
    """The result of the sale on the screen is shown with the balance after it."""
    counter.tap(1)
    counter.close()
    counter.journaled(8)
    counter.feed(ReceiptArrived(now_ms=counter.now_ms, results=(result(7, Status.APPLIED),)))
    assert counter.state() is State.ACCEPTED, "another transaction's result"
    counter.feed(ReceiptArrived(now_ms=counter.now_ms, results=(result(8, status),)))
    assert (counter.view.screen, counter.view.balance_points) == (screen, 120)
    counter.wait(RULES.settings.show_ms)
    assert counter.state() is State.IDLE


def test_session_receipt_shows_a_refused_redemption_first(counter: Counter) -> None:
    """Of a posting that was refused and an earn that was applied, the refusal is shown."""
    counter.tap(1)
    counter.offer()
    counter.redeem()
    counter.grant()
    counter.close()
    counter.journaled(8, 9)
    results = (result(8, Status.REFUSED, Reason.HOLD_EXPIRED), result(9, Status.APPLIED))
    counter.feed(ReceiptArrived(now_ms=counter.now_ms, results=results))
    assert (counter.view.screen, counter.view.reason) == (
        Screen.NOT_APPLIED,
        Reason.HOLD_EXPIRED,
    )


def result(seq: int, status: Status, reason: Reason = Reason.NONE) -> Result:
    """A result of 20 points that leaves a balance of 120."""
    return Result(
        seq=seq,
        envelope_hash=EnvelopeHash(bytes(32)),
        status=status,
        reason=reason,
        points=20,
        balance_points=120,
    )


def test_session_trouble_is_shown_and_wiped(counter: Counter) -> None:
    """A card removed too early is named on the screen, and the remark goes by itself."""
    counter.feed(CardTroubled(now_ms=counter.now_ms, trouble=CardTrouble.REMOVED_EARLY))
    assert counter.view.trouble is CardTrouble.REMOVED_EARLY
    counter.wait(RULES.settings.show_ms)
    assert counter.view == View(screen=Screen.READY, currency=EUR)


def test_session_trouble_beside_a_sale_keeps_the_sale(counter: Counter) -> None:
    """An unreadable card leaves the sale under way where it was."""
    counter.offer()
    counter.feed(CardTroubled(now_ms=counter.now_ms, trouble=CardTrouble.NO_ANSWER))
    assert (counter.state(), counter.view.trouble) == (State.SALE, CardTrouble.NO_ANSWER)


def test_session_points_tender_replaces_the_tills_own_and_fits() -> None:
    """A sale carries one points tender, of the held amount, and never too many tenders."""
    points = Tender(kind=TenderKind.POINTS, amount_minor=1)
    cash = Tender(kind=TenderKind.CASH, amount_minor=10)
    paid = Grant(
        hold_id=hold(1),
        instrument=Instrument.POINTS,
        card=card(1),
        points=100,
        amount_minor=500,
    )
    changed = with_tenders(sale(1, tenders=(points, cash)), (paid,))
    assert changed.tenders == (cash, Tender(kind=TenderKind.POINTS, amount_minor=500))
    gift = replace(paid, instrument=Instrument.GIFT, amount_minor=50)
    full = with_tenders(sale(1, tenders=(cash,) * TENDERS_MAX), (paid, gift, gift))
    assert len(full.tenders) == TENDERS_MAX
    assert full.tenders[-1] == Tender(kind=TenderKind.GIFT_CARD, amount_minor=100)
    assert sum(tender.amount_minor for tender in full.tenders) == 10 * TENDERS_MAX + 600
