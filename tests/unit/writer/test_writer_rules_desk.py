"""What people do from a desk: done once, journalled as it was asked, refused with a reason."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gateway.ledger.kinds import CardState, GiftCardState, JournalKind
from gateway.ledger.rows_members import CardRow, GiftCardRow, HouseholdMemberRow, VoucherRow
from gateway.model.card import CardProfile
from gateway.model.ids import HoldId, MemberId
from gateway.model.ledger_command import CommandParts, encode_ledger_command
from gateway.model.ledger_command import LedgerCommandKind as Kind
from gateway.model.outcome import Reason, Status
from gateway.model.programme import UnknownCardPolicy
from gateway.model.rules.condition import Condition
from gateway.model.rules.earning import EarningKind, EarningRule, Unit
from gateway.model.rules.expiry import Expiry, ExpiryKind
from gateway.model.rules.reward import Gift, GiftKind, Reward
from gateway.model.rules.rules import Rules
from gateway.model.rules.stored_value import CreditPolicy, GiftCardPolicy, HouseholdPolicy
from simulators.rules_shop import Purse, RulesShop, club
from simulators.rules_till import RulesTill, card_named

if TYPE_CHECKING:
    from gateway.ledger.store import LedgerStore

FIVE_OFF = Reward(
    id="five-off", cost_points=100, gift=Gift(kind=GiftKind.MONEY_OFF, amount_minor=500)
)
FOR_STAFF = EarningRule(
    id="staff", kind=EarningKind.FIXED, points=7, when=Condition(segments=("staff",))
)
BROUGHT = EarningRule(id="brought", kind=EarningKind.REFERRAL, points=70)
GIFT = card_named("gift").token.hex()
NEW = card_named("new").token.hex()
NOBODY = MemberId("0" * 32)


@pytest.fixture
def shop(store: LedgerStore) -> RulesShop:
    """A shop with a bit of everything, where Ada has 100 points and 1,000 credit, and Bob none."""
    rules = Rules(
        earning=(FOR_STAFF, BROUGHT),
        segments=("staff",),
        rewards=(FIVE_OFF,),
        credit=CreditPolicy(
            top_up_maximum_minor=10_000, balance_maximum_minor=3_000, transfers=True
        ),
        gift_cards=GiftCardPolicy(minimum_minor=500, maximum_minor=5_000, reloadable=True),
        households=HouseholdPolicy(members_maximum=2),
    )
    made = RulesShop(store, club(rules))
    till = made.till("opening")
    made.do(till.sell("ada", "opening", 10_000), till.load("ada", 1_000), till.enrol("bob"))
    return made


@pytest.fixture
def till(shop: RulesShop) -> RulesTill:
    """A till of that shop."""
    return shop.till()


def _once(shop: RulesShop, kind: Kind, parts: CommandParts) -> None:
    """A command is done once, stands in the journal as it is, and again changes nothing."""
    command = shop.made(kind, **parts)
    first = shop.carry_out(command)
    assert (first.status, first.reason) == (Status.APPLIED, Reason.NONE)
    journal = shop.journal()
    assert (journal[-1].kind, journal[-1].envelope) == (
        JournalKind.COMMAND,
        encode_ledger_command(command),
    )
    assert journal[-1].request_id == HoldId(bytes.fromhex(command.id))
    shop.restart()
    again = shop.carry_out(command)
    assert again.status is Status.DUPLICATE
    assert (again.member_id, again.points, again.balance_points) == (
        first.member_id,
        first.points,
        first.balance_points,
    )
    assert shop.journal() == journal


def _refused(shop: RulesShop, kind: Kind, parts: CommandParts, reason: Reason) -> None:
    """A command is refused with its reason and leaves no trace."""
    journal = shop.journal()
    outcome = shop.command(kind, **parts)
    assert (outcome.status, outcome.reason) == (Status.REFUSED, reason)
    assert shop.journal() == journal


def test_points_and_credit_are_corrected(shop: RulesShop) -> None:
    """Given and taken by hand, never below nothing."""
    ada = shop.member("ada")
    _once(shop, Kind.ADJUST, {"member_id": ada, "unit": Unit.POINTS, "amount": 20})
    _once(shop, Kind.ADJUST, {"member_id": ada, "unit": Unit.POINTS, "amount": -120})
    _once(shop, Kind.ADJUST, {"member_id": ada, "unit": Unit.CREDIT, "amount": -1_000})
    assert (shop.points("ada"), shop.credit("ada")) == (Purse(), Purse())
    one_less: CommandParts = {"member_id": ada, "unit": Unit.POINTS, "amount": -1}
    _refused(shop, Kind.ADJUST, one_less, Reason.INSUFFICIENT_POINTS)
    _refused(shop, Kind.ADJUST, {**one_less, "unit": Unit.CREDIT}, Reason.INSUFFICIENT_CREDIT)


def test_what_is_reserved_cannot_be_taken_by_hand(shop: RulesShop, till: RulesTill) -> None:
    """Points that a sale has reserved are not the desk's any more; what is left is."""
    ada = shop.member("ada")
    answer = shop.ask(till.reserve("ada", "s", 70))
    all_of_it: CommandParts = {"member_id": ada, "unit": Unit.POINTS, "amount": -100}
    _refused(shop, Kind.ADJUST, all_of_it, Reason.INSUFFICIENT_POINTS)
    _once(shop, Kind.ADJUST, {**all_of_it, "amount": -30})
    assert shop.do(till.post("ada", "s", answer)).balance_points == 0


def test_credit_is_transferred(shop: RulesShop) -> None:
    """From one member to another, no more than there is or may be kept, and not to oneself."""
    ada, bob = shop.member("ada"), shop.member("bob")
    way: CommandParts = {"member_id": ada, "other_member_id": bob, "amount": 600}
    _once(shop, Kind.TRANSFER, way)
    assert (shop.credit("ada").active, shop.credit("bob").active) == (400, 600)
    _refused(shop, Kind.TRANSFER, way, Reason.INSUFFICIENT_CREDIT)
    _refused(shop, Kind.TRANSFER, {**way, "amount": 0}, Reason.BELOW_MINIMUM)
    _refused(shop, Kind.TRANSFER, {**way, "other_member_id": ada}, Reason.BELOW_MINIMUM)
    shop.command(Kind.ADJUST, member_id=bob, unit=Unit.CREDIT, amount=2_200)
    _refused(shop, Kind.TRANSFER, {**way, "amount": 300}, Reason.LIMIT_REACHED)


def test_transferred_credit_lapses_when_it_would_have(store: LedgerStore) -> None:
    """What lapses in three days does so in another's wallet too."""
    policy = CreditPolicy(transfers=True, earned_expiry=Expiry(kind=ExpiryKind.DAYS, count=3))
    shop = RulesShop(store, club(Rules(credit=policy)))
    till = shop.till()
    shop.do(till.enrol("ada"), till.enrol("bob"))
    ada, bob = shop.member("ada"), shop.member("bob")
    shop.command(Kind.ADJUST, member_id=ada, unit=Unit.CREDIT, amount=500)
    shop.later(days=2)
    shop.command(Kind.TRANSFER, member_id=ada, other_member_id=bob, amount=500)
    assert [lot.expires_at_ms for lot in shop.lots("bob", Unit.CREDIT)] == [
        lot.expires_at_ms for lot in shop.lots("ada", Unit.CREDIT)
    ]


def test_a_gift_card_is_issued_and_loaded(shop: RulesShop) -> None:
    """Within its limits, once for each command."""
    _once(shop, Kind.ISSUE_GIFT_CARD, {"token": GIFT, "amount": 3_000, "last_four": "4711"})
    _once(shop, Kind.ISSUE_GIFT_CARD, {"token": GIFT, "amount": 2_000, "last_four": ""})
    assert shop.gift("gift") == Purse(active=5_000)
    (row,) = shop.rows(GiftCardRow)
    assert row.last_four == "4711"
    more: CommandParts = {"token": GIFT, "amount": 500, "last_four": ""}
    _refused(shop, Kind.ISSUE_GIFT_CARD, more, Reason.LIMIT_REACHED)
    few: CommandParts = {"token": NEW, "amount": 499, "last_four": ""}
    _refused(shop, Kind.ISSUE_GIFT_CARD, few, Reason.BELOW_MINIMUM)
    member: CommandParts = {**few, "token": card_named("ada").token.hex(), "amount": 500}
    _refused(shop, Kind.ISSUE_GIFT_CARD, member, Reason.CARD_ALREADY_ENROLLED)


def test_a_gift_card_is_blocked_and_freed(shop: RulesShop) -> None:
    """Blocked it takes no more money; freed it does."""
    shop.command(Kind.ISSUE_GIFT_CARD, token=GIFT, amount=1_000, last_four="")
    _once(shop, Kind.BLOCK_GIFT_CARD, {"token": GIFT})
    more: CommandParts = {"token": GIFT, "amount": 500, "last_four": ""}
    _refused(shop, Kind.ISSUE_GIFT_CARD, more, Reason.GIFT_CARD_BLOCKED)
    _once(shop, Kind.UNBLOCK_GIFT_CARD, {"token": GIFT})
    (row,) = shop.rows(GiftCardRow)
    assert row.state is GiftCardState.ACTIVE
    _once(shop, Kind.ISSUE_GIFT_CARD, more)
    _refused(shop, Kind.BLOCK_GIFT_CARD, {"token": NEW}, Reason.GIFT_CARD_UNKNOWN)
    _refused(shop, Kind.UNBLOCK_GIFT_CARD, {"token": NEW}, Reason.GIFT_CARD_UNKNOWN)


def test_coupons_are_given_and_revoked(shop: RulesShop, till: RulesTill) -> None:
    """Three coupons, one of them used, the rest taken back; nobody else's, and not twice."""
    ada, bob = shop.member("ada"), shop.member("bob")
    _once(shop, Kind.GRANT_VOUCHER, {"member_id": ada, "reward": "five-off", "quantity": 3})
    unknown: CommandParts = {"member_id": ada, "reward": "none", "quantity": 1}
    _refused(shop, Kind.GRANT_VOUCHER, unknown, Reason.REWARD_UNKNOWN)
    answer = shop.ask(till.reserve_reward("ada", "s", "five-off", coupon=True))
    shop.do(till.post("ada", "s", answer))
    (row,) = shop.rows(VoucherRow)
    theirs: CommandParts = {"member_id": bob, "voucher": row.voucher_id}
    _refused(shop, Kind.REVOKE_VOUCHER, theirs, Reason.COUPON_NOT_AVAILABLE)
    mine: CommandParts = {"member_id": ada, "voucher": row.voucher_id}
    _once(shop, Kind.REVOKE_VOUCHER, mine)
    _refused(shop, Kind.REVOKE_VOUCHER, mine, Reason.COUPON_NOT_AVAILABLE)
    late = shop.ask(till.reserve_reward("ada", "t", "five-off", coupon=True))
    assert late.reason is Reason.COUPON_NOT_AVAILABLE
    shop.do(till.call_off("s"))
    assert [one.used for one in shop.rows(VoucherRow)] == [0]


def test_a_group_earns_from_then_on(shop: RulesShop, till: RulesTill) -> None:
    """Put into a group a member earns by its rule, and taken out of it no more."""
    bob = shop.member("bob")
    assert shop.do(till.sell("bob", "a", 100)).points == 1
    _once(shop, Kind.SET_SEGMENTS, {"member_id": bob, "segments": ("staff",)})
    assert shop.do(till.sell("bob", "b", 100)).points == 8
    _once(shop, Kind.SET_SEGMENTS, {"member_id": bob, "segments": ()})
    assert shop.do(till.sell("bob", "c", 100)).points == 1


def test_who_brought_a_member_is_said_before_the_first_purchase(
    shop: RulesShop, till: RulesTill
) -> None:
    """Once, of somebody else, and only as long as nothing was bought."""
    ada, bob = shop.member("ada"), shop.member("bob")
    way: CommandParts = {"member_id": bob, "other_member_id": ada}
    _refused(shop, Kind.SET_REFERRER, {**way, "other_member_id": bob}, Reason.UNKNOWN_CARD)
    _once(shop, Kind.SET_REFERRER, way)
    _refused(shop, Kind.SET_REFERRER, way, Reason.LIMIT_REACHED)
    bought: CommandParts = {"member_id": ada, "other_member_id": bob}
    _refused(shop, Kind.SET_REFERRER, bought, Reason.LIMIT_REACHED)
    shop.do(till.sell("bob", "s", 100))
    assert shop.points("ada").active == 170


def test_a_household_is_founded_joined_and_left(shop: RulesShop, till: RulesTill) -> None:
    """Each step once; who is in one cannot be in another, and nobody joins uninvited."""
    shop.do(till.enrol("eve"))
    ada, bob, eve = (shop.member(name) for name in ("ada", "bob", "eve"))
    _refused(shop, Kind.LEAVE_HOUSEHOLD, {"member_id": ada}, Reason.NOT_IN_HOUSEHOLD)
    _once(shop, Kind.FOUND_HOUSEHOLD, {"member_id": ada})
    _refused(shop, Kind.FOUND_HOUSEHOLD, {"member_id": ada}, Reason.ALREADY_IN_HOUSEHOLD)
    _refused(shop, Kind.JOIN_HOUSEHOLD, {"member_id": bob}, Reason.NOT_INVITED)
    _once(shop, Kind.INVITE_TO_HOUSEHOLD, {"member_id": ada, "other_member_id": bob})
    _once(shop, Kind.JOIN_HOUSEHOLD, {"member_id": bob})
    full: CommandParts = {"member_id": ada, "other_member_id": eve}
    _refused(shop, Kind.INVITE_TO_HOUSEHOLD, full, Reason.HOUSEHOLD_FULL)
    assert shop.do(till.sell("bob", "s", 5_000)).balance_points == 150
    _once(shop, Kind.LEAVE_HOUSEHOLD, {"member_id": bob})
    assert shop.ask(till.inquire("bob")).balance_points == 75
    assert shop.ask(till.inquire("ada")).balance_points == 75
    assert [row.member_id for row in shop.rows(HouseholdMemberRow)] == [ada]


def test_a_card_is_replaced(shop: RulesShop, till: RulesTill) -> None:
    """The new card names the member, the old one is refused, and neither is free again."""
    old = card_named("ada").token.hex()
    way: CommandParts = {"token": old, "other_token": NEW, "card_profile": CardProfile.UID.value}
    _once(shop, Kind.REPLACE_CARD, way)
    states = {row.token.hex(): row.state for row in shop.rows(CardRow)}
    assert (states[old], states[NEW]) == (CardState.REPLACED, CardState.ACTIVE)
    assert shop.do(till.sell("new", "s", 5_000)).balance_points == 150
    assert shop.do(till.sell("ada", "t", 5_000)).reason is Reason.CARD_BLOCKED
    _refused(shop, Kind.REPLACE_CARD, way, Reason.CARD_ALREADY_ENROLLED)
    _refused(shop, Kind.REPLACE_CARD, {**way, "token": GIFT}, Reason.UNKNOWN_CARD)


def test_a_member_is_given_one_more_card(shop: RulesShop, till: RulesTill) -> None:
    """Both cards name the member; a card that somebody has is not given again."""
    way: CommandParts = {
        "member_id": shop.member("ada"),
        "other_token": NEW,
        "card_profile": CardProfile.NTAG424.value,
    }
    _once(shop, Kind.ADD_CARD, way)
    states = {row.token.hex(): (row.state, row.profile) for row in shop.rows(CardRow)}
    assert states[NEW] == (CardState.ACTIVE, CardProfile.NTAG424)
    assert states[card_named("ada").token.hex()][0] is CardState.ACTIVE
    assert shop.do(till.sell("new", "s", 5_000)).balance_points == 150
    assert shop.do(till.sell("ada", "t", 5_000)).balance_points == 200
    _refused(shop, Kind.ADD_CARD, way, Reason.CARD_ALREADY_ENROLLED)
    _refused(shop, Kind.ADD_CARD, {**way, "member_id": NOBODY}, Reason.UNKNOWN_CARD)


def test_what_waited_for_a_replacing_card_is_its_members(store: LedgerStore) -> None:
    """A sale on a card before it was given out waits, and is its member's with the replacement."""
    rules = Rules(earning=(FOR_STAFF, BROUGHT), segments=("staff",))
    shop = RulesShop(store, replace(club(rules), unknown_card=UnknownCardPolicy.HOLD))
    till = shop.till()
    shop.do(till.enrol("ada"), till.sell("new", "s", 5_000))
    old = card_named("ada").token.hex()
    shop.command(Kind.REPLACE_CARD, token=old, other_token=NEW, card_profile=CardProfile.UID.value)
    standing = shop.standing("ada")
    assert standing is not None
    assert (shop.points("new").active, standing.purchases) == (50, 1)
    shop.do(till.call_off("s"))
    assert shop.points("new").active == 0


def test_nobody_is_served_whom_nobody_knows(shop: RulesShop) -> None:
    """A member that there is not is refused in every command that names one."""
    ada = shop.member("ada")
    commands: list[tuple[Kind, CommandParts]] = [
        (Kind.ADJUST, {"member_id": NOBODY, "unit": Unit.POINTS, "amount": 5}),
        (Kind.TRANSFER, {"member_id": ada, "other_member_id": NOBODY, "amount": 5}),
        (Kind.GRANT_VOUCHER, {"member_id": NOBODY, "reward": "five-off", "quantity": 1}),
        (Kind.REVOKE_VOUCHER, {"member_id": NOBODY, "voucher": 1}),
        (Kind.SET_SEGMENTS, {"member_id": NOBODY, "segments": ("staff",)}),
        (Kind.SET_REFERRER, {"member_id": ada, "other_member_id": NOBODY}),
        (Kind.FOUND_HOUSEHOLD, {"member_id": NOBODY}),
    ]
    for kind, parts in commands:
        _refused(shop, kind, parts, Reason.UNKNOWN_CARD)
