"""What a cashier can ask of a whole agent: the answer, the screen, and what is sealed or asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.crypto.card_token import card_token
from gateway.model.authorisation import AuthKind
from gateway.model.card import Assurance, CardEvidence, CardProfile
from gateway.model.ids import BranchId, MemberId
from gateway.model.instrument import Instrument
from gateway.model.member_facts import MemberFacts
from gateway.model.outcome import Reason, Status
from gateway.model.programme import UnknownCardPolicy
from gateway.model.rules.offer import Offer
from gateway.model.rules.reward import Gift, GiftKind
from gateway.model.rules.settings import BranchClock, Settings
from gateway.model.sale import SaleLine
from gateway.model.standing import Standing
from gateway.model.transaction import Kind
from simulators.given.agent_lane import PROGRAMME, START_MS, Lane, opened_lane, sale
from terminal_agent import commands
from terminal_agent.commands import Command
from terminal_agent.control import AnswerCode
from terminal_agent.pos.interpreters.events import NotASale, NotASaleReason
from terminal_agent.session.view import Notice, Screen


@pytest.fixture
def lane(tmp_path: Path) -> Iterator[Lane]:
    """A configured lane with nobody there."""
    with opened_lane(tmp_path) as lane:
        yield lane


# -- what is used on a sale -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "instrument", "parts"),
    [
        (commands.Redeem(points=300), Instrument.POINTS, (300, None, None)),
        (commands.Reward(reward="drink", times=2), Instrument.REWARD, (None, "drink", 2)),
        (commands.Coupon(reward="drink"), Instrument.COUPON, (None, "drink", 1)),
        (commands.Offers(), Instrument.OFFER, (None, None, None)),
        (commands.Credit(), Instrument.CREDIT, (2_000, None, None)),
        (commands.Credit(amount_minor=50), Instrument.CREDIT, (50, None, None)),
    ],
    ids=repr,
)
def test_cashier_asks_for_every_instrument(
    lane: Lane, command: Command, instrument: Instrument, parts: tuple[object, ...]
) -> None:
    """Each wish becomes one sealed reservation with exactly the parts that its kind needs."""
    lane.member()
    coffee = SaleLine(label="Coffee", quantity_milli=1_000, amount_minor=2_000)
    assert lane.say(commands.Total(total_minor=2_000, lines=(coffee,))) is AnswerCode.DONE
    assert lane.say(command) is AnswerCode.ASKED
    asked = lane.requests()[-1]
    assert (asked.kind, asked.instrument) == (AuthKind.RESERVE, instrument)
    assert (asked.points, asked.reward, asked.times) == parts
    goods = instrument in (Instrument.REWARD, Instrument.COUPON, Instrument.OFFER)
    assert asked.lines == ((coffee,) if goods else ())
    assert lane.agent.status().open_holds == 1


def test_cashier_asks_for_a_gift_card_and_it_pays(lane: Lane) -> None:
    """The card that is shown next is reserved from, and posted with the sale."""
    assert lane.say(commands.Gift()) is AnswerCode.NO_CARD
    lane.say(commands.Total(total_minor=2_000))
    assert lane.say(commands.Gift(amount_minor=700)) is AnswerCode.PRESENT_GIFT_CARD
    lane.tap(9)
    assert lane.requests()[-1].instrument is Instrument.GIFT
    lane.answer(points=700, amount_minor=700, expires_at_ms=START_MS + 300_000)
    assert (lane.view.screen, lane.view.due_minor) == (Screen.RESERVED, 1_300)
    lane.close()
    (redeem,) = lane.transactions()
    assert redeem.kind is Kind.REDEEM
    assert redeem.redemption is not None
    assert redeem.redemption.points == 700
    assert lane.agent.status().open_holds == 0


@pytest.mark.parametrize(
    ("before", "command", "code"),
    [
        ("", commands.Redeem(), AnswerCode.NO_CARD),
        ("card", commands.Redeem(), AnswerCode.NO_SALE),
        ("total", commands.Redeem(), AnswerCode.NO_CARD),
        ("card total", commands.Reward(reward="none"), AnswerCode.NOT_REDEEMABLE),
        ("card total ask", commands.Credit(), AnswerCode.BUSY),
        ("card close", commands.Redeem(), AnswerCode.TOO_LATE),
        ("card total", commands.Decline(), AnswerCode.NOTHING_TO_DECLINE),
        ("", commands.Cancel(), AnswerCode.NOTHING_TO_CANCEL),
    ],
    ids=repr,
)
def test_cashier_hears_why_not(lane: Lane, before: str, command: Command, code: AnswerCode) -> None:
    """A wish that cannot be asked for is answered at once, and nothing is asked."""
    for step in before.split():
        if step == "card":
            lane.member()
        elif step == "total":
            lane.say(commands.Total(total_minor=2_000))
        elif step == "ask":
            lane.say(commands.Redeem(points=100))
        else:
            lane.close()
    asked = len(lane.requests())
    assert lane.say(command) is code
    assert len(lane.requests()) == asked


def test_cashier_declines_what_offers_take_off(lane: Lane) -> None:
    """One command gives it back, and the gateway is told."""
    spring = Offer(id="spring", gift=Gift(kind=GiftKind.MONEY_OFF, amount_minor=200))
    lane.configure(replace(PROGRAMME, version=5, rules=replace(PROGRAMME.rules, offers=(spring,))))
    lane.member(facts=MemberFacts())
    lane.say(commands.Total(total_minor=2_000))
    lane.answer(points=0, amount_minor=200, expires_at_ms=START_MS + 300_000)
    assert (lane.view.screen, lane.view.due_minor) == (Screen.RESERVED, 1_800)
    assert lane.say(commands.Decline()) is AnswerCode.DONE
    assert lane.requests()[-1].kind is AuthKind.CANCEL
    assert lane.view.notice is Notice.OFFERS_DECLINED


def test_a_paper_of_nothing_closes_a_sale_that_was_given_away(lane: Lane) -> None:
    """A free drink alone leaves a total of zero, and is posted all the same."""
    lane.member()
    lane.say(commands.Total(total_minor=300))
    lane.say(commands.Reward(reward="drink"))
    lane.answer(points=9, amount_minor=300, expires_at_ms=START_MS + 300_000)
    nothing = sale(0)
    lane.till.say(NotASale(reason=NotASaleReason.ZERO_TOTAL, sale=nothing))
    lane.agent.tick()
    assert [one.kind for one in lane.transactions()] == [Kind.EARN, Kind.REDEEM]
    assert {one.sale for one in lane.transactions()} == {nothing}


def test_a_paper_of_nothing_is_no_sale_otherwise(lane: Lane) -> None:
    """An opened drawer prints one too."""
    lane.member()
    lane.say(commands.Total(total_minor=300))
    lane.till.say(NotASale(reason=NotASaleReason.ZERO_TOTAL, sale=sale(0)))
    lane.agent.tick()
    assert (lane.transactions(), lane.view.screen) == ([], Screen.CARD)


# -- what is recorded beside a sale ---------------------------------------------------------------


def test_top_up_is_recorded_and_asked_about_anew(lane: Lane) -> None:
    """Money goes in within the limits, and once it is booked the screen knows the new credit."""
    lane.member(Standing(credit_minor=2_000))
    assert lane.say(commands.TopUp(amount_minor=9_000)) is AnswerCode.DONE
    assert (lane.view.screen, lane.view.load_minor) == (Screen.TOPPED_UP, 9_000)
    (top_up,) = lane.transactions()
    assert top_up.kind is Kind.TOP_UP
    assert top_up.load is not None
    assert (top_up.load.instrument, top_up.load.amount_minor) == (Instrument.CREDIT, 9_000)
    asked = len(lane.requests())
    lane.settle()
    assert len(lane.requests()) == asked + 1
    lane.answer(balance_points=1_000, standing=Standing(credit_minor=11_000))
    assert lane.view.member.credit_minor == 11_000


@pytest.mark.parametrize(
    ("amount", "reason"),
    [(10_001, Reason.LIMIT_REACHED), (10_000, Reason.LIMIT_REACHED)],
)
def test_top_up_beyond_the_limits_takes_no_money(lane: Lane, amount: int, reason: Reason) -> None:
    """Too much at once, and too much in all, are both said before anybody pays."""
    lane.member(Standing(credit_minor=2_001))
    assert lane.say(commands.TopUp(amount_minor=amount)) is AnswerCode.NOT_POSSIBLE
    assert (lane.view.reason, lane.transactions()) == (reason, [])


def test_top_up_waits_for_the_gateways_word(lane: Lane) -> None:
    """Without it nobody knows whose card it is, or how much is on it already."""
    assert lane.say(commands.TopUp(amount_minor=500)) is AnswerCode.NO_CARD
    lane.tap()
    assert lane.say(commands.TopUp(amount_minor=500)) is AnswerCode.NOT_KNOWN_YET
    lane.answer(balance_points=0)
    assert lane.say(commands.TopUp(amount_minor=500)) is AnswerCode.DONE
    assert lane.say(commands.TopUp(amount_minor=500)) is AnswerCode.NOT_KNOWN_YET


@pytest.mark.parametrize("policy", UnknownCardPolicy)
def test_top_up_of_a_card_that_nobody_owns(lane: Lane, policy: UnknownCardPolicy) -> None:
    """It makes a member where the first sale would; elsewhere the card is enrolled first."""
    lane.configure(replace(PROGRAMME, version=5, unknown_card=policy))
    lane.tap()
    lane.answer(status=Status.REFUSED, reason=Reason.UNKNOWN_CARD)
    code = lane.say(commands.TopUp(amount_minor=500))
    enrols = policy is UnknownCardPolicy.ENROL
    assert code is (AnswerCode.DONE if enrols else AnswerCode.NOT_POSSIBLE)


def test_gift_card_is_loaded_after_the_gateways_word(lane: Lane) -> None:
    """The command, the card, the answer: then it is sealed."""
    assert lane.say(commands.LoadGift(amount_minor=5_000)) is AnswerCode.PRESENT_GIFT_CARD
    lane.tap(9)
    assert lane.transactions() == []
    lane.answer(status=Status.REFUSED, reason=Reason.UNKNOWN_CARD)
    assert (lane.view.screen, lane.view.load_minor) == (Screen.GIFT_LOADED, 5_000)
    (load,) = lane.transactions()
    assert load.load is not None
    assert (load.kind, load.load.instrument) == (Kind.TOP_UP, Instrument.GIFT)


def test_gift_card_is_not_loaded_during_a_sale(lane: Lane) -> None:
    """The sale under way comes first."""
    lane.say(commands.Total(total_minor=2_000))
    assert lane.say(commands.LoadGift(amount_minor=5_000)) is AnswerCode.BUSY


def test_events_are_recorded_where_the_rules_know_them(lane: Lane) -> None:
    """A review counts once for its source; what the rules do not know is said at once."""
    review = commands.RecordEvent(name="review", source="2026-11")
    assert lane.say(review) is AnswerCode.NO_CARD
    lane.member()
    assert lane.say(review) is AnswerCode.DONE
    (event,) = lane.transactions()
    assert event.event is not None
    assert (event.kind, event.event.source) == (Kind.EVENT, "2026-11")
    unknown = commands.RecordEvent(name="reviev", source="2026-11")
    assert lane.say(unknown) is AnswerCode.EVENT_UNKNOWN


def test_a_refusal_of_what_was_recorded_is_shown(lane: Lane) -> None:
    """The same event twice is refused by the gateway, and the cashier reads why."""
    lane.member()
    lane.say(commands.RecordEvent(name="review", source="2026-11"))
    lane.settle(Status.REFUSED, Reason.LIMIT_REACHED)
    assert (lane.view.screen, lane.view.reason) == (Screen.NOT_APPLIED, Reason.LIMIT_REACHED)


def test_refunds_of_parts_name_their_goods(lane: Lane) -> None:
    """A part carries its own key, so that the same return counts once however often it is sent."""
    lane.member()
    lane.close()
    tea = SaleLine(label="Tea", quantity_milli=1_000, amount_minor=500)
    part = commands.Refund(receipt_number="R1", amount_minor=500, lines=(tea,))
    assert lane.say(part) is AnswerCode.DONE
    assert lane.say(replace(part, receipt_number="R7")) is AnswerCode.SALE_NOT_FOUND
    first, second = [one for one in lane.transactions() if one.kind is Kind.REFUND]
    assert first.original is not None
    assert first.returned is not None
    assert second.returned is not None
    assert first.original.key == sale().key
    assert (first.returned.amount_minor, first.returned.lines) == (500, (tea,))
    assert first.returned.key != second.returned.key


def test_refunds_without_an_original_need_the_card(lane: Lane) -> None:
    """Nobody can name the sale: then the card says whose it was."""
    lost = commands.Refund(amount_minor=700)
    assert lane.say(lost) is AnswerCode.NO_CARD
    lane.member()
    assert lane.say(lost) is AnswerCode.DONE
    (refund,) = lane.transactions()
    assert (refund.original, refund.card is not None) == (None, True)


# -- a number in the place of a card --------------------------------------------------------------


@pytest.mark.parametrize("typed", ["09121234567", "۰۹۱۲ ۱۲۳ ۴۵۶۷", "+98 912-123-4567"])
def test_a_keyed_number_earns_as_a_claim(lane: Lane, typed: str) -> None:
    """However it is typed it is one customer, claimed only, and stands in nothing that is sent."""
    assert lane.say(commands.Phone(number=typed)) is AnswerCode.NUMBER_TAKEN
    assert lane.view.screen is Screen.CARD
    lane.close()
    (earned,) = lane.transactions()
    assert earned.kind is Kind.EARN
    assert earned.card == CardEvidence(
        profile=CardProfile.PHONE,
        token=card_token(bytes(32), CardProfile.PHONE, b"989121234567"),
        assurance=Assurance.CLAIMED,
    )
    assert not [one for one in lane.link.sent if b"9121234567" in one.payload]


def test_a_keyed_number_spends_nothing_that_the_gateway_does_not_grant(lane: Lane) -> None:
    """The reservation says that the number is only claimed, and the refusal is on the screen."""
    lane.say(commands.Phone(number="09121234567"))
    lane.answer(balance_points=1_000)
    lane.say(commands.Total(total_minor=2_000))
    assert lane.say(commands.Redeem()) is AnswerCode.ASKED
    asked = lane.requests()[-1]
    assert asked.card is not None
    assert asked.card.assurance is Assurance.CLAIMED
    lane.answer(status=Status.REFUSED, reason=Reason.CARD_TOO_WEAK)
    assert lane.view.reason is Reason.CARD_TOO_WEAK


def test_a_keyed_number_is_no_gift_card(lane: Lane) -> None:
    """Where a gift card is waited for, nobody's number takes its place."""
    lane.say(commands.LoadGift(amount_minor=1_000))
    assert lane.say(commands.Phone(number="09121234567")) is AnswerCode.BUSY
    lane.say(commands.Cancel())
    lane.say(commands.Total(total_minor=2_000))
    lane.say(commands.Gift())
    assert lane.say(commands.Phone(number="09121234567")) is AnswerCode.BUSY
    assert lane.requests() == []


@pytest.mark.parametrize("typed", ["12", "hello", "091212345678", "+98 0"])
def test_what_is_no_number_is_told(lane: Lane, typed: str) -> None:
    """A slip of the finger makes no new customer."""
    assert lane.say(commands.Phone(number=typed)) is AnswerCode.NO_PHONE_NUMBER
    assert lane.view.screen is Screen.READY


def test_a_keyed_number_stands_in_no_repr() -> None:
    """A log of commands names nobody."""
    assert "912" not in repr(commands.Phone(number="09121234567"))


# -- previews of a whole agent --------------------------------------------------------------------


def test_agent_previews_a_second_sale_with_care(lane: Lane) -> None:
    """Until the first sale is settled, what the gateway says of the card may be older than it."""
    told = MemberFacts(member_id=MemberId("ada"), visits=1)
    lane.member(facts=told)
    lane.close(key=b"1")
    lane.clock.advance(10_000)
    lane.agent.tick()
    lane.member(facts=told)
    lane.say(commands.Total(total_minor=2_000))
    assert (lane.view.points, lane.view.about) == (20, True)
    lane.say(commands.Cancel())
    lane.settle()
    lane.member(facts=told)
    lane.say(commands.Total(total_minor=2_000))
    assert (lane.view.points, lane.view.about) == (27, False)


def test_agent_goes_on_where_a_branch_has_no_time(lane: Lane) -> None:
    """A time zone that this machine does not know costs the preview and nothing else."""
    clocks = (BranchClock(branch=BranchId("b1"), zone="Mars/Olympus"),)
    rules = replace(PROGRAMME.rules, settings=Settings(branch_clocks=clocks))
    lane.configure(replace(PROGRAMME, version=5, rules=rules))
    lane.member()
    lane.say(commands.Total(total_minor=2_000))
    assert (lane.view.screen, lane.view.points) == (Screen.PREVIEW, None)
    lane.close()
    assert [one.kind for one in lane.transactions()] == [Kind.EARN]
