"""Members' levels by day: found anew after everything that changes what they are measured by."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from gateway.model.ids import BranchId, MemberId
from gateway.model.programme import Programme
from gateway.model.rules.tiers import TierBasis
from gateway.program.local_time import business_day
from gateway.program.nightly import tiers_move_by_day
from gateway.program.standing import Standing, Visit
from gateway.program.tiers import tier_after
from gateway.writer.bench import Bench
from gateway.writer.rating import measured_basis
from gateway.writer.standing_rows import standing_of, standing_row


def level_on(
    bench: Bench, rules: Programme, member_id: MemberId, standing: Standing, day: date
) -> Standing:
    """A standing with the level that it leads to on a business day.

    Args:
        bench: rows and moment.
        rules: the levels.
        member_id: who.
        standing: as it is now, whatever the day.
        day: the day whose window is measured.
    """
    scheme = rules.rules.tiers
    if not scheme.levels or not tiers_move_by_day(rules.rules):
        return standing
    basis = measured_basis(bench, rules, standing, member_id, day)
    tier = tier_after(scheme, standing.tier, basis, day, standing.joined_on)
    return replace(standing, tier=tier)


def level_today(
    bench: Bench, member_id: MemberId, standing: Standing, branch: BranchId
) -> Standing:
    """A standing with the level that it leads to today, by the rules that are in force now."""
    rules = bench.rules_now()
    if rules is None:
        return standing
    today = business_day(rules.rules.settings, branch, bench.now_ms)
    return level_on(bench, rules, member_id, standing, today)


def level_after_sale(
    bench: Bench, rules: Programme, member_id: MemberId, standing: Standing, visit: Visit
) -> Standing:
    """A standing with the level that a sale leads to, on its own day and then today.

    One that is told late may have led to a level that was over before today.

    Args:
        bench: rows and moment.
        rules: of the sale's own time.
        member_id: who.
        standing: with the sale.
        visit: the sale's day at its branch.
    """
    standing = level_on(bench, rules, member_id, standing, visit.business_day)
    now = bench.rules_now()
    if now is None or (
        now.version == rules.version
        and business_day(now.rules.settings, visit.branch, bench.now_ms) <= visit.business_day
    ):
        return standing
    return level_today(bench, member_id, standing, visit.branch)


def follow_balance(bench: Bench, member_id: MemberId, branch: BranchId) -> None:
    """Find a member's level anew after points were spent, where it follows the balance."""
    rules = bench.rules_now()
    if rules is None or rules.rules.tiers.basis is not TierBasis.BALANCE:
        return
    before = bench.book.standings.get(member_id)
    if before is None or not rules.rules.tiers.levels:
        return  # nobody falls from a level that was never reached
    joined_on = date.fromisoformat(before.joined_on)
    standing = level_today(bench, member_id, standing_of(before, joined_on), branch)
    bench.book.standings.replace(standing_row(member_id, standing, before))
