"""Sales in the books of an audit: that they were, under which names, and as they were made."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from gateway.audit.bench import Bench
from gateway.ledger.rows import JournalRow
from gateway.ledger.rows_sales import SaleRow
from gateway.model.ids import MemberId
from gateway.model.member_facts import MemberFacts
from gateway.model.plain import from_plain
from gateway.model.programme import Programme
from gateway.model.sale import Sale
from gateway.model.transaction import ClockQuality, SaleReference, Transaction
from gateway.program.earning import evaluate
from gateway.program.evaluation import Evaluation
from gateway.program.facts import Place
from gateway.program.local_time import place_at
from gateway.program.returns import Rated


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """A sale that goods come back of.

    Attributes:
        sale: as the terminal sealed it.
        rules: the version that it was recorded under.
        place: where and when.
        rated: what it earned, and by what; None where something was only redeemed on it.
        member: whose it was when it was told.
    """

    sale: Sale
    rules: Programme
    place: Place
    rated: Rated | None
    member: MemberId | None


def note_sale(bench: Bench, sale: Sale, at_ms: int, *, earned: bool) -> None:
    """Write down that something was earned or redeemed on a sale."""
    books, index = bench.books, bench.row.journal_index
    if at_ms > bench.now_ms:
        books.moments[index] = at_ms
    known = books.sales.get((bench.branch, sale.key))
    if known is None:
        known = SaleRow(
            branch=bench.branch,
            sale_key=sale.key,
            receipt_number=None,
            first_index=index,
            earn_index=None,
            refund_index=None,
            total_minor=sale.total_minor,
            returned_minor=0,
        )
    books.put_sale(
        replace(
            known,
            receipt_number=known.receipt_number or sale.receipt_number,
            earn_index=index if earned else known.earn_index,
        )
    )


def find_sale(bench: Bench, reference: SaleReference) -> SaleRow | None:
    """The sale that a reference names: by its key, or the newest under its receipt number."""
    if reference.key is not None:
        named = bench.books.sales.get((bench.branch, reference.key))
        if named is not None:
            return named
    if reference.receipt_number is None:
        return None
    same = bench.books.sales_on_receipt(bench.branch, reference.receipt_number)
    # Tills begin again at 1 each day: the newest sale that can still be refunded is meant.
    candidates = [sale for sale in same if sale.refund_index is None] or same
    return candidates[-1] if candidates else None


def original_of(bench: Bench, row: SaleRow) -> Original | None:
    """Open the envelope that told of a sale again, and take what it was rated with.

    Returns:
        None where the envelope or its rules are gone, which its own row was noted for.
    """
    index = row.earn_index or row.first_index
    told = _told(bench, index)
    if told is None:
        return None
    journal, transaction = told
    sale, rules = transaction.sale, bench.rules_of(journal.programme_version)
    if sale is None or rules is None:
        return None
    at_ms = bench.books.moments.get(index, journal.judged_at_ms)
    time = transaction.time
    if time.quality is ClockQuality.SYNCHRONISED and time.unix_ms <= journal.judged_at_ms:
        at_ms = time.unix_ms
    place = place_at(rules.rules.settings, row.branch, at_ms)
    if row.earn_index is None:
        return Original(sale=sale, rules=rules, place=place, rated=None, member=journal.member_id)
    is_now = index == bench.books.index
    rating = bench.books.rating if is_now else bench.stored.rating(index)
    if rating is None:
        facts = MemberFacts()
        given = evaluate(rules, sale, facts, place)
    else:
        facts = from_plain(MemberFacts, json.loads(rating.facts))
        given = from_plain(Evaluation, json.loads(rating.evaluation))
    rated = Rated(programme=rules, sale=sale, facts=facts, place=place, evaluation=given)
    return Original(sale=sale, rules=rules, place=place, rated=rated, member=journal.member_id)


def _told(bench: Bench, index: int) -> tuple[JournalRow, Transaction] | None:
    """The row that told of a sale with what it says; of a settled paper, the sale made of it."""
    settled = bench.books.settled.get(index)
    if settled is None:
        return bench.stored.told(index)
    row = bench.stored.journal(index)
    return None if row is None else (row, settled)
