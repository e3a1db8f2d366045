"""Earning rules without anything to work on, that shut out others, or that wait too long."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import combinations
from typing import Final

from gateway.model.rules.condition import Condition
from gateway.model.rules.earning import EarningKind, EarningRule, Unit
from gateway.model.rules.expiry import ExpiryKind
from gateway.model.rules.reward import GiftKind
from gateway.program.linting.doubt import Doubt, DoubtCode
from gateway.program.linting.look import EARLIEST_DAY, Look
from gateway.program.linting.overlap import can_overlap

_SAME_PERMILLE: Final = 1_000
#: What a sale earns, and multipliers therefore multiply.
_OF_A_SALE: Final = frozenset(
    {EarningKind.PER_AMOUNT, EarningKind.VISIT, EarningKind.ITEM, EarningKind.FIXED}
)


def check_multipliers(look: Look) -> Iterator[Doubt]:
    """Find multipliers that multiply nothing, or by one."""
    based = {rule.unit for rule in look.rules.earning if rule.kind in _OF_A_SALE}
    if look.programme.earn_points:
        based.add(Unit.POINTS)
    for rule in look.rules.earning:
        subject = f"earning.{rule.id}"
        if rule.kind is EarningKind.MULTIPLIER and rule.unit not in based:
            values = {"unit": rule.unit.value}
            yield Doubt(code=DoubtCode.MULTIPLIER_WITHOUT_BASE, subject=subject, values=values)
        if rule.multiplier_permille == _SAME_PERMILLE:
            yield Doubt(code=DoubtCode.MULTIPLIER_OF_ONE, subject=subject)
    for offer in look.rules.offers:
        if offer.gift.kind is GiftKind.MULTIPLIER and Unit.POINTS not in based:
            values = {"unit": Unit.POINTS.value}
            subject = f"offers.{offer.id}"
            yield Doubt(code=DoubtCode.MULTIPLIER_WITHOUT_BASE, subject=subject, values=values)


def check_ranks(look: Look) -> Iterator[Doubt]:
    """Find rules that do not stack, where nobody said which one goes first."""
    alone = [rule for rule in look.rules.earning if not rule.stackable]
    for one, other in combinations(alone, 2):
        same = (one.unit, one.priority) == (other.unit, other.priority)
        if same and can_overlap(one.when, other.when):
            yield Doubt(
                code=DoubtCode.SAME_RANK,
                subject=f"earning.{other.id}",
                values={"other": f"earning.{one.id}", "priority": one.priority},
            )
    for rule in alone:
        if rule.when == Condition() and rule.items.empty and _has_rivals(look, rule):
            yield Doubt(code=DoubtCode.HIDES_OTHERS, subject=f"earning.{rule.id}")


def check_lives(look: Look) -> Iterator[Doubt]:
    """Find points that lapse before anybody can make use of them."""
    waiting = _waiting(look)
    for subject, expiry in look.expiries():
        waits = waiting.get(subject, 0)
        if expiry.last_day and _is_over(look, expiry.last_day, waits):
            day = {"day": expiry.last_day.isoformat()}
            yield Doubt(code=DoubtCode.EXPIRY_PAST, subject=subject, values=day)
        if expiry.kind is ExpiryKind.DAYS and expiry.count < waits:
            days = {"days": expiry.count, "pending_days": waits}
            yield Doubt(code=DoubtCode.EXPIRY_SHORTER_THAN_PENDING, subject=subject, values=days)


def check_events(look: Look) -> Iterator[Doubt]:
    """Find events that a member may have as often as somebody says so."""
    for rule in look.rules.earning:
        if rule.kind is EarningKind.EVENT and not rule.caps:
            yield Doubt(code=DoubtCode.EVENT_WITHOUT_LIMIT, subject=f"earning.{rule.id}")


def _is_over(look: Look, last: date, waits: int) -> bool:
    """Whether what is given by these rules lapses before it can be spent."""
    if look.first_day is None or last < EARLIEST_DAY:
        return False
    return (last - look.first_day).days < waits


def _waiting(look: Look) -> dict[str, int]:
    """How long what lapses by a rule of expiry waits at most before it can be spent."""
    waiting = {"expiry": look.rules.pending_days, "credit.earned_expiry": 0}
    for rule in look.rules.earning:
        usual = "expiry" if rule.unit is Unit.POINTS else "credit.earned_expiry"
        subject = usual if rule.expiry is None else f"earning.{rule.id}"
        own = look.rules.pending_days if rule.pending_days is None else rule.pending_days
        waiting[subject] = max(waiting.get(subject, 0), own)
    return waiting


def _has_rivals(look: Look, rule: EarningRule) -> bool:
    """Whether something of the same unit would count beside a rule."""
    if rule.unit is Unit.POINTS and look.programme.earn_points:
        return True
    return any(
        other is not rule and other.unit is rule.unit and other.kind in _OF_A_SALE
        for other in look.rules.earning
    )
