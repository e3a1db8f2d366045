"""Rules tried on a basket that nobody bought: what they take off and give, rule by rule. Pure.

The engine itself decides, the one that rates real sales. What keeps a rule from holding is found
by asking the engine for each part of its condition alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from gateway.model.card import Assurance
from gateway.model.ids import SALE_KEY_BYTES, BranchId, MemberId, SaleKey
from gateway.model.programme import Programme
from gateway.model.rules.condition import BIRTHDAY, Condition
from gateway.model.rules.scope import ItemFilter, Window
from gateway.model.sale import Sale, SaleLine, SaleSource
from gateway.program.conditions import holds
from gateway.program.earning import evaluate
from gateway.program.evaluation import Evaluation, Pricing
from gateway.program.facts import MemberDate, MemberFacts, Place
from gateway.program.local_time import clock_of, place_at
from gateway.program.needs import needs_of
from gateway.program.pricing import price

#: Whoever tries rules is nobody; the number only has to be one.
SOMEBODY: Final = MemberId("0" * 31 + "1")
_WEEK: Final = timedelta(days=7)
_WHOLE_MILLI: Final = 1_000
VISITS_LOOKED_AT: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedLine:
    """One line of the basket.

    Attributes:
        price_minor: of a piece.
        quantity_milli: thousandths of a piece.
        label: its name on the receipt.
        sku: its article number; empty for none.
    """

    price_minor: int
    quantity_milli: int = _WHOLE_MILLI
    label: str = ""
    sku: str = ""

    @property
    def amount_minor(self) -> int:
        """What the line costs, to the nearest minor unit."""
        return (self.price_minor * self.quantity_milli * 2 + _WHOLE_MILLI) // (2 * _WHOLE_MILLI)


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedSale:
    """A purchase that nobody made.

    Attributes:
        rules: which rules are tried.
        branch: where.
        day: on which day by the branch's wall clock...
        minute: ...and how many minutes after midnight.
        lines: the goods.
        member: whether a member buys.
        tier: the member's level; None for none.
        segments: the member's groups.
        visits: visits before this one, a week apart.
        days_since_visit: so many days since the last one.
        own_day: whether it is the member's birthday, and every other day that rules name.
        card: what the card at hand proves.
    """

    rules: str
    branch: str
    day: date
    minute: int
    lines: tuple[TriedLine, ...] = ()
    member: bool = True
    tier: str | None = None
    segments: tuple[str, ...] = ()
    visits: int = 3
    days_since_visit: int | None = None
    own_day: bool = False
    card: Assurance = Assurance.AUTHENTICATED


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What became of it.

    Attributes:
        before: the sale as it came to the till.
        after: the sale with the discounts off, which earned.
        pricing: what was taken off.
        evaluation: what was given.
        facts: what was known of the member.
        place: where and when.
    """

    before: Sale
    after: Sale
    pricing: Pricing
    evaluation: Evaluation
    facts: MemberFacts
    place: Place


def try_rules(programme: Programme, tried: TriedSale) -> Tried:
    """Rate a purchase that nobody made.

    Raises:
        ValueRangeError: if the sale is larger than a sale can be, or the branch's time zone is
            not known.
    """
    branch = BranchId(tried.branch)
    place = place_at(programme.rules.settings, branch, _moment_ms(programme, tried))
    facts = _facts(programme, tried, place)
    before = _sale(tried)
    pricing = price(programme, before, facts, place)
    after = _lowered(before, pricing)
    return Tried(
        before=before,
        after=after,
        pricing=pricing,
        evaluation=evaluate(programme, after, facts, place),
        facts=facts,
        place=place,
    )


def failing(programme: Programme, when: Condition, sale: Sale, tried: Tried) -> list[Condition]:
    """The parts of a condition that do not hold, each as a condition of its own."""
    return [
        part for part in _parts(when) if not holds(programme, part, sale, tried.facts, tried.place)
    ]


def _moment_ms(programme: Programme, tried: TriedSale) -> int:
    zone, _cutoff = clock_of(programme.rules.settings, BranchId(tried.branch))
    wall = datetime(
        tried.day.year, tried.day.month, tried.day.day, *divmod(tried.minute, 60), tzinfo=zone
    )
    return round(wall.timestamp() * 1_000)


def _sale(tried: TriedSale) -> Sale:
    lines = tuple(
        SaleLine(
            label=line.label or "-",
            quantity_milli=line.quantity_milli,
            amount_minor=line.amount_minor,
            sku=line.sku or None,
        )
        for line in tried.lines
    )
    return Sale(
        key=SaleKey(bytes(SALE_KEY_BYTES)),
        total_minor=sum(line.amount_minor for line in lines),
        source=SaleSource.RECEIPT,
        profile="example",
        lines=lines,
    )


def _lowered(sale: Sale, pricing: Pricing) -> Sale:
    """The sale as it is paid: each line less what was taken off it."""
    off = [0] * len(sale.lines)
    for discount in pricing.discounts:
        for at, amount_minor in enumerate(discount.lines):
            off[at] += amount_minor
    lines = tuple(
        replace(line, amount_minor=line.amount_minor - taken)
        for line, taken in zip(sale.lines, off, strict=True)
    )
    return replace(sale, total_minor=sale.total_minor - pricing.amount_minor, lines=lines)


def _facts(programme: Programme, tried: TriedSale, place: Place) -> MemberFacts:
    card = tried.card if needs_of(programme).card else None
    if not tried.member:
        return MemberFacts(card=card)
    today = place.business_day
    gap = 7 if tried.days_since_visit is None else tried.days_since_visit
    visited = tuple(
        today - timedelta(days=gap) - _WEEK * number
        for number in range(min(tried.visits, VISITS_LOOKED_AT))
    )
    level = next((one for one in programme.rules.tiers.levels if one.id == tried.tier), None)
    return MemberFacts(
        member_id=SOMEBODY,
        tier=tried.tier,
        segments=tuple(sorted(tried.segments)),
        dates=tuple(_own_days(programme, today)) if tried.own_day else (),
        purchases=tried.visits,
        visits=tried.visits,
        last_visit_on=visited[0] if visited else None,
        visit_days=visited,
        tier_basis=0 if level is None else level.threshold,
        card=card,
    )


def _own_days(programme: Programme, today: date) -> Iterator[MemberDate]:
    conditions = (condition for _where, condition in programme.rules.conditions())
    named = {one.member_day.day for one in conditions if one.member_day is not None}
    for name in sorted(named | {BIRTHDAY}):
        yield MemberDate(day=name, month=today.month, day_of_month=today.day)


def _parts(when: Condition) -> Iterator[Condition]:
    """Everything that a condition asks for, one at a time."""
    window, basis = when.window, when.amount_basis
    yield Condition(window=Window(first_day=window.first_day, last_day=window.last_day))
    yield Condition(window=Window(weekdays=window.weekdays))
    yield Condition(window=Window(occasions=window.occasions))
    yield Condition(window=Window(hours=window.hours))
    yield Condition(branches=when.branches)
    yield Condition(tiers=when.tiers)
    yield Condition(segments=when.segments)
    yield Condition(first_purchase=when.first_purchase)
    yield Condition(member_day=when.member_day)
    yield Condition(
        visit_every=when.visit_every,
        visits_minimum=when.visits_minimum,
        visits_maximum=when.visits_maximum,
        visits_within_days=when.visits_within_days,
    )
    yield Condition(
        days_since_visit_minimum=when.days_since_visit_minimum,
        days_since_visit_maximum=when.days_since_visit_maximum,
    )
    if when.minimum_minor is not None or when.maximum_minor is not None:
        yield Condition(
            minimum_minor=when.minimum_minor,
            maximum_minor=when.maximum_minor,
            amount_basis=basis,
            items=when.items,
        )
    elif when.minimum_pieces is None and when.items != ItemFilter():
        yield Condition(items=when.items)
    yield Condition(minimum_pieces=when.minimum_pieces, items=_with(when))


def _with(when: Condition) -> ItemFilter:
    return ItemFilter() if when.minimum_pieces is None else when.items
