"""Levels: what members reached, from when, and until when they keep it.

A state is folded from day to day: ``tier_after`` takes what is known and the basis of a day, and
gives what is known then. It is asked after everything that changes the basis, so that a level is
reached at once, and by night, so that what has run out ends.

Every level that the basis reaches has a *term* of its own, the lower ones too: whoever made Gold
last year and Silver this year falls to Silver and not to nothing. The level is the highest one
that a term or the basis itself holds. How the days of a term are counted:

- ``fixed`` counts as expiry does, the first day not being counted: 30 days from 20 July is
  19 August, a month is 20 August; ``join_date`` ends on the eve of the anniversary; ``absolute``
  with the day it names; ``period`` and ``next_period`` with the last day of the period;
- grace comes after that end, in whole months and then days, its first day being the day after:
  31 March and 7 days is 7 April. Where nothing is kept, grace begins with the level itself:
  a month from 20 July is 19 August, 7 days are 26 July;
- rounding up moves the day that came of all this to the end of its month.

A term that is running ends when it ends: reaching the threshold again starts a new one only in a
later period of a scheme that has periods, or when the old one is over.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from gateway.model.rules.tiers import (
    Downgrade,
    TierBasis,
    TierEnd,
    TierLevel,
    TierPeriod,
    TierScheme,
    TierStart,
)
from gateway.program.calendars import (
    MONTH,
    QUARTER,
    YEAR,
    add_months,
    calendar_day,
    month_end,
    period_bounds,
    yearly_day,
)

_PERIOD_MONTHS: Final = {
    TierPeriod.MONTH: MONTH,
    TierPeriod.QUARTER: QUARTER,
    TierPeriod.YEAR: YEAR,
}
_NO_LEVEL: Final = -1
_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class TierTerm:
    """How long one level is kept.

    Attributes:
        level: which.
        reached_on: the business day on which its threshold was met.
        begins_on: the day from which it counts; later than today where levels begin with the
            next period.
        kept_until: the last day on which it is kept whatever happens; None where it only follows
            the basis.
    """

    level: str
    reached_on: date
    begins_on: date
    kept_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TierState:
    """What is known of a member's level.

    Attributes:
        level: its id; None for none.
        since: the day from which the member has it.
        terms: of every level that was reached and is not over, the lowest first.
    """

    level: str | None = None
    since: date
    terms: tuple[TierTerm, ...] = ()

    @property
    def kept_until(self) -> date | None:
        """The last day on which the present level is kept whatever happens."""
        term = self.term_of(self.level)
        return None if term is None else term.kept_until

    def term_of(self, level: str | None) -> TierTerm | None:
        """The term of a level, where it has one."""
        return next((term for term in self.terms if term.level == level), None)


def basis_window(scheme: TierScheme, day: date) -> tuple[date, date]:
    """Find the business days whose points, money or visits are measured on a day.

    Args:
        scheme: its ``period``; a rolling window of one month on 31 March is all of March.
        day: the day on which they are measured, the window's last.

    Returns:
        The first and the last day. Of a basis that has no window, or one since ever, the first
        is the earliest day there is.
    """
    if scheme.basis is TierBasis.BALANCE or scheme.period is TierPeriod.EVER:
        return date.min, day
    if scheme.period is TierPeriod.ROLLING:
        return add_months(day, -scheme.window_months, scheme.calendar) + _ONE_DAY, day
    return _period_of(scheme, day)[0], day


def tier_after(
    scheme: TierScheme, state: TierState | None, basis: int, day: date, joined_on: date
) -> TierState:
    """Say what is known of a member's level on a day.

    Asked twice with the same basis on the same day it says the same. A day before the level
    began, that of a sale which arrives late, can raise the level and never lowers it; ask once
    more with today's basis and day afterwards.

    Args:
        scheme: the levels and how members move between them; what a state knows of a level that
            this version does not have is dropped.
        state: what was known; None for a member of whom nothing is.
        basis: what is measured, over ``basis_window`` of this very day, returns taken off.
        day: a business day.
        joined_on: when the member joined.
    """
    if state is None:
        state = TierState(level=None, since=joined_on)
    today = _Today(scheme=scheme, basis=basis, day=day, joined_on=joined_on)
    before = _index(scheme, state.level)
    terms = today.terms_after(state)
    held = max((_index(scheme, term.level) for term in terms if term.begins_on <= day), default=-1)
    if held < before and day < state.since:
        return replace(state, terms=terms)
    lands = held if held >= before else today.lands(before, held)
    level = scheme.levels[lands].id if lands >= 0 else None
    if held < lands < before and scheme.downgrade is Downgrade.ONE_DOWN:
        terms = today.with_step(terms, scheme.levels[lands])
    if level == state.level:
        return replace(state, terms=terms)
    # A night that was missed does not make a level begin later than it did.
    since = next((term.begins_on for term in terms if held > before and term.level == level), day)
    return TierState(level=level, since=since, terms=terms)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Today:
    """The circumstances in which one step of the fold is taken."""

    scheme: TierScheme
    basis: int
    day: date
    joined_on: date

    def terms_after(self, state: TierState) -> tuple[TierTerm, ...]:
        """Every level's term, begun, renewed, kept or over."""
        looking_back = self.day < state.since
        terms = []
        for level in self.scheme.levels:
            term = state.term_of(level.id)
            if self.basis >= level.threshold:
                terms.append(self._met(level, term))
            elif term is not None and (looking_back or self._runs(term)):
                terms.append(term)
        return tuple(terms)

    def lands(self, before: int, held: int) -> int:
        """The index of the level that a member falls to from ``before``."""
        levels = self.scheme.levels
        if self.scheme.downgrade is Downgrade.NEVER:
            return before
        least = before - 1 if self.scheme.downgrade is Downgrade.ONE_DOWN else _NO_LEVEL
        for_ever = (index for index in range(before + 1) if levels[index].keeps_for_ever)
        return max(held, least, *for_ever)

    def with_step(self, terms: tuple[TierTerm, ...], level: TierLevel) -> tuple[TierTerm, ...]:
        """Give the next level down a term of its own: at least today, or it is lost tonight too."""
        term = self._new_term(level, begins_on=self.day)
        kept_until = max(term.kept_until or self.day, self.day)
        others = [other for other in terms if other.level != level.id]
        others.append(replace(term, kept_until=kept_until))
        return tuple(sorted(others, key=lambda other: _index(self.scheme, other.level)))

    def _runs(self, term: TierTerm) -> bool:
        """Whether a level is kept though the basis does not reach it."""
        # What has not begun follows the basis: goods that come back take the promise with them.
        return (
            term.begins_on <= self.day
            and term.kept_until is not None
            and term.kept_until >= self.day
        )

    def _met(self, level: TierLevel, term: TierTerm | None) -> TierTerm:
        """The term of a level whose threshold the basis meets."""
        scheme = self.scheme
        if term is None:
            return self._new_term(level, begins_on=self._begins_on(level))
        is_over = term.kept_until is not None and term.kept_until < self.day
        if is_over and scheme.period not in _PERIOD_MONTHS:
            return self._new_term(level, begins_on=self.day)
        if is_over:
            return self._new_term(level, begins_on=self._begins_on(level))
        if not _in_later_period(scheme, self.day, than=term.reached_on):
            return term
        renewed = self._new_term(level, begins_on=self._begins_on(level))
        kept = [end for end in (term.kept_until, renewed.kept_until) if end is not None]
        return replace(renewed, begins_on=term.begins_on, kept_until=max(kept, default=None))

    def _begins_on(self, level: TierLevel) -> date:
        # A level that asks for nothing is not reached: it is there.
        if self.scheme.start is TierStart.IMMEDIATE or level.threshold == 0:
            return self.day
        return _period_of(self.scheme, self.day)[1] + _ONE_DAY

    def _new_term(self, level: TierLevel, *, begins_on: date) -> TierTerm:
        term = TierTerm(level=level.id, reached_on=self.day, begins_on=begins_on)
        return replace(term, kept_until=_kept_until(self.scheme, term, self.joined_on))


def _kept_until(scheme: TierScheme, term: TierTerm, joined_on: date) -> date | None:
    end = _end(scheme, term, joined_on)
    # Months of grace are whole ones from the day after on: 28 February and one is 31 March.
    end = add_months(end + _ONE_DAY, scheme.grace_months, scheme.calendar) - _ONE_DAY
    end += timedelta(days=scheme.grace_days)
    if scheme.round_up_to_month:
        end = month_end(max(end, term.begins_on), scheme.calendar)
    return None if end < term.begins_on else end


def _end(scheme: TierScheme, term: TierTerm, joined_on: date) -> date:
    """The last day that ``end`` gives, before grace; the eve of the term where it gives none."""
    begins_on = term.begins_on
    if scheme.end is TierEnd.FIXED:
        fixed = add_months(begins_on, scheme.keep_months, scheme.calendar)
        return fixed + timedelta(days=scheme.keep_days)
    if scheme.end is TierEnd.JOIN_DATE:
        joined = calendar_day(joined_on, scheme.calendar)
        return _next_yearly(scheme, joined.month, joined.day, begins_on) - _ONE_DAY
    if scheme.end is TierEnd.ABSOLUTE:
        return _next_yearly(scheme, scheme.keep_until_month, scheme.keep_until_day, begins_on)
    if scheme.end is TierEnd.NEXT_PERIOD:
        return _period_of(scheme, _period_of(scheme, term.reached_on)[1] + _ONE_DAY)[1]
    waited = begins_on > term.reached_on and scheme.period in _PERIOD_MONTHS
    if scheme.end is TierEnd.PERIOD or waited:
        # What was done in one period decides the level of the next: through all of that.
        return _period_of(scheme, begins_on)[1]
    return begins_on - _ONE_DAY


def _next_yearly(scheme: TierScheme, month: int, day: int, after: date) -> date:
    """The first such day of the scheme's calendar after a day."""
    year = calendar_day(after, scheme.calendar).year
    this_year = yearly_day(year, month, day, scheme.calendar)
    if this_year > after:
        return this_year
    return yearly_day(year + 1, month, day, scheme.calendar)


def _period_of(scheme: TierScheme, day: date) -> tuple[date, date]:
    """The scheme's period that holds a day; the month where it has none."""
    return period_bounds(day, _PERIOD_MONTHS.get(scheme.period, MONTH), scheme.calendar)


def _in_later_period(scheme: TierScheme, day: date, *, than: date) -> bool:
    return scheme.period in _PERIOD_MONTHS and _period_of(scheme, than)[1] < day


def _index(scheme: TierScheme, level: str | None) -> int:
    names = [known.id for known in scheme.levels]
    return names.index(level) if level in names else _NO_LEVEL
