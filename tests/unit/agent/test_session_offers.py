"""What offers take off: asked for by the session itself, told, declined, posted or given back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.model.instrument import Instrument
from gateway.model.outcome import Reason, Status
from gateway.model.programme import Programme
from gateway.model.rules.condition import Condition
from gateway.model.sale import SaleLine
from gateway.model.standing import GrantedDiscount
from gateway.model.transaction import Kind
from simulators.dialogue import PROGRAMME, SETTINGS, SPRING, WITHOUT_OFFERS, Dialogue
from terminal_agent.session.events import (
    JournalAccepted,
    OffersDeclined,
    SaleCancelled,
)
from terminal_agent.session.states import State
from terminal_agent.session.view import Notice

LARGE = replace(SPRING, id="large", when=Condition(minimum_minor=5_000))


def test_offers_are_asked_for_with_the_total(counter: Dialogue) -> None:
    """A known member's total is enough: nobody presses anything, and the cashier is told."""
    counter.member()
    coffee = SaleLine(label="Coffee", quantity_milli=1_000, amount_minor=2_000)
    counter.offer(2_000, (coffee,))
    (asked,) = counter.reserved
    assert (asked.instrument, asked.sale_total_minor) == (Instrument.OFFER, 2_000)
    assert (asked.lines, asked.points) == ((coffee,), None)
    counter.grant(0, 200, GrantedDiscount(source="spring", amount_minor=200))
    assert counter.state is State.RESERVED
    (part,) = counter.view.parts
    assert part.title is not None
    assert (part.instrument, part.amount_minor, part.title.id) == (
        Instrument.OFFER,
        200,
        "spring",
    )
    assert (counter.view.due_minor, counter.view.points) == (1_800, 18)


def test_offers_are_asked_for_once_the_member_is_known(counter: Dialogue) -> None:
    """Where the total came first, the answer to the tap is what lets them be asked for."""
    counter.offer(2_000)
    counter.tap(1)
    assert counter.reserved == []
    counter.told(balance_points=5)
    assert [one.instrument for one in counter.reserved] == [Instrument.OFFER]
    assert counter.session.balance_points == 5


def test_offers_that_the_till_took_off_are_posted(counter: Dialogue) -> None:
    """The till's lower total is recognised, and the sale earns on what was paid."""
    counter.member()
    counter.offer(2_000)
    counter.grant(0, 200)
    counter.offer(1_800)
    assert (counter.state, counter.view.due_minor) == (State.RESERVED, 1_800)
    counter.close(1_800)
    assert counter.kinds() == [(Kind.REDEEM, 200), (Kind.EARN, 0)]
    assert {one.sale.total_minor for one in counter.accepted.drafts} == {1_800}
    assert counter.accepted.drafts[0].sale.tenders == (), "a discount is no tender"
    assert counter.freed == []


def test_offers_that_the_till_did_not_take_off_are_given_back(counter: Dialogue) -> None:
    """A close at the full total is a plain earn, and the cashier is told."""
    counter.member()
    counter.offer(2_000)
    counter.grant(0, 200)
    counter.close(2_000)
    assert counter.kinds() == [(Kind.EARN, 0)]
    assert counter.freed == [counter.reserved[0].request_id]
    counter.feed(JournalAccepted(now_ms=0, seqs=(1,)))
    assert counter.view.notice is Notice.REDEEM_SALE_CHANGED


def test_offers_are_asked_for_anew_with_another_total(counter: Dialogue) -> None:
    """One more article is another sale: the old reservation is freed, the new total asked for."""
    counter.member()
    counter.offer(2_000)
    counter.grant(0, 200)
    counter.offer(2_500)
    assert [one.sale_total_minor for one in counter.reserved] == [2_000, 2_500]
    assert counter.freed == [counter.reserved[0].request_id]
    assert (counter.state, counter.view.notice) == (State.AUTHORISING, None)


@pytest.mark.parametrize("answered", [True, False])
def test_offers_can_be_declined_with_one_key(counter: Dialogue, *, answered: bool) -> None:
    """Declined, they are given back and not asked for again on this sale, but on the next."""
    counter.member()
    counter.offer(2_000)
    if answered:
        counter.grant(0, 200)
    counter.feed(OffersDeclined(now_ms=0))
    assert (counter.state, counter.view.notice) == (State.PREVIEW, Notice.OFFERS_DECLINED)
    assert counter.freed == [counter.reserved[0].request_id]
    counter.offer(2_500)
    assert (counter.state, len(counter.reserved)) == (State.PREVIEW, 1)
    counter.feed(SaleCancelled(now_ms=0))
    counter.offer(3_000)
    assert len(counter.reserved) == 2


def test_offers_that_were_declined_can_be_asked_for_after_all(counter: Dialogue) -> None:
    """The cashier's own question is answered, whatever was declined before."""
    counter.member()
    counter.offer(2_000)
    counter.feed(OffersDeclined(now_ms=0))
    counter.use(Instrument.OFFER)
    counter.refuse(Reason.OFFER_NOT_AVAILABLE)
    assert counter.view.reason is Reason.OFFER_NOT_AVAILABLE


def test_offers_that_do_not_apply_are_no_news(counter: Dialogue) -> None:
    """Where nobody asked, nobody is told that there is nothing."""
    counter.member()
    counter.offer(2_000)
    counter.refuse(Reason.OFFER_NOT_AVAILABLE)
    assert (counter.state, counter.view.reason) == (State.PREVIEW, None)


def test_offers_that_nobody_answers_take_nothing_off(counter: Dialogue) -> None:
    """Without a network the sale goes on, and the cashier knows to take nothing off."""
    counter.member()
    counter.offer(2_000)
    counter.wait(SETTINGS.auth_wait_ms)
    assert (counter.state, counter.view.notice) == (State.PREVIEW, Notice.OFFERS_OFFLINE)
    counter.close(2_000)
    assert counter.kinds() == [(Kind.EARN, 0)]


def test_offers_never_hold_a_sale_up(counter: Dialogue) -> None:
    """A close before the answer is an earn at once, and the late grant is cancelled again."""
    counter.member()
    counter.offer(2_000)
    counter.close(2_000)
    counter.feed(JournalAccepted(now_ms=0, seqs=(1,)))
    assert counter.view.notice is Notice.OFFERS_TOO_LATE
    counter.grant(0, 200)
    assert counter.freed == [counter.reserved[0].request_id] * 2


@pytest.mark.parametrize(
    "rules",
    [WITHOUT_OFFERS, replace(PROGRAMME, rules=replace(PROGRAMME.rules, offers=(LARGE,)))],
)
def test_offers_that_give_nothing_here_ask_nobody(rules: Programme) -> None:
    """The same code as at the gateway says beforehand that there is nothing to ask for."""
    counter = Dialogue(rules)
    counter.member()
    counter.offer(2_000)
    assert (counter.state, counter.reserved) == (State.PREVIEW, [])


def test_offers_are_not_asked_for_where_the_till_can_take_nothing_off() -> None:
    """A terminal that is told never to ask by itself does not."""
    counter = Dialogue(PROGRAMME, asks_offers=False)
    counter.member()
    counter.offer(2_000)
    assert counter.reserved == []


def test_offers_are_not_asked_for_a_card_that_nobody_owns(counter: Dialogue) -> None:
    """Offers are members'; the gateway would only refuse."""
    counter.tap(1)
    counter.told(status=Status.REFUSED, reason=Reason.UNKNOWN_CARD)
    counter.offer(2_000)
    assert counter.reserved == []


def test_offers_are_asked_with_the_tax_that_the_till_told(counter: Dialogue) -> None:
    """The gateway can only look at amounts before tax if it learns the tax with the goods."""
    counter.member()
    counter.offer(2_000, tax_minor=320)
    assert [one.tax_minor for one in counter.reserved] == [320]


def test_tax_that_is_told_late_asks_for_nothing_twice(counter: Dialogue) -> None:
    """A paper that prints the tax below its total tells that total once more."""
    counter.member()
    counter.offer(2_000)
    counter.offer(2_000, tax_minor=320)
    counter.grant(0, 200, GrantedDiscount(source="spring", amount_minor=200))
    counter.offer(2_000, tax_minor=320)
    assert (counter.state, len(counter.reserved), counter.freed) == (State.RESERVED, 1, [])


def test_tax_is_lowered_with_the_price(counter: Dialogue) -> None:
    """What is left of a total after a discount holds its share of the tax, taken off or not."""
    counter.member()
    counter.offer(2_000, tax_minor=320)
    counter.grant(0, 200, GrantedDiscount(source="spring", amount_minor=200))
    counter.use(Instrument.REWARD, reward="off")
    assert (counter.reserved[1].sale_total_minor, counter.reserved[1].tax_minor) == (1_800, 288)
    counter.offer(1_800, tax_minor=288)
    counter.grant(5, 100, GrantedDiscount(source="off", amount_minor=100))
    counter.use(Instrument.REWARD, reward="seat")
    assert (counter.reserved[2].sale_total_minor, counter.reserved[2].tax_minor) == (1_700, 272)
    counter.grant(5, 0)
    counter.use(Instrument.CREDIT, units=100)
    assert counter.reserved[3].tax_minor is None


def test_what_comes_off_which_goods_is_shown_and_asked_on_with(counter: Dialogue) -> None:
    """The next discount is asked for of the goods as they cost by then."""
    coffee = SaleLine(label="Coffee", quantity_milli=1_000, amount_minor=1_500)
    tea = SaleLine(label="Tea", quantity_milli=1_000, amount_minor=500)
    counter.member()
    counter.offer(2_000, (coffee, tea))
    spring = GrantedDiscount(source="spring", amount_minor=200, lines=(150, 50))
    counter.grant(0, 200, spring)
    (part,) = counter.view.parts
    assert [(one.label, one.amount_minor) for one in part.lines] == [("Coffee", 150), ("Tea", 50)]
    counter.use(Instrument.REWARD, reward="off")
    asked = counter.reserved[1]
    assert asked.sale_total_minor == sum(line.amount_minor for line in asked.lines) == 1_800
    assert [line.amount_minor for line in asked.lines] == [1_350, 450]


def test_goods_that_the_till_has_lowered_are_asked_about_as_it_tells_them(
    counter: Dialogue,
) -> None:
    """What a till took off is not taken off its goods twice."""
    coffee = SaleLine(label="Coffee", quantity_milli=1_000, amount_minor=2_000)
    counter.member()
    counter.offer(2_000, (coffee,))
    counter.grant(0, 200, GrantedDiscount(source="spring", amount_minor=200, lines=(200,)))
    lowered = replace(coffee, amount_minor=1_800)
    counter.offer(1_800, (lowered,))
    counter.use(Instrument.REWARD, reward="off")
    assert counter.reserved[1].lines == (lowered,)
    assert counter.view.parts[0].lines == ()
