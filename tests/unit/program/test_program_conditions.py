"""What must hold of a sale, its member, its place and its time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.ids import BranchId, MemberId, SaleKey
from gateway.model.money import EUR
from gateway.model.programme import Programme
from gateway.model.rules.condition import Condition, MemberDay, TaxBasis
from gateway.model.rules.earning import EarningKind, EarningRule
from gateway.model.rules.expiry import CalendarKind
from gateway.model.rules.rules import Rules
from gateway.model.rules.scope import Category, Hours, ItemFilter, ItemSet, Weekday, Window
from gateway.model.rules.settings import Occasion, Settings
from gateway.model.rules.tiers import TierBasis, TierLevel, TierScheme, TierStart
from gateway.model.sale import Sale, SaleLine, SaleSource, Tender, TenderKind
from gateway.program.conditions import (
    ALWAYS,
    holds,
    holds_for,
    holds_on,
    situation,
    tier_of_sale,
    visit_number,
)
from gateway.program.facts import MemberDate, MemberFacts, Place
from gateway.program.local_time import place_at

_BRANCH = BranchId("bazaar")
_TODAY = date(2026, 11, 23)
_PLACE = Place(branch=_BRANCH, at_ms=0, business_day=_TODAY, minute=12 * 60)
_FACTS = MemberFacts(member_id=MemberId("4f" * 16))
_SALE = Sale(key=SaleKey(bytes(16)), total_minor=10_000, source=SaleSource.KEYED, profile="test")
_FOOD = ItemFilter(only=ItemSet(categories=("food",)))
_RULES = Rules(
    categories=(Category(id="food", items=ItemSet(label_words=("bread",))),),
    segments=("vip", "new"),
    occasions=(
        Occasion(id="yalda", month=9, day=30, calendar=CalendarKind.JALALI),
        Occasion(id="feast", dates=(_TODAY,)),
    ),
    tiers=TierScheme(
        basis=TierBasis.SPEND,
        levels=tuple(
            TierLevel(id=name, threshold=threshold)
            for name, threshold in (("bronze", 0), ("silver", 10_000), ("gold", 20_000))
        ),
    ),
)


def _programme(rules: Rules = _RULES) -> Programme:
    return Programme(
        name="club",
        version=1,
        effective_from_ms=0,
        currency=EUR,
        earn_points=1,
        earn_per_minor=1_000,
        redeem_points=1,
        redeem_value_minor=1,
        rules=rules,
    )


_CLUB = _programme()


def _holds(
    condition: Condition,
    *,
    sale: Sale | None = _SALE,
    facts: MemberFacts = _FACTS,
    place: Place = _PLACE,
) -> bool:
    return holds(_CLUB, condition, sale, facts, place)


def _sale(*lines: tuple[str, int], total_minor: int | None = None) -> Sale:
    goods = tuple(
        SaleLine(label=label, quantity_milli=1_000, amount_minor=amount) for label, amount in lines
    )
    total = sum(amount for _, amount in lines) if total_minor is None else total_minor
    return replace(_SALE, lines=goods, total_minor=total)


def test_an_empty_condition_always_holds() -> None:
    """Nothing asked is nothing refused: also without a sale, a member, or lines."""
    assert _holds(Condition())
    assert _holds(ALWAYS, sale=None, facts=MemberFacts())


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        # Odoo's dates, both ends included.
        (None, -2, False),
        (None, 2, True),
        (2, None, False),
        (-2, None, True),
        (1, None, False),
        (None, -1, False),
        (0, 0, True),
        (None, None, True),
    ],
)
def test_first_and_last_day_are_included(
    first: int | None, last: int | None, *, expected: bool
) -> None:
    """A window of days holds on its first and on its last business day."""
    first_day, last_day = (
        None if days is None else _TODAY + timedelta(days=days) for days in (first, last)
    )
    assert _holds(Condition(window=Window(first_day=first_day, last_day=last_day))) is expected


@pytest.mark.parametrize(
    ("from_minute", "to_minute", "minutes", "others"),
    [
        (540, 720, (540, 719), (539, 720)),
        # Past midnight into the morning.
        (1_320, 120, (1_320, 1_439, 0, 119), (120, 1_319)),
        (0, 1_440, (0, 1_439), ()),
        (600, 600, (0, 599, 600, 1_439), ()),
    ],
)
def test_hours_go_by_the_wall_clock(
    from_minute: int, to_minute: int, minutes: tuple[int, ...], others: tuple[int, ...]
) -> None:
    """Hours hold from their first minute to before their last one, over midnight as well."""
    window = Window(hours=(Hours(from_minute=from_minute, to_minute=to_minute),))
    for minute in (*minutes, *others):
        place = replace(_PLACE, minute=minute)
        assert _holds(Condition(window=window), place=place) is (minute in minutes)


def test_any_of_several_hours_will_do() -> None:
    """Breakfast and dinner are two windows of one condition."""
    hours = (Hours(from_minute=420, to_minute=600), Hours(from_minute=1_080, to_minute=1_320))
    found = [
        minute
        for minute in (419, 420, 600, 1_079, 1_080, 1_320)
        if _holds(Condition(window=Window(hours=hours)), place=replace(_PLACE, minute=minute))
    ]
    assert found == [420, 1_080]


def test_weekdays_are_business_days() -> None:
    """Friday night goes on after midnight, where the business day does."""
    settings = Settings(zone="Asia/Tehran", cutoff_minute=240)
    friday_night = Condition(
        window=Window(weekdays=(Weekday.FRIDAY,), hours=(Hours(from_minute=1_320, to_minute=240),))
    )
    programme = _programme(replace(_RULES, settings=settings))
    found = []
    for moment in ("2026-11-27T23:00", "2026-11-28T03:59", "2026-11-28T04:00", "2026-11-27T03:00"):
        at = datetime.fromisoformat(f"{moment}:00+03:30").astimezone(UTC)
        place = place_at(settings, _BRANCH, int(at.timestamp()) * 1000)
        found.append(holds(programme, friday_night, _SALE, _FACTS, place))
    assert found == [True, True, False, False]


def test_an_hour_that_comes_twice_holds_twice() -> None:
    """A happy hour in the night in which the clocks go back is two hours long."""
    settings = Settings(zone="Europe/Berlin", cutoff_minute=240)
    happy = Condition(window=Window(hours=(Hours(from_minute=120, to_minute=180),)))
    programme = _programme(replace(_RULES, settings=settings))
    held = []
    for moment in ("01:59+02:00", "02:30+02:00", "02:30+01:00", "03:00+01:00"):
        at = datetime.fromisoformat(f"2026-10-25T{moment}")
        place = place_at(settings, _BRANCH, int(at.timestamp()) * 1000)
        held.append(holds(programme, happy, _SALE, _FACTS, place))
    assert held == [False, True, True, False]


@pytest.mark.parametrize(
    ("day", "occasions", "expected"),
    [
        (date(2026, 12, 21), ("yalda",), True),
        (date(2026, 12, 20), ("yalda",), False),
        (_TODAY, ("yalda", "feast"), True),
        (_TODAY + timedelta(days=1), ("feast",), False),
    ],
)
def test_occasions_are_those_of_the_day(
    day: date, occasions: tuple[str, ...], *, expected: bool
) -> None:
    """Any of the occasions named is on the business day, in whichever calendar."""
    condition = Condition(window=Window(occasions=occasions))
    assert _holds(condition, place=replace(_PLACE, business_day=day)) is expected


def test_branches_tiers_and_segments_are_any_of() -> None:
    """One of those named is enough; who has none of them is out."""
    assert _holds(Condition(branches=(BranchId("other"), _BRANCH)))
    assert not _holds(Condition(branches=(BranchId("other"),)))
    silver = replace(_FACTS, tier="silver")
    assert _holds(Condition(tiers=("silver", "gold")), facts=silver)
    assert not _holds(Condition(tiers=("gold",)), facts=silver)
    assert not _holds(Condition(tiers=("gold",)))
    vip = replace(_FACTS, segments=("other", "vip"))
    assert _holds(Condition(segments=("new", "vip")), facts=vip)
    assert not _holds(Condition(segments=("new",)), facts=vip)
    assert not _holds(Condition(segments=("new",)))


def test_the_days_part_can_be_asked_beforehand() -> None:
    """Where and on which day is told apart from the rest; together they are the condition."""
    condition = Condition(branches=(_BRANCH,), segments=("vip",))
    assert holds_on(_RULES, condition, _BRANCH, _TODAY)
    assert not holds_on(_RULES, condition, BranchId("other"), _TODAY)
    elsewhere = replace(_PLACE, branch=BranchId("other"))
    vip = replace(_FACTS, segments=("vip",))
    assert holds_for(condition, situation(_CLUB, _SALE, vip, elsewhere))
    assert not holds_for(condition, situation(_CLUB, _SALE, _FACTS, _PLACE))
    assert not _holds(condition, facts=vip, place=elsewhere)


@pytest.mark.parametrize(
    ("basis", "minimum", "expected"),
    [
        # Odoo: 1005 without tax, 1155.75 with it.
        (TaxBasis.BEFORE_TAX, 100_600, False),
        (TaxBasis.BEFORE_TAX, 100_500, True),
        (TaxBasis.AFTER_TAX, 100_600, True),
        (TaxBasis.AFTER_TAX, 115_575, True),
        (TaxBasis.AFTER_TAX, 115_576, False),
    ],
)
@pytest.mark.parametrize("told", [True, False])
def test_a_minimum_is_with_or_without_tax(
    basis: TaxBasis, minimum: int, *, expected: bool, told: bool
) -> None:
    """The same basket reaches a minimum with its tax that it misses without, told or assumed."""
    sale = replace(_SALE, total_minor=115_575, tax_minor=15_075 if told else None)
    programme = _programme(replace(_RULES, settings=Settings(assumed_tax_bp=1_500)))
    condition = Condition(minimum_minor=minimum, amount_basis=basis)
    assert holds(programme, condition, sale, _FACTS, _PLACE) is expected


@pytest.mark.parametrize(
    ("pieces_a", "pieces_b", "expected"),
    [(2, 4, False), (2, 24, False), (3, 24, True), (4, 0, True), (3, 3, False)],
)
def test_pieces_and_amount_must_both_be_reached(
    pieces_a: int, pieces_b: int, *, expected: bool
) -> None:
    """Odoo's rule of three pieces and 320: either alone is not enough."""
    lines = (
        SaleLine(label="bread", quantity_milli=pieces_a * 1_000, amount_minor=pieces_a * 10_000),
        SaleLine(label="pen", quantity_milli=pieces_b * 1_000, amount_minor=pieces_b * 500),
    )
    total = sum(line.amount_minor for line in lines)
    sale = replace(_SALE, lines=lines, total_minor=total)
    needs_pieces = Condition(items=_FOOD, minimum_pieces=3)
    needs_amount = Condition(minimum_minor=32_000)
    both = _holds(needs_pieces, sale=sale) and _holds(needs_amount, sale=sale)
    assert both is expected


def test_amounts_look_at_the_lines_that_count() -> None:
    """A minimum and a maximum on a category are those of its lines; both ends count."""
    sale = _sale(("bread", 500), ("pen", 9_500))
    for minimum, maximum, expected in [
        (500, None, True),
        (501, None, False),
        (None, 500, True),
        (None, 499, False),
        (500, 500, True),
    ]:
        condition = Condition(items=_FOOD, minimum_minor=minimum, maximum_minor=maximum)
        assert _holds(condition, sale=sale) is expected


@pytest.mark.parametrize(("minimum", "maximum"), [(None, None), (None, 9), (0, None)])
def test_a_filter_needs_lines_it_lets_through(minimum: int | None, maximum: int | None) -> None:
    """Of a sale without its lines, or with other goods only, nobody can say that it holds."""
    condition = Condition(items=_FOOD, minimum_minor=minimum, maximum_minor=maximum)
    assert not _holds(condition)
    assert not _holds(condition, sale=_sale(("pen", 5)))
    assert not _holds(condition, sale=None)
    assert _holds(condition, sale=_sale(("bread", 5)))


def test_what_points_paid_does_not_count_towards_a_minimum() -> None:
    """A minimum is of the amount that earns: what points paid is not bought again."""
    paid = replace(_SALE, tenders=(Tender(kind=TenderKind.POINTS, amount_minor=1),))
    assert _holds(Condition(minimum_minor=10_000))
    assert not _holds(Condition(minimum_minor=10_000), sale=paid)


def test_without_a_sale_no_goods_are_found() -> None:
    """Something that is no purchase has no amount, not even a small one, and no pieces."""
    for condition in (
        Condition(maximum_minor=10**9),
        Condition(minimum_minor=0),
        Condition(minimum_pieces=1),
    ):
        assert not _holds(condition, sale=None)


def test_the_first_purchase_is_a_members() -> None:
    """Whoever bought before has had it, and a card that nobody owns cannot say."""
    first = Condition(first_purchase=True)
    assert _holds(first)
    assert not _holds(first, facts=replace(_FACTS, purchases=1))
    assert not _holds(first, facts=MemberFacts())


@pytest.mark.parametrize(
    ("visits", "expected"), [(8, False), (9, True), (10, False), (19, True), (0, False)]
)
@pytest.mark.parametrize("visited_today", [True, False])
def test_every_tenth_visit(visits: int, *, expected: bool, visited_today: bool) -> None:
    """The tenth visit is the business day after nine, with all its sales."""
    facts = replace(_FACTS, visits=visits, visited_today=visited_today)
    assert _holds(Condition(visit_every=10), facts=facts) is expected


def test_visits_have_a_minimum_and_a_maximum() -> None:
    """Both count this visit and include their ends."""
    third = replace(_FACTS, visits=2)
    assert _holds(Condition(visits_minimum=3, visits_maximum=3), facts=third)
    assert not _holds(Condition(visits_minimum=4), facts=third)
    assert not _holds(Condition(visits_maximum=2), facts=third)
    assert not _holds(Condition(visits_maximum=9), facts=MemberFacts())


def test_visits_of_the_last_days_are_counted() -> None:
    """Only visits in the window count, today is one of them, and it is counted once."""
    condition = Condition(visits_minimum=3, visits_within_days=7)
    days = (_TODAY - timedelta(days=1), _TODAY - timedelta(days=6), _TODAY - timedelta(days=7))
    facts = replace(_FACTS, visits=99, visit_days=days)
    assert visit_number(condition, facts, _PLACE, buying=True) == 3
    assert _holds(condition, facts=facts)
    again = replace(facts, visit_days=(_TODAY, *days), visited_today=True)
    assert visit_number(condition, again, _PLACE, buying=True) == 3
    assert not _holds(condition, facts=replace(facts, visit_days=days[1:]))


def test_an_event_is_no_visit() -> None:
    """What is no purchase counts the visits there were, and today's if there was one."""
    facts = replace(_FACTS, visits=3)
    assert visit_number(Condition(), facts, _PLACE, buying=False) == 3
    bought = replace(facts, visited_today=True)
    assert visit_number(Condition(), bought, _PLACE, buying=False) == 4
    assert not _holds(Condition(visit_every=5), sale=None)


@pytest.mark.parametrize(
    ("days", "minimum", "maximum", "expected"),
    [
        (30, 30, None, True),
        (29, 30, None, False),
        (7, None, 7, True),
        (8, None, 7, False),
        (10, 5, 15, True),
        (None, 0, None, False),
        (None, None, 3_660, False),
    ],
)
def test_days_since_the_visit_before(
    days: int | None, minimum: int | None, maximum: int | None, *, expected: bool
) -> None:
    """Both ends count; whoever never came has no days since then."""
    last = None if days is None else _TODAY - timedelta(days=days)
    condition = Condition(days_since_visit_minimum=minimum, days_since_visit_maximum=maximum)
    assert _holds(condition, facts=replace(_FACTS, last_visit_on=last)) is expected


@pytest.mark.parametrize(
    ("born", "day", "expected"),
    [
        (MemberDate(month=11, day_of_month=23), _TODAY, True),
        (MemberDate(month=11, day_of_month=24), _TODAY, True),
        (MemberDate(month=11, day_of_month=25), _TODAY, False),
        (MemberDate(month=11, day_of_month=21), _TODAY, True),
        (MemberDate(month=11, day_of_month=20), _TODAY, False),
        # 2 Azar, by the member's own calendar.
        (MemberDate(month=9, day_of_month=2, calendar=CalendarKind.JALALI), _TODAY, True),
        # A leap day's birthday is on the month's last day in other years.
        (MemberDate(month=2, day_of_month=29), date(2027, 2, 27), True),
        (MemberDate(month=2, day_of_month=29), date(2027, 3, 2), True),
        (MemberDate(month=2, day_of_month=29), date(2027, 3, 3), False),
        (MemberDate(month=2, day_of_month=29), date(2028, 3, 2), True),
        (
            MemberDate(month=12, day_of_month=30, calendar=CalendarKind.JALALI),
            date(2026, 3, 20),
            True,
        ),
        (MemberDate(month=11, day_of_month=23, day="wedding"), _TODAY, False),
    ],
)
def test_a_members_day_has_days_around_it(born: MemberDate, day: date, *, expected: bool) -> None:
    """From a day before to two days after, in either calendar, leap days included."""
    condition = Condition(member_day=MemberDay(days_before=1, days_after=2))
    facts = replace(_FACTS, dates=(born,))
    assert _holds(condition, facts=facts, place=replace(_PLACE, business_day=day)) is expected


@pytest.mark.parametrize(
    ("basis", "total", "tier"),
    [
        # ERPNext's figures: the level of what was spent so far and this sale.
        (0, 6_000, "bronze"),
        (0, 15_000, "silver"),
        (0, 25_000, "gold"),
        (4_000, 500, "bronze"),
        (8_000, 3_000, "silver"),
        (18_000, 3_000, "gold"),
        (22_000, 5_000, "gold"),
    ],
)
def test_a_sale_may_count_towards_its_own_level(basis: int, total: int, tier: str) -> None:
    """Where the programme says so, a sale is rated in the level that it reaches."""
    programme = _programme(replace(_RULES, tiers=replace(_RULES.tiers, counts_this_sale=True)))
    sale, facts = replace(_SALE, total_minor=total), replace(_FACTS, tier_basis=basis)
    assert tier_of_sale(programme, sale, facts) == tier
    assert holds(programme, Condition(tiers=(tier,)), sale, facts, _PLACE)
    assert tier_of_sale(_CLUB, sale, facts) is None


def test_a_level_that_is_kept_is_not_lost_by_counting_the_sale() -> None:
    """The member's own level stays where it is higher, also one this version does not know."""
    counting = replace(_RULES.tiers, counts_this_sale=True)
    programme = _programme(replace(_RULES, tiers=counting))
    assert tier_of_sale(programme, _SALE, replace(_FACTS, tier="gold")) == "gold"
    assert tier_of_sale(programme, _SALE, replace(_FACTS, tier="old")) == "silver"
    assert tier_of_sale(programme, None, replace(_FACTS, tier="bronze")) == "bronze"
    assert tier_of_sale(programme, _SALE, MemberFacts()) is None
    empty = _programme(replace(_RULES, tiers=replace(counting, levels=())))
    assert tier_of_sale(empty, _SALE, replace(_FACTS, tier="old")) == "old"


def test_only_what_is_known_beforehand_counts() -> None:
    """A visit counts once a day; points to come, a balance, or a later start count nothing."""

    def rated(facts: MemberFacts, **scheme: object) -> str | None:
        tiers = replace(_RULES.tiers, counts_this_sale=True, **scheme)  # type: ignore[arg-type]
        return tier_of_sale(_programme(replace(_RULES, tiers=tiers)), _SALE, facts)

    nearly = replace(_FACTS, tier="bronze", tier_basis=9_999)
    assert rated(nearly, basis=TierBasis.VISITS) == "silver"
    assert rated(replace(nearly, visited_today=True), basis=TierBasis.VISITS) == "bronze"
    assert rated(nearly, basis=TierBasis.POINTS_EARNED) == "bronze"
    assert rated(nearly, basis=TierBasis.BALANCE) == "bronze"
    assert rated(nearly, start=TierStart.NEXT_PERIOD) == "bronze"
    assert rated(nearly) == "silver"


_CONDITIONS = st.builds(
    Condition,
    segments=st.sampled_from([(), ("vip",)]),
    first_purchase=st.booleans(),
    minimum_minor=st.none() | st.integers(0, 20_000),
    visits_minimum=st.none() | st.integers(1, 3),
    branches=st.sampled_from([(), (_BRANCH,), (BranchId("other"),)]),
    items=st.sampled_from([ItemFilter(), _FOOD]),
)


@given(condition=_CONDITIONS, purchases=st.integers(0, 1), visits=st.integers(0, 3))
def test_a_condition_of_the_programme_and_one_tried_out_agree(
    condition: Condition, purchases: int, visits: int
) -> None:
    """What is prepared once for a programme's own conditions answers as what is not."""
    rule = EarningRule(id="r", kind=EarningKind.FIXED, points=1, when=condition)
    facts = replace(_FACTS, purchases=purchases, visits=visits, segments=("vip",))
    sale = _sale(("bread", 900), ("pen", 9_100))
    own = holds(_programme(replace(_RULES, earning=(rule,))), condition, sale, facts, _PLACE)
    assert own is holds(_CLUB, condition, sale, facts, _PLACE)
