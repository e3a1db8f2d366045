"""What a member keeps: shown as it stands at the moment of looking, whatever the night has done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from gateway.ledger.accounts import credit_wallet_id, points_wallet_id
from gateway.ledger.book import Book
from gateway.ledger.kinds import HouseholdRole
from gateway.ledger.queries import LedgerReader
from gateway.ledger.rows_lots import LotRow
from gateway.ledger.rows_members import StandingRow, WalletRow
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.model.ids import MemberId, WalletId
from gateway.model.instrument import Instrument
from gateway.model.ledger_command import LedgerCommandKind
from gateway.model.programme import Programme
from gateway.model.rules.earning import Unit
from gateway.model.rules.expiry import Expiry, ExpiryKind
from gateway.model.rules.rules import Rules
from gateway.model.rules.stored_value import HouseholdPolicy
from gateway.model.rules.tiers import TierEnd, TierLevel, TierScheme
from gateway.queries.households import household
from gateway.queries.member_wallets import (
    LOTS_MAX,
    VOUCHERS_MAX,
    MemberStanding,
    MemberWallets,
    standing_of,
    wallets_of,
)
from gateway.writer.settling import spendable
from simulators.desk import COUPON, generous
from simulators.rules_shop import DAY_MS, RulesShop, club

Opened = Callable[[Programme], tuple[RulesShop, LedgerReader]]
KIND = LedgerCommandKind


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    """Opens a shop under a programme, and a reader beside it."""
    stores: list[SqlLedgerStore] = []

    def make(programme: Programme) -> tuple[RulesShop, LedgerReader]:
        file = tmp_path / f"ledger-{len(stores)}.db"
        stores.append(SqlLedgerStore(file))
        return RulesShop(stores[-1], programme), LedgerReader(file)

    yield make
    for store in stores:
        store.close()


def seen(shop: RulesShop, ledger: LedgerReader, card: str) -> MemberWallets:
    """All that the owner of a card has."""
    found = wallets_of(ledger, shop.member(card), shop.now_ms)
    assert found is not None
    return found


def as_the_writer_sees(shop: RulesShop, wallet_id: WalletId) -> int:
    """What the writer would let a wallet spend now."""
    with shop.store.batch() as batch:
        book = Book(batch.head(), batch.ledgers())
        (row,) = batch.rows(WalletRow, [wallet_id])
        book.load_open_lots([wallet_id], batch.open_lots([wallet_id]))
    return spendable(book, row, shop.now_ms)


def test_waiting_and_lapsed_points_are_told_as_the_writer_would(opened: Opened) -> None:
    """Before, between and after their days, what is shown is what a till would let be spent."""
    rules = Rules(pending_days=2, expiry=Expiry(kind=ExpiryKind.DAYS, count=3))
    shop, ledger = opened(club(rules))
    till = shop.till()
    shop.do(till.sell("ada", "s", 10_000))
    told = []
    for _ in range(10):
        wallet = seen(shop, ledger, "ada").points
        assert wallet.available == as_the_writer_sees(shop, wallet.wallet_id)
        told.append((wallet.available, wallet.pending, wallet.lots_in_all))
        shop.later(days=1)
        if len(told) == 2:
            shop.do(till.sell("ada", "t", 5_000))
    assert told[0] == (0, 100, 1)
    assert (100, 50, 2) in told
    assert told[-1] == (0, 0, 0)


def test_lots_come_in_the_order_in_which_they_are_spent(opened: Opened) -> None:
    """Those that lapse first stand first, those that wait last; a long list says how long it is."""
    shop, ledger = opened(club(Rules(expiry=Expiry(kind=ExpiryKind.DAYS, count=30))))
    till = shop.till()
    for number in range(LOTS_MAX + 5):
        shop.do(till.sell("ada", f"s{number}", 100 * (number + 1)))
        shop.later(ms=DAY_MS // 10)
    wallet = seen(shop, ledger, "ada").points
    assert (len(wallet.lots), wallet.lots_in_all) == (LOTS_MAX, LOTS_MAX + 5)
    ends = [lot.expires_at_ms or 0 for lot in wallet.lots]
    assert ends == sorted(ends)


def test_every_wallet_coupon_and_group_is_told(opened: Opened) -> None:
    """Credit with its currency, held money, coupons, groups and referrer."""
    shop, ledger = opened(generous(club()))
    till = shop.till()
    shop.do(till.sell("ada", "s", 10_000), till.sell("bob", "t", 5_000))
    ada, bob = shop.member("ada"), shop.member("bob")
    shop.command(KIND.ADJUST, member_id=ada, unit=Unit.CREDIT, amount=700)
    shop.command(KIND.GRANT_VOUCHER, member_id=ada, reward=COUPON, quantity=3)
    shop.command(KIND.SET_SEGMENTS, member_id=ada, segments=("staff", "students"))
    shop.command(KIND.SET_REFERRER, member_id=bob, other_member_id=ada)
    shop.ask(till.reserve("ada", "u", 40))
    shop.ask(till.reserve("ada", "v", 300, Instrument.CREDIT))
    found = seen(shop, ledger, "ada")
    assert (found.points.available, found.points.held) == (60, 40)
    (credit,) = found.credits
    assert (credit.currency, credit.available, credit.held) == ("EUR", 400, 300)
    assert credit.wallet_id == credit_wallet_id(ada, "EUR")
    (coupon,) = found.vouchers
    assert (coupon.reward, coupon.left, coupon.revoked) == (COUPON, 3, False)
    assert coupon.usable(shop.now_ms)
    assert found.standing.segments == ("staff", "students")
    assert seen(shop, ledger, "bob").standing.referred_by == ada
    shop.command(KIND.REVOKE_VOUCHER, member_id=ada, voucher=coupon.voucher_id)
    (taken,) = seen(shop, ledger, "ada").vouchers
    assert (taken.left, taken.revoked, taken.usable(shop.now_ms)) == (0, True, False)


def test_many_coupons_are_cut_off(opened: Opened) -> None:
    """The newest are shown, and no more than a page bears."""
    shop, ledger = opened(generous(club()))
    till = shop.till()
    shop.do(till.sell("ada", "s", 100))
    ada = shop.member("ada")
    for _ in range(VOUCHERS_MAX + 3):
        shop.command(KIND.GRANT_VOUCHER, member_id=ada, reward=COUPON, quantity=1)
    numbers = [one.voucher_id for one in seen(shop, ledger, "ada").vouchers]
    assert len(numbers) == VOUCHERS_MAX
    assert numbers == sorted(numbers, reverse=True)


def test_a_household_is_told_by_role(opened: Opened) -> None:
    """Members see the common wallet, the invited not yet; people stand in order of their role."""
    policy = Rules(households=HouseholdPolicy(members_maximum=3))
    shop, ledger = opened(club(policy))
    till = shop.till()
    for card in ("ada", "bob", "eve"):
        shop.do(till.sell(card, f"of {card}", 10_000))
    ada, bob, eve = (shop.member(card) for card in ("ada", "bob", "eve"))
    assert seen(shop, ledger, "ada").role is None
    shop.command(KIND.FOUND_HOUSEHOLD, member_id=ada)
    shop.command(KIND.INVITE_TO_HOUSEHOLD, member_id=ada, other_member_id=bob)
    shop.later(hours=1)
    shop.command(KIND.JOIN_HOUSEHOLD, member_id=bob)
    shop.command(KIND.INVITE_TO_HOUSEHOLD, member_id=ada, other_member_id=eve)
    found = seen(shop, ledger, "bob")
    assert found.household is not None
    assert (found.household.available, found.points.available) == (200, 0)
    assert found.points.wallet_id == points_wallet_id(bob)
    guest = seen(shop, ledger, "eve")
    assert (guest.household, guest.role) == (None, HouseholdRole.INVITED)
    assert found.household_id is not None
    view = household(ledger, found.household_id)
    assert view is not None
    assert [(one.member_id, one.role) for one in view.people] == [
        (ada, HouseholdRole.FOUNDER),
        (bob, HouseholdRole.MEMBER),
        (eve, HouseholdRole.INVITED),
    ]
    assert view.people[1].since_ms == shop.now_ms


def test_a_tier_is_told_with_its_days(opened: Opened) -> None:
    """The level, since when, and the last day on which it is kept."""
    scheme = TierScheme(
        end=TierEnd.FIXED, keep_months=12, levels=(TierLevel(id="gold", threshold=50),)
    )
    shop, ledger = opened(club(Rules(tiers=scheme)))
    shop.do(shop.till().sell("ada", "s", 10_000))
    standing = seen(shop, ledger, "ada").standing
    assert (standing.tier, standing.tier_since) == ("gold", date(2027, 1, 15))
    assert standing.tier_until == date(2028, 1, 15)
    assert standing.purchases == 1


def test_of_nobody_nothing_is_told(opened: Opened) -> None:
    """An unknown member or household is None; without a row a standing says nothing."""
    shop, ledger = opened(club())
    assert wallets_of(ledger, MemberId("f" * 32), shop.now_ms) is None
    shop.do(shop.till().sell("ada", "s", 100))
    found = seen(shop, ledger, "ada")
    assert (found.household, found.household_id, found.credits) == (None, None, ())
    assert shop.rows(LotRow)
    assert shop.rows(StandingRow) == []
    assert found.standing == standing_of(None) == MemberStanding()
