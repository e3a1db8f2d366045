"""Gift cards that were sold in a sale, in the books of an audit."""

from __future__ import annotations

from dataclasses import replace

from gateway.audit.bench import Bench
from gateway.audit.moves import pay_out, settle
from gateway.audit.taking_back import Back
from gateway.audit.verdicts_currencies import covered
from gateway.ledger.rows_sales import SaleLoad, loads_of, loads_text
from gateway.model.ids import SaleKey
from gateway.model.programme import RefundPolicy
from gateway.program.returns import unloaded


def note_sold_card(bench: Bench, key: SaleKey, amount_minor: int) -> None:
    """The row being replayed loads a gift card that was sold in a sale."""
    row = bench.books.sales[bench.branch, key]
    load = SaleLoad(journal_index=bench.row.journal_index, amount_minor=amount_minor)
    bench.books.put_sale(replace(row, loads=loads_text([*loads_of(row), load])))


def empty_sold_cards(back: Back) -> str:
    """Pay out of gift cards what their sale cannot stand for any more; says what was paid so far.

    What they do not have any more is owed where the programme lets balances go below zero.
    """
    bench, total_minor = back.bench, back.original.sale.total_minor
    left_minor = 0 if back.whole else max(total_minor - back.after.amount_minor, 0)
    loads = loads_of(back.row)
    due = unloaded([load.amount_minor for load in loads], total_minor, left_minor)
    told: list[SaleLoad] = []
    for load, due_minor in zip(loads, due, strict=True):
        taken_minor = max(load.taken_minor, due_minor)
        told.append(replace(load, taken_minor=taken_minor))
        own = [lot.lot_id for lot in bench.books.heap.made_by(load.journal_index)]
        if taken_minor > load.taken_minor:
            wallet = bench.books.heap.lots[own[0]].wallet_id
            settle(bench.books, wallet, bench.now_ms)
            pay_out(
                bench.books,
                wallet,
                taken_minor - load.taken_minor,
                own=own,
                into_debt=back.rules.refund is RefundPolicy.ALLOW_NEGATIVE,
                elsewhere=covered(bench, wallet),
            )
    return loads_text(told)
