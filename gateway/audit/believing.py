"""Members' days: the one thing that rules look at and no journal tells.

A rating tells which days the gateway knew, and an audit believes it. Reservations and events keep
no facts; for them it is enough that some days make what was granted right.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from gateway.audit.books import Books
from gateway.model.ids import MemberId
from gateway.model.member_facts import MemberDate
from gateway.model.programme import Programme
from gateway.model.rules.condition import MemberDay
from gateway.model.rules.expiry import CalendarKind
from gateway.program.calendars import calendar_day
from gateway.program.facts import Place
from gateway.program.needs import needs_of


def possible_dates(
    books: Books, rules: Programme, member: MemberId, place: Place
) -> Iterator[tuple[MemberDate, ...]]:
    """The days that a member may have told, the likeliest first.

    Those that a rating told of last come first, then none, then days near enough to a business
    day that the rules look at them.
    """
    known = books.dates.get(member, ())
    yield known
    if not needs_of(rules).dates:
        return
    if known:
        yield ()
    wanted = {
        condition.member_day.day: condition.member_day
        for _, condition in rules.rules.conditions()
        if condition.member_day is not None
    }
    for calendar in CalendarKind:
        for offset in _offsets(list(wanted.values())):
            day = place.business_day + timedelta(days=offset)
            yield tuple(_on(name, day, calendar) for name in wanted)
            for name in wanted if len(wanted) > 1 else ():
                yield (_on(name, day, calendar),)


def _offsets(wanted: list[MemberDay]) -> list[int]:
    """How far from a business day a member's day may be and still count, the nearest first."""
    before = max((one.days_before for one in wanted), default=0)
    after = max((one.days_after for one in wanted), default=0)
    return sorted(range(-after, before + 1), key=abs)


def _on(name: str, day: date, calendar: CalendarKind) -> MemberDate:
    found = calendar_day(day, calendar)
    return MemberDate(month=found.month, day_of_month=found.day, calendar=calendar, day=name)
