"""Limits that are smaller than what they limit, or that another limit makes idle."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gateway.model.rules.caps import Cap, CapMeasure, CapOwner, CapPeriod
from gateway.model.rules.earning import EarningRule
from gateway.model.rules.offer import Offer
from gateway.model.rules.reward import GiftKind
from gateway.program.linting.doubt import Doubt, DoubtCode
from gateway.program.linting.look import Look

#: The longer periods into which each period fits whole: a week may lie in two months.
_WITHIN: Final = {
    CapPeriod.SALE: frozenset(CapPeriod),
    CapPeriod.DAY: frozenset(CapPeriod) - {CapPeriod.SALE},
    CapPeriod.WEEK: frozenset({CapPeriod.WEEK, CapPeriod.EVER}),
    CapPeriod.MONTH: frozenset(
        {CapPeriod.MONTH, CapPeriod.QUARTER, CapPeriod.YEAR, CapPeriod.EVER}
    ),
    CapPeriod.QUARTER: frozenset({CapPeriod.QUARTER, CapPeriod.YEAR, CapPeriod.EVER}),
    CapPeriod.YEAR: frozenset({CapPeriod.YEAR, CapPeriod.EVER}),
    CapPeriod.EVER: frozenset({CapPeriod.EVER}),
}


def check_caps(look: Look) -> Iterator[Doubt]:
    """Find limits that cut the first use short, and limits that never matter."""
    for subject, owner in look.owners():
        if isinstance(owner, EarningRule):
            yield from _small(subject, owner.caps, CapMeasure.POINTS, owner.points)
            yield from _idle(subject, owner.caps)
        elif isinstance(owner, Offer):
            measure, amount = _one_use(owner)
            yield from _small(subject, owner.budgets, measure, amount)
            yield from _idle(subject, owner.budgets)


def _one_use(offer: Offer) -> tuple[CapMeasure, int]:
    """What an offer gives each time, where that is known; 0 where it depends on the sale."""
    gift = offer.gift
    if gift.kind is GiftKind.MONEY_OFF:
        amount_minor = gift.amount_minor or 0
        return CapMeasure.AMOUNT, min(amount_minor, gift.cap_minor or amount_minor)
    if gift.kind is GiftKind.CREDIT:
        return CapMeasure.POINTS, gift.amount_minor or 0
    return CapMeasure.POINTS, gift.points or 0


def _small(
    subject: str, caps: tuple[Cap, ...], measure: CapMeasure, amount: int
) -> Iterator[Doubt]:
    for cap in caps:
        if cap.measure is measure and cap.limit < amount:
            values = {"limit": cap.limit, "needs": amount}
            yield Doubt(code=DoubtCode.CAP_BELOW_ONE_USE, subject=subject, values=values)


def _idle(subject: str, caps: tuple[Cap, ...]) -> Iterator[Doubt]:
    for index, cap in enumerate(caps):
        once = cap.measure is CapMeasure.USES and cap.period is CapPeriod.SALE
        # Of two equal limits the first one counts.
        rivals = [
            other
            for at, other in enumerate(caps)
            if at != index and _covers(other, cap) and (other != cap or at < index)
        ]
        if once or rivals:
            values: dict[str, int | str] = {"limit": cap.limit, "period": cap.period.value}
            yield Doubt(code=DoubtCode.CAP_NEVER_BITES, subject=subject, values=values)


def _covers(other: Cap, cap: Cap) -> bool:
    """Whether a limit is always reached before, or together with, another."""
    wider = other.owner in (cap.owner, CapOwner.ALL) and other.period in _WITHIN[cap.period]
    return other.measure is cap.measure and wider and other.limit <= cap.limit
