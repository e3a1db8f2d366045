"""Gather what was known of a member, so that the rules can rate what the member does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from gateway.ledger.book import Book
from gateway.ledger.rows_members import StandingRow
from gateway.model.ids import BranchId, MemberId
from gateway.model.programme import Programme
from gateway.model.transaction import EventTime, Transaction
from gateway.program.facts import MemberFacts, Place, Used
from gateway.program.limits import usage_keys
from gateway.program.local_time import place_at
from gateway.program.needs import needs_of
from gateway.program.standing import Standing, Visit, looks_at_visits, tier_basis
from gateway.program.succession import seen_basis, seen_uses
from gateway.writer.bench import Bench
from gateway.writer.card_guard import worth_of
from gateway.writer.standing_rows import segments_of, standing_of, visit_of


def place_of(bench: Bench, rules: Programme, branch: BranchId, time: EventTime) -> Place:
    """Where and when a transaction happened, by the branch's clock and a time that is believed."""
    return place_at(rules.rules.settings, branch, bench.happened_at_ms(time))


def member_facts(
    bench: Bench, rules: Programme, member_id: MemberId | None, place: Place
) -> MemberFacts:
    """What was known of a member before something that happens at a place.

    What the programme's rules do not look at keeps its default and was not loaded.

    Args:
        bench: rows, and who knows members' days.
        rules: the rules that will rate it.
        member_id: who; None for a card that nobody owns yet.
        place: where and when.
    """
    needs = needs_of(rules)
    if not needs.facts:
        return MemberFacts(member_id=member_id)
    used = _used(bench, rules, member_id, place) if needs.limits else ()
    if member_id is None:
        return MemberFacts(used=used)
    row = bench.book.standings.get(member_id)
    standing = standing_of(row, place.business_day)
    visits = visits_of(bench.book, member_id)
    today = [one for one in visits if one.sales and one.business_day == place.business_day]
    return MemberFacts(
        member_id=member_id,
        tier=None if standing.tier is None else standing.tier.level,
        segments=segments_of(row) if needs.segments else (),
        dates=bench.dates.get(member_id, ()) if needs.dates else (),
        purchases=standing.purchases if needs.purchases else 0,
        visits=standing.visits - len(today) if needs.visits else 0,
        visited_today=needs.visited_today and any(one.branch == place.branch for one in today),
        last_visit_on=_last_visit(standing, place.business_day) if needs.last_visit else None,
        visit_days=_visit_days(visits, place.business_day, needs.visit_days),
        referred=needs.referral and _is_referred(row),
        tier_basis=(
            measured_basis(bench, rules, standing, member_id, place.business_day)
            if needs.tier_basis
            else 0
        ),
        used=used,
    )


def with_card(
    bench: Bench, rules: Programme, facts: MemberFacts, transaction: Transaction
) -> MemberFacts:
    """Add what a transaction's card proved, where the rules ask for it."""
    card = transaction.card
    if card is None or not needs_of(rules).card:
        return facts
    return replace(facts, card=worth_of(bench, card, bench.happened_at_ms(transaction.time)))


def visits_of(book: Book, member_id: MemberId) -> list[Visit]:
    """A member's visits as far back as they were loaded."""
    return [
        visit_of(row, date.fromisoformat(row.business_day), row.branch)
        for row in book.visits_of(member_id)
    ]


def measured_basis(
    bench: Bench, rules: Programme, standing: Standing, member_id: MemberId, day: date
) -> int:
    """What a programme's levels are measured by, for a member on a business day."""
    scheme, book = rules.rules.tiers, bench.book
    basis = tier_basis(
        scheme,
        standing,
        visits_of(book, member_id) if looks_at_visits(scheme) else (),
        day=day,
        balance_points=book.points_wallet(member_id).available,
    )
    return seen_basis(bench.programmes, rules, basis)


def _used(
    bench: Bench, rules: Programme, member_id: MemberId | None, place: Place
) -> tuple[Used, ...]:
    owners = ["all", f"branch:{place.branch}"]
    if member_id is not None:
        owners.append(f"member:{member_id}")
    rows = bench.book.used_among(owners, usage_keys(rules, member_id, place))
    used = [Used(key=row.usage_key, amount=row.amount) for row in rows if row.amount]
    return seen_uses(bench.programmes, rules, used)


def _last_visit(standing: Standing, day: date) -> date | None:
    """The last visit before a day; of a sale that is told late the nearest that is known."""
    for visited in (standing.last_visit_on, standing.visit_before_on):
        if visited is not None and visited < day:
            return visited
    return None


def _visit_days(visits: Sequence[Visit], day: date, days: int) -> tuple[date, ...]:
    first = day - timedelta(days=days)
    found = [one.business_day for one in visits if one.sales and first < one.business_day < day]
    return tuple(sorted(found, reverse=True))


def _is_referred(row: StandingRow | None) -> bool:
    return row is not None and row.referred_by is not None and row.referral_index is None
