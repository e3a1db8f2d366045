"""Nights of wallets that are not one member's points: households, credit, gift cards."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from gateway.errors import ValueRangeError
from gateway.ledger.kinds import PostingKind
from gateway.ledger.memory_store import MemoryLedgerStore
from gateway.ledger.rows import JournalRow, PostingRow
from gateway.ledger.rows_members import HouseholdRow, WalletRow
from gateway.model.ids import BranchId, WalletId
from gateway.model.instrument import Instrument
from gateway.model.ledger_command import LedgerCommandKind
from gateway.model.rules.earning import EarningKind, EarningRule, Unit
from gateway.model.rules.expiry import Expiry, ExpiryKind
from gateway.model.rules.rules import Rules
from gateway.model.rules.stored_value import (
    AutoRedeem,
    CreditPolicy,
    GiftCardPolicy,
    HouseholdPolicy,
)
from gateway.model.rules.tiers import TierBasis, TierLevel, TierPeriod, TierScheme
from gateway.writer.night_note import (
    NightNote,
    NightScope,
    decode_night_note,
    encode_night_note,
)
from simulators.rules_shop import Purse, RulesShop, club

if TYPE_CHECKING:
    from gateway.ledger.store import LedgerStore

ONE_DAY = Expiry(kind=ExpiryKind.DAYS, count=1)
STEP = AutoRedeem(points=100, credit_minor=500)
HOUSEHOLDS = HouseholdPolicy(members_maximum=4)
CASH_BACK = EarningRule(
    id="cash-back", kind=EarningKind.PER_AMOUNT, unit=Unit.CREDIT, points=3, per_minor=100
)


def night_of(day: int) -> int:
    """Three in the morning in Greenwich, on a day of January 2027."""
    return int(datetime(2027, 1, day, 3, tzinfo=UTC).timestamp()) * 1_000


def run(shop: RulesShop, budget: int = 100) -> list[JournalRow]:
    """Run every night that is due; say which rows they made."""
    before = len(shop.journal())
    while shop.writer.night(shop.now_ms, budget).left:
        shop.check()
    shop.check()
    return shop.journal()[before:]


def note(row: JournalRow) -> NightNote:
    """What a row keeps of itself."""
    return decode_night_note(row.envelope or b"")


def household(shop: RulesShop, founder: str, *others: str) -> WalletId:
    """Let members live together; say what their wallet is called."""
    member_id = shop.member(founder)
    shop.command(LedgerCommandKind.FOUND_HOUSEHOLD, member_id=member_id)
    for other in others:
        guest = shop.member(other)
        shop.command(
            LedgerCommandKind.INVITE_TO_HOUSEHOLD, member_id=member_id, other_member_id=guest
        )
        shop.command(LedgerCommandKind.JOIN_HOUSEHOLD, member_id=guest)
    (home,) = shop.rows(HouseholdRow)
    return home.wallet_id


def purse(shop: RulesShop, wallet_id: WalletId) -> Purse:
    """What a wallet has."""
    (row,) = [one for one in shop.rows(WalletRow) if one.wallet_id == wallet_id]
    return Purse(active=row.available, held=row.held, pending=row.pending)


def test_a_households_points_become_its_founders_credit(store: LedgerStore) -> None:
    """Two members' points together make a step; the credit is the founder's."""
    rules = Rules(households=HOUSEHOLDS, auto_redeem=STEP)
    shop = RulesShop(store, club(rules))
    till = shop.till()
    for name in ("bob", "ada"):
        shop.do(till.sell(name, f"s {name}", 7_000))
    home = household(shop, "ada", "bob")
    shop.now_ms = night_of(16)
    (row,) = run(shop)
    assert (row.member_id, row.points, row.balance_points) == (shop.member("ada"), -100, 40)
    assert note(row) == NightNote(night=date(2027, 1, 16), scope=NightScope.MEMBER, wallet_id=home)
    assert (shop.credit("ada"), shop.credit("bob")) == (Purse(active=500), Purse())
    assert purse(shop, home) == Purse(active=40)


def test_everybody_in_a_household_has_a_level_by_its_points(store: LedgerStore) -> None:
    """The balance is everybody's, so all get the level in one row of the night."""
    scheme = TierScheme(basis=TierBasis.BALANCE, levels=(TierLevel(id="silver", threshold=100),))
    shop = RulesShop(store, club(Rules(households=HOUSEHOLDS, tiers=scheme)))
    till = shop.till()
    for name in ("ada", "bob"):
        shop.do(till.sell(name, f"s {name}", 7_000))
    household(shop, "ada", "bob")
    shop.now_ms = night_of(16)
    (row,) = run(shop)
    assert row.points == 0
    tiers = [standing.tier for name in ("ada", "bob") if (standing := shop.standing(name))]
    assert tiers == ["silver", "silver"]


def test_each_in_a_household_is_measured_by_the_own_purchases(store: LedgerStore) -> None:
    """Levels by what was spent follow each member, whoever's the points are."""
    scheme = TierScheme(
        basis=TierBasis.SPEND,
        period=TierPeriod.MONTH,
        levels=(TierLevel(id="silver", threshold=10_000),),
    )
    shop = RulesShop(store, club(Rules(households=HOUSEHOLDS, tiers=scheme)))
    till = shop.till()
    shop.do(till.sell("ada", "s", 12_000))
    shop.do(till.sell("bob", "t", 1_000))
    household(shop, "bob", "ada")
    shop.now_ms = night_of(31) + 86_400_000
    (row,) = run(shop)
    assert row.member_id == shop.member("bob")
    tiers = [standing.tier for name in ("ada", "bob") if (standing := shop.standing(name))]
    assert tiers == [None, None]


def test_a_households_lots_begin_and_lapse(store: LedgerStore) -> None:
    """What waited when its earner joined begins in the household's wallet, and lapses there."""
    rules = Rules(households=HOUSEHOLDS, expiry=ONE_DAY, pending_days=1)
    shop = RulesShop(store, club(rules))
    till = shop.till()
    shop.do(till.sell("ada", "s", 7_000))
    home = household(shop, "ada")
    shop.now_ms = night_of(16)
    emptied, begun = run(shop)
    assert (note(emptied).scope, emptied.points) == (NightScope.LOT, 0)
    assert (note(begun).scope, note(begun).wallet_id) == (NightScope.WALLET, home)
    assert purse(shop, home) == Purse(active=70)
    shop.now_ms = night_of(18)
    assert sorted(row.points for row in run(shop)) == [-70, 0]


def test_credit_of_a_member_who_did_not_found_the_household_lapses_too(
    store: LedgerStore,
) -> None:
    """Only the founder's credit belongs to the household's night; the others have their own."""
    rules = Rules(
        households=HOUSEHOLDS,
        auto_redeem=STEP,
        earning=(CASH_BACK,),
        credit=CreditPolicy(earned_expiry=ONE_DAY),
    )
    shop = RulesShop(store, club(rules))
    till = shop.till()
    for name in ("ada", "bob"):
        shop.do(till.sell(name, f"s {name}", 1_000))
    household(shop, "ada", "bob")
    shop.now_ms = night_of(17)
    scopes = [(note(row).scope, row.member_id) for row in run(shop)]
    assert scopes == [
        (NightScope.MEMBER, shop.member("ada")),
        (NightScope.WALLET, shop.member("bob")),
    ]
    assert (shop.credit("ada"), shop.credit("bob")) == (Purse(), Purse())


def test_the_money_on_a_gift_card_lapses(store: LedgerStore) -> None:
    """A card belongs to nobody, and so does the row; what is on it is no points."""
    rules = Rules(gift_cards=GiftCardPolicy(maximum_minor=10_000, expiry=ONE_DAY))
    shop = RulesShop(store, club(rules))
    till = shop.till(branch="south")
    shop.do(till.load("gift", 5_000, Instrument.GIFT))
    shop.now_ms = night_of(17)
    (row,) = run(shop)
    assert (row.member_id, row.points, row.balance_points) == (None, 0, None)
    assert note(row).scope is NightScope.WALLET
    (posting,) = [one for one in shop.rows(PostingRow) if one.journal_index == row.journal_index]
    assert (posting.kind, posting.branch) == (PostingKind.EXPIRE, BranchId("south"))
    assert shop.gift("gift") == Purse()


def test_members_are_visited_in_the_order_of_their_enrolment(store: LedgerStore) -> None:
    """Whatever their random names, and whatever other wallets were opened between them."""
    shop = RulesShop(store, club(Rules(auto_redeem=STEP, earning=(CASH_BACK,))))
    till = shop.till()
    names = [f"card {number}" for number in range(7)]
    for name in names:
        shop.do(till.sell(name, f"s {name}", 10_000))
    shop.now_ms = night_of(16)
    assert [row.member_id for row in run(shop, 2)] == [shop.member(name) for name in names]


def test_a_slice_looks_at_no_more_members_than_it_may() -> None:
    """With a budget of two, two members of five turn their points in one commit."""
    shop = RulesShop(MemoryLedgerStore(), club(Rules(auto_redeem=STEP)))
    till = shop.till()
    for number in range(5):
        shop.do(till.sell(f"card {number}", f"s {number}", 10_000))
    shop.now_ms = night_of(16)
    made = []
    while (part := shop.writer.night(shop.now_ms, 2)).left:
        made.append(part.journalled)
    assert [count for count in made if count] == [2, 2, 1]


# -- notes --------------------------------------------------------------------------------------


def test_a_note_survives_the_journal() -> None:
    """What is written of a night is read again as it was."""
    for lot_id, scope in (
        (None, NightScope.MEMBER),
        (None, NightScope.WALLET),
        (7, NightScope.LOT),
    ):
        made = NightNote(
            night=date(2027, 1, 16), scope=scope, wallet_id=WalletId("w"), lot_id=lot_id
        )
        assert decode_night_note(encode_night_note(made)) == made


@pytest.mark.parametrize(
    "data",
    [
        b"\xff",
        b"{",
        b'{"night":"2027-01-16","scope":"lot","wallet_id":"w"}',
        b'{"lot_id":7,"night":"2027-01-16","scope":"wallet","wallet_id":"w"}',
        b'{"night": "2027-01-16","scope":"wallet","wallet_id":"w"}',
        b'{"night":"2027-01-16","scope":"planet","wallet_id":"w"}',
    ],
)
def test_what_is_no_note_is_refused(data: bytes) -> None:
    """An auditor believes no note that a night would not have written."""
    with pytest.raises(ValueRangeError):
        decode_night_note(data)
