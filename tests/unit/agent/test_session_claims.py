"""A sale that closed without a card, claimed by the code of its receipt: the dialogue's part."""

from __future__ import annotations

import pytest

from gateway.model.ids import EnvelopeHash
from gateway.model.outcome import Reason, Status
from gateway.model.receipt import Result
from gateway.model.sale import SaleSource
from gateway.model.transaction import Kind
from simulators.given.session_counter import Counter, card
from terminal_agent.session.events import GiftLoadAsked, ReceiptArrived
from terminal_agent.session.states import State
from terminal_agent.session.view import Notice, Screen


@pytest.fixture
def counter() -> Counter:
    """A counter with nobody at it."""
    return Counter()


def _earned(counter: Counter) -> list[tuple[int, SaleSource]]:
    """By which card, and how its sale was learned."""
    return [
        (draft.card.token[0], draft.sale.source)
        for one in counter.accepted()
        for draft in one.drafts
        if draft.kind is Kind.EARN and draft.card is not None
    ]


def test_session_a_claim_waits_for_its_card(counter: Counter) -> None:
    """The code first, then the card: an ordinary earn under the sale's own key."""
    counter.claim(1)
    assert (counter.state(), counter.view.notice) == (State.LATE, Notice.CLAIM_TAKEN)
    counter.tap(2)
    assert _earned(counter) == [(2, SaleSource.CLAIMED)]
    assert counter.accepted()[0].drafts[0].card == card(2)


def test_session_a_card_on_the_screen_earns_at_once(counter: Counter) -> None:
    """The card first, then the code."""
    counter.tap(2)
    counter.claim(1)
    assert counter.state() is State.ACCEPTING
    assert _earned(counter) == [(2, SaleSource.CLAIMED)]


def test_session_a_claim_is_taken_once(counter: Counter) -> None:
    """What was accepted here is known here, before and after the visit, with and without a card."""
    counter.tap(2)
    counter.close(1)
    counter.journaled(1)
    counter.claim(1)
    assert (counter.state(), counter.view.notice) == (State.IDLE, Notice.CLAIM_KNOWN)
    counter.tap(3)
    counter.claim(1)
    assert (counter.state(), counter.view.notice) == (State.CARD, Notice.CLAIM_KNOWN)
    counter.close(4)
    counter.journaled(2)
    assert _earned(counter) == [(2, SaleSource.RECEIPT), (3, SaleSource.RECEIPT)]


@pytest.mark.parametrize("state", ["sale", "preview", "authorising", "reserved", "loading"])
def test_session_a_claim_in_the_middle_of_another_sale_waits(counter: Counter, state: str) -> None:
    """Whose points and whose total is asked for by nobody while something else is under way."""
    if state == "loading":
        counter.feed(GiftLoadAsked(now_ms=counter.now_ms, amount_minor=500))
    else:
        counter.offer()
    if state in ("preview", "authorising", "reserved"):
        counter.tap(1)
    if state in ("authorising", "reserved"):
        counter.redeem(200)
    if state == "reserved":
        counter.grant()
    before = counter.session
    asked = counter.claim(1)
    assert counter.state().value == state == before.state.value
    assert counter.view.notice is Notice.CLAIM_LATER
    assert len(asked) == 1, "a picture and nothing else"
    assert counter.session.sale is None
    assert counter.session.deadline_ms == before.deadline_ms


def test_session_a_claim_takes_the_place_of_a_sale_that_waits(counter: Counter) -> None:
    """The waiting one is counted as anonymous; a claimed one was counted before, and is not."""
    counter.close(1)
    counter.claim(1)
    assert (counter.state(), counter.view.notice) == (State.LATE, Notice.CLAIM_TAKEN)
    assert counter.session.sale is not None
    assert counter.session.sale.source is SaleSource.RECEIPT, "it is the same sale"
    counter.claim(2)
    assert counter.session.anonymous_sales == 1
    counter.wait(60_000)
    assert (counter.state(), counter.view.notice) == (State.IDLE, Notice.NO_CARD)
    assert counter.session.anonymous_sales == 1


def test_session_says_that_the_gateway_knows_of_an_earlier_claim(counter: Counter) -> None:
    """The reason is any sale's; beside it stands that the receipt was claimed."""
    counter.claim(1)
    counter.tap(2)
    counter.journaled(1)
    result = Result(
        seq=1,
        envelope_hash=EnvelopeHash(bytes(32)),
        status=Status.REFUSED,
        reason=Reason.SALE_ALREADY_RECORDED,
    )
    counter.feed(ReceiptArrived(now_ms=counter.now_ms, results=(result,)))
    view = counter.view
    assert (view.screen, view.reason) == (Screen.NOT_APPLIED, Reason.SALE_ALREADY_RECORDED)
    assert view.notice is Notice.CLAIM_KNOWN
