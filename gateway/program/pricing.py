"""What the offers take off a sale before it is paid, and how several of them go together. Pure.

An offer's condition looks at the sale as it came. Where each offer is reckoned from what the ones
before it have left, that must also still reach the condition's minimum: 100 off from 100 is given
twice on a sale of 250 and once on one of 165. Which offer comes first is decided by priority, then
by what each would take off alone, then by the smaller id; never by the order in which the rules
are written.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import sub

from gateway.model.programme import Programme
from gateway.model.rules.condition import Condition
from gateway.model.rules.earning import Rounding
from gateway.model.rules.offer import Choice, DiscountBasis, Offer, Stacking, StackingPolicy
from gateway.model.sale import Sale
from gateway.program.evaluation import Discount, Pricing
from gateway.program.facts import MemberFacts, Place
from gateway.program.gifts import line_costs, lines_of, parts_off, worth_minor
from gateway.program.limits import Given
from gateway.program.lines import EVERYTHING, Basket, allocate, basket, rounded
from gateway.program.offers import Candidate, eligible, uses_of


@dataclass(frozen=True, slots=True, kw_only=True)
class _Worthy:
    """A candidate with what it would take off, were it the only one."""

    candidate: Candidate
    alone_minor: int

    @property
    def offer(self) -> Offer:
        return self.candidate.offer


class _Bill:
    """What a sale costs while offers are taken off it one after the other."""

    __slots__ = ("_initial", "_left", "_policy", "_programme", "_seen", "_touched")

    def __init__(self, programme: Programme, seen: Basket, costs: tuple[int, ...]) -> None:
        self._programme = programme
        self._policy = programme.rules.stacking
        self._seen = seen
        self._initial = self._left = costs
        self._touched = False

    def take(self, candidate: Candidate) -> Sequence[int]:
        """Take an offer off, its budgets kept, and say what it took off each part."""
        discounted = self._policy.basis is DiscountBasis.DISCOUNTED
        costs = self._left if discounted else self._initial
        if self._policy.one_per_line:
            untouched = zip(costs, self._initial, self._left, strict=True)
            costs = tuple([cost if was == left else 0 for cost, was, left in untouched])
        parts: Sequence[int] = parts_off(self._seen, candidate.offer.gift, costs)
        if not discounted:
            parts = list(map(min, parts, self._left))
        if candidate.left is not None and sum(parts) > candidate.left:
            parts = allocate(candidate.left, parts)
        self._left = tuple(map(sub, self._left, parts))
        self._touched = True
        return parts

    def reaches(self, condition: Condition) -> bool:
        """Whether what is left still reaches a condition's minimum, where that matters."""
        if condition.minimum_minor is None or not self._touched:
            return True
        if self._policy.basis is DiscountBasis.INITIAL:
            return True
        mask = self._seen.mask(condition.items)
        if mask == EVERYTHING:
            now, before = sum(self._left), sum(self._initial)
        else:
            found = lines_of(mask, len(self._seen.sale.lines))
            now = sum([self._left[index] for index in found])
            before = sum([self._initial[index] for index in found])
        counted = self._seen.counted_minor(self._programme, condition.items, condition.amount_basis)
        return rounded(counted * now, before or 1, Rounding.NEAREST) >= condition.minimum_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    """An offer that applied, and what it took off: each line, and goods not listed behind them."""

    worthy: _Worthy
    parts: Sequence[int]
    amount_minor: int


def price(programme: Programme, sale: Sale, facts: MemberFacts, place: Place) -> Pricing:
    """Say what the offers take off a sale.

    Args:
        programme: the rules in force.
        sale: what is about to be paid, with the till's own discounts off.
        facts: the member's past, and the limits used.
        place: where and when.

    Returns:
        The discounts in the order in which they apply, and what to count in the commit that grants
        them. An offer with no effect is not applied and uses nothing up; a member who is held out
        of one is named only where it would have had an effect.
    """
    if sale.total_minor == 0:
        return Pricing()
    candidates = eligible(programme, sale, facts, place, money=True)
    if not candidates:
        return Pricing()
    lines = line_costs(sale)
    costs = (*lines, sale.total_minor - sum(lines))
    seen = basket(programme.rules, sale)
    worthy, held_out = [], []
    for candidate in candidates:
        alone_minor = worth_minor(seen, candidate.offer.gift, costs)
        if alone_minor and candidate.held_out:
            held_out.append(candidate.offer.id)
        elif alone_minor:
            left = alone_minor if candidate.left is None else candidate.left
            worthy.append(_Worthy(candidate=candidate, alone_minor=min(alone_minor, left)))
    taken = _take(programme.rules.stacking, worthy, lambda: _Bill(programme, seen, costs))
    return Pricing(
        discounts=tuple(_discount(one) for one in taken),
        uses=tuple(
            use
            for one in taken
            for use in uses_of(one.worthy.candidate, facts, Given(amount_minor=one.amount_minor))
        ),
        held_out=tuple(sorted(held_out)),
    )


def kept_from(
    programme: Programme, sale: Sale, facts: MemberFacts, place: Place
) -> tuple[str, ...]:
    """Say which offers would have taken money off a closed sale but for the member's lot.

    Whom every such offer keeps out reserves nothing, so the sale itself tells of the decision.

    Args:
        programme: the version in force when the sale was made.
        sale: as it was paid.
        facts: the member's past, and the limits used.
        place: where and when.

    Returns:
        Their ids, sorted.
    """
    candidates = eligible(programme, sale, facts, place, money=True, held_out=True)
    if not candidates or sale.total_minor == 0:
        return ()
    lines = line_costs(sale)
    costs = (*lines, sale.total_minor - sum(lines))
    seen = basket(programme.rules, sale)
    found = [one.offer for one in candidates if worth_minor(seen, one.offer.gift, costs)]
    return tuple(sorted(offer.id for offer in found))


def _take(
    policy: StackingPolicy, worthy: list[_Worthy], new_bill: Callable[[], _Bill]
) -> list[_Taken]:
    """Apply offers by the stacking policy.

    One that goes alone has an effect only if those that go with every other leave it some; where
    they do not, the next choice is tried on a new bill.
    """
    worthy.sort(key=_rank)
    always = [one for one in worthy if one.offer.stacking is Stacking.ALWAYS]
    for choice in _choices(policy, worthy):
        chosen = sorted([*always, *choice], key=_rank) if always else choice
        taken = _apply(new_bill(), chosen, policy.most)
        if any(one.worthy.offer.stacking is not Stacking.ALWAYS for one in taken):
            return taken
    return _apply(new_bill(), always, policy.most)


def _choices(policy: StackingPolicy, worthy: Sequence[_Worthy]) -> list[list[_Worthy]]:
    """What may stand beside the offers that always apply, the preferred first."""
    lone = [[one] for one in worthy if one.offer.stacking is Stacking.NEVER]
    stackable = [one for one in worthy if one.offer.stacking is Stacking.STACKABLE]
    if policy.choice is Choice.ALL:
        return [*lone, stackable]
    if policy.choice is Choice.HIGHEST:
        stackable.sort(key=lambda one: -one.alone_minor)
    elif policy.choice is Choice.LOWEST:
        stackable.sort(key=lambda one: one.alone_minor)
    return [*lone, *([one] for one in stackable)]


def _apply(bill: _Bill, chosen: Sequence[_Worthy], most: int | None) -> list[_Taken]:
    taken: list[_Taken] = []
    for worthy in chosen:
        if len(taken) == most:
            break
        if bill.reaches(worthy.offer.when):
            parts = bill.take(worthy.candidate)
            amount_minor = sum(parts)
            if amount_minor:
                taken.append(_Taken(worthy=worthy, parts=parts, amount_minor=amount_minor))
    return taken


def _rank(worthy: _Worthy) -> tuple[int, int, str]:
    return (-worthy.offer.priority, -worthy.alone_minor, worthy.offer.id)


def _discount(taken: _Taken) -> Discount:
    *lines, unlisted = taken.parts
    offer = taken.worthy.offer
    return Discount(
        source=offer.id,
        amount_minor=taken.amount_minor,
        lines=() if unlisted else tuple(lines),
        funder=offer.funder,
    )
