"""Carry out what the rules gave: lots, coupons, counts of limits, and how the member stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from gateway.ledger.numbering import number_of
from gateway.ledger.posting import Posting
from gateway.ledger.posting_lots import LotGrant
from gateway.ledger.rows_members import VoucherRow
from gateway.ledger.rows_sales import RatingRow
from gateway.model.ids import MemberId, SaleKey
from gateway.model.plain import to_canonical_json
from gateway.model.programme import Programme
from gateway.model.rules.earning import Unit
from gateway.program.evaluation import Award, Evaluation
from gateway.program.facts import MemberFacts, Place
from gateway.program.grants import granted_lots
from gateway.program.local_time import day_starts_at_ms
from gateway.program.needs import needs_of
from gateway.program.standing import Standing, Visit
from gateway.program.succession import counted_uses
from gateway.writer.bench import Bench
from gateway.writer.levels import level_after_sale, level_today
from gateway.writer.standing_rows import standing_of, standing_row, visit_of, visit_row


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated:
    """Something that a member did, with what it was rated by.

    Attributes:
        rules: the programme's version.
        place: where and when.
        evaluation: what the rules gave.
    """

    rules: Programme
    place: Place
    evaluation: Evaluation


def lot_grants(rated: Rated, now_ms: int) -> dict[Unit, list[LotGrant]]:
    """The lots that an evaluation opens, by unit.

    Args:
        rated: what was given, by which rules, when.
        now_ms: the batch's moment: what begins later than that is pending.
    """
    grants: dict[Unit, list[LotGrant]] = {}
    awards: tuple[Award, ...] = rated.evaluation.awards
    for lot in granted_lots(awards, rated.place, rated.rules.rules.settings):
        grants.setdefault(lot.unit, []).append(
            LotGrant(
                amount=lot.amount,
                available_from_ms=lot.available_from_ms,
                expires_at_ms=lot.expires_at_ms,
                pending=lot.available_from_ms > now_ms,
                source=lot.source,
            )
        )
    return grants


def award(bench: Bench, posting: Posting, member_id: MemberId, rated: Rated) -> None:
    """Give a member what the rules gave: points, credit and coupons, and count what was used."""
    book = bench.book
    for unit, grants in lot_grants(rated, bench.now_ms).items():
        if unit is Unit.POINTS:
            wallet = book.points_wallet(member_id)
            brought_by = None if wallet.member_id == member_id else member_id
            posting.earn(wallet.wallet_id, grants, brought_by=brought_by)
        else:
            credit = book.credit_wallet(member_id, rated.rules.currency.code)
            posting.earn(credit.wallet_id, grants)
    for use in counted_uses(bench.programmes, rated.rules, rated.evaluation.uses):
        book.use(use.key, use.amount)
    for nth, voucher in enumerate(rated.evaluation.vouchers):
        book.add_voucher(
            VoucherRow(
                voucher_id=number_of(posting.index, nth),
                member_id=member_id,
                source=voucher.source,
                kind=voucher.kind,
                reward=voucher.reward,
                quantity=voucher.quantity,
                used=0,
                granted_at_ms=bench.now_ms,
                expires_at_ms=valid_to_ms(rated.rules, rated.place, voucher.valid_days),
                funder=voucher.funder,
                revoked_index=None,
            )
        )


def note_rating(
    bench: Bench, posting: Posting, sale_key: SaleKey, rated: Rated, facts: MemberFacts
) -> None:
    """Keep how a sale was rated, where its programme has rules beyond the base."""
    bench.book.ratings.add(
        RatingRow(
            journal_index=posting.index,
            member_id=facts.member_id,
            branch=rated.place.branch,
            sale_key=sale_key,
            business_day=rated.place.business_day.isoformat(),
            programme_version=rated.rules.version,
            facts=to_canonical_json(facts),
            evaluation=to_canonical_json(rated.evaluation),
        )
    )


def keeps_standings(rules: Programme) -> bool:
    """Whether a programme's rules look at what members did before."""
    return needs_of(rules).past


def change_standing(
    bench: Bench,
    rules: Programme,
    member_id: MemberId,
    changed: tuple[Standing, Visit],
    *,
    bought: bool,
) -> None:
    """Keep how a member stands after a sale or a return, and the level that it leads to.

    Args:
        bench: rows and moment.
        rules: of the sale's own time.
        member_id: whose.
        changed: what came of it, and of the sale's day.
        bought: it was a sale, which counts on its own day; goods that come back only change what
            there is today.
    """
    book = bench.book
    standing, visit = changed
    book.put_visit(visit_row(member_id, visit))
    before = book.standings.get(member_id)
    if bought:
        standing = level_after_sale(bench, rules, member_id, standing, visit)
    else:
        standing = level_today(bench, member_id, standing, visit.branch)
    row = standing_row(member_id, standing, before)
    if before is None:
        book.standings.add(row)
    else:
        book.standings.replace(row)


def standing_at(bench: Bench, member_id: MemberId, place: Place) -> tuple[Standing, Visit]:
    """How a member stands, and the visit of a place's business day at its branch."""
    book = bench.book
    standing = standing_of(book.standings.get(member_id), place.business_day)
    name = (place.business_day.isoformat(), place.branch)
    visits = book.visits_of(member_id)
    row = next((one for one in visits if (one.business_day, one.branch) == name), None)
    return standing, visit_of(row, place.business_day, place.branch)


def valid_to_ms(rules: Programme, place: Place, valid_days: int | None) -> int | None:
    """When what is valid for some business days after a place's ends; None for never."""
    if valid_days is None:
        return None
    day = place.business_day + timedelta(days=valid_days + 1)
    return day_starts_at_ms(rules.rules.settings, place.branch, day)
