"""Who gets what waited: a card that nobody owned gets an owner, in the books of an audit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from gateway.audit.bench import Bench
from gateway.audit.members import add_member
from gateway.audit.moves import adopt
from gateway.audit.standings import (
    keep_visit,
    keeps_standings,
    levels_today,
    put_standing,
    standing_of,
    visit_on,
    with_level,
)
from gateway.ledger.rows_lots import SuspendedRow
from gateway.ledger.rows_members import CardRow
from gateway.model.card import CardEvidence
from gateway.model.ids import MemberId
from gateway.model.programme import Programme
from gateway.program.standing import Standing, with_sale
from gateway.program.succession import first_minor


def new_member(bench: Bench, card: CardEvidence, rules: Programme, at_ms: int) -> MemberId:
    """Make a member of a card. The pseudonym is random: that it is new is checked with its row."""
    member = bench.row.member_id or MemberId("")
    add_member(bench.books, member, card, bench.branch, bench.now_ms)
    waited = _adopt(bench, member, bench.books.waiting_for(card.token))
    _note_purchases(bench, member, waited, rules, at_ms)
    return member


def new_card(bench: Bench, card: CardRow, rules: Programme) -> bool:
    """Give a member one more card; say whether anything waited for its owner."""
    bench.books.cards[card.token] = card
    waited = _adopt(bench, card.member_id, bench.books.waiting_for(card.token))
    if waited:
        _note_purchases(bench, card.member_id, waited, rules, bench.now_ms)
    return bool(waited)


def _adopt(bench: Bench, member: MemberId, waited: list[SuspendedRow]) -> list[SuspendedRow]:
    for row in waited:
        wallet = bench.books.wallet_in(member, row.ledger)
        adopt(bench.books, wallet, row, at_ms=bench.now_ms)
    return waited


def _note_purchases(
    bench: Bench, member: MemberId, waited: Sequence[SuspendedRow], rules: Programme, at_ms: int
) -> None:
    """The sales that waited were the member's purchases and visits, where rules look at those."""
    if not keeps_standings(rules):
        return
    books, place = bench.books, bench.place(rules, at_ms)
    standing = standing_of(books.standings.get(member), place.business_day)
    for index in sorted({row.journal_index for row in waited}):
        points = sum(
            row.points - row.taken_back
            for row in waited
            if row.journal_index == index and row.ledger == books.ledger
        )
        standing = _with_purchase(bench, member, standing, index, points)
    for now, today in levels_today(bench.branch, bench.rules_at(bench.now_ms), bench.now_ms):
        standing = with_level(books, now, member, standing, today)
    put_standing(books, member, standing)


def _with_purchase(
    bench: Bench, member: MemberId, standing: Standing, index: int, points: int
) -> Standing:
    rating = bench.stored.rating(index)
    sale = None if rating is None else bench.books.sales.get((rating.branch, rating.sale_key))
    if rating is None or sale is None:
        return standing  # money that was paid in, or a sale whose rules looked at nothing
    day = date.fromisoformat(rating.business_day)
    rules = bench.rules_of(rating.programme_version)
    factor = 1 if rules is None else first_minor(bench.programmes, rules)
    standing, visit = with_sale(
        standing,
        visit_on(bench.books, member, day, rating.branch),
        amount_minor=((sale.total_minor or 0) - sale.returned_minor) * factor,
        points=points,
    )
    keep_visit(bench.books, member, visit)
    return standing
