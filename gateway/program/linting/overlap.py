"""Whether two conditions can hold for one sale."""

from __future__ import annotations

from collections.abc import Collection

from gateway.model.rules.condition import Condition
from gateway.model.rules.scope import MINUTES_OF_DAY, Hours, Window


def can_overlap(one: Condition, other: Condition) -> bool:
    """Say whether both conditions may hold at once; where that is not sure, they may."""
    return (
        _meet(one.branches, other.branches)
        and _meet(one.tiers, other.tiers)
        and _windows_meet(one.window, other.window)
        and _amounts_meet(one, other)
    )


def _meet(one: Collection[object], other: Collection[object]) -> bool:
    """Whether two choices have one in common; an empty choice is every one."""
    return not one or not other or not set(one).isdisjoint(other)


def _windows_meet(one: Window, other: Window) -> bool:
    for first, last in ((one.first_day, other.last_day), (other.first_day, one.last_day)):
        if first and last and first > last:
            return False
    return _meet(one.weekdays, other.weekdays) and _meet(_minutes(one.hours), _minutes(other.hours))


def _minutes(hours: tuple[Hours, ...]) -> frozenset[int]:
    """Every minute of the day that the hours hold."""
    held: set[int] = set()
    for part in hours:
        if part.from_minute < part.to_minute:
            held |= set(range(part.from_minute, part.to_minute))
        else:
            held |= set(range(part.from_minute, MINUTES_OF_DAY)) | set(range(part.to_minute))
    return frozenset(held)


def _amounts_meet(one: Condition, other: Condition) -> bool:
    """Amounts of the same goods; of different goods any two may go together."""
    if (one.items, one.amount_basis) != (other.items, other.amount_basis):
        return True
    for least, most in (
        (one.minimum_minor, other.maximum_minor),
        (other.minimum_minor, one.maximum_minor),
    ):
        if least is not None and most is not None and least > most:
            return False
    return True
