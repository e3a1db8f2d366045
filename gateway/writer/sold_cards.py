"""Gift cards that were sold in a sale: what is on them goes back with it.

A load names the sale in which the card was paid for. Where all of that sale comes back, its cards
are emptied; where a part does, as far as what is left of the sale does not stand for them any more
(``gateway.program.returns.unloaded``). Nobody has to show a card for that. What was spent of it by
then is owed by the card or borne by the shop, as the programme's refund policy says of points.
"""

from __future__ import annotations

from dataclasses import replace

from gateway.ledger.book import Book
from gateway.ledger.posting import Posting
from gateway.ledger.rows_sales import SaleLoad, SaleRow, loads_of, loads_text
from gateway.model.ids import BranchId
from gateway.model.programme import Programme, RefundPolicy
from gateway.model.sale import Sale
from gateway.program.returns import unloaded
from gateway.writer.bench import Bench
from gateway.writer.giving_back import Paid
from gateway.writer.sales import note_sale
from gateway.writer.settling import settle
from gateway.writer.succeeding import covered


def note_sold_card(book: Book, branch: BranchId, sale: Sale, index: int, amount_minor: int) -> None:
    """Write down that a gift card was sold in a sale, by the journal index of its load."""
    note_sale(book, branch, sale, index, earned=False)
    row = book.sales.require((branch, sale.key))
    load = SaleLoad(journal_index=index, amount_minor=amount_minor)
    book.sales.replace(replace(row, loads=loads_text((*loads_of(row), load))))


def empty_sold_cards(
    bench: Bench, posting: Posting, rules: Programme, sale: SaleRow, paid: Paid
) -> str:
    """Take off gift cards what went back of the sale they were sold in.

    Args:
        bench: rows and moment.
        posting: the return's.
        rules: the rules in force, whose policy it is.
        sale: the sale's row.
        paid: how much of its money went back.

    Returns:
        The sale's loads as they are now, for its row.
    """
    loads = loads_of(sale)
    left_minor = 0 if paid.whole else max(paid.total_minor - paid.after_minor, 0)
    due = unloaded([one.amount_minor for one in loads], paid.total_minor, left_minor)
    after = []
    for load, due_minor in zip(loads, due, strict=True):
        now_minor = max(due_minor - load.taken_minor, 0)
        if now_minor:
            _pay_out(bench, posting, rules, load, now_minor)
        after.append(replace(load, taken_minor=load.taken_minor + now_minor))
    return loads_text(after)


def _pay_out(
    bench: Bench, posting: Posting, rules: Programme, load: SaleLoad, amount_minor: int
) -> None:
    lots = bench.book.lots_made_by(load.journal_index)
    wallet_id = lots[0].wallet_id
    settle(bench.book, posting, wallet_id, bench.now_ms)
    wallet = bench.book.wallets.require(wallet_id)
    posting.pay_out(
        wallet_id,
        amount_minor,
        own=[lot.lot_id for lot in lots],
        allow_negative=rules.refund is RefundPolicy.ALLOW_NEGATIVE,
        covered=covered(bench.book, wallet, bench.now_ms),
    )
