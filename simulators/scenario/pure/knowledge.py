"""What the books know of a member when something happens: facts for the engine, and the level.

Nothing is kept beside the sales themselves; everything is counted from them again each time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from gateway.model.card import Assurance
from gateway.model.ids import BranchId
from gateway.model.member_facts import MemberFacts, Used
from gateway.model.programme import Programme
from gateway.model.rules.earning import Unit
from gateway.program.facts import Place
from gateway.program.limits import usage_keys
from gateway.program.local_time import place_at
from gateway.program.nightly import tiers_move_by_day
from gateway.program.standing import Standing, Visit, tier_basis
from gateway.program.succession import first_minor, seen_basis
from gateway.program.tiers import tier_after
from gateway.program.versions import programme_at
from simulators.scenario.port import Moment
from simulators.scenario.pure.books import Books, Member, SaleRecord

#: What the cards of a scenario prove: they name themselves.
_SHOWN: Final = Assurance.IDENTIFIED


def programme_of(books: Books, at_ms: int) -> Programme | None:
    """The version that was in force."""
    return programme_at(books.programmes, at_ms)


def current(books: Books, moment: Moment) -> Programme:
    """The version that is in force; there is always one, from the beginning of time."""
    found = programme_at(books.programmes, moment.at_ms)
    assert found is not None, "a scenario begins with rules"
    return found


def place_of(programme: Programme, moment: Moment) -> Place:
    """Where and when something was made, by its branch's clock."""
    return place_at(programme.rules.settings, BranchId(moment.branch), moment.made_at_ms)


def facts_of(books: Books, programme: Programme, name: str | None, place: Place) -> MemberFacts:
    """Everything that is known of a member before a sale; nothing of a stranger.

    Args:
        books: what was written down.
        programme: the version that asks.
        name: the member; None for a card that nobody owns.
        place: where and when the sale was made.
    """
    if name is None:
        return MemberFacts(used=_used(books, programme, None, place), card=_SHOWN)
    member = books.members[name]
    before = [visit for visit in _visits(books, name) if visit.business_day < place.business_day]
    days = sorted((visit.business_day for visit in before), reverse=True)
    return MemberFacts(
        member_id=member.id,
        tier=None if member.tier is None else member.tier.level,
        segments=tuple(sorted(member.segments)),
        dates=member.dates,
        purchases=sum(not record.whole for record in _sales(books, name)),
        visits=len(before),
        visited_today=any(
            (visit.business_day, visit.branch) == (place.business_day, place.branch)
            for visit in _visits(books, name)
        ),
        last_visit_on=days[0] if days else None,
        visit_days=tuple(days),
        referred=member.brought_by is not None and not member.referral_paid,
        tier_basis=basis_of(books, programme, member, place.business_day, place.at_ms),
        used=_used(books, programme, member, place),
        card=_SHOWN,
    )


def update_tier(books: Books, name: str, moment: Moment) -> None:
    """Find a member's level anew, after something changed what it is measured by."""
    programme = current(books, moment)
    if not programme.rules.tiers.levels or not tiers_move_by_day(programme.rules):
        return
    place = place_at(programme.rules.settings, BranchId(moment.branch), moment.at_ms)
    member = books.members[name]
    basis = basis_of(books, programme, member, place.business_day, moment.at_ms)
    tier = tier_after(
        programme.rules.tiers, member.tier, basis, place.business_day, member.joined_on
    )
    books.change(name, tier=tier)


def basis_of(books: Books, programme: Programme, member: Member, day: date, at_ms: int) -> int:
    """What the levels measure of a member on a day."""
    scheme = programme.rules.tiers
    if not scheme.levels:
        return 0
    visits = list(_visits(books, member.name))
    standing = Standing(
        joined_on=member.joined_on,
        visits=len(visits),
        spent_minor=sum(visit.amount_minor for visit in visits),
        earned_points=sum(visit.points for visit in visits),
    )
    wallet = books.wallet(books.owner_of(member.name), Unit.POINTS)
    basis = tier_basis(scheme, standing, visits, day=day, balance_points=wallet.balance(at_ms))
    return seen_basis(books.programmes, programme, basis)


def _visits(books: Books, name: str) -> Iterator[Visit]:
    """The business days at branches on which a member bought something and kept some of it."""
    found: dict[tuple[date, BranchId], Visit] = {}
    for record in _sales(books, name):
        if record.whole:
            continue
        key = (record.place.business_day, record.place.branch)
        seen = found.get(key, Visit(business_day=key[0], branch=key[1]))
        found[key] = Visit(
            business_day=seen.business_day,
            branch=seen.branch,
            sales=seen.sales + 1,
            amount_minor=seen.amount_minor
            + (record.sale.total_minor - record.back.amount_minor)
            * first_minor(books.programmes, record.programme),
            points=seen.points + _points(record, name),
        )
    yield from found.values()


def _points(record: SaleRecord, name: str) -> int:
    """What a sale earned its buyer and was not taken back."""
    return sum(
        award.amount - clawed
        for brought in record.brought
        if brought.member == name
        for award, clawed in zip(brought.rated.evaluation.awards, brought.clawed, strict=True)
        if award.unit is Unit.POINTS
    )


def _sales(books: Books, name: str) -> Iterator[SaleRecord]:
    return (record for record in books.sales.values() if record.member == name)


def _used(
    books: Books, programme: Programme, member: Member | None, place: Place
) -> tuple[Used, ...]:
    keys = usage_keys(programme, None if member is None else member.id, place)
    counted = ((key, books.used.get(key, 0)) for key in keys)
    return tuple(Used(key=key, amount=amount) for key, amount in counted if amount)
