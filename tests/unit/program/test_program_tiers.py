"""How members move between levels."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model.rules.expiry import CalendarKind
from gateway.model.rules.tiers import (
    Downgrade,
    TierBasis,
    TierEnd,
    TierLevel,
    TierPeriod,
    TierScheme,
    TierStart,
)
from gateway.program.tiers import (
    TierState,
    basis_window,
    tier_after,
)

_LEVELS = (
    TierLevel(id="bronze", threshold=0),
    TierLevel(id="silver", threshold=100),
    TierLevel(id="gold", threshold=250),
)
_EVER = TierScheme(levels=_LEVELS)
_MONTHLY = replace(_EVER, period=TierPeriod.MONTH)
_YEARLY = replace(_EVER, period=TierPeriod.YEAR)
_JOINED = date(2025, 6, 15)
_ONE_DAY = timedelta(days=1)


def _at(scheme: TierScheme, *steps: tuple[date, int], state: TierState | None = None) -> TierState:
    """Fold the bases of some days."""
    for day, basis in steps:
        state = tier_after(scheme, state, basis, day, _JOINED)
    assert state is not None
    return state


def _last_day_of(scheme: TierScheme, state: TierState, start: date) -> date:
    """The last day on which the level is still there, though nothing was measured any more."""
    day, level = start, state.level
    while state.level == level:
        day += _ONE_DAY
        state = tier_after(scheme, state, 0, day, _JOINED)
    return day - _ONE_DAY


@pytest.mark.parametrize(
    ("spent", "tier"),
    [
        (6_000, "bronze"),
        (15_000, "silver"),
        (25_000, "gold"),
        (4_000 + 500, "bronze"),
        (8_000 + 3_000, "silver"),
        (18_000 + 3_000, "gold"),
        (22_000 + 5_000, "gold"),
        (10_000, "silver"),
        (9_999, "bronze"),
    ],
)
def test_the_tier_is_the_highest_that_the_basis_reaches(spent: int, tier: str) -> None:
    """ERPNext's table: the tier by what was spent so far and the new sale together."""
    levels = tuple(
        replace(level, threshold=threshold)
        for level, threshold in zip(_LEVELS, (0, 10_000, 20_000), strict=True)
    )
    scheme = replace(_EVER, basis=TierBasis.SPEND, levels=levels)
    assert _at(scheme, (date(2026, 1, 1), spent)).level == tier


@pytest.mark.parametrize(
    ("start", "end", "grace_days", "begins", "last"),
    [
        (TierStart.IMMEDIATE, TierEnd.PERIOD, 0, date(2026, 3, 10), date(2026, 3, 31)),
        (TierStart.IMMEDIATE, TierEnd.NEXT_PERIOD, 0, date(2026, 3, 10), date(2026, 4, 30)),
        (TierStart.IMMEDIATE, TierEnd.PERIOD, 7, date(2026, 3, 10), date(2026, 4, 7)),
        (TierStart.IMMEDIATE, TierEnd.NEXT_PERIOD, 7, date(2026, 3, 10), date(2026, 5, 7)),
        (TierStart.NEXT_PERIOD, TierEnd.NEXT_PERIOD, 0, date(2026, 4, 1), date(2026, 4, 30)),
        (TierStart.NEXT_PERIOD, TierEnd.NEXT_PERIOD, 7, date(2026, 4, 1), date(2026, 5, 7)),
        # What begins with April cannot end with March: it is kept through its first month.
        (TierStart.NEXT_PERIOD, TierEnd.PERIOD, 0, date(2026, 4, 1), date(2026, 4, 30)),
        (TierStart.NEXT_PERIOD, TierEnd.NONE, 0, date(2026, 4, 1), date(2026, 4, 30)),
    ],
)
def test_a_monthly_level_begins_and_ends_with_its_months(
    start: TierStart, end: TierEnd, grace_days: int, begins: date, last: date
) -> None:
    """Voucherify's table: the threshold is met on 10 March, and nothing is bought afterwards."""
    scheme = replace(_MONTHLY, start=start, end=end, grace_days=grace_days)
    state = _at(scheme, (date(2026, 3, 1), 0), (date(2026, 3, 10), 300))
    assert state.level == ("gold" if start is TierStart.IMMEDIATE else "bronze")
    day = date(2026, 3, 10)
    while state.level != "gold":
        day += _ONE_DAY
        basis = 300 if day.month == 3 else 0
        state = tier_after(scheme, state, basis, day, _JOINED)
    assert (day, state.since, state.kept_until) == (begins, begins, last)
    assert _last_day_of(scheme, state, begins) == last


@pytest.mark.parametrize(
    ("changes", "last"),
    [
        # Nothing is kept: 25 July is the first day without.
        ({}, date(2026, 7, 24)),
        ({"grace_months": 1}, date(2026, 8, 19)),
        ({"grace_days": 7}, date(2026, 7, 26)),
        ({"grace_months": 1, "grace_days": 2}, date(2026, 8, 21)),
        ({"grace_months": 1, "round_up_to_month": True}, date(2026, 8, 31)),
        ({"round_up_to_month": True}, date(2026, 7, 31)),
        ({"end": TierEnd.FIXED, "keep_days": 30}, date(2026, 8, 19)),
        ({"end": TierEnd.FIXED, "keep_months": 1}, date(2026, 8, 20)),
        ({"end": TierEnd.FIXED, "keep_months": 1, "keep_days": 3}, date(2026, 8, 23)),
        ({"end": TierEnd.FIXED, "keep_days": 30, "grace_days": 5}, date(2026, 8, 24)),
        ({"end": TierEnd.FIXED, "keep_days": 30, "grace_months": 1}, date(2026, 9, 19)),
        ({"end": TierEnd.JOIN_DATE}, date(2027, 6, 14)),
        ({"end": TierEnd.ABSOLUTE, "keep_until_month": 12, "keep_until_day": 31},
         date(2026, 12, 31)),
        ({"end": TierEnd.ABSOLUTE, "keep_until_month": 7, "keep_until_day": 20},
         date(2027, 7, 20)),
        ({"end": TierEnd.ABSOLUTE, "keep_until_month": 2, "keep_until_day": 29},
         date(2027, 2, 28)),
        # The end of 1405 is 29 Esfand, 20 March; the day joined, 25 Khordad, comes on 15 June.
        ({"end": TierEnd.ABSOLUTE, "keep_until_month": 12, "keep_until_day": 30,
          "calendar": CalendarKind.JALALI}, date(2027, 3, 20)),
        ({"end": TierEnd.JOIN_DATE, "calendar": CalendarKind.JALALI}, date(2027, 6, 14)),
    ],
)  # fmt: skip
def test_how_long_a_balance_level_outlives_the_balance(
    changes: dict[str, object], last: date
) -> None:
    """Voucherify's case: Gold on 20 July at 250 points, of which 200 are spent on 25 July."""
    scheme = replace(_EVER, basis=TierBasis.BALANCE, **changes)  # type: ignore[arg-type]
    state = _at(scheme, (date(2026, 7, 1), 0), (date(2026, 7, 20), 250), (date(2026, 7, 24), 250))
    assert (state.level, state.since) == ("gold", date(2026, 7, 20))
    day = date(2026, 7, 25)
    state = tier_after(scheme, state, 50, day, _JOINED)
    while state.level == "gold":
        day += _ONE_DAY
        state = tier_after(scheme, state, 50, day, _JOINED)
    assert day - _ONE_DAY == last
    assert (state.level, state.since) == ("bronze", day)


def test_an_upgrade_comes_at_once_and_grace_delays_none() -> None:
    """Grace keeps what is there; it does not keep anybody from more."""
    scheme = replace(_EVER, basis=TierBasis.BALANCE, grace_months=3)
    state = _at(scheme, (date(2026, 7, 1), 120))
    assert state.level == "silver"
    state = tier_after(scheme, state, 0, date(2026, 7, 2), _JOINED)
    assert state.level == "silver"
    state = tier_after(scheme, state, 260, date(2026, 7, 3), _JOINED)
    assert (state.level, state.since) == ("gold", date(2026, 7, 3))


@pytest.mark.parametrize(
    ("downgrade", "level"),
    [
        (Downgrade.TO_BASIS, "bronze"),
        (Downgrade.ONE_DOWN, "silver"),
        (Downgrade.NEVER, "gold"),
    ],
)
def test_how_far_one_falls(downgrade: Downgrade, level: str) -> None:
    """Talon's two ways down, and none."""
    scheme = replace(_EVER, end=TierEnd.FIXED, keep_months=1, downgrade=downgrade)
    state = _at(scheme, (date(2026, 1, 10), 300), (date(2026, 2, 10), 0))
    assert state.level == "gold"
    assert tier_after(scheme, state, 0, date(2026, 2, 11), _JOINED).level == level


def test_one_down_keeps_the_step_for_a_term_of_its_own() -> None:
    """Gold falls to Silver for a month, and then to Bronze, not both in one night."""
    scheme = replace(_EVER, end=TierEnd.FIXED, keep_months=1, downgrade=Downgrade.ONE_DOWN)
    state = _at(scheme, (date(2026, 1, 10), 300), (date(2026, 2, 11), 0))
    assert (state.level, state.kept_until) == ("silver", date(2026, 3, 11))
    assert _last_day_of(scheme, state, date(2026, 2, 11)) == date(2026, 3, 11)


def test_one_down_without_any_keeping_takes_a_level_a_day() -> None:
    """The nightly run asks twice in a night, and that may not cost two levels."""
    scheme = replace(_EVER, basis=TierBasis.BALANCE, downgrade=Downgrade.ONE_DOWN)
    state = _at(scheme, (date(2026, 1, 10), 300), (date(2026, 1, 11), 0), (date(2026, 1, 11), 0))
    assert (state.level, state.since) == ("silver", date(2026, 1, 11))
    assert tier_after(scheme, state, 0, date(2026, 1, 12), _JOINED).level == "bronze"


def test_one_down_stops_at_what_the_basis_reaches() -> None:
    """A step down never skips a level, and never goes below what was earned."""
    scheme = replace(_EVER, end=TierEnd.FIXED, keep_months=1, downgrade=Downgrade.ONE_DOWN)
    state = _at(scheme, (date(2026, 1, 10), 300), (date(2026, 2, 11), 120), (date(2026, 5, 1), 120))
    assert state.level == "silver"


def test_a_level_for_ever_is_a_floor() -> None:
    """Who reached it keeps it; who went higher falls to it and no further."""
    levels = (_LEVELS[0], replace(_LEVELS[1], keeps_for_ever=True), _LEVELS[2])
    scheme = replace(_EVER, basis=TierBasis.BALANCE, levels=levels)
    assert _at(scheme, (date(2026, 1, 1), 120), (date(2026, 9, 1), 0)).level == "silver"
    assert _at(scheme, (date(2026, 1, 1), 300), (date(2026, 9, 1), 0)).level == "silver"
    assert _at(scheme, (date(2026, 1, 1), 50), (date(2026, 9, 1), 0)).level == "bronze"


def test_lower_levels_have_terms_of_their_own() -> None:
    """Gold in 2026 and Silver in 2027: in 2028 the member has Silver, by what 2027 brought."""
    scheme = replace(_YEARLY, end=TierEnd.NEXT_PERIOD)
    state = _at(scheme, (date(2026, 5, 5), 300), (date(2027, 1, 1), 0), (date(2027, 8, 8), 130))
    assert (state.level, state.kept_until) == ("gold", date(2027, 12, 31))
    state = tier_after(scheme, state, 0, date(2028, 1, 1), _JOINED)
    assert (state.level, state.since, state.kept_until) == (
        "silver",
        date(2028, 1, 1),
        date(2028, 12, 31),
    )


def test_reaching_it_again_in_a_later_period_keeps_it_longer() -> None:
    """Gold of March lasts to the end of April, and what April brings to the end of May."""
    scheme = replace(_MONTHLY, end=TierEnd.NEXT_PERIOD)
    state = _at(scheme, (date(2026, 3, 10), 300), (date(2026, 3, 28), 500))
    assert state.kept_until == date(2026, 4, 30)
    state = tier_after(scheme, state, 260, date(2026, 4, 12), _JOINED)
    assert (state.since, state.kept_until) == (date(2026, 3, 10), date(2026, 5, 31))


def test_a_term_that_runs_is_not_stretched_day_by_day() -> None:
    """Thirty days from 20 July stay thirty days while the basis goes on being met."""
    scheme = replace(_EVER, end=TierEnd.FIXED, keep_days=30)
    days = [(date(2026, 7, 20) + timedelta(days=n), 300) for n in range(10)]
    assert _at(scheme, *days).kept_until == date(2026, 8, 19)


def test_a_term_that_is_over_begins_anew_where_the_basis_still_holds() -> None:
    """The level goes on without a gap, and since when it is held does not change."""
    scheme = replace(_EVER, end=TierEnd.FIXED, keep_days=30, start=TierStart.NEXT_PERIOD)
    state = _at(scheme, (date(2026, 7, 20), 300), (date(2026, 8, 1), 300))
    assert (state.level, state.kept_until) == ("gold", date(2026, 8, 31))
    state = tier_after(scheme, state, 300, date(2026, 9, 1), _JOINED)
    assert (state.level, state.since) == ("gold", date(2026, 8, 1))
    assert state.kept_until == date(2026, 10, 1)


def test_goods_that_come_back_take_a_promised_level_with_them() -> None:
    """Bought on 10 March, returned on 12 March: in April there is no Gold."""
    scheme = replace(_MONTHLY, start=TierStart.NEXT_PERIOD, end=TierEnd.NEXT_PERIOD)
    state = _at(scheme, (date(2026, 3, 10), 300), (date(2026, 3, 12), 0), (date(2026, 4, 1), 0))
    assert state.level == "bronze"


def test_goods_that_come_back_lower_the_level() -> None:
    """Where nothing is kept, a return takes the level with it at once."""
    state = _at(_YEARLY, (date(2026, 3, 10), 300), (date(2026, 3, 12), 0))
    assert (state.level, state.since) == ("bronze", date(2026, 3, 12))


def test_a_night_that_was_missed_does_not_make_a_level_late() -> None:
    """The gateway was off over the turn of the month: the level is from the first all the same."""
    scheme = replace(_MONTHLY, start=TierStart.NEXT_PERIOD, end=TierEnd.NEXT_PERIOD)
    state = _at(scheme, (date(2026, 3, 10), 300), (date(2026, 4, 5), 0))
    assert (state.level, state.since) == ("gold", date(2026, 4, 1))


def test_a_sale_that_arrives_late_raises_and_never_lowers() -> None:
    """A sale of March comes in April: it may bring March's level, and takes none of April's."""
    scheme = replace(_MONTHLY, end=TierEnd.NEXT_PERIOD)
    april = _at(scheme, (date(2026, 4, 2), 120))
    late = tier_after(scheme, april, 20, date(2026, 3, 30), _JOINED)
    assert late == april
    late = tier_after(scheme, april, 300, date(2026, 3, 30), _JOINED)
    assert (late.level, late.since, late.kept_until) == (
        "gold",
        date(2026, 3, 30),
        date(2026, 4, 30),
    )
    assert tier_after(scheme, late, 120, date(2026, 4, 2), _JOINED).level == "gold"
    none_kept = _at(_MONTHLY, (date(2026, 4, 2), 120))
    assert tier_after(_MONTHLY, none_kept, 20, date(2026, 3, 30), _JOINED).level == "silver"


def test_members_without_a_level_have_none() -> None:
    """A scheme whose lowest level asks for something leaves newcomers without; none has none."""
    scheme = replace(_EVER, levels=_LEVELS[1:])
    day = date(2026, 1, 1)
    assert tier_after(scheme, None, 99, day, _JOINED) == TierState(level=None, since=_JOINED)
    assert tier_after(TierScheme(), None, 99, day, _JOINED).level is None
    assert _at(scheme, (day, 100), (day + _ONE_DAY, 99)) == TierState(
        level=None, since=day + _ONE_DAY
    )


def test_a_level_that_asks_for_nothing_is_there_at_once() -> None:
    """Nobody waits for the next month to be a Bronze member."""
    scheme = replace(_MONTHLY, start=TierStart.NEXT_PERIOD)
    assert _at(scheme, (date(2026, 3, 10), 0)).level == "bronze"


def test_a_level_that_the_rules_lost_is_lost() -> None:
    """A version without Gold gives what the basis reaches, and forgets the term."""
    state = _at(replace(_EVER, end=TierEnd.FIXED, keep_months=6), (date(2026, 1, 1), 300))
    fewer = replace(_EVER, levels=_LEVELS[:2])
    state = tier_after(fewer, state, 300, date(2026, 2, 1), _JOINED)
    assert state.level == "silver"
    assert state.term_of("gold") is None
    no_levels = tier_after(TierScheme(), state, 300, date(2026, 3, 1), _JOINED)
    assert no_levels == TierState(level=None, since=date(2026, 3, 1))


@pytest.mark.parametrize(
    ("scheme", "first"),
    [
        (_EVER, date.min),
        (replace(_MONTHLY, basis=TierBasis.BALANCE), date.min),
        (_MONTHLY, date(2026, 3, 1)),
        (replace(_EVER, period=TierPeriod.QUARTER), date(2026, 1, 1)),
        (_YEARLY, date(2026, 1, 1)),
        (replace(_YEARLY, calendar=CalendarKind.JALALI), date(2026, 3, 21)),
        (replace(_EVER, period=TierPeriod.ROLLING, window_months=1), date(2026, 3, 1)),
        (replace(_EVER, period=TierPeriod.ROLLING), date(2025, 4, 1)),
    ],
)
def test_the_window_of_a_basis(scheme: TierScheme, first: date) -> None:
    """Which days are measured on 31 March 2026."""
    assert basis_window(scheme, date(2026, 3, 31)) == (first, date(2026, 3, 31))


_schemes = st.builds(
    lambda **parts: replace(_EVER, **parts),
    basis=st.sampled_from([TierBasis.POINTS_EARNED, TierBasis.BALANCE]),
    period=st.sampled_from([TierPeriod.MONTH, TierPeriod.QUARTER, TierPeriod.YEAR]),
    calendar=st.sampled_from(CalendarKind),
    start=st.sampled_from(TierStart),
    end=st.sampled_from(TierEnd),
    keep_months=st.integers(0, 3),
    keep_days=st.integers(1, 40),
    grace_days=st.integers(0, 10),
    grace_months=st.integers(0, 2),
    round_up_to_month=st.booleans(),
    downgrade=st.sampled_from(Downgrade),
    levels=st.sampled_from(
        [_LEVELS, _LEVELS[1:], (_LEVELS[0], replace(_LEVELS[1], keeps_for_ever=True), _LEVELS[2])]
    ),
)
_steps = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 400)), min_size=1, max_size=12)


def _index(scheme: TierScheme, state: TierState) -> int:
    names = [level.id for level in scheme.levels]
    return -1 if state.level is None else names.index(state.level)


@settings(max_examples=80)
@given(scheme=_schemes, steps=_steps, less=st.integers(0, 400))
def test_more_is_never_worse_and_asking_twice_changes_nothing(
    scheme: TierScheme, steps: list[tuple[int, int]], less: int
) -> None:
    """From any state, a larger basis gives no lower level, and the fold is a fixed point."""
    state, day = TierState(level=None, since=_JOINED), date(2026, 1, 1)
    for ahead, basis in steps:
        day += timedelta(days=ahead)
        lower = tier_after(scheme, state, min(less, basis), day, _JOINED)
        state = tier_after(scheme, state, basis, day, _JOINED)
        assert _index(scheme, lower) <= _index(scheme, state)
        assert tier_after(scheme, state, basis, day, _JOINED) == state
        assert state.since <= day


@settings(max_examples=80)
@given(scheme=_schemes, steps=_steps)
def test_what_is_kept_is_kept_and_what_is_reached_is_had(
    scheme: TierScheme, steps: list[tuple[int, int]]
) -> None:
    """No level is lost before its day, one at a time where so ruled, and none reached in vain."""
    state, day = TierState(level=None, since=_JOINED), date(2026, 1, 1)
    for ahead, basis in steps:
        before, day = state, day + timedelta(days=ahead)
        state = tier_after(scheme, state, basis, day, _JOINED)
        fell = _index(scheme, before) - _index(scheme, state)
        if before.kept_until is not None and day <= before.kept_until:
            assert fell <= 0
        if scheme.downgrade is Downgrade.NEVER:
            assert fell <= 0
        if scheme.downgrade is Downgrade.ONE_DOWN:
            assert fell <= 1
        if scheme.start is TierStart.IMMEDIATE:
            reached = sum(level.threshold <= basis for level in scheme.levels)
            assert _index(scheme, state) >= reached - 1
