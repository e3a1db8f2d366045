"""How members stand in the books of an audit: what rules are told of them, and how that changes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

from gateway.audit.books import Books
from gateway.audit.members import put_visit, used
from gateway.ledger.rows_members import StandingRow, VisitRow
from gateway.model.ids import BranchId, MemberId
from gateway.model.member_facts import MemberDate, MemberFacts, Used
from gateway.model.plain import from_plain, to_canonical_json
from gateway.model.programme import Programme
from gateway.model.rules.tiers import TierBasis
from gateway.program.facts import Place
from gateway.program.limits import usage_keys
from gateway.program.local_time import business_day
from gateway.program.needs import needs_of
from gateway.program.nightly import tiers_move_by_day
from gateway.program.standing import Standing, Visit, looks_at_visits, tier_basis
from gateway.program.succession import seen_basis, seen_uses
from gateway.program.tiers import TierState, tier_after

# -- rows -------------------------------------------------------------------------------------


def standing_of(row: StandingRow | None, joined_on: date) -> Standing:
    """The standing that a row keeps; of a member without a row, that of whoever joins on a day."""
    if row is None:
        return Standing(joined_on=joined_on)
    return Standing(
        joined_on=date.fromisoformat(row.joined_on),
        purchases=row.purchases,
        visits=row.visits,
        last_visit_on=_day(row.last_visit_on),
        visit_before_on=_day(row.visit_before_on),
        spent_minor=row.spent_minor,
        earned_points=row.earned_points,
        tier=from_plain(TierState, json.loads(row.tier_state)) if row.tier_state else None,
    )


def put_standing(books: Books, member: MemberId, standing: Standing) -> None:
    """Keep a standing; who brought the member and which groups it is in stay as they are."""
    before = books.standings.get(member)
    tier = standing.tier
    books.standings[member] = StandingRow(
        member_id=member,
        purchases=standing.purchases,
        visits=standing.visits,
        last_visit_on=_text(standing.last_visit_on),
        visit_before_on=_text(standing.visit_before_on),
        spent_minor=standing.spent_minor,
        earned_points=standing.earned_points,
        joined_on=standing.joined_on.isoformat(),
        tier=None if tier is None else tier.level,
        tier_state="" if tier is None else to_canonical_json(tier),
        referred_by=None if before is None else before.referred_by,
        referral_index=None if before is None else before.referral_index,
        segments="" if before is None else before.segments,
    )


def standing_at(books: Books, member: MemberId, place: Place) -> tuple[Standing, Visit]:
    """How a member stands, and what the business day at a place has come to so far."""
    day = place.business_day
    visit = visit_on(books, member, day, place.branch)
    return standing_of(books.standings.get(member), day), visit


def visit_on(books: Books, member: MemberId, day: date, branch: BranchId) -> Visit:
    """What a business day at a branch has come to so far."""
    row = books.visits.get((member, day.isoformat(), branch))
    return Visit(business_day=day, branch=branch) if row is None else _visit(row)


def visits_of(books: Books, member: MemberId) -> list[Visit]:
    """Every visit of a member, in the order in which they were told."""
    return [_visit(books.visits[name]) for name in books.visits_of.get(member, ())]


# -- facts ------------------------------------------------------------------------------------


def facts_of(
    books: Books,
    rules: Programme,
    member: MemberId | None,
    place: Place,
    dates: tuple[MemberDate, ...],
) -> MemberFacts:
    """What the journal says of a member before something that happens at a place.

    Args:
        books: everything up to now.
        rules: what they do not look at keeps its default.
        member: who; None for a card that nobody owns yet.
        place: where and when.
        dates: the member's days, which no journal tells.
    """
    needs = needs_of(rules)
    if not needs.facts:
        return MemberFacts(member_id=member)
    uses = _used(books, rules, member, place) if needs.limits else ()
    if member is None:
        return MemberFacts(used=uses)
    day = place.business_day
    row = books.standings.get(member)
    standing = standing_of(row, day)
    sold = [visit for visit in visits_of(books, member) if visit.sales]
    today = [visit for visit in sold if visit.business_day == day]
    last = [one for one in (standing.last_visit_on, standing.visit_before_on) if one and one < day]
    return MemberFacts(
        member_id=member,
        tier=None if standing.tier is None else standing.tier.level,
        segments=_segments(row) if needs.segments else (),
        dates=dates if needs.dates else (),
        purchases=standing.purchases if needs.purchases else 0,
        visits=standing.visits - len(today) if needs.visits else 0,
        visited_today=needs.visited_today and any(one.branch == place.branch for one in today),
        last_visit_on=last[0] if last and needs.last_visit else None,
        visit_days=_days_before(sold, day, needs.visit_days),
        referred=needs.referral and waits_for_reward(row),
        tier_basis=basis_of(books, rules, member, standing, day) if needs.tier_basis else 0,
        used=uses,
    )


def same_facts(one: MemberFacts, other: MemberFacts) -> bool:
    """Whether two say the same; in which order limits stand is no matter."""
    first, second = (
        replace(facts, used=tuple(sorted(facts.used, key=lambda used: used.key)))
        for facts in (one, other)
    )
    return first == second


def waits_for_reward(row: StandingRow | None) -> bool:
    """Whether somebody brought a member and was not rewarded for it yet."""
    return row is not None and row.referred_by is not None and row.referral_index is None


def basis_of(
    books: Books, rules: Programme, member: MemberId, standing: Standing, day: date
) -> int:
    """What a programme's levels are measured by, for a member on a business day."""
    scheme = rules.rules.tiers
    basis = tier_basis(
        scheme,
        standing,
        visits_of(books, member) if looks_at_visits(scheme) else (),
        day=day,
        balance_points=books.available(books.points_wallet(member)),
    )
    return seen_basis(books.programmes, rules, basis)


# -- changes ----------------------------------------------------------------------------------


def keeps_standings(rules: Programme) -> bool:
    """Whether a programme's rules look at what members did before."""
    return needs_of(rules).past


def keep_visit(books: Books, member: MemberId, visit: Visit) -> None:
    """Keep what a business day at a branch has come to."""
    put_visit(
        books,
        VisitRow(
            member_id=member,
            business_day=visit.business_day.isoformat(),
            branch=visit.branch,
            sales=visit.sales,
            amount_minor=visit.amount_minor,
            points=visit.points,
        ),
    )


def change_standing(
    books: Books,
    member: MemberId,
    changed: tuple[Standing, Visit],
    *,
    levels: tuple[tuple[Programme, date], ...],
) -> None:
    """Keep how a member stands after a sale or a return, and the level that it leads to.

    Args:
        books: where.
        member: who.
        changed: what came of it, and of its day.
        levels: by which rules and on which days the level is found, one after the other.
    """
    standing, visit = changed
    keep_visit(books, member, visit)
    for rules, day in levels:
        standing = with_level(books, rules, member, standing, day)
    put_standing(books, member, standing)


def follow_balance(
    books: Books, member: MemberId, branch: BranchId, now: Programme | None, now_ms: int
) -> None:
    """Find a level anew after points were spent or given, where it follows the balance."""
    row = books.standings.get(member)
    if now is None or row is None or now.rules.tiers.basis is not TierBasis.BALANCE:
        return  # nobody falls from a level that was never reached
    if now.rules.tiers.levels:
        standing = standing_of(row, date.fromisoformat(row.joined_on))
        today = business_day(now.rules.settings, branch, now_ms)
        put_standing(books, member, with_level(books, now, member, standing, today))


def levels_after_sale(
    rules: Programme, place: Place, now: Programme | None, now_ms: int
) -> tuple[tuple[Programme, date], ...]:
    """A sale counts on its own day by its own rules, and then today where that is not the same."""
    of_sale = (rules, place.business_day)
    if now is None:
        return (of_sale,)
    today = business_day(now.rules.settings, place.branch, now_ms)
    if now.version == rules.version and today <= place.business_day:
        return (of_sale,)
    return (of_sale, (now, today))


def levels_today(
    branch: BranchId, now: Programme | None, now_ms: int
) -> tuple[tuple[Programme, date], ...]:
    """What is no sale changes what there is today."""
    if now is None:
        return ()
    return ((now, business_day(now.rules.settings, branch, now_ms)),)


def with_level(
    books: Books, rules: Programme, member: MemberId, standing: Standing, day: date
) -> Standing:
    """A standing with the level that it leads to on a business day."""
    scheme = rules.rules.tiers
    if not scheme.levels or not tiers_move_by_day(rules.rules):
        return standing
    basis = basis_of(books, rules, member, standing, day)
    return replace(standing, tier=tier_after(scheme, standing.tier, basis, day, standing.joined_on))


# -- parts ------------------------------------------------------------------------------------


def _used(
    books: Books, rules: Programme, member: MemberId | None, place: Place
) -> tuple[Used, ...]:
    amounts = ((key, used(books, key)) for key in usage_keys(rules, member, place))
    found = [Used(key=key, amount=amount) for key, amount in amounts if amount]
    return seen_uses(books.programmes, rules, found)


def _segments(row: StandingRow | None) -> tuple[str, ...]:
    return tuple(json.loads(row.segments)) if row is not None and row.segments else ()


def _days_before(sold: list[Visit], day: date, days: int) -> tuple[date, ...]:
    first = day - timedelta(days=days)
    found = (visit.business_day for visit in sold if first < visit.business_day < day)
    return tuple(sorted(found, reverse=True))


def _visit(row: VisitRow) -> Visit:
    return Visit(
        business_day=date.fromisoformat(row.business_day),
        branch=row.branch,
        sales=row.sales,
        amount_minor=row.amount_minor,
        points=row.points,
    )


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
