"""Which offers a sale gets, who is held out, and what they give beside money off. Pure.

An offer is given to whoever fulfils its condition, unless its budgets are used up, the member had
it for this year's day already, or the member's lot is to get nothing. Lots are drawn by a hash, so
that the same member draws the same lot of an offer for ever, on every machine, without a table.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from gateway.model.ids import BranchId, MemberId
from gateway.model.programme import Programme
from gateway.model.rules.caps import CapMeasure
from gateway.model.rules.earning import Unit
from gateway.model.rules.offer import Offer, Stacking
from gateway.model.rules.reward import MONEY_GIFTS
from gateway.model.sale import Sale
from gateway.program.conditions import holds_for, holds_on, situation
from gateway.program.evaluation import Award, Use, Voucher
from gateway.program.facts import MemberFacts, Place
from gateway.program.gift_giving import give, worth_of
from gateway.program.limits import (
    BRANCH_DAYS_KEPT,
    Count,
    Given,
    counts_of,
    occurrence_today,
    offer_source,
    room,
    used_of,
    uses,
)
from gateway.program.lines import ById


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An offer whose condition holds and whose budgets have room.

    Attributes:
        offer: which.
        left: the most that its budgets let it give: minor units of money off, or else points or
            minor units of credit; None for no limit.
        occurrence: the key of the one use around this year's day of the member's; None for offers
            that have nothing to do with one.
        held_out: the member's lot keeps it from being given.
        counts: its budgets, as they are counted there and then.
    """

    offer: Offer
    left: int | None
    occurrence: str | None
    held_out: bool
    counts: tuple[Count, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferGifts:
    """What the offers give for a closed sale, beside money off.

    Attributes:
        awards: points and credit, by priority.
        vouchers: coupons and benefits, by priority.
        uses: what to add to the limits.
        held_out: ids of offers that would have given something, sorted.
        wanted_points: what their points would have come to without any limit of the whole sale.
    """

    awards: tuple[Award, ...] = ()
    vouchers: tuple[Voucher, ...] = ()
    uses: tuple[Use, ...] = ()
    held_out: tuple[str, ...] = ()
    wanted_points: int = 0


@dataclass(frozen=True, slots=True)
class _Found:
    """A candidate with what it gives."""

    candidate: Candidate
    granted: Award | Voucher
    worth_minor: int


def eligible(
    programme: Programme,
    sale: Sale,
    facts: MemberFacts,
    place: Place,
    *,
    money: bool,
    held_out: bool = False,
) -> tuple[Candidate, ...]:
    """Find the offers that a sale can get, each by itself.

    Args:
        programme: the rules in force.
        sale: as it came, before any of them applies; conditions look at it.
        facts: the member's past, and the limits used.
        place: where and when.
        money: whether to look at the offers that take money off, or at the others.
        held_out: look only at those that the member's lot keeps from being given.

    Returns:
        Candidates by priority, then by id; whether they have an effect is for the caller to see.
    """
    open_offers = _open_offers(ById(programme), place.branch, place.business_day, money, held_out)
    if not open_offers:
        return ()
    now, total_minor = situation(programme, sale, facts, place), sale.total_minor
    found = [
        _limited(candidate, facts, place)
        for candidate in open_offers
        # No goods count for more than the whole sale, so that most offers need no other look.
        if (candidate.offer.when.minimum_minor or 0) <= total_minor
        and holds_for(candidate.offer.when, now)
        and (not held_out or is_held_out(candidate.offer, facts.member_id))
    ]
    return tuple([candidate for candidate in found if candidate is not None])


def is_held_out(offer: Offer, member_id: MemberId | None) -> bool:
    """Draw a member's lot for an offer: the same one for ever.

    Nobody is drawn whom nobody could recognise again. An offer that was promised has no lots.
    """
    if not offer.holdout_percent or member_id is None:
        return False
    digest = hashlib.sha256(f"holdout\0{offer.id}\0{member_id}".encode()).digest()
    return int.from_bytes(digest[:8]) % 100 < offer.holdout_percent


def uses_of(candidate: Candidate, facts: MemberFacts, given: Given) -> tuple[Use, ...]:
    """Say what to add to the limits once a candidate was given."""
    counted = uses(candidate.counts, facts, given) if candidate.counts else ()
    if candidate.occurrence is None:
        return counted
    return (*counted, Use(key=candidate.occurrence, amount=1))


def gifts_of_sale(
    programme: Programme,
    sale: Sale,
    facts: MemberFacts,
    place: Place,
    points: int,
    *,
    left: Mapping[Unit, int],
) -> OfferGifts:
    """Say what the offers give for a closed sale: points, credit, coupons, benefits.

    An offer that goes alone keeps the stackable ones of these from being given, as it does among
    offers that take money off; those are settled before the sale is paid and do not meet these.

    Args:
        programme: the rules in force.
        sale: as it was paid, discounts off.
        facts: the member's past, and the limits used.
        place: where and when.
        points: what the sale earned by the earning rules; each multiplier is reckoned from this,
            not from what another offer gave.
        left: what the sale may still bring of each unit, all offers together. An offer for which
            that leaves nothing gives nothing, and takes nobody's place.
    """
    found, held_out = [], []
    for candidate in eligible(programme, sale, facts, place, money=False):
        granted = give(programme, candidate.offer, points=points, left=candidate.left)
        if granted is None:
            continue
        if candidate.held_out:
            held_out.append(candidate.offer.id)
        else:
            found.append(_Found(candidate, granted, worth_of(programme, granted)))
    most = programme.rules.stacking.most
    wanted = _together(found, most)
    given = list(_within(_together([one for one in found if _fits(one, left)], most), left))
    return OfferGifts(
        awards=tuple(one.granted for one in given if isinstance(one.granted, Award)),
        vouchers=tuple(one.granted for one in given if isinstance(one.granted, Voucher)),
        uses=tuple(
            use for one in given for use in uses_of(one.candidate, facts, _counted(one.granted))
        ),
        held_out=tuple(sorted(held_out)),
        wanted_points=sum(_amount(one, Unit.POINTS) for one in wanted),
    )


def _fits(one: _Found, left: Mapping[Unit, int]) -> bool:
    return not isinstance(one.granted, Award) or left[one.granted.unit] > 0


def _within(given: list[_Found], left: Mapping[Unit, int]) -> Iterator[_Found]:
    """Keep awards within what the sale may still bring, the first first."""
    open_units = dict(left)
    for one in given:
        if not isinstance(one.granted, Award):
            yield one
            continue
        award = one.granted
        amount = min(award.amount, open_units[award.unit])
        open_units[award.unit] -= amount
        if amount:
            yield replace(one, granted=replace(award, amount=amount))


def _amount(one: _Found, unit: Unit) -> int:
    granted = one.granted
    return granted.amount if isinstance(granted, Award) and granted.unit is unit else 0


def _limited(candidate: Candidate, facts: MemberFacts, place: Place) -> Candidate | None:
    """A candidate with what limits it today; None where nothing is left of it."""
    offer = candidate.offer
    if not (offer.budgets or offer.holdout_percent or offer.when.member_day):
        return candidate
    measure = CapMeasure.AMOUNT if offer.gift.kind in MONEY_GIFTS else CapMeasure.POINTS
    left = room(candidate.counts, facts, measure)
    if left == 0 or room(candidate.counts, facts) == 0:
        return None
    occurrence = occurrence_today(offer_source(offer.id), offer.when, facts, place)
    if occurrence is not None and used_of(facts, occurrence):
        return None
    return Candidate(
        offer=offer,
        left=left,
        occurrence=occurrence,
        held_out=is_held_out(offer, facts.member_id),
        counts=candidate.counts,
    )


def _together(found: list[_Found], most: int | None) -> list[_Found]:
    found.sort(
        key=lambda one: (-one.candidate.offer.priority, -one.worth_minor, one.candidate.offer.id)
    )
    alone = next((one for one in found if _stacks(one) is Stacking.NEVER), None)
    if alone is not None:
        found = [one for one in found if one is alone or _stacks(one) is Stacking.ALWAYS]
    return found[:most]


def _stacks(one: _Found) -> Stacking:
    return one.candidate.offer.stacking


def _counted(granted: Award | Voucher) -> Given:
    return Given(points=granted.amount if isinstance(granted, Award) else 0)


@lru_cache(maxsize=3 * BRANCH_DAYS_KEPT)
def _open_offers(
    programme: ById[Programme],
    branch: BranchId,
    day: date,
    money: bool,  # noqa: FBT001 - a part of the key under which the answer is kept
    with_lots: bool,  # noqa: FBT001 - the same
) -> tuple[Candidate, ...]:
    """The offers of a branch on a business day, by priority and id, as if nothing limited them.

    With lots, those alone from which some members are kept.
    """
    rules = programme.value.rules
    found = [
        Candidate(
            offer=offer,
            left=None,
            occurrence=None,
            held_out=False,
            counts=counts_of(offer_source(offer.id), offer.budgets, branch, day, rules.settings),
        )
        for offer in rules.offers
        if (offer.gift.kind in MONEY_GIFTS) is money
        and (offer.holdout_percent > 0 or not with_lots)
        and holds_on(rules, offer.when, branch, day)
    ]
    return tuple(sorted(found, key=lambda one: (-one.offer.priority, one.offer.id)))
