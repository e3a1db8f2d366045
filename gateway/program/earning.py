"""What a sale, or something else that a member does, brings in points and stored credit.

Of the rules that hold, in each unit for itself: the stackable ones add up, each rounded once for
the whole sale, and the product of the multipliers applies to their sum, multiplied first and
rounded once. A rule that is not stackable takes the place of all others, multipliers included.
A rule that would give nothing holds for nothing: it takes nobody's place and is not used up.
What a weak card may earn limits the whole of it (``gateway.program.weak_cards``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Final

from gateway.model.ids import BranchId
from gateway.model.programme import Programme
from gateway.model.rules.caps import CapMeasure
from gateway.model.rules.earning import EarningKind, EarningRule, Unit
from gateway.model.rules.expiry import Expiry
from gateway.model.rules.rules import BASE_RULE_ID
from gateway.model.sale import Sale
from gateway.program.conditions import ALWAYS, Situation, holds_for, holds_on, situation
from gateway.program.earn import SALE_POINTS_MAX
from gateway.program.evaluation import Award, Evaluation, Use
from gateway.program.facts import MemberFacts, Place
from gateway.program.limits import (
    BRANCH_DAYS_KEPT,
    Count,
    Given,
    counts_of,
    earning_source,
    occurrence_today,
    room,
    used_of,
    uses,
)
from gateway.program.lines import EVERY_LINE, EVERYTHING, ById, allocate, rounded
from gateway.program.multipliers import WHOLE_PERMILLE, Product
from gateway.program.offers import gifts_of_sale
from gateway.program.pricing import kept_from
from gateway.program.weak_cards import Allowance, allowance

_EVENT: Final = frozenset({EarningKind.EVENT})
_REFERRAL: Final = frozenset({EarningKind.REFERRAL})
_SALE: Final = frozenset(EarningKind) - _EVENT - _REFERRAL


def evaluate(programme: Programme, sale: Sale, facts: MemberFacts, place: Place) -> Evaluation:
    """Say what a closed sale brings its member.

    A programme without further rules gives exactly ``gateway.program.earn.points_for_sale``.

    Args:
        programme: the version in force when the sale was made.
        sale: the sale, discounts off.
        facts: what was before; ``gateway.program.needs`` says which are looked at.
        place: where and when.

    Returns:
        Awards in the order of the rules, the base first, the offers' after them; no unit of them
        above ``SALE_POINTS_MAX``, and points not above what the card may earn.
    """
    now = situation(programme, sale, facts, place)
    allowed = allowance(programme, facts, place)
    plans = _plans(ById(programme), _SALE, place.branch, place.business_day)
    own = _rate(plans, now, facts, allowed)
    if not programme.rules.offers:
        return _counted(own, facts, allowed)
    left = {unit: most - own.total(unit) for unit, most in _most(allowed).items()}
    gifts = gifts_of_sale(programme, sale, facts, place, own.total(Unit.POINTS), left=left)
    wanted = own.total(Unit.POINTS) + own.kept_back + gifts.wanted_points
    given = replace(
        own,
        awards=own.awards + gifts.awards,
        vouchers=gifts.vouchers,
        uses=own.uses + gifts.uses,
        held_out=tuple(sorted((*gifts.held_out, *kept_from(programme, sale, facts, place)))),
    )
    kept_back = min(wanted, SALE_POINTS_MAX) - given.total(Unit.POINTS)
    return _counted(replace(given, kept_back=kept_back), facts, allowed)


def evaluate_event(
    programme: Programme, event: str, facts: MemberFacts, place: Place
) -> Evaluation:
    """Say what something that is no purchase brings: signing up, a survey, a review.

    Conditions that ask for goods or amounts do not hold, and multipliers are for sales. That one
    event counts once is for the caller to keep, by the event's own id.

    Args:
        programme: the version in force.
        event: its name in the rules; one that no rule names brings nothing.
        facts: what was before.
        place: where and when.
    """
    plans = _plans(ById(programme), _EVENT, place.branch, place.business_day)
    named = [plan for plan in plans if plan.rule.event == event]
    allowed = allowance(programme, facts, place)
    own = _rate(named, situation(programme, None, facts, place), facts, allowed)
    return _counted(own, facts, allowed)


def evaluate_referral(
    programme: Programme, sale: Sale, facts: MemberFacts, place: Place, referrer: MemberFacts
) -> Evaluation:
    """Say what whoever brought a member gets for the member's first purchase.

    Args:
        programme: the version in force when the sale was made.
        sale: the sale; conditions look at it.
        facts: the new member's; conditions look at them as well.
        place: where and when.
        referrer: whose limits count, and who gets the awards.
    """
    brought = facts.referred and facts.purchases == 0 and facts.member_id is not None
    if not brought or referrer.member_id in (None, facts.member_id):
        return Evaluation()
    plans = _plans(ById(programme), _REFERRAL, place.branch, place.business_day)
    allowed = allowance(programme, referrer, place)
    own = _rate(plans, situation(programme, sale, facts, place), referrer, allowed)
    return _counted(replace(own, tier=None), referrer, allowed)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """A rule that can hold at a branch on a day, with what the programme says beside it.

    Attributes:
        rule: the rule.
        position: its place among the rules; the base has the first.
        source: the name under which its limits are counted.
        counts: its limits, as they are counted there and then.
        pending_days: its own, or the programme's.
        expiry: its own, or the programme's for its unit.
    """

    rule: EarningRule
    position: int
    source: str
    counts: tuple[Count, ...] = ()
    pending_days: int
    expiry: Expiry


@dataclass(frozen=True, slots=True, kw_only=True)
class _Earned:
    """What a rule gives, as yet without regard to other rules.

    Attributes:
        plan: the rule.
        amount: points or credit; 0 for a multiplier that lowers what others give.
        lines: of it, what each line earned; empty where it is for the sale as a whole.
    """

    plan: _Plan
    amount: int
    lines: tuple[int, ...] = ()

    @property
    def rank(self) -> tuple[int, int, str]:
        """The higher priority first, then what is best for the member, then the smaller id."""
        return (-self.plan.rule.priority, -self.amount, self.plan.rule.id)


@lru_cache(maxsize=3 * BRANCH_DAYS_KEPT)
def _plans(
    programme: ById[Programme], kinds: frozenset[EarningKind], branch: BranchId, day: date
) -> tuple[_Plan, ...]:
    """The rules of some kinds that can hold at a branch on a business day."""
    rules = programme.value.rules
    return tuple(
        replace(plan, counts=counts_of(plan.source, plan.rule.caps, branch, day, rules.settings))
        for plan in _every_plan(programme)
        if plan.rule.kind in kinds and holds_on(rules, plan.rule.when, branch, day)
    )


@lru_cache(maxsize=16)
def _every_plan(programme: ById[Programme]) -> tuple[_Plan, ...]:
    rules = programme.value.rules
    own = {Unit.POINTS: rules.expiry, Unit.CREDIT: rules.credit.earned_expiry}
    return tuple(
        _Plan(
            rule=rule,
            position=position,
            source=earning_source(rule.id),
            pending_days=rules.pending_days if rule.pending_days is None else rule.pending_days,
            expiry=own[rule.unit] if rule.expiry is None else rule.expiry,
        )
        for position, rule in enumerate((*_base(programme.value), *rules.earning))
    )


def _base(programme: Programme) -> tuple[EarningRule, ...]:
    if not programme.earn_points:
        return ()
    base = EarningRule(
        id=BASE_RULE_ID,
        kind=EarningKind.PER_AMOUNT,
        points=programme.earn_points,
        per_minor=programme.earn_per_minor,
        items=EVERY_LINE,
        when=ALWAYS,
    )
    return (base,)


def _rate(
    plans: Iterable[_Plan], now: Situation, owner: MemberFacts, allowed: Allowance
) -> Evaluation:
    """Put together what the rules give that hold; ``owner`` is whose limits count."""
    holding = [plan for plan in plans if _holds(plan, now, owner)]
    earned: list[_Earned] = []
    kept_back = 0
    for unit, most in _most(allowed).items():
        mine = [plan for plan in holding if plan.rule.unit is unit]
        if mine:
            parts = _combined(mine, now, owner)
            earned += _limited(parts, most)
            kept_back += _too_much(parts, most)
    earned.sort(key=lambda part: part.plan.position)
    awards = tuple(_award(part) for part in earned if part.amount)
    used = tuple(use for part in earned for use in _uses(part, now, owner))
    return Evaluation(awards=awards, uses=used, tier=now.tier, kept_back=kept_back)


def _most(allowed: Allowance) -> dict[Unit, int]:
    """How much of each unit may be given."""
    return {Unit.POINTS: allowed.most, Unit.CREDIT: SALE_POINTS_MAX}


def _counted(given: Evaluation, owner: MemberFacts, allowed: Allowance) -> Evaluation:
    """Count what was given against what the card may earn."""
    if not allowed.counts:
        return given
    return replace(given, uses=given.uses + allowed.uses(owner, given.total(Unit.POINTS)))


def _too_much(earned: list[_Earned], most: int) -> int:
    """What a weak card keeps from being given; that no sale brings more than so much is no news."""
    return max(min(sum(part.amount for part in earned), SALE_POINTS_MAX) - most, 0)


def _holds(plan: _Plan, now: Situation, owner: MemberFacts) -> bool:
    rule = plan.rule
    if not (rule.items.empty if now.basket is None else now.basket.mask(rule.items)):
        return False
    if rule.kind is EarningKind.VISIT and now.facts.visited_today:
        return False
    if rule.when is not ALWAYS and not holds_for(rule.when, now):
        return False
    if room(plan.counts, owner) == 0:
        return False
    if rule.when.member_day is None:
        return True
    day = occurrence_today(plan.source, rule.when, now.facts, now.place)
    return day is not None and used_of(now.facts, day) == 0


def _combined(holding: Sequence[_Plan], now: Situation, owner: MemberFacts) -> list[_Earned]:
    """What rules of one unit give together."""
    simple = [plan for plan in holding if plan.rule.kind is not EarningKind.MULTIPLIER]
    earned = [part for plan in simple if (part := _earned(plan, now, owner)).amount]
    alone = [part for part in earned if not part.plan.rule.stackable]
    if alone:
        return [min(alone, key=lambda part: part.rank)]
    multipliers = [plan for plan in holding if plan.rule.kind is EarningKind.MULTIPLIER]
    return _multiplied(earned, multipliers, now, owner) if earned and multipliers else earned


def _earned(plan: _Plan, now: Situation, owner: MemberFacts) -> _Earned:
    rule, basket = plan.rule, now.basket
    amount = rule.points
    weights: Sequence[int] = ()
    if basket is not None and rule.kind is EarningKind.PER_AMOUNT:
        counted = basket.counted_minor(now.programme, rule.items, rule.basis)
        amount = rounded(counted, rule.per_minor or 1, rule.rounding) * rule.points
        weights = basket.weights(basket.mask(rule.items))
    elif basket is not None and rule.kind is EarningKind.ITEM:
        mask = basket.mask(rule.items)
        amount = basket.pieces(mask) // rule.per_pieces * rule.points
        weights = basket.pieces_by_line(mask)
    amount = _what_is_left(plan, amount, owner)
    return _Earned(plan=plan, amount=amount, lines=_on_lines(amount, weights))


def _what_is_left(plan: _Plan, amount: int, owner: MemberFacts) -> int:
    """Lower an amount to what the rule's limits on points leave."""
    left = room(plan.counts, owner, CapMeasure.POINTS)
    return amount if left is None else min(amount, left)


def _on_lines(amount: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Split an amount over lines; where none of them weighs anything it is the whole sale's."""
    return allocate(amount, weights) if amount and max(weights, default=0) > 0 else ()


def _multiplied(
    earned: list[_Earned], multipliers: Sequence[_Plan], now: Situation, owner: MemberFacts
) -> list[_Earned]:
    """Add what the multipliers bring to what was earned.

    What a multiplier adds is an award of its own, so that its limits, its pending time and its
    expiry are its own; one that lowers lowers the awards before it. A multiplier with a filter
    multiplies what the lines that it lets through have earned. Each step is rounded from the exact
    product of all steps so far, so the last one is the product rounded once. The rounding is that
    of the multiplier with the highest priority.
    """
    order = sorted(multipliers, key=lambda plan: (-plan.rule.priority, plan.rule.id))
    rounding = order[0].rule.rounding
    product = Product([(part.amount, part.lines) for part in earned])
    lowering = [plan for plan in order if _permille(plan) < WHOLE_PERMILLE]
    for plan in lowering:
        product.times(_permille(plan), _mask(plan, now))
    result = earned
    if lowering:
        shares = zip(earned, product.shares(rounding), strict=True)
        result = [
            replace(part, amount=amount, lines=_on_lines(amount, weights))
            for part, (amount, weights) in shares
        ]
    total = sum(part.amount for part in result)
    result = result + [_Earned(plan=plan, amount=0) for plan in lowering]
    for plan in order:
        if _permille(plan) <= WHOLE_PERMILLE:
            continue
        weights = product.times(_permille(plan), _mask(plan, now))
        surplus = product.total(rounding) - total
        gain = _what_is_left(plan, surplus, owner)
        if gain < surplus:
            product.stop_at(total + gain)
        total += gain
        if gain:
            result.append(_Earned(plan=plan, amount=gain, lines=_on_lines(gain, weights)))
    return result


def _mask(plan: _Plan, now: Situation) -> int:
    return EVERYTHING if now.basket is None else now.basket.mask(plan.rule.items)


def _permille(plan: _Plan) -> int:
    return plan.rule.multiplier_permille or WHOLE_PERMILLE


def _limited(earned: list[_Earned], most: int) -> list[_Earned]:
    """Keep one unit's sum within what a sale may earn."""
    if sum(part.amount for part in earned) <= most:
        return earned
    left, kept = most, []
    for part in sorted(earned, key=lambda part: part.plan.position):
        amount = min(part.amount, left)
        left -= amount
        if amount or not part.amount:
            kept.append(replace(part, amount=amount, lines=_on_lines(amount, part.lines)))
    return kept


def _award(part: _Earned) -> Award:
    return Award(
        source=part.plan.rule.id,
        unit=part.plan.rule.unit,
        amount=part.amount,
        lines=part.lines,
        pending_days=part.plan.pending_days,
        expiry=part.plan.expiry,
    )


def _uses(part: _Earned, now: Situation, owner: MemberFacts) -> Iterator[Use]:
    """What a rule that was used adds to the counts."""
    plan = part.plan
    if plan.counts:
        yield from uses(plan.counts, owner, Given(points=part.amount))
    day = occurrence_today(plan.source, plan.rule.when, now.facts, now.place)
    if day is not None:
        yield Use(key=day, amount=1)
