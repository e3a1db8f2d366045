"""Two-phase redemption: reserve, then post, void, cancel or expire, each exactly once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gateway.ledger.kinds import CardState, JournalKind
from gateway.model.ids import HoldId
from gateway.model.money import IRR
from gateway.model.outcome import Reason, Status
from gateway.model.programme import RefundPolicy
from gateway.writer.decision import AlarmKind

if TYPE_CHECKING:
    from simulators.given.sealing_box import Box
    from tests.unit.writer.conftest import MakeShop, Shop

_TTL_MS = 300_000


@pytest.fixture
def box(shop: Shop) -> Box:
    """A terminal at which Ada has earned 100 points."""
    made = shop.box("till-1")
    shop.apply(made.earn(shop.card("ada"), 1, 10_000))
    return made


def test_a_reservation_holds_points_and_a_redeem_posts_them(shop: Shop, box: Box) -> None:
    """Points move from spendable to held to redeemed, and each answer shows the balance."""
    ada = shop.card("ada")
    answer = shop.ask(box.reserve(ada, 2, 60))
    assert (answer.status, answer.points, answer.amount_minor) == (Status.APPLIED, 60, 60)
    assert (answer.balance_points, answer.expires_at_ms) == (40, shop.now_ms + _TTL_MS)
    assert shop.balance(ada) == (40, 60)
    redeem = shop.result(box.redeem(ada, 2, answer))
    assert (redeem.status, redeem.points, redeem.balance_points) == (Status.APPLIED, -60, 40)
    assert shop.balance(ada) == (40, 0)


def test_a_hold_is_posted_once(shop: Shop, box: Box) -> None:
    """A second redeem of the same hold, under a new id, is refused."""
    ada = shop.card("ada")
    answer = shop.ask(box.reserve(ada, 2, 60))
    shop.apply(box.redeem(ada, 2, answer))
    assert shop.result(box.redeem(ada, 2, answer)).reason is Reason.HOLD_ALREADY_RESOLVED
    assert shop.result(box.void(answer.request_id)).reason is Reason.HOLD_ALREADY_RESOLVED
    assert shop.ask(box.cancel(answer.request_id)).reason is Reason.HOLD_ALREADY_RESOLVED
    assert shop.balance(ada) == (40, 0)


def test_a_redeem_names_the_sale_that_the_paper_names(shop: Shop, box: Box) -> None:
    """A hold asked for before the till printed is posted on the printed sale, and undone by it."""
    ada = shop.card("ada")
    answer = shop.ask(box.reserve(ada, 2, 60))
    assert shop.result(box.redeem(ada, 3, answer)).status is Status.APPLIED
    assert shop.balance(ada) == (40, 0)
    assert shop.result(box.refund(2)).reason is Reason.SALE_NOT_FOUND
    assert shop.result(box.refund(3)).points == 60
    assert shop.balance(ada) == (100, 0)


def test_a_void_frees_the_points_once(shop: Shop, box: Box) -> None:
    """A voided hold gives the points back, and cannot be voided or redeemed afterwards."""
    ada = shop.card("ada")
    answer = shop.ask(box.reserve(ada, 2, 60))
    void = shop.result(box.void(answer.request_id))
    assert (void.status, void.points, void.balance_points) == (Status.APPLIED, 0, 100)
    assert shop.result(box.void(answer.request_id)).reason is Reason.HOLD_ALREADY_RESOLVED
    assert shop.result(box.redeem(ada, 2, answer)).reason is Reason.HOLD_ALREADY_RESOLVED
    assert shop.balance(ada) == (100, 0)


def test_a_cancel_frees_the_points_however_often_it_comes(shop: Shop, box: Box) -> None:
    """Cancelling is idempotent by request and by hold; a redeem afterwards is refused."""
    ada = shop.card("ada")
    answer = shop.ask(box.reserve(ada, 2, 60))
    cancel = box.cancel(answer.request_id)
    first = shop.ask(cancel)
    assert (first.status, first.balance_points) == (Status.APPLIED, 100)
    assert shop.ask(cancel) == first
    assert shop.ask(box.cancel(answer.request_id)).status is Status.APPLIED
    assert shop.balance(ada) == (100, 0)
    assert shop.result(box.redeem(ada, 2, answer)).reason is Reason.HOLD_ALREADY_RESOLVED


def test_a_cancel_that_overtakes_its_reserve_wins(shop: Shop, box: Box) -> None:
    """A reservation that arrives after its cancel is refused and holds nothing."""
    ada = shop.card("ada")
    late = box.reserve(ada, 2, 60)
    assert shop.ask(box.cancel(late.request.request_id)).status is Status.APPLIED
    assert shop.ask(box.cancel(late.request.request_id)).status is Status.APPLIED
    assert shop.ask(late).reason is Reason.HOLD_ALREADY_RESOLVED
    assert shop.balance(ada) == (100, 0)


def test_only_its_own_terminal_touches_a_hold(shop: Shop, box: Box) -> None:
    """Another terminal can neither cancel, void nor redeem a hold, nor bury one to come."""
    ada = shop.card("ada")
    other = shop.box("till-2")
    later = box.reserve(ada, 3, 10)
    assert shop.ask(other.cancel(later.request.request_id)).status is Status.APPLIED
    assert shop.ask(later).status is Status.APPLIED
    answer = shop.ask(box.reserve(ada, 2, 60))
    assert shop.ask(other.cancel(answer.request_id)).reason is Reason.HOLD_NOT_FOUND
    assert shop.result(other.void(answer.request_id)).reason is Reason.HOLD_NOT_FOUND
    assert shop.result(other.redeem(ada, 2, answer)).reason is Reason.HOLD_MISMATCH
    assert shop.balance(ada) == (30, 70)


def test_a_redeem_must_be_what_was_reserved(shop: Shop, box: Box) -> None:
    """Other points, another member's card and an unknown hold are refused."""
    ada, bob = shop.card("ada"), shop.card("bob")
    shop.apply(box.enrol(bob))
    answer = shop.ask(box.reserve(ada, 2, 60))
    assert shop.result(box.redeem(ada, 2, answer, points=61)).reason is Reason.HOLD_MISMATCH
    assert shop.result(box.redeem(bob, 2, answer)).reason is Reason.HOLD_MISMATCH
    assert shop.result(box.redeem(shop.card("eve"), 2, answer)).reason is Reason.HOLD_MISMATCH
    assert shop.result(box.void(HoldId(bytes(16)))).reason is Reason.HOLD_NOT_FOUND
    box.currency = IRR
    assert shop.result(box.redeem(ada, 2, answer)).reason is Reason.CURRENCY_MISMATCH
    assert shop.balance(ada) == (40, 60)


def test_an_expired_hold_frees_itself_and_says_so(shop: Shop, box: Box) -> None:
    """When its time is up, and not before, a tick frees a hold once and journals it."""
    ada = shop.card("ada")
    answer = shop.ask(box.reserve(ada, 2, 60))
    assert shop.tick(_TTL_MS - 1).journalled == 0
    assert shop.balance(ada) == (40, 60)
    assert shop.tick(1).journalled == 1
    assert shop.balance(ada) == (100, 0)
    assert shop.tick(_TTL_MS).journalled == 0
    last = shop.journal()[-1]
    assert (last.kind, last.hold_id) == (JournalKind.EXPIRY, answer.request_id)


def test_a_hold_past_its_time_is_still_there_until_the_journal_says_otherwise(
    shop: Shop, box: Box
) -> None:
    """What counts is the journalled expiry and not the clock: a redeem before it posts the hold."""
    ada = shop.card("ada")
    answer = shop.ask(box.reserve(ada, 2, 60))
    shop.now_ms += 2 * _TTL_MS
    assert shop.result(box.redeem(ada, 2, answer)).status is Status.APPLIED
    assert shop.tick().journalled == 0


def test_a_sealed_redeem_of_an_expired_hold_is_honoured(shop: Shop, box: Box) -> None:
    """The till gave the discount: the points are taken again where they are still there."""
    ada = shop.card("ada")
    answer = shop.ask(box.reserve(ada, 2, 60))
    shop.tick(_TTL_MS)
    decision = shop.apply(redeem := box.redeem(ada, 2, answer))
    result = shop.result_in(decision, redeem)
    assert (result.status, result.points, result.balance_points) == (Status.APPLIED, -60, 40)
    assert decision.alarms == ()
    assert shop.result(box.refund(2)).balance_points == 100


def test_a_redeem_beyond_the_balance_goes_into_debt(shop: Shop, box: Box) -> None:
    """Under ALLOW_NEGATIVE a late redeem takes what is there, owes the rest, and alarms."""
    ada = shop.card("ada")
    late = shop.ask(box.reserve(ada, 2, 60))
    shop.tick(_TTL_MS)
    spent = shop.ask(box.reserve(ada, 3, 90, deadline_ms=shop.now_ms + 1))
    shop.apply(box.redeem(ada, 3, spent))
    decision = shop.apply(redeem := box.redeem(ada, 2, late))
    result = shop.result_in(decision, redeem)
    assert (result.points, result.balance_points) == (-60, -50)
    assert [alarm.kind for alarm in decision.alarms] == [AlarmKind.SHORTFALL]
    assert shop.result(box.refund(2)).balance_points == 10


def test_a_redeem_beyond_the_balance_is_borne_by_the_programme(make_shop: MakeShop) -> None:
    """Under CLAMP the shortfall account pays, and a refund gives back only what was taken."""
    shop = make_shop(refund=RefundPolicy.CLAMP)
    box = shop.box("till-1")
    ada = shop.card("ada")
    shop.apply(box.earn(ada, 1, 10_000))
    late = shop.ask(box.reserve(ada, 2, 60))
    shop.tick(_TTL_MS)
    spent = shop.ask(box.reserve(ada, 3, 90, deadline_ms=shop.now_ms + 1))
    shop.apply(box.redeem(ada, 3, spent))
    result = shop.result(box.redeem(ada, 2, late))
    assert (result.points, result.balance_points) == (-10, 0)
    assert shop.result(box.refund(2)).balance_points == 10


@pytest.mark.parametrize("how", ["void", "cancel"])
def test_giving_up_an_expired_hold_settles_it(shop: Shop, box: Box, how: str) -> None:
    """A void or cancel after the expiry moves nothing, and a redeem after it is refused."""
    ada = shop.card("ada")
    answer = shop.ask(box.reserve(ada, 2, 60))
    shop.tick(_TTL_MS)
    box.now_ms = shop.now_ms
    if how == "void":
        assert shop.result(box.void(answer.request_id)).status is Status.APPLIED
    else:
        assert shop.ask(box.cancel(answer.request_id)).status is Status.APPLIED
    assert shop.balance(ada) == (100, 0)
    assert shop.result(box.redeem(ada, 2, answer)).reason is Reason.HOLD_ALREADY_RESOLVED


def test_a_redeem_on_a_refunded_sale_is_refused(shop: Shop, box: Box) -> None:
    """A sale undone by another terminal takes no points any more; the hold frees itself."""
    ada = shop.card("ada")
    other = shop.box("till-2")
    answer = shop.ask(box.reserve(ada, 2, 60))
    shop.apply(box.earn(ada, 2, 5_000))
    shop.apply(other.refund(2))
    assert shop.result(box.redeem(ada, 2, answer)).reason is Reason.SALE_ALREADY_REFUNDED
    shop.tick(_TTL_MS)
    assert shop.balance(ada) == (100, 0)


def test_a_card_blocked_after_its_reservation_is_still_redeemed(shop: Shop, box: Box) -> None:
    """Blocking stops new reservations and not one whose discount the till may have given."""
    ada = shop.card("ada")
    answer = shop.ask(box.reserve(ada, 2, 60))
    shop.store.set_card_state(ada.token, CardState.BLOCKED, shop.now_ms)
    assert shop.ask(box.reserve(ada, 3, 10)).reason is Reason.CARD_BLOCKED
    assert shop.result(box.redeem(ada, 2, answer)).status is Status.APPLIED


def test_a_refund_pays_its_debt_out_of_freed_points(shop: Shop, box: Box) -> None:
    """Held points that come back pay what the member owes before they can be spent."""
    ada = shop.card("ada")
    answer = shop.ask(box.reserve(ada, 2, 70))
    assert shop.result(box.refund(1)).balance_points == -70
    assert shop.balance(ada) == (-70, 70)
    assert shop.result(box.void(answer.request_id)).balance_points == 0
