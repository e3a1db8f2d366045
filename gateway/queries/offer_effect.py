"""What an offer brings: members who got it against those whom the lot kept from it.

A member belongs to the group of the first sale on which the offer was decided in the time that is
asked for, whatever happened afterwards, and everything that the member bought from that sale to
the end of that time counts: whoever got the offer and whoever would have got it are compared, not
whoever used it (intention to treat). Who never fulfilled its condition is in neither group.

What was paid is after discounts. Costs are what was given with goods that were kept; points at
what they buy, as if all of them were used.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final

from gateway.ledger.queries import LedgerReader
from gateway.ledger.sql_batch import SqlBatch
from gateway.model.ids import MemberId
from gateway.model.money import Currency
from gateway.model.programme import Programme
from gateway.model.rules.earning import Unit
from gateway.model.rules.reward import GiftKind
from gateway.queries.offer_rows import Asked, MoneyOff, money_off, rated_sales
from gateway.queries.reading import reading
from gateway.queries.stretch import stretch_between
from gateway.queries.uplift import Group, Interval, Spending, difference, group_of, ratio, rounded

#: A smaller group says nothing: chance alone would explain whatever came of it.
GROUP_MIN: Final = 30


class Obstacle(StrEnum):
    """Why two groups are not compared."""

    TOO_FEW = "too_few"
    """One of them has fewer than ``GROUP_MIN`` members."""
    TWO_CURRENCIES = "two_currencies"
    """The rules changed their currency in that time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferCost:
    """What an offer gave.

    Attributes:
        discount_minor: money off, coupons that it had given included; already taken off what
            members paid.
        credit_minor: stored credit.
        points: points.
        points_minor: what those buy.
        coupons: coupons that it gave.
        benefits: things that are no money; what they cost the shop knows.
    """

    discount_minor: int = 0
    credit_minor: int = 0
    points: int = 0
    points_minor: int = 0
    coupons: int = 0
    benefits: int = 0

    @property
    def total_minor(self) -> int:
        """All of it that is money."""
        return self.discount_minor + self.credit_minor + self.points_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two groups compared, by 95 % intervals.

    Attributes:
        each: how much more a member who got the offer spent, in minor units.
        share: the same as a share of what the others spent; None where it cannot be told.
        brought: the first, times the members who got it.
    """

    each: Interval
    share: Interval | None
    brought: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferEffect:
    """What is known of an offer's effect.

    Attributes:
        given: members who got it.
        held_out: members whom the lot kept from it.
        cost: what was given; nothing where there is no one currency.
        currency: of all amounts; None where nothing was sold, or in two currencies, whose amounts
            are not to be added.
        comparison: None where there is an obstacle.
        obstacle: why nothing is compared.
    """

    given: Group
    held_out: Group
    cost: OfferCost
    currency: Currency | None
    comparison: Comparison | None
    obstacle: Obstacle | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RatedSale:
    """One member's sale, in the order of the journal.

    Attributes:
        member_id: whose.
        visit: its business day and branch.
        kept_minor: what was paid and not given back.
        given: the offer gave something with it.
        held_out: the lot kept the offer from giving something.
    """

    member_id: MemberId
    visit: tuple[str, str]
    kept_minor: int
    given: bool = False
    held_out: bool = False


def offer_effect(ledger: LedgerReader, asked: Asked) -> OfferEffect:
    """Compare members who got an offer with members whom the lot kept from it.

    Args:
        ledger: where; read only.
        asked: which offer, when, and at which branches.

    Raises:
        LedgerError: if the ledger cannot be read.
    """
    with reading(ledger.place) as connection:
        batch = SqlBatch(connection)
        programmes = {one.version: one for one in batch.programmes()}
        stretch = stretch_between(connection, asked.from_ms, asked.until_ms)
        taken = money_off(connection, batch, asked, stretch)
        sales = _Sales(asked.offer, taken)
        groups = groups_of(sales.read(connection.execute(rated_sales(asked, stretch))))
        return _effect(groups, sales.gifts, programmes)


def groups_of(sales: Iterable[RatedSale]) -> tuple[Group, Group]:
    """Put members into the group of their first decision, and add up what they did from there.

    Args:
        sales: in the order in which they were recorded.

    Returns:
        Those who got the offer, and those whom the lot kept from it.
    """
    members: dict[MemberId, _Member] = {}
    for sale in sales:
        member = members.get(sale.member_id)
        if member is None:
            if not (sale.given or sale.held_out):
                continue
            member = members[sale.member_id] = _Member(held_out=not sale.given)
        member.sales += 1
        member.visits.add(sale.visit)
        member.spent_minor += sale.kept_minor
    given, held_out = (
        group_of(one.spending for one in members.values() if one.held_out is kept)
        for kept in (False, True)
    )
    return given, held_out


def compared(given: Group, held_out: Group) -> Comparison | None:
    """Compare two groups; None where one of them is too small to say anything."""
    if min(given.members, held_out.members) < GROUP_MIN:
        return None
    each = difference(given, held_out)
    return Comparison(each=each, share=ratio(given, held_out), brought=each.times(given.members))


@dataclass(slots=True)
class _Member:
    held_out: bool
    sales: int = 0
    visits: set[tuple[str, str]] = field(default_factory=set)
    spent_minor: int = 0

    @property
    def spending(self) -> Spending:
        return Spending(sales=self.sales, visits=len(self.visits), spent_minor=self.spent_minor)


@dataclass(slots=True)
class _Gifts:
    """What an offer gave under one version of the rules, less what returns took back."""

    points: Fraction = Fraction(0)
    credit: Fraction = Fraction(0)
    discount: Fraction = Fraction(0)
    coupons: int = 0
    benefits: int = 0


class _Sales:
    """Reads rated sales one by one, and adds up what the offer gave on the way."""

    def __init__(self, offer: str, money_off: Mapping[int, MoneyOff]) -> None:
        self.gifts: defaultdict[int, _Gifts] = defaultdict(_Gifts)
        self._offer = offer
        self._money_off = money_off

    def read(self, rows: Iterable[Any]) -> Iterator[RatedSale]:
        """Say of each row of ``rated_sales`` what was bought, and whether the offer was decided."""
        for index, member_id, branch, day, version, total, kept, evaluation in rows:
            given = held_out = False
            gifts, off = self.gifts[version], self._money_off.get(index)
            if off is not None:
                gifts.discount += off.amount
                given = off.by_offer
            if evaluation is not None:
                found = json.loads(evaluation)
                held_out = self._offer in found.get("held_out", ())
                given = self._count(gifts, found, Fraction(kept, total or 1)) or given
            yield RatedSale(
                member_id=member_id,
                visit=(day, branch),
                kept_minor=kept,
                given=given,
                held_out=held_out,
            )

    def _count(self, gifts: _Gifts, found: Mapping[str, Any], kept: Fraction) -> bool:
        """Count what the offer gave with a sale; False where that was nothing."""
        awards = [one for one in found.get("awards", ()) if one["source"] == self._offer]
        vouchers = [one for one in found.get("vouchers", ()) if one["source"] == self._offer]
        for award in awards:
            if award["unit"] == Unit.POINTS:
                gifts.points += award["amount"] * kept
            else:
                gifts.credit += award["amount"] * kept
        gifts.coupons += _how_many(vouchers, GiftKind.COUPON)
        gifts.benefits += _how_many(vouchers, GiftKind.BENEFIT)
        return bool(awards or vouchers)


def _how_many(vouchers: Iterable[Mapping[str, Any]], kind: GiftKind) -> int:
    return sum(one["quantity"] for one in vouchers if one["kind"] == kind)


def _effect(
    groups: tuple[Group, Group],
    gifts: Mapping[int, _Gifts],
    programmes: Mapping[int, Programme],
) -> OfferEffect:
    given, held_out = groups
    currencies = {programmes[version].currency for version in gifts}
    obstacle = Obstacle.TWO_CURRENCIES if len(currencies) > 1 else None
    comparison = None if obstacle is not None else compared(given, held_out)
    if obstacle is None and comparison is None:
        obstacle = Obstacle.TOO_FEW
    return OfferEffect(
        given=given,
        held_out=held_out,
        cost=_cost(gifts, programmes) if len(currencies) == 1 else OfferCost(),
        currency=next(iter(currencies)) if len(currencies) == 1 else None,
        comparison=comparison,
        obstacle=obstacle,
    )


def _cost(gifts: Mapping[int, _Gifts], programmes: Mapping[int, Programme]) -> OfferCost:
    worth = sum(
        (one.points * programmes[version].redeem_value_minor / programmes[version].redeem_points)
        for version, one in gifts.items()
    )
    every = gifts.values()
    return OfferCost(
        discount_minor=rounded(Fraction(sum(one.discount for one in every))),
        credit_minor=rounded(Fraction(sum(one.credit for one in every))),
        points=rounded(Fraction(sum(one.points for one in every))),
        points_minor=rounded(Fraction(worth)),
        coupons=sum(one.coupons for one in every),
        benefits=sum(one.benefits for one in every),
    )
