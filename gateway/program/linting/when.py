"""Conditions that never hold: windows without a day, and settings that exclude each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Final

from gateway.model.rules.condition import Condition
from gateway.model.rules.rules import Rules
from gateway.model.rules.scope import Hours, Weekday, Window
from gateway.model.rules.settings import Occasion
from gateway.program.calendars import LAST_DAY, calendar_day, yearly_day
from gateway.program.linting.doubt import Doubt, DoubtCode
from gateway.program.linting.look import EARLIEST_DAY, Look

_WEEKDAYS: Final = tuple(Weekday)
#: Whichever weekday a day of the year falls on, it falls on every other within so many years.
_ROUND_YEARS: Final = 40


def check_conditions(look: Look) -> Iterator[Doubt]:
    """Find conditions that cannot hold."""
    for subject, condition in look.conditions():
        window = condition.window
        yield from _past(look, subject, window)
        if not _has_a_day(look.rules, window):
            yield Doubt(code=DoubtCode.WINDOW_HAS_NO_DAY, subject=subject)
        for hours in window.hours:
            yield from _all_day(subject, hours)
        for first, second in _contradictions(condition):
            values = {"first": first, "second": second}
            yield Doubt(code=DoubtCode.CONTRADICTION, subject=subject, values=values)


def _past(look: Look, subject: str, window: Window) -> Iterator[Doubt]:
    last = window.last_day
    if last and look.first_day and EARLIEST_DAY <= last < look.first_day:
        values = {"day": last.isoformat()}
        yield Doubt(code=DoubtCode.WINDOW_PAST, subject=subject, values=values)


def _all_day(subject: str, hours: Hours) -> Iterator[Doubt]:
    if hours.from_minute == hours.to_minute:
        values = {"minute": hours.from_minute}
        yield Doubt(code=DoubtCode.HOURS_ALL_DAY, subject=subject, values=values)


def _has_a_day(rules: Rules, window: Window) -> bool:
    """Whether any day is in the window; days written in the wrong calendar are another doubt.

    Behind the last day that is reckoned with, nothing can be told.
    """
    first, last = window.first_day, window.last_day
    if any(day is not None and day < EARLIEST_DAY for day in (first, last)):
        return True
    if first is not None and first > LAST_DAY:
        return True
    if window.occasions:
        named = [one for one in rules.occasions if one.id in window.occasions]
        return any(_on_weekday(window, day) for one in named for day in _days_of(one, first, last))
    if first is None or last is None:
        return True
    days = (first + timedelta(days=days) for days in range(min((last - first).days + 1, 7)))
    return any(_on_weekday(window, day) for day in days)


def _on_weekday(window: Window, day: date) -> bool:
    return not window.weekdays or _WEEKDAYS[day.weekday()] in window.weekdays


def _days_of(occasion: Occasion, first: date | None, last: date | None) -> Iterator[date]:
    """An occasion's days inside a window, as far as they can matter."""
    for day in _candidates(occasion, first or EARLIEST_DAY):
        if (first is None or first <= day) and (last is None or day <= last):
            yield day


def _candidates(occasion: Occasion, first: date) -> Iterable[date]:
    if occasion.month is None or occasion.day is None:
        return occasion.dates
    year = calendar_day(first, occasion.calendar).year
    return [
        yearly_day(year + ahead, occasion.month, occasion.day, occasion.calendar)
        for ahead in range(_ROUND_YEARS)
    ]


def _contradictions(condition: Condition) -> Iterator[tuple[str, str]]:
    """Pairs of settings that exclude each other."""
    yield from _first_contradictions(condition)
    gap, within = condition.days_since_visit_minimum, condition.visits_within_days
    if gap and within and gap >= within:
        # Then no visit but today's is within so few days.
        if (condition.visits_minimum or 1) > 1:
            yield "days_since_visit_minimum", "visits_minimum"
        if (condition.visit_every or 1) > 1:
            yield "days_since_visit_minimum", "visit_every"
    if condition.visit_every and condition.visits_maximum:
        every, least = condition.visit_every, condition.visits_minimum or 1
        if -(-least // every) * every > condition.visits_maximum:
            yield "visit_every", "visits_maximum"


def _first_contradictions(condition: Condition) -> Iterator[tuple[str, str]]:
    """What a first purchase cannot be. A visit counts itself, so the first is number 1."""
    if not condition.first_purchase:
        return
    if (condition.visits_minimum or 1) > 1:
        yield "first_purchase", "visits_minimum"
    if (condition.visit_every or 1) > 1:
        yield "first_purchase", "visit_every"
    for name in ("days_since_visit_minimum", "days_since_visit_maximum"):
        if getattr(condition, name) is not None:
            yield "first_purchase", name
