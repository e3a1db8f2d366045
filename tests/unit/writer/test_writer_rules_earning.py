"""What sales and events earn under rules, through sealed values, on both stores."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gateway.model.ledger_command import CommandParts, LedgerCommandKind
from gateway.model.member_facts import MemberDate
from gateway.model.outcome import Reason, Status
from gateway.model.rules.caps import Cap, CapMeasure, CapOwner, CapPeriod
from gateway.model.rules.condition import Condition, MemberDay
from gateway.model.rules.earning import EarningKind, EarningRule, Unit
from gateway.model.rules.rules import Rules
from gateway.model.rules.scope import ItemFilter, ItemSet, Weekday, Window
from gateway.model.rules.tiers import TierBasis, TierLevel, TierScheme
from simulators.rules_shop import RulesShop, club
from simulators.rules_till import line

if TYPE_CHECKING:
    from gateway.ledger.store import LedgerStore

FRIDAYS = EarningRule(
    id="fridays",
    kind=EarningKind.MULTIPLIER,
    multiplier_permille=2_000,
    when=Condition(window=Window(weekdays=(Weekday.FRIDAY,))),
)
WELCOME = EarningRule(
    id="welcome", kind=EarningKind.FIXED, points=50, when=Condition(first_purchase=True)
)
BIRTHDAY = EarningRule(
    id="birthday",
    kind=EarningKind.FIXED,
    points=30,
    when=Condition(member_day=MemberDay(days_before=2, days_after=2)),
)
BROUGHT = EarningRule(id="brought", kind=EarningKind.REFERRAL, points=70)
SURVEY = EarningRule(id="survey", kind=EarningKind.EVENT, event="survey", points=20)
SILVER_BY_SPEND = TierScheme(
    basis=TierBasis.SPEND, levels=(TierLevel(id="silver", threshold=10_000),)
)
SILVER_DOUBLES = EarningRule(
    id="silver",
    kind=EarningKind.MULTIPLIER,
    multiplier_permille=2_000,
    when=Condition(tiers=("silver",)),
)


def test_points_are_doubled_on_fridays_alone(store: LedgerStore) -> None:
    """A sale of a hundred euros earns twice on a Friday and once on the Saturday after it."""
    shop = RulesShop(store, club(Rules(earning=(FRIDAYS,))))
    till = shop.till()
    assert shop.do(till.sell("ada", "fri", 10_000)).points == 200
    shop.later(days=1)
    result = shop.do(till.sell("ada", "sat", 10_000))
    assert (result.points, result.balance_points) == (100, 300)


def test_a_late_sale_counts_to_its_own_day(store: LedgerStore) -> None:
    """A sale of Friday that is told on Sunday is doubled, whatever came in between."""
    shop = RulesShop(store, club(Rules(earning=(FRIDAYS,))))
    till = shop.till()
    shop.later(days=2)
    assert shop.do(till.sell("ada", "sun", 10_000)).points == 100
    till.late_ms = 2 * 86_400_000
    assert shop.do(till.sell("ada", "fri", 10_000)).points == 200


def test_sales_out_of_order_earn_in_order(store: LedgerStore) -> None:
    """Where the second sale arrives first it waits, and the first one gets the welcome."""
    shop = RulesShop(store, club(Rules(earning=(WELCOME,))))
    till = shop.till()
    first, second = till.sell("ada", "one", 10_000), till.sell("ada", "two", 10_000)
    assert shop.apply(second).waiting == 1
    decision = shop.apply(first)
    (receipt,) = decision.receipts
    assert [result.points for result in receipt.results] == [150, 100]


def test_a_limit_on_points_gives_what_is_left_of_it(store: LedgerStore) -> None:
    """Fifty points a day: 30, then 20, then none, and the next day 30 again."""
    daily = Cap(limit=50, measure=CapMeasure.POINTS, period=CapPeriod.DAY)
    rule = EarningRule(
        id="daily", kind=EarningKind.PER_AMOUNT, points=1, per_minor=100, caps=(daily,)
    )
    shop = RulesShop(store, club(Rules(earning=(rule,)), earn_points=0))
    till = shop.till()
    got = [shop.do(till.sell("ada", str(number), 3_000)).points for number in range(3)]
    assert got == [30, 20, 0]
    shop.later(days=1)
    assert shop.do(till.sell("ada", "next day", 3_000)).points == 30
    assert shop.do(till.sell("bob", "another", 3_000)).points == 30


def test_two_tills_share_a_limit_within_one_batch(store: LedgerStore) -> None:
    """Of a limit for everybody that has one use left, the first of two sales in a batch gets it."""
    once = Cap(limit=1, owner=CapOwner.ALL)
    rule = EarningRule(id="first", kind=EarningKind.FIXED, points=500, caps=(once,))
    shop = RulesShop(store, club(Rules(earning=(rule,))))
    north, south = shop.till("north-1"), shop.till("south-1", "south")
    decision = shop.apply(north.sell("ada", "a", 10_000), south.sell("bob", "b", 10_000))
    points = [result.points for receipt in decision.receipts for result in receipt.results]
    assert points == [600, 100]
    assert shop.used("earn:first/uses/all") == 1


def test_a_limit_of_a_branch_is_not_anothers(store: LedgerStore) -> None:
    """What one branch gave away leaves the other branch's limit as it was."""
    monthly = Cap(limit=1, owner=CapOwner.BRANCH, period=CapPeriod.MONTH)
    rule = EarningRule(id="first", kind=EarningKind.FIXED, points=500, caps=(monthly,))
    shop = RulesShop(store, club(Rules(earning=(rule,))))
    north, south = shop.till("north-1"), shop.till("south-1", "south")
    sales = [north.sell("ada", "a", 100), south.sell("ada", "b", 100), north.sell("ada", "c", 100)]
    assert [shop.do(sale).points for sale in sales] == [501, 501, 1]


def test_the_first_purchase_is_welcomed_once(store: LedgerStore) -> None:
    """Whether the sale makes the member or an enrolment did, the first one gets the welcome."""
    shop = RulesShop(store, club(Rules(earning=(WELCOME,))))
    till = shop.till()
    assert shop.do(till.sell("ada", "a1", 10_000)).points == 150
    assert shop.do(till.sell("ada", "a2", 10_000)).points == 100
    shop.do(till.enrol("bob"))
    assert shop.do(till.sell("bob", "b1", 10_000)).points == 150


def test_a_birthday_counts_once_a_year(store: LedgerStore) -> None:
    """Within two days of the birthday the first sale gets the present, and again a year later."""
    shop = RulesShop(store, club(Rules(earning=(BIRTHDAY,))))
    till = shop.till()
    shop.do(till.enrol("ada"), till.enrol("bob"))
    shop.diary.days[shop.member("ada")] = (MemberDate(month=1, day_of_month=17),)
    assert shop.do(till.sell("ada", "two days before", 10_000)).points == 130
    shop.later(days=2)
    assert shop.do(till.sell("ada", "the day", 10_000)).points == 100
    assert shop.do(till.sell("bob", "told none", 10_000)).points == 100
    shop.later(days=365)
    assert shop.do(till.sell("ada", "next year", 10_000)).points == 130


def test_a_birthday_window_over_new_year_is_one_year(store: LedgerStore) -> None:
    """Who had the present on 31 December for 1 January does not get it again on 2 January."""
    shop = RulesShop(store, club(Rules(earning=(BIRTHDAY,))))
    till = shop.till()
    shop.do(till.enrol("ada"))
    shop.diary.days[shop.member("ada")] = (MemberDate(month=1, day_of_month=1),)
    shop.later(days=350)
    assert shop.do(till.sell("ada", "31 December", 10_000)).points == 130
    shop.later(days=2)
    assert shop.do(till.sell("ada", "2 January", 10_000)).points == 100


def test_a_referral_rewards_both_once(store: LedgerStore) -> None:
    """The first purchase of a member who was brought gives the welcome and the other's reward."""
    shop = RulesShop(store, club(Rules(earning=(WELCOME, BROUGHT))))
    till = shop.till()
    shop.do(till.enrol("ada"), till.enrol("eve"))
    brought: CommandParts = {"member_id": shop.member("eve"), "other_member_id": shop.member("ada")}
    shop.command(LedgerCommandKind.SET_REFERRER, **brought)
    assert shop.do(till.sell("eve", "one", 10_000)).points == 150
    assert shop.points("ada").active == 70
    assert shop.do(till.sell("eve", "two", 10_000)).points == 100
    assert shop.points("ada").active == 70
    again = shop.command(LedgerCommandKind.SET_REFERRER, **brought)
    assert (again.status, again.reason) == (Status.REFUSED, Reason.LIMIT_REACHED)


def test_an_event_counts_once_for_its_source(store: LedgerStore) -> None:
    """The same survey again is refused, another one counts, and so does another member's."""
    shop = RulesShop(store, club(Rules(earning=(SURVEY,))))
    till = shop.till()
    shop.do(till.enrol("ada"), till.enrol("bob"))
    assert shop.do(till.event("ada", "survey", "may")).points == 20
    again = shop.do(till.event("ada", "survey", "may"))
    assert (again.status, again.reason) == (Status.REFUSED, Reason.LIMIT_REACHED)
    assert shop.do(till.event("ada", "survey", "june")).points == 20
    assert shop.do(till.event("bob", "survey", "may")).points == 20
    assert shop.do(till.event("bob", "review", "may")).points == 0
    assert shop.do(till.event("eve", "survey", "may")).reason is Reason.UNKNOWN_CARD
    assert shop.points("ada").active == 40


def test_the_same_event_twice_in_one_batch_counts_once(store: LedgerStore) -> None:
    """Two tills that tell of one survey in the same batch give its points once."""
    shop = RulesShop(store, club(Rules(earning=(SURVEY,))))
    one, two = shop.till("till-1"), shop.till("till-2")
    shop.do(one.enrol("ada"))
    shop.apply(one.event("ada", "survey", "may"), two.event("ada", "survey", "may"))
    assert shop.points("ada").active == 20


def test_cash_back_is_credit_beside_points(store: LedgerStore) -> None:
    """Three percent come back as stored credit, and the sale earns its points all the same."""
    rule = EarningRule(
        id="cash-back", kind=EarningKind.PER_AMOUNT, unit=Unit.CREDIT, points=3, per_minor=100
    )
    shop = RulesShop(store, club(Rules(earning=(rule,))))
    till = shop.till()
    assert shop.do(till.sell("ada", "s", 10_000)).points == 100
    assert (shop.points("ada").active, shop.credit("ada").active) == (100, 300)


def test_only_named_goods_count(store: LedgerStore) -> None:
    """Five points for each coffee, none for the cake, and a sale without lines has no coffee."""
    coffee = ItemFilter(only=ItemSet(skus=("C",)))
    rule = EarningRule(id="coffee", kind=EarningKind.ITEM, points=5, items=coffee)
    shop = RulesShop(store, club(Rules(earning=(rule,)), earn_points=0))
    till = shop.till()
    lines = (line("coffee", 600, 2, sku="C"), line("cake", 400, sku="K"))
    assert shop.do(till.sell("ada", "one", 1_000, lines=lines)).points == 10
    assert shop.do(till.sell("ada", "two", 1_000)).points == 0


def test_a_level_is_reached_at_once_and_rates_the_next_sale(store: LedgerStore) -> None:
    """Silver begins with the sale that reaches it; the next one is doubled."""
    rules = Rules(earning=(SILVER_DOUBLES,), tiers=SILVER_BY_SPEND)
    shop = RulesShop(store, club(rules))
    till = shop.till()
    assert shop.do(till.sell("ada", "one", 10_000)).points == 100
    assert shop.standing("ada").tier == "silver"  # type: ignore[union-attr]
    assert shop.do(till.sell("ada", "two", 10_000)).points == 200


def test_a_sale_may_count_for_the_level_it_is_rated_in(store: LedgerStore) -> None:
    """Where the programme counts the sale itself, the one that reaches silver is doubled."""
    tiers = replace(SILVER_BY_SPEND, counts_this_sale=True)
    shop = RulesShop(store, club(Rules(earning=(SILVER_DOUBLES,), tiers=tiers)))
    till = shop.till()
    assert shop.do(till.sell("ada", "one", 9_900)).points == 99
    assert shop.do(till.sell("ada", "two", 100)).points == 2


def test_every_third_visit_earns_more(store: LedgerStore) -> None:
    """Two sales of one day at one branch are one visit; the third visit gets the stamps."""
    rule = EarningRule(id="third", kind=EarningKind.FIXED, points=40, when=Condition(visit_every=3))
    shop = RulesShop(store, club(Rules(earning=(rule,)), earn_points=0))
    north, south = shop.till(), shop.till("till-2", "south")
    days = []
    for day in range(3):
        sales = [north.sell("ada", f"{day} a", 100), north.sell("ada", f"{day} b", 100)]
        days.append([shop.do(sale).points for sale in sales])
        shop.later(days=1)
    assert days == [[0, 0], [0, 0], [40, 40]]
    assert shop.standing("ada").visits == 3  # type: ignore[union-attr]
    assert shop.do(south.sell("ada", "south", 100)).points == 0


def test_the_visit_of_a_day_counts_once_at_a_branch(store: LedgerStore) -> None:
    """Ten points for a visit: once a day at each branch."""
    rule = EarningRule(id="visit", kind=EarningKind.VISIT, points=10)
    shop = RulesShop(store, club(Rules(earning=(rule,)), earn_points=0))
    north, south = shop.till(), shop.till("till-2", "south")
    sales = [north.sell("ada", "1", 100), north.sell("ada", "2", 100), south.sell("ada", "3", 100)]
    assert [shop.do(sale).points for sale in sales] == [10, 0, 10]
