"""Counting limits: their keys, what they leave, and what a use adds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.ids import BranchId, MemberId
from gateway.model.money import EUR
from gateway.model.programme import Programme
from gateway.model.rules.caps import Cap, CapMeasure, CapOwner, CapPeriod
from gateway.model.rules.condition import Condition, MemberDay
from gateway.model.rules.earning import EarningKind, EarningRule
from gateway.model.rules.expiry import CalendarKind
from gateway.model.rules.offer import Offer
from gateway.model.rules.reward import Gift, GiftKind, Reward
from gateway.model.rules.rules import Rules
from gateway.model.rules.scope import Weekday, Window
from gateway.model.rules.settings import Settings
from gateway.program.evaluation import Use
from gateway.program.facts import MemberDate, MemberFacts, Place, Used
from gateway.program.limits import (
    Count,
    Given,
    counts_of,
    earning_source,
    occurrence_key,
    occurrence_today,
    offer_source,
    reward_source,
    room,
    usage_key,
    usage_keys,
    used_of,
    uses,
)

_MEMBER = MemberId("4f" * 16)
_BRANCH = BranchId("bazaar")
_MONDAY_WEEKS = Settings()
_FACTS = MemberFacts(member_id=_MEMBER)


def _at(day: date) -> Place:
    return Place(branch=_BRANCH, at_ms=0, business_day=day, minute=0)


_TODAY = _at(date(2026, 11, 23))


@pytest.mark.parametrize(
    ("owner", "period", "key"),
    [
        (CapOwner.ALL, CapPeriod.EVER, "earn:tea/uses/all/ever"),
        (CapOwner.BRANCH, CapPeriod.DAY, "earn:tea/uses/branch:bazaar/2026-11-23"),
        (CapOwner.MEMBER, CapPeriod.WEEK, f"earn:tea/uses/member:{_MEMBER}/2026-W48"),
        (CapOwner.ALL, CapPeriod.MONTH, "earn:tea/uses/all/2026-11"),
        (CapOwner.ALL, CapPeriod.QUARTER, "earn:tea/uses/all/2026-Q4"),
        (CapOwner.ALL, CapPeriod.YEAR, "earn:tea/uses/all/2026"),
    ],
)
def test_keys_are_readable_and_stable(owner: CapOwner, period: CapPeriod, key: str) -> None:
    """A key names source, measure, owner and period, and not how much the limit allows."""
    for limit in (1, 99):
        cap = Cap(limit=limit, owner=owner, period=period)
        assert usage_key(earning_source("tea"), cap, _MEMBER, _TODAY, _MONDAY_WEEKS) == key


def test_sources_are_told_apart() -> None:
    """A rule, an offer and a reward of one name are counted apart, and so are measures."""
    cap = Cap(limit=1, measure=CapMeasure.AMOUNT, owner=CapOwner.ALL)
    sources = (earning_source("a"), offer_source("a"), reward_source("a"))
    keys = {usage_key(source, cap, None, _TODAY, _MONDAY_WEEKS) for source in sources}
    assert keys == {"earn:a/amount/all/ever", "offer:a/amount/all/ever", "reward:a/amount/all/ever"}
    assert occurrence_key("earn:a", _MEMBER, 1405) == f"earn:a/day/member:{_MEMBER}/1405"


@pytest.mark.parametrize(
    ("first", "day", "week"),
    [
        (Weekday.MONDAY, date(2026, 1, 1), "2026-W01"),
        (Weekday.MONDAY, date(2027, 1, 3), "2026-W53"),
        (Weekday.MONDAY, date(2027, 1, 4), "2027-W01"),
        (Weekday.SATURDAY, date(2026, 11, 27), "2026-W47"),
        (Weekday.SATURDAY, date(2026, 11, 28), "2026-W48"),
        (Weekday.SUNDAY, date(2026, 11, 28), "2026-W47"),
        (Weekday.SUNDAY, date(2026, 11, 29), "2026-W48"),
    ],
)
def test_weeks_begin_where_the_programme_says(first: Weekday, day: date, week: str) -> None:
    """Weeks are numbered as ISO 8601 does, from whichever weekday they begin."""
    cap = Cap(limit=1, owner=CapOwner.ALL, period=CapPeriod.WEEK)
    key = usage_key("earn:a", cap, None, _at(day), Settings(first_weekday=first))
    assert key == f"earn:a/uses/all/{week}"


@given(
    first=st.sampled_from(Weekday),
    day=st.dates(date(1990, 1, 1), date(2100, 1, 1)),
    ahead=st.integers(0, 400),
)
def test_a_week_is_seven_days_and_has_one_name(first: Weekday, day: date, ahead: int) -> None:
    """Two days share a week's key exactly if no first weekday lies after one up to the other."""
    cap = Cap(limit=1, owner=CapOwner.ALL, period=CapPeriod.WEEK)
    settings = Settings(first_weekday=first)
    later = day + timedelta(days=ahead)
    keys = [usage_key("earn:a", cap, None, _at(one), settings) for one in (day, later)]
    offset = (day.weekday() - list(Weekday).index(first)) % 7
    assert (keys[0] == keys[1]) == (offset + ahead < 7)
    if first is Weekday.MONDAY:
        year, week, _ = day.isocalendar()
        assert keys[0].endswith(f"{year:04}-W{week:02}")


def _counts(caps: tuple[Cap, ...], source: str) -> tuple[Count, ...]:
    return counts_of(source, caps, _TODAY.branch, _TODAY.business_day, _MONDAY_WEEKS)


def _used(cap: Cap, amount: int) -> MemberFacts:
    key = usage_key("earn:a", cap, _MEMBER, _TODAY, _MONDAY_WEEKS)
    return replace(_FACTS, used=(Used(key=key, amount=amount), Used(key="other", amount=9)))


@pytest.mark.parametrize(("amount", "left"), [(0, 5), (3, 2), (5, 0), (8, 0)])
def test_a_limit_leaves_what_was_not_used(amount: int, left: int) -> None:
    """What was used is taken off, and nothing is left where a smaller limit came later."""
    cap = Cap(limit=5, period=CapPeriod.MONTH)
    assert room(_counts((cap,), "earn:a"), _used(cap, amount)) == left


def test_the_tightest_limit_counts() -> None:
    """Of several limits the smallest room counts, and those of other measures do not."""
    caps = (
        Cap(limit=5, owner=CapOwner.ALL),
        Cap(limit=3, owner=CapOwner.BRANCH),
        Cap(limit=1, measure=CapMeasure.POINTS),
    )
    assert room(_counts(caps, "earn:a"), _FACTS) == 3
    assert room(_counts(caps, "earn:a"), _FACTS, CapMeasure.POINTS) == 1
    assert room(_counts(caps, "earn:a"), _FACTS, CapMeasure.AMOUNT) is None
    assert room(_counts((), "earn:a"), _FACTS) is None


def test_a_limit_for_one_sale_is_counted_nowhere() -> None:
    """It leaves itself whole at every sale, for everybody, and writes nothing down."""
    cap = Cap(limit=5, measure=CapMeasure.POINTS, period=CapPeriod.SALE)
    facts = MemberFacts()
    assert room(_counts((cap,), "earn:a"), facts, CapMeasure.POINTS) == 5
    assert uses(_counts((cap,), "earn:a"), facts, Given(points=5)) == ()


def test_a_card_nobody_owns_gets_nothing_that_is_counted_for_members() -> None:
    """Nobody could count it, so it could be had at every sale: a limit for members leaves none."""
    nobody = MemberFacts()
    assert room(_counts((Cap(limit=5),), "earn:a"), nobody) == 0
    everyone = Cap(limit=5, owner=CapOwner.ALL)
    assert room(_counts((everyone,), "earn:a"), nobody) == 5


def test_a_use_adds_to_every_count_once() -> None:
    """Each key is written once with its own measure; what is nothing is not written."""
    caps = (
        Cap(limit=5, owner=CapOwner.ALL),
        Cap(limit=9, owner=CapOwner.ALL),
        Cap(limit=100, measure=CapMeasure.POINTS, period=CapPeriod.DAY),
        Cap(limit=100, measure=CapMeasure.AMOUNT),
    )
    assert uses(_counts(caps, "offer:a"), _FACTS, Given(points=7)) == (
        Use(key="offer:a/uses/all/ever", amount=1),
        Use(key=f"offer:a/points/member:{_MEMBER}/2026-11-23", amount=7),
    )
    assert uses(_counts((), "offer:a"), _FACTS, Given()) == ()


def test_the_first_count_of_a_key_stands() -> None:
    """Counts are found as the facts themselves find them."""
    facts = MemberFacts(used=(Used(key="a", amount=1), Used(key="a", amount=2)))
    assert used_of(facts, "a") == facts.used_of("a") == 1
    assert used_of(facts, "b") == facts.used_of("b") == 0


def test_a_members_day_is_used_once_in_its_year() -> None:
    """The use is named after the year of the day, also beyond a turn of the year."""
    when = Condition(member_day=MemberDay(days_before=7, days_after=7))
    facts = replace(_FACTS, dates=(MemberDate(month=12, day_of_month=31),))
    for day in (date(2026, 12, 25), date(2027, 1, 7)):
        key = occurrence_today("earn:a", when, facts, _at(day))
        assert key == f"earn:a/day/member:{_MEMBER}/2026"
    assert occurrence_today("earn:a", when, facts, _at(date(2027, 1, 8))) is None
    assert occurrence_today("earn:a", Condition(), facts, _TODAY) is None


def _programme(rules: Rules) -> Programme:
    return Programme(
        name="club",
        version=1,
        effective_from_ms=0,
        currency=EUR,
        earn_points=1,
        earn_per_minor=100,
        redeem_points=1,
        redeem_value_minor=1,
        rules=rules,
    )


_BIRTHDAY = Condition(member_day=MemberDay(days_before=30, days_after=30))
_LIMITED = _programme(
    Rules(
        earning=(
            EarningRule(id="free", kind=EarningKind.FIXED, points=1),
            EarningRule(
                id="capped",
                kind=EarningKind.FIXED,
                points=1,
                caps=(
                    Cap(limit=1, owner=CapOwner.BRANCH),
                    Cap(limit=1),
                    Cap(limit=1, period=CapPeriod.SALE),
                ),
            ),
            EarningRule(
                id="elsewhere",
                kind=EarningKind.FIXED,
                points=1,
                caps=(Cap(limit=1),),
                when=Condition(branches=(BranchId("other"),)),
            ),
            EarningRule(
                id="over",
                kind=EarningKind.FIXED,
                points=1,
                caps=(Cap(limit=1),),
                when=Condition(window=Window(last_day=date(2026, 11, 22))),
            ),
        ),
        offers=(
            Offer(
                id="sale",
                gift=Gift(kind=GiftKind.POINTS, points=1),
                budgets=(Cap(limit=1, measure=CapMeasure.POINTS, owner=CapOwner.ALL),),
            ),
        ),
        rewards=(
            Reward(id="plain", cost_points=1, gift=Gift(kind=GiftKind.BENEFIT)),
            Reward(id="cake", cost_points=1, gift=Gift(kind=GiftKind.BENEFIT), when=_BIRTHDAY),
        ),
    )
)


def test_every_count_that_may_be_looked_at_is_named() -> None:
    """Rules, offers and rewards that can hold here today, and no others, say what to load."""
    mine = f"member:{_MEMBER}"
    years = (2025, 2026, 2027, 1404, 1405, 1406)
    assert set(usage_keys(_LIMITED, _MEMBER, _TODAY)) == {
        "earn:capped/uses/branch:bazaar/ever",
        f"earn:capped/uses/{mine}/ever",
        "offer:sale/points/all/ever",
        *(f"reward:cake/day/{mine}/{year}" for year in years),
    }
    assert set(usage_keys(_LIMITED, None, _TODAY)) == {
        "earn:capped/uses/branch:bazaar/ever",
        "offer:sale/points/all/ever",
    }


@given(
    day=st.dates(date(2020, 1, 1), date(2035, 1, 1)),
    month=st.integers(1, 12),
    day_of_month=st.integers(1, 31),
    calendar=st.sampled_from(CalendarKind),
)
def test_the_use_of_a_members_day_is_always_among_what_was_loaded(
    day: date, month: int, day_of_month: int, calendar: CalendarKind
) -> None:
    """Whatever the member's day and calendar, the key that is looked at was named beforehand."""
    told = MemberDate(month=month, day_of_month=day_of_month, calendar=calendar)
    facts = replace(_FACTS, dates=(told,))
    key = occurrence_today("reward:cake", _BIRTHDAY, facts, _at(day))
    assert key is None or key in usage_keys(_LIMITED, _MEMBER, _at(day))
