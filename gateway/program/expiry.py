"""When points and stored money can be spent for the first time, and when they lapse.

Both are turns of business days at the branch. A lot's *last day* is whole: it lapses at the
moment at which the next business day begins, and at that moment it is gone.
"""

from __future__ import annotations

from datetime import date, timedelta

from gateway.model.ids import BranchId
from gateway.model.rules.expiry import Expiry, ExpiryKind
from gateway.model.rules.settings import Settings
from gateway.program.calendars import (
    LAST_DAY,
    YEAR,
    add_months,
    month_end,
    quarter_end,
    year_end,
)
from gateway.program.local_time import day_starts_at_ms, place_at


def active_from_ms(pending_days: int, at_ms: int, branch: BranchId, settings: Settings) -> int:
    """Say from when what is earned now can be spent.

    Args:
        pending_days: business days to wait; 0 for at once.
        at_ms: Unix time of the sale in milliseconds.
        branch: where it was.
        settings: the programme's clocks.

    Returns:
        ``at_ms`` itself, or the beginning of the business day that is so many days later: one
        pending day is until the next day begins.
    """
    if pending_days == 0:
        return at_ms
    today = place_at(settings, branch, at_ms).business_day
    return day_starts_at_ms(settings, branch, today + timedelta(days=pending_days))


def last_day(expiry: Expiry, day: date) -> date | None:
    """Find the last business day on which a lot can be spent.

    The day on which it became spendable is not counted: one day from Monday is Tuesday, and one
    month from 10 January is 10 February.

    Args:
        expiry: the rule.
        day: the business day on which the lot became spendable.

    Returns:
        The day, which is before ``day`` where a fixed date has passed already; None for never.
    """
    if expiry.kind is ExpiryKind.NEVER:
        return None
    found = expiry.last_day or _counted_day(expiry, day)
    # What the calendar cannot hold is as good as never.
    return None if found >= LAST_DAY else found


def expires_at_ms(expiry: Expiry, from_ms: int, branch: BranchId, settings: Settings) -> int | None:
    """Say when a lot lapses.

    Args:
        expiry: the rule.
        from_ms: since when it can be spent, Unix time in milliseconds: for points that wait, the
            end of their waiting and not the sale.
        branch: whose business days count.
        settings: the programme's clocks.

    Returns:
        The moment from which it is gone, Unix time in milliseconds; None for never. Not after
        ``from_ms`` where a fixed date has passed already: such a lot can never be spent.
    """
    last = last_day(expiry, place_at(settings, branch, from_ms).business_day)
    return None if last is None else _end_of(last, branch, settings)


def slid_expires_at_ms(
    expiry: Expiry, old_ms: int | None, at_ms: int, branch: BranchId, settings: Settings
) -> int | None:
    """Say when an open lot lapses after its member bought or redeemed something.

    Args:
        expiry: the rule that the lot was given under.
        old_ms: when it lapses so far.
        at_ms: when the member did something, Unix time in milliseconds.
        branch: where.
        settings: the programme's clocks.

    Returns:
        The new moment; the old one where the rule does not slide, where the lot had lapsed
        before, or where the old one is later, as that of a lot which cannot be spent yet is.
    """
    if not expiry.sliding or old_ms is None or old_ms <= at_ms:
        return old_ms
    new_ms = expires_at_ms(expiry, at_ms, branch, settings)
    return None if new_ms is None else max(old_ms, new_ms)


def regained_expires_at_ms(
    old_ms: int | None, grace_days: int, at_ms: int, branch: BranchId, settings: Settings
) -> int | None:
    """Say when points lapse that a return of goods puts back into their lot.

    Args:
        old_ms: when the lot lapses.
        grace_days: ``ReturnPolicy.grace_days``.
        at_ms: when they were put back, Unix time in milliseconds.
        branch: where.
        settings: the programme's clocks.

    Returns:
        The lot's own moment, unless that is past and there is a grace: then the end of the
        business day that is so many days later. Without a grace they are gone as soon as back.
    """
    if old_ms is None or old_ms > at_ms or grace_days == 0:
        return old_ms
    today = place_at(settings, branch, at_ms).business_day
    return _end_of(today + timedelta(days=grace_days), branch, settings)


def _counted_day(expiry: Expiry, day: date) -> date:
    calendar, count = expiry.calendar, expiry.count
    if expiry.kind is ExpiryKind.DAYS:
        return min(day, LAST_DAY) + timedelta(days=count)
    if expiry.kind is ExpiryKind.MONTHS:
        return add_months(day, count, calendar)
    if expiry.kind is ExpiryKind.MONTH_END:
        return month_end(add_months(day, count, calendar), calendar)
    if expiry.kind is ExpiryKind.QUARTER_END:
        return quarter_end(add_months(day, count, calendar), calendar)
    return year_end(add_months(day, YEAR * count, calendar), calendar)


def _end_of(day: date, branch: BranchId, settings: Settings) -> int:
    return day_starts_at_ms(settings, branch, day + timedelta(days=1))
