"""What an offer brings, read from a ledger: groups, costs, and a world whose truth is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

import pytest

from gateway.ledger.queries import LedgerReader
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.model.ids import BranchId, MemberId
from gateway.model.money import EUR, Currency
from gateway.model.rules.condition import Condition
from gateway.model.rules.offer import Offer
from gateway.model.rules.reward import Gift, GiftKind, Reward
from gateway.model.rules.rules import Rules
from gateway.model.rules.succession import Succession
from gateway.program.offers import is_held_out
from gateway.queries.offer_effect import (
    GROUP_MIN,
    Obstacle,
    OfferCost,
    OfferEffect,
    RatedSale,
    groups_of,
    offer_effect,
)
from gateway.queries.offer_rows import Asked
from gateway.queries.scope import EVERYTHING, Scope
from gateway.queries.stretch import rows_between
from simulators.clock import VirtualClock
from simulators.offer_days import OFFER, OfferDays, play_offer_days
from simulators.quiet_house import QuietHouse
from simulators.rules_shop import NORTH, RulesShop, club

NOW_MS = 1_795_420_000_000
ADA, BOB = MemberId("a" * 32), MemberId("b" * 32)
DAY = ("2027-01-15", "north")

Opened: TypeAlias = Callable[..., RulesShop]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    """Opens a shop with these offers and rewards on a ledger file."""
    stores = []

    def open_shop(*offers: Offer, rewards: tuple[Reward, ...] = ()) -> RulesShop:
        stores.append(SqlLedgerStore(tmp_path / "ledger.sqlite3"))
        return RulesShop(stores[-1], club(Rules(offers=offers, rewards=rewards)))

    yield open_shop
    for one in stores:
        one.close()


def effect_in(shop: RulesShop, offer: Offer, scope: Scope = EVERYTHING) -> OfferEffect:
    """What is known of an offer in a shop."""
    assert isinstance(shop.store, SqlLedgerStore)
    return offer_effect(LedgerReader(shop.store.place), Asked(offer=offer.id, scope=scope))


def offer(gift: Gift, *, name: str = "gift", when: Condition | None = None) -> Offer:
    """An offer from which every second member is held out."""
    return Offer(id=name, gift=gift, when=when or Condition(), holdout_percent=50)


def split(shop: RulesShop, wanted: Offer, count: int = 12) -> tuple[list[str], list[str]]:
    """Enrol members; the cards of those who get the offer, and of those who do not."""
    till = shop.till("enrolling")
    names = [f"card-{number}" for number in range(count)]
    shop.apply(*(till.enrol(name) for name in names))
    drawn = {name: is_held_out(wanted, shop.member(name)) for name in names}
    given = [name for name in names if not drawn[name]]
    return given, [name for name in names if drawn[name]]


def test_points_that_an_offer_gives(opened: Opened) -> None:
    """Both groups are found, with what they did and what the points that were given buy."""
    wanted = offer(Gift(kind=GiftKind.POINTS, points=50))
    shop = opened(wanted)
    given, held_out = split(shop, wanted)
    till = shop.till()
    shop.apply(*(till.sell(name, f"s-{name}", 2_000) for name in (*given, *held_out)))
    shop.apply(*(till.sell(name, f"t-{name}", 1_000) for name in given))
    found = effect_in(shop, wanted)
    assert (found.given.members, found.held_out.members) == (len(given), len(held_out))
    assert found.given.spent_minor == 3_000 * len(given)
    assert found.held_out.spent_minor == 2_000 * len(held_out)
    assert (found.given.sales, found.given.visits) == (2 * len(given), len(given))
    assert found.cost.points == 100 * len(given)
    # Ten points pay ten cents.
    assert found.cost.points_minor == found.cost.total_minor == 100 * len(given)
    assert found.currency == EUR
    assert (found.comparison, found.obstacle) == (None, Obstacle.TOO_FEW)


def test_money_off_and_who_was_kept_from_it(opened: Opened) -> None:
    """Members who reserved nothing because the lot kept them out are the control group."""
    wanted = offer(Gift(kind=GiftKind.MONEY_OFF, amount_minor=300))
    shop = opened(wanted)
    given, held_out = split(shop, wanted)
    till = shop.till()
    for name in given:
        answer = shop.ask(till.reserve_offers(name, f"s-{name}"))
        shop.do(till.post(name, f"s-{name}", answer, 9_700), till.sell(name, f"s-{name}", 9_700))
    for name in held_out:
        shop.ask(till.reserve_offers(name, f"s-{name}"))
        shop.do(till.sell(name, f"s-{name}", 10_000))
    found = effect_in(shop, wanted)
    assert (found.given.members, found.held_out.members) == (len(given), len(held_out))
    assert found.given.spent_minor == 9_700 * len(given)
    assert found.held_out.spent_minor == 10_000 * len(held_out)
    assert found.cost.discount_minor == found.cost.total_minor == 300 * len(given)


def test_a_coupon_costs_what_it_takes_off(opened: Opened) -> None:
    """Coupons are counted when they are given, and cost when they are used."""
    reward = Reward(
        id="five-off", cost_points=0, gift=Gift(kind=GiftKind.MONEY_OFF, amount_minor=500)
    )
    first = Condition(visits_maximum=1)
    wanted = offer(Gift(kind=GiftKind.COUPON, reward="five-off"), when=first)
    shop = opened(wanted, rewards=(reward,))
    given, held_out = split(shop, wanted)
    till = shop.till()
    shop.apply(*(till.sell(name, f"s-{name}", 2_000) for name in (*given, *held_out)))
    shop.later(days=3)
    name = given[0]
    answer = shop.ask(till.reserve_reward(name, "again", "five-off", coupon=True))
    shop.do(till.post(name, "again", answer, 9_500), till.sell(name, "again", 9_500))
    found = effect_in(shop, wanted)
    assert found.cost.coupons == len(given)
    assert found.cost.discount_minor == 500
    assert found.given.spent_minor == 2_000 * len(given) + 9_500


def test_what_comes_back_was_not_spent(opened: Opened) -> None:
    """Returned goods are neither spent nor paid for with points."""
    wanted = offer(Gift(kind=GiftKind.POINTS, points=50))
    shop = opened(wanted)
    given, _ = split(shop, wanted)
    till = shop.till()
    shop.apply(*(till.sell(name, f"s-{name}", 2_000) for name in given))
    shop.do(till.call_off(f"s-{given[0]}"))
    shop.do(till.take_back(f"s-{given[1]}", "paper", 500))
    found = effect_in(shop, wanted)
    assert found.given.members == len(given)
    assert found.given.spent_minor == 2_000 * (len(given) - 2) + 1_500
    assert found.cost.points == 50 * (len(given) - 2) + 38


def test_another_branch_is_not_looked_at(opened: Opened) -> None:
    """An account that sees one branch sees what was decided and bought there alone."""
    wanted = offer(Gift(kind=GiftKind.POINTS, points=50))
    shop = opened(wanted)
    given, _ = split(shop, wanted)
    north, south = shop.till("n"), shop.till("s", "south")
    shop.apply(north.sell(given[0], "one", 1_000))
    shop.apply(south.sell(given[0], "two", 9_000), south.sell(given[1], "three", 9_000))
    found = effect_in(shop, wanted, Scope(frozenset({NORTH})))
    assert (found.given.members, found.given.spent_minor, found.cost.points) == (1, 1_000, 50)
    nothing = effect_in(shop, wanted, Scope(frozenset({BranchId("west")})))
    assert (nothing.given.members, nothing.currency) == (0, None)


def test_only_who_could_have_got_it(opened: Opened) -> None:
    """Whoever never fulfilled the condition is in no group, and sales before it do not count."""
    wanted = offer(Gift(kind=GiftKind.POINTS, points=50), when=Condition(minimum_minor=5_000))
    shop = opened(wanted)
    given, held_out = split(shop, wanted)
    till = shop.till()
    shop.apply(*(till.sell(name, f"s-{name}", 1_000) for name in (*given, *held_out)))
    assert effect_in(shop, wanted).given.members == 0
    shop.apply(till.sell(given[0], "large", 6_000), till.sell(held_out[0], "large too", 5_000))
    shop.apply(till.sell(given[0], "later", 700))
    found = effect_in(shop, wanted)
    assert (found.given.members, found.given.spent_minor) == (1, 6_700)
    assert (found.held_out.members, found.held_out.spent_minor) == (1, 5_000)


def test_the_first_decision_counts() -> None:
    """Whoever was held out first stays in the control group, whatever is decided later."""

    def sale(member: MemberId, kept_minor: int, *, given: bool, held_out: bool) -> RatedSale:
        return RatedSale(
            member_id=member, visit=DAY, kept_minor=kept_minor, given=given, held_out=held_out
        )

    sales = [
        sale(ADA, 1, given=False, held_out=False),
        sale(ADA, 10, given=False, held_out=True),
        sale(BOB, 200, given=True, held_out=False),
        sale(ADA, 100, given=True, held_out=False),
        sale(BOB, 2_000, given=False, held_out=True),
    ]
    given, held_out = groups_of(sales)
    assert (given.members, given.spent_minor, given.sales, given.visits) == (1, 2_200, 2, 1)
    assert (held_out.members, held_out.spent_minor) == (1, 110)


def test_two_currencies_are_not_added_up(opened: Opened) -> None:
    """Where the rules changed their currency nothing is compared, and no amount is told."""
    wanted = offer(Gift(kind=GiftKind.POINTS, points=50))
    shop = opened(wanted)
    given, _ = split(shop, wanted)
    till = shop.till()
    shop.do(till.sell(given[0], "one", 2_000))
    (first,) = shop.store.programmes()
    rate = Succession(currency=EUR, old_units_per_unit=10)
    later = Currency(code="XTS", exponent=2)
    shop.publish(replace(first, version=2, currency=later, succeeds=rate))
    shop.later(hours=1)
    till.currency = later
    shop.do(till.sell(given[0], "two", 200))
    found = effect_in(shop, wanted)
    assert found.obstacle is Obstacle.TWO_CURRENCIES
    assert (found.currency, found.cost, found.comparison) == (None, OfferCost(), None)
    assert (found.given.members, found.given.sales) == (1, 2)


@pytest.mark.parametrize("percent", [0, 20])
def test_a_world_whose_truth_is_known(tmp_path: Path, percent: int) -> None:
    """The interval from a whole ledger covers the effect that its members were made with."""
    clock = VirtualClock(unix_ms=NOW_MS)
    with QuietHouse(tmp_path / "gateway", clock) as house:
        play_offer_days(house, clock, OfferDays(effect_percent=percent))
        ledger = house.house.ledger
        found = offer_effect(ledger, Asked(offer=OFFER.id, scope=EVERYTHING))
        later = Asked(offer=OFFER.id, scope=EVERYTHING, from_ms=clock.unix_ms())
        last_day = offer_effect(ledger, later)
        assert rows_between(ledger, clock.unix_ms(), None) == 150
    assert min(found.given.members, found.held_out.members) > GROUP_MIN
    assert found.given.members + found.held_out.members == 150
    comparison = found.comparison
    assert comparison is not None
    assert comparison.share is not None
    assert comparison.share.low <= Fraction(percent, 100) <= comparison.share.high
    assert comparison.each.low <= 60 * percent <= comparison.each.high
    assert comparison.brought.middle == comparison.each.middle * found.given.members
    assert last_day.given.sales == last_day.given.members == found.given.members
