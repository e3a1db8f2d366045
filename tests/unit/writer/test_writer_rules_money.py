"""Stored credit and gift cards: paid in, reserved, posted in whole and in part, on both stores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gateway.ledger.rows_members import CardRow, GiftCardRow
from gateway.model.instrument import Instrument
from gateway.model.ledger_command import CommandParts, LedgerCommandKind
from gateway.model.outcome import Reason, Status
from gateway.model.rules.earning import Unit
from gateway.model.rules.expiry import Expiry, ExpiryKind
from gateway.model.rules.rules import Rules
from gateway.model.rules.stored_value import CreditPolicy, GiftCardPolicy
from gateway.writer.decision import AlarmKind
from simulators.rules_shop import Purse, RulesShop, club
from simulators.rules_till import RulesTill, card_named

if TYPE_CHECKING:
    from gateway.ledger.store import LedgerStore

CREDIT, GIFT = Instrument.CREDIT, Instrument.GIFT


@pytest.fixture
def shop(store: LedgerStore) -> RulesShop:
    """A shop with credit of which half a sale may be paid, and two gift cards to a sale."""
    rules = Rules(
        credit=CreditPolicy(top_up_maximum_minor=100_000, share_percent=50, transfers=True),
        gift_cards=GiftCardPolicy(
            maximum_minor=50_000,
            most_per_sale=2,
            expiry=Expiry(kind=ExpiryKind.DAYS, count=30),
        ),
    )
    return RulesShop(store, club(rules))


@pytest.fixture
def till(shop: RulesShop) -> RulesTill:
    """A till of that shop."""
    return shop.till()


def test_credit_pays_its_share_of_a_sale(shop: RulesShop, till: RulesTill) -> None:
    """Of a hundred euros credit pays fifty at most, and earns nothing away from the sale."""
    shop.do(till.load("ada", 8_000))
    answer = shop.ask(till.reserve("ada", "s", 8_000, CREDIT))
    assert (answer.points, answer.amount_minor) == (5_000, 5_000)
    assert shop.credit("ada") == Purse(active=3_000, held=5_000)
    shop.do(till.post("ada", "s", answer))
    assert shop.do(till.sell("ada", "s", 10_000)).points == 100
    assert shop.credit("ada") == Purse(active=3_000)


def test_a_part_of_credit_may_be_posted(shop: RulesShop, till: RulesTill) -> None:
    """What the sale did not need is the member's again at once."""
    shop.do(till.load("ada", 5_000))
    answer = shop.ask(till.reserve("ada", "s", 5_000, CREDIT))
    shop.do(till.post("ada", "s", answer, units=1_200, amount_minor=1_200))
    assert shop.credit("ada") == Purse(active=3_800)


@pytest.mark.parametrize("instrument", [CREDIT, GIFT])
@pytest.mark.parametrize("how", ["void", "cancel", "expiry"])
def test_reserved_money_comes_back(
    shop: RulesShop, till: RulesTill, instrument: Instrument, how: str
) -> None:
    """Voided, cancelled or run out, a reservation leaves the money as it was."""
    shop.do(till.load("card", 3_000, instrument))
    answer = shop.ask(till.reserve("card", "s", 2_000, instrument))
    assert _purse(shop, instrument) == Purse(active=1_000, held=2_000)
    if how == "void":
        shop.do(till.void(answer.request_id))
    elif how == "cancel":
        shop.ask(till.cancel(answer.request_id))
    else:
        shop.later(ms=300_001)
        assert shop.tick() == 1
    assert _purse(shop, instrument) == Purse(active=3_000)


def _purse(shop: RulesShop, instrument: Instrument) -> Purse:
    return shop.credit("card") if instrument is CREDIT else shop.gift("card")


def test_credit_is_refused_with_its_reason(shop: RulesShop, till: RulesTill) -> None:
    """A card that nobody owns, and a member who never had any, are two reasons."""
    shop.do(till.enrol("ada"))
    stranger = shop.ask(till.reserve("eve", "s", 100, CREDIT))
    poor = shop.ask(till.reserve("ada", "s", 100, CREDIT))
    assert stranger.reason is Reason.UNKNOWN_CARD
    assert poor.reason is Reason.INSUFFICIENT_CREDIT


def test_a_sale_may_be_all_credit_under_the_base_alone(store: LedgerStore) -> None:
    """A programme without rules keeps credit that was paid in, and lets it pay."""
    shop = RulesShop(store, club())
    till = shop.till()
    shop.do(till.load("ada", 2_000))
    answer = shop.ask(till.reserve("ada", "s", 2_000, CREDIT))
    shop.do(till.post("ada", "s", answer), till.sell("ada", "s", 10_000))
    assert (shop.credit("ada").active, shop.points("ada").active) == (0, 100)


def test_credit_is_given_to_somebody_else(shop: RulesShop, till: RulesTill) -> None:
    """What was given can be spent by whoever got it, and by nobody twice."""
    shop.do(till.load("ada", 2_000), till.enrol("bob"))
    parts: CommandParts = {
        "member_id": shop.member("ada"),
        "other_member_id": shop.member("bob"),
        "amount": 1_500,
    }
    shop.command(LedgerCommandKind.TRANSFER, **parts)
    assert (shop.credit("ada").active, shop.credit("bob").active) == (500, 1_500)
    again = shop.command(LedgerCommandKind.TRANSFER, **parts)
    assert again.reason is Reason.INSUFFICIENT_CREDIT


def test_a_gift_card_is_issued_by_its_first_load(shop: RulesShop, till: RulesTill) -> None:
    """It belongs to nobody, holds exactly what was paid, and earns nothing by being bought."""
    result = shop.do(till.load("gift", 5_000, GIFT))
    assert (result.status, result.points, result.balance_points) == (Status.APPLIED, 0, None)
    assert shop.gift("gift") == Purse(active=5_000)
    assert shop.rows(CardRow) == []
    answer = shop.ask(till.inquire("gift"))
    assert answer.standing is not None
    assert (answer.balance_points, answer.standing.credit_minor) == (None, 5_000)


def test_a_gift_card_pays_several_sales(shop: RulesShop, till: RulesTill) -> None:
    """A card of fifty pays thirty, then the twenty that are left, then it is empty."""
    shop.do(till.load("gift", 5_000, GIFT))
    paid = []
    for sale, total_minor in (("a", 3_000), ("b", 3_000)):
        answer = shop.ask(till.reserve("gift", sale, total_minor, GIFT, total_minor))
        paid.append(answer.amount_minor)
        shop.do(till.post("gift", sale, answer, total_minor))
    assert paid == [3_000, 2_000]
    refused = shop.ask(till.reserve("gift", "c", 3_000, GIFT))
    assert refused.reason is Reason.GIFT_CARD_EMPTY


def test_several_gift_cards_pay_one_sale(shop: RulesShop, till: RulesTill) -> None:
    """Two cards pay their parts; a third is over the limit of the sale, pending or posted."""
    for name in ("one", "two", "three"):
        shop.do(till.load(name, 2_000, GIFT))
    first = shop.ask(till.reserve("one", "s", 2_000, GIFT))
    shop.do(till.post("one", "s", first))
    second = shop.ask(till.reserve("two", "s", 2_000, GIFT))
    third = shop.ask(till.reserve("three", "s", 2_000, GIFT))
    assert (second.amount_minor, third.reason) == (2_000, Reason.LIMIT_REACHED)
    assert shop.ask(till.reserve("three", "t", 2_000, GIFT)).status is Status.APPLIED


def test_a_gift_card_that_pays_nothing_says_why(shop: RulesShop, till: RulesTill) -> None:
    """Unknown, empty, blocked and lapsed are four reasons."""
    for name in ("empty", "blocked", "lapsed"):
        shop.do(till.load(name, 2_000, GIFT))
    answer = shop.ask(till.reserve("empty", "s", 2_000, GIFT))
    shop.do(till.post("empty", "s", answer))
    shop.command(LedgerCommandKind.BLOCK_GIFT_CARD, token=card_named("blocked").token.hex())
    names = ("nobody's", "empty", "blocked")
    reasons = [shop.ask(till.reserve(name, "t", 100, GIFT)).reason for name in names]
    assert reasons == [
        Reason.GIFT_CARD_UNKNOWN,
        Reason.GIFT_CARD_EMPTY,
        Reason.GIFT_CARD_BLOCKED,
    ]
    assert shop.ask(till.inquire("blocked")).reason is Reason.GIFT_CARD_BLOCKED
    shop.later(days=31)
    assert shop.ask(till.reserve("lapsed", "t", 100, GIFT)).reason is Reason.GIFT_CARD_EXPIRED


def test_five_tills_want_one_gift_card(shop: RulesShop) -> None:
    """Five requests for eighty of a card of a hundred in one batch never get more than it holds."""
    tills = [shop.till(f"till-{number}") for number in range(5)]
    shop.do(tills[0].load("gift", 10_000, GIFT))
    asked = [till.reserve("gift", till.name, 8_000, GIFT) for till in tills]
    granted = [answer.amount_minor for answer in shop.apply(*asked).answers]
    assert granted == [8_000, 2_000, None, None, None]
    assert shop.gift("gift") == Purse(held=10_000)


def test_a_gift_card_is_honoured_late_as_far_as_it_goes(shop: RulesShop, till: RulesTill) -> None:
    """Where the card was spent meanwhile the programme bears the rest: a card owes nothing."""
    shop.do(till.load("gift", 2_000, GIFT))
    late = shop.ask(till.reserve("gift", "s", 2_000, GIFT))
    shop.later(ms=300_001)
    shop.tick()
    other = shop.ask(till.reserve("gift", "t", 1_500, GIFT))
    shop.do(till.post("gift", "t", other))
    decision = shop.apply(till.post("gift", "s", late))
    assert [alarm.kind for alarm in decision.alarms] == [AlarmKind.SHORTFALL]
    assert (shop.gift("gift"), shop.hold(late).shortfall_points) == (Purse(), 1_500)
    shop.do(till.call_off("s"))
    assert shop.gift("gift") == Purse(active=500)


def test_only_the_card_itself_posts_its_reservation(shop: RulesShop, till: RulesTill) -> None:
    """Another gift card, or a member's card, does not pay with what a card has reserved."""
    shop.do(till.load("gift", 2_000, GIFT), till.load("other", 2_000, GIFT), till.enrol("ada"))
    answer = shop.ask(till.reserve("gift", "s", 2_000, GIFT))
    for card in ("other", "ada"):
        assert shop.do(till.post(card, "s", answer)).reason is Reason.HOLD_MISMATCH


def test_a_gift_card_is_nobodys_membership(shop: RulesShop, till: RulesTill) -> None:
    """It can neither be enrolled nor earn nor keep credit, and a member's card is no gift card."""
    shop.do(till.load("gift", 2_000, GIFT), till.enrol("ada"))
    refused = [
        till.enrol("gift"),
        till.sell("gift", "s", 1_000),
        till.load("gift", 500, CREDIT),
        till.load("ada", 500, GIFT),
    ]
    reasons = {shop.do(one).reason for one in refused}
    assert reasons == {Reason.CARD_ALREADY_ENROLLED}
    assert (len(shop.rows(CardRow)), len(shop.rows(GiftCardRow))) == (1, 1)


def test_loaded_money_lapses_load_by_load(shop: RulesShop, till: RulesTill) -> None:
    """The first load lapses thirty days after it; what was added later stays for its own time."""
    shop.do(till.load("gift", 2_000, GIFT))
    shop.later(days=20)
    shop.do(till.load("gift", 1_000, GIFT))
    shop.later(days=11)
    assert shop.ask(till.reserve("gift", "s", 3_000, GIFT)).amount_minor == 1_000


def test_a_correction_never_leads_into_debt(shop: RulesShop, till: RulesTill) -> None:
    """Credit can be taken by hand down to nothing and no further."""
    shop.do(till.load("ada", 700))
    member_id = shop.member("ada")
    done = shop.command(
        LedgerCommandKind.ADJUST, member_id=member_id, unit=Unit.CREDIT, amount=-701
    )
    assert done.reason is Reason.INSUFFICIENT_CREDIT
    shop.command(LedgerCommandKind.ADJUST, member_id=member_id, unit=Unit.CREDIT, amount=-700)
    assert shop.credit("ada") == Purse()
