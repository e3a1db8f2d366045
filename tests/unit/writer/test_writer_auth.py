"""Requests outside the sequence: the same question gets the same answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gateway.model.ids import EnvelopeHash, HoldId, TerminalId
from gateway.model.money import IRR
from gateway.model.outcome import Reason, Status
from gateway.writer.decision import AlarmKind

if TYPE_CHECKING:
    from simulators.given.sealing_box import Box
    from tests.unit.writer.conftest import Shop


@pytest.fixture
def box(shop: Shop) -> Box:
    """A terminal at which Ada has earned 100 points."""
    made = shop.box("till-1")
    shop.apply(made.earn(shop.card("ada"), 1, 10_000))
    return made


def test_an_inquiry_answers_and_leaves_no_trace(shop: Shop, box: Box) -> None:
    """A balance is told, nothing is journalled, and each asking is answered afresh."""
    ada = shop.card("ada")
    inquiry = box.inquire(ada)
    before = len(shop.journal())
    assert shop.ask(inquiry).balance_points == 100
    shop.apply(box.earn(ada, 2, 1_000))
    assert shop.ask(inquiry).balance_points == 110
    assert len(shop.journal()) == before + 1
    assert shop.ask(box.inquire(shop.card("eve"))).reason is Reason.UNKNOWN_CARD


def test_the_same_reserve_twice_holds_once(shop: Shop, box: Box) -> None:
    """A repeated request gets its first answer word for word, in one batch or after a restart."""
    ada = shop.card("ada")
    reserve = box.reserve(ada, 2, 60)
    first, second = shop.apply(reserve, reserve).answers
    assert first == second
    shop.restart()
    shop.now_ms += 60_000
    assert shop.ask(reserve) == first
    assert shop.balance(ada) == (40, 60)


def test_the_same_question_sealed_anew_is_the_same_question(shop: Shop, box: Box) -> None:
    """A TPM's seals differ each time; what counts is the content."""
    reserve = box.reserve(shop.card("ada"), 2, 60)
    again = replace(reserve, envelope_hash=EnvelopeHash(bytes(32)))
    assert shop.ask(again) == shop.ask(reserve)


def test_an_id_cannot_be_used_for_another_question(shop: Shop, box: Box) -> None:
    """The same id with other content is refused, and the first answer stays."""
    ada = shop.card("ada")
    other = shop.box("till-2")
    first = box.reserve(ada, 2, 60)
    shop.apply(first)
    request_id = first.request.request_id
    changed = box.asked(replace(first.request, points=70))
    assert shop.ask(changed).reason is Reason.REQUEST_ID_REUSED
    foreign = other.reserve(ada, 2, 60, request_id=request_id)
    assert shop.ask(foreign).reason is Reason.REQUEST_ID_REUSED
    assert shop.ask(first).points == 60
    assert shop.balance(ada) == (40, 60)


def test_a_refused_reserve_stays_refused(shop: Shop, box: Box) -> None:
    """Points that arrive later do not change an answer; another id does."""
    bob = shop.card("bob")
    reserve = box.reserve(bob, 2, 60)
    first = shop.ask(reserve)
    assert first.reason is Reason.UNKNOWN_CARD
    shop.apply(box.earn(bob, 3, 10_000))
    assert shop.ask(reserve) == first
    assert shop.ask(box.reserve(bob, 2, 60)).status is Status.APPLIED


def test_nothing_is_done_after_the_deadline(shop: Shop, box: Box) -> None:
    """A question that was under way too long is refused, each kind of it."""
    ada = shop.card("ada")
    held = shop.ask(box.reserve(ada, 2, 10))
    late = [box.reserve(ada, 3, 60), box.cancel(held.request_id), box.inquire(ada)]
    on_time = box.reserve(ada, 4, 20, deadline_ms=shop.now_ms + 5_001)
    shop.now_ms += 5_001
    assert {shop.ask(one).reason for one in late} == {Reason.REQUEST_EXPIRED}
    assert shop.ask(on_time).status is Status.APPLIED
    assert shop.balance(ada) == (70, 30)


def test_a_reserve_is_clamped_by_the_rules(shop: Shop, box: Box) -> None:
    """More than the balance or the sale is quoted down; too little is refused with the balance."""
    ada = shop.card("ada")
    assert shop.ask(box.reserve(ada, 2, 55, total_minor=33)).points == 30
    low = shop.ask(box.reserve(ada, 3, 5))
    assert (low.reason, low.balance_points) == (Reason.BELOW_MINIMUM, 70)
    assert shop.ask(box.reserve(ada, 4, 1_000)).points == 70
    none = shop.ask(box.reserve(ada, 5, 10))
    assert (none.reason, none.balance_points) == (Reason.INSUFFICIENT_POINTS, 0)


def test_another_currency_is_refused(shop: Shop, box: Box) -> None:
    """A sale in rials does not redeem at a programme in euros."""
    box.currency = IRR
    assert shop.ask(box.reserve(shop.card("ada"), 2, 60)).reason is Reason.CURRENCY_MISMATCH


def test_a_request_in_another_terminals_name_is_quarantined(shop: Shop, box: Box) -> None:
    """A good seal under a false name is answered to nobody but told to the sealing terminal."""
    other = shop.box("till-2")
    request = replace(box.reserve(shop.card("ada"), 2, 60).request, terminal=TerminalId("till-2"))
    decision = shop.apply(box.asked(request))
    assert decision.answers == ()
    assert shop.rejections(decision) == [Reason.WRONG_TERMINAL]
    assert decision.receipts[0].terminal == box.terminal != other.terminal
    assert [alarm.kind for alarm in decision.alarms] == [AlarmKind.FOREIGN_KEY]


def test_an_old_epochs_key_asks_nothing_any_more(shop: Shop, box: Box) -> None:
    """After a change of keys the old one still brings its backlog and no new questions."""
    ada = shop.card("ada")
    shop.box("till-1", epoch=2)
    decision = shop.apply(box.reserve(ada, 2, 60), box.earn(ada, 3, 1_000))
    assert decision.answers == ()
    assert shop.rejections(decision) == [Reason.KEY_NOT_VALID]
    assert shop.balance(ada) == (110, 0)


def test_a_cancel_of_nothing_is_granted(shop: Shop, box: Box) -> None:
    """A cancel promises that the hold will not be, whether it ever was or not."""
    assert shop.ask(box.cancel(HoldId(bytes(16)))).status is Status.APPLIED
