"""Enrolments, earns and refunds of whole sales, on both stores."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gateway.ledger.kinds import CardState
from gateway.model.ids import BranchId
from gateway.model.money import IRR
from gateway.model.outcome import Reason, Status
from gateway.model.programme import RefundPolicy, UnknownCardPolicy
from gateway.model.transaction import ClockQuality

if TYPE_CHECKING:
    from tests.unit.writer.conftest import MakeShop, Shop


def test_an_earn_credits_what_the_rules_say(shop: Shop) -> None:
    """One point for each euro, once, with the balance in the result."""
    box = shop.box("till-1")
    result = shop.result(box.earn(shop.card("ada"), 1, 12_345))
    assert (result.status, result.points, result.balance_points) == (Status.APPLIED, 123, 123)
    assert shop.balance(shop.card("ada")) == (123, 0)


def test_a_sale_too_small_to_earn_is_applied_with_nothing(shop: Shop) -> None:
    """A sale of 0.99 is recorded, moves nothing, and can be refunded once."""
    box = shop.box("till-1")
    assert shop.result(box.earn(shop.card("ada"), 1, 99)).points == 0
    assert shop.result(box.refund(1)).status is Status.APPLIED
    assert shop.result(box.refund(1)).reason is Reason.SALE_ALREADY_REFUNDED


def test_a_sale_earns_once_at_a_branch(shop: Shop) -> None:
    """The same sale key is refused at the same branch, by any terminal, and free at another."""
    first, second = shop.box("till-1"), shop.box("till-2")
    other = shop.box("till-3", branch=BranchId("south"))
    ada = shop.card("ada")
    assert shop.result(first.earn(ada, 1, 10_000)).status is Status.APPLIED
    again = shop.result(second.earn(ada, 1, 10_000))
    assert (again.status, again.reason) == (Status.REFUSED, Reason.SALE_ALREADY_RECORDED)
    assert shop.result(other.earn(ada, 1, 10_000)).status is Status.APPLIED
    assert shop.balance(ada) == (200, 0)


def test_a_refused_id_stays_refused(shop: Shop) -> None:
    """Sending a refused transaction again answers the stored refusal, also after a restart."""
    box = shop.box("till-1")
    ada = shop.card("ada")
    shop.apply(box.enrol(ada))
    refused = box.enrol(ada)
    first = shop.result(refused)
    assert first.reason is Reason.CARD_ALREADY_ENROLLED
    shop.restart()
    decision = shop.apply(refused)
    assert shop.result_in(decision, refused) == first
    assert (decision.duplicates, decision.journalled) == (1, 0)


def test_another_currency_is_refused(shop: Shop) -> None:
    """An amount in another unit is never converted: the sale is refused and nobody enrolled."""
    box = shop.box("till-1")
    box.currency = IRR
    assert shop.result(box.earn(shop.card("ada"), 1, 10_000)).reason is Reason.CURRENCY_MISMATCH
    assert shop.balance(shop.card("ada")) is None


def test_without_rules_everything_is_refused(bare_shop: Shop) -> None:
    """Before the first programme the refusals are journalled and the chain goes on."""
    box = bare_shop.box("till-1")
    ada = bare_shop.card("ada")
    arrivals = [box.enrol(ada), box.earn(ada, 1, 10_000), box.refund(1)]
    decision = bare_shop.apply(*arrivals)
    reasons = {bare_shop.result_in(decision, arrival).reason for arrival in arrivals}
    assert reasons == {Reason.PROGRAMME_UNKNOWN}
    assert bare_shop.watermark(box) == 3
    bare_shop.store.add_programme(bare_shop.programme(effective_from_ms=bare_shop.now_ms + 10_000))
    assert bare_shop.result(box.enrol(ada)).reason is Reason.PROGRAMME_UNKNOWN
    answer = bare_shop.ask(box.reserve(ada, 1, 10))
    assert answer.reason is Reason.PROGRAMME_UNKNOWN


@pytest.mark.parametrize("state", [CardState.BLOCKED, CardState.LOST, CardState.REPLACED])
def test_a_blocked_card_earns_nothing(shop: Shop, state: CardState) -> None:
    """A card that may not be used is refused until it is active again; the journal knows when."""
    box = shop.box("till-1")
    ada = shop.card("ada")
    shop.apply(box.earn(ada, 1, 10_000))
    shop.store.set_card_state(ada.token, state, shop.now_ms)
    assert shop.result(box.earn(ada, 2, 10_000)).reason is Reason.CARD_BLOCKED
    shop.store.set_card_state(ada.token, CardState.ACTIVE, shop.now_ms)
    assert shop.result(box.earn(ada, 2, 10_000)).status is Status.APPLIED
    assert [row.card_state for row in shop.journal() if row.card_state] == [
        state,
        CardState.ACTIVE,
    ]


def test_late_sales_are_rated_by_the_rules_of_their_time(shop: Shop) -> None:
    """A backlog from before a change of rules earns as it did then, where its clock is trusted."""
    box = shop.box("till-1")
    ada = shop.card("ada")
    change_ms = shop.now_ms + 3_600_000
    rules = shop.programme(2, effective_from_ms=change_ms, earn_points=3)
    shop.store.add_programme(rules)
    shop.now_ms = change_ms + 10
    assert shop.result(box.earn(ada, 1, 10_000)).points == 100
    box.quality = ClockQuality.GUESSED
    assert shop.result(box.earn(ada, 2, 10_000)).points == 300
    versions = [row.programme_version for row in shop.journal()]
    assert versions == [1, 2]


def test_a_clock_far_ahead_is_not_believed(shop: Shop) -> None:
    """A sale from the future is rated by the rules in force now, not by those to come."""
    box = shop.box("till-1")
    change_ms = shop.now_ms + 3_600_000
    shop.store.add_programme(shop.programme(2, effective_from_ms=change_ms, earn_points=3))
    box.now_ms = change_ms + 1
    assert shop.result(box.earn(shop.card("ada"), 1, 10_000)).points == 100
    shop.now_ms = change_ms - shop.settings.future_tolerance_ms + 1
    assert shop.result(box.earn(shop.card("ada"), 2, 10_000)).points == 300


def test_points_of_an_unknown_card_wait_for_enrolment(make_shop: MakeShop) -> None:
    """Under HOLD the points wait in suspense and reach the member exactly once."""
    shop = make_shop(unknown_card=UnknownCardPolicy.HOLD)
    box = shop.box("till-1")
    ada, bob = shop.card("ada"), shop.card("bob")
    held = shop.result(box.earn(ada, 1, 10_000))
    assert (held.status, held.reason, held.points) == (Status.HELD, Reason.UNKNOWN_CARD, 100)
    assert held.balance_points is None
    shop.apply(box.earn(bob, 2, 5_000))
    shop.apply(box.earn(ada, 3, 2_000))
    enrolled = shop.result(box.enrol(ada))
    assert (enrolled.points, enrolled.balance_points) == (120, 120)
    assert shop.balance(ada) == (120, 0)
    assert shop.balance(bob) is None
    assert shop.result(box.enrol(ada)).reason is Reason.CARD_ALREADY_ENROLLED
    assert shop.balance(ada) == (120, 0)


def test_held_points_and_their_enrolment_may_share_a_batch(make_shop: MakeShop) -> None:
    """Suspense works within one batch as it does across batches."""
    shop = make_shop(unknown_card=UnknownCardPolicy.HOLD)
    box = shop.box("till-1")
    ada = shop.card("ada")
    shop.apply(box.earn(ada, 1, 10_000), box.enrol(ada), box.earn(ada, 2, 100), box.refund(1))
    assert shop.balance(ada) == (1, 0)


def test_a_refund_of_waiting_points_takes_them_out_of_suspense(make_shop: MakeShop) -> None:
    """A sale refunded before the card is enrolled leaves nothing for its owner."""
    shop = make_shop(unknown_card=UnknownCardPolicy.HOLD)
    box = shop.box("till-1")
    ada = shop.card("ada")
    shop.apply(box.earn(ada, 1, 10_000))
    shop.apply(box.earn(ada, 2, 3_000))
    assert shop.result(box.refund(1)).status is Status.APPLIED
    assert shop.result(box.enrol(ada)).points == 30


def test_a_refund_restores_both_directions(shop: Shop) -> None:
    """The redeemed points come back and the earned points go, in one posting."""
    box = shop.box("till-1")
    ada = shop.card("ada")
    shop.apply(box.earn(ada, 1, 20_000))
    answer = shop.ask(box.reserve(ada, 2, 50))
    shop.apply(box.redeem(ada, 2, answer), box.earn(ada, 2, 7_000))
    assert shop.balance(ada) == (220, 0)
    refund = shop.result(box.refund(2))
    assert (refund.points, refund.balance_points) == (-20, 200)


def test_a_refund_of_spent_points_goes_below_zero_and_the_next_earn_pays(shop: Shop) -> None:
    """Under ALLOW_NEGATIVE the balance owes what was spent, and the next credit pays it first."""
    box = shop.box("till-1")
    ada = shop.card("ada")
    shop.apply(box.earn(ada, 1, 10_000))
    answer = shop.ask(box.reserve(ada, 2, 80))
    shop.apply(box.redeem(ada, 2, answer))
    assert shop.result(box.refund(1)).balance_points == -80
    assert shop.result(box.earn(ada, 3, 10_000)).balance_points == 20
    # The lot that paid the debt is the one that the returned redemption goes back into.
    assert shop.result(box.refund(2)).balance_points == 100


def test_a_refund_of_spent_points_stops_at_zero_under_clamp(make_shop: MakeShop) -> None:
    """Under CLAMP the programme bears what the member no longer has."""
    shop = make_shop(refund=RefundPolicy.CLAMP)
    box = shop.box("till-1")
    ada = shop.card("ada")
    shop.apply(box.earn(ada, 1, 10_000))
    answer = shop.ask(box.reserve(ada, 2, 80))
    shop.apply(box.redeem(ada, 2, answer))
    refund = shop.result(box.refund(1))
    assert (refund.points, refund.balance_points) == (-20, 0)


def test_a_refund_finds_the_newest_open_sale_by_its_receipt_number(shop: Shop) -> None:
    """Tills count receipts anew each day: the newest sale not yet refunded is meant."""
    box = shop.box("till-1")
    ada = shop.card("ada")
    shop.apply(box.earn(ada, 1, 10_000, "17"), box.earn(ada, 2, 2_000, "17"))
    assert shop.result(box.refund(receipt="17")).points == -20
    assert shop.result(box.refund(receipt="17")).points == -100
    assert shop.result(box.refund(receipt="17")).reason is Reason.SALE_ALREADY_REFUNDED
    assert shop.result(box.refund(receipt="18")).reason is Reason.SALE_NOT_FOUND


def test_refunds_by_receipt_number_work_within_one_batch(shop: Shop) -> None:
    """Sales of the same batch, and several refunds of one number, are found in order."""
    box = shop.box("till-1")
    ada = shop.card("ada")
    shop.apply(box.earn(ada, 1, 10_000, "17"))
    arrivals = [
        box.earn(ada, 2, 2_000, "17"),
        box.refund(receipt="17"),
        box.refund(receipt="17"),
        box.refund(receipt="17"),
    ]
    decision = shop.apply(*arrivals)
    points = [shop.result_in(decision, arrival).points for arrival in arrivals]
    assert points == [20, -20, -100, 0]


def test_a_receipt_number_learned_late_still_finds_the_redemption(shop: Shop) -> None:
    """A redeem without a number, then its earn with one and a refund by it, in one batch."""
    box = shop.box("till-1")
    ada = shop.card("ada")
    shop.apply(box.earn(ada, 1, 20_000))
    answer = shop.ask(box.reserve(ada, 2, 30))
    shop.apply(box.redeem(ada, 2, answer))
    shop.apply(box.earn(ada, 2, 1_000, "17"), box.refund(receipt="17"))
    assert shop.balance(ada) == (200, 0)


def test_a_refund_of_another_branch_finds_nothing(shop: Shop) -> None:
    """A sale belongs to its branch."""
    box = shop.box("till-1")
    other = shop.box("till-2", branch=BranchId("south"))
    shop.apply(box.earn(shop.card("ada"), 1, 10_000, "17"))
    assert shop.result(other.refund(1, "17")).reason is Reason.SALE_NOT_FOUND


def test_a_refunded_sale_cannot_earn_again(shop: Shop) -> None:
    """The key of a refunded sale stays taken."""
    box = shop.box("till-1")
    ada = shop.card("ada")
    shop.apply(box.earn(ada, 1, 10_000), box.refund(1))
    assert shop.result(box.earn(ada, 1, 10_000)).reason is Reason.SALE_ALREADY_RECORDED


def test_one_sale_of_two_members_is_refunded_to_both(shop: Shop) -> None:
    """Who earned loses the points and who redeemed gets them back; the result is the earner's."""
    box = shop.box("till-1")
    ada, bob = shop.card("ada"), shop.card("bob")
    shop.apply(box.earn(bob, 1, 10_000))
    answer = shop.ask(box.reserve(bob, 2, 60))
    shop.apply(box.redeem(bob, 2, answer), box.earn(ada, 2, 3_000))
    refund = shop.result(box.refund(2))
    assert (refund.points, refund.balance_points) == (-30, 0)
    assert shop.balance(bob) == (100, 0)


def test_an_absurd_total_cannot_break_the_ledger(shop: Shop) -> None:
    """The largest total a message may carry is capped, credited and refunded like any other."""
    box = shop.box("till-1")
    ada = shop.card("ada")
    assert shop.result(box.earn(ada, 1, 2**63 - 1)).points == 10**12
    assert shop.result(box.refund(1)).balance_points == 0


def test_the_operator_and_unused_parts_do_not_matter(shop: Shop) -> None:
    """A shift and an operator on an earn are kept in the envelope and change nothing."""
    box = shop.box("till-1")
    plain = box.earn(shop.card("ada"), 1, 10_000).transaction
    shifted = replace(plain, shift="early")
    assert shop.result(box.sealed(shifted)).points == 100
