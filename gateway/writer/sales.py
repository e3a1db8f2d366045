"""Sales as rows: that they were, under which names, and how they are found again."""

from __future__ import annotations

from dataclasses import replace

from gateway.ledger.book import Book
from gateway.ledger.rows_sales import SaleRow
from gateway.model.ids import BranchId
from gateway.model.sale import Sale
from gateway.model.transaction import SaleReference


def note_sale(book: Book, branch: BranchId, sale: Sale, index: int, *, earned: bool) -> None:
    """Write down that points were earned or redeemed on a sale, so that it can be refunded."""
    known = book.sales.get((branch, sale.key))
    if known is None:
        book.sales.add(
            SaleRow(
                branch=branch,
                sale_key=sale.key,
                receipt_number=sale.receipt_number,
                first_index=index,
                earn_index=index if earned else None,
                refund_index=None,
                total_minor=sale.total_minor,
                returned_minor=0,
            )
        )
        return
    book.sales.replace(
        replace(
            known,
            receipt_number=known.receipt_number or sale.receipt_number,
            earn_index=index if earned else known.earn_index,
        )
    )


def find_sale(book: Book, branch: BranchId, original: SaleReference) -> SaleRow | None:
    """Find the sale that a reference names: by its key, or the newest under its receipt number."""
    if original.key is not None:
        sale = book.sales.get((branch, original.key))
        if sale is not None:
            return sale
    if original.receipt_number is not None:
        return book.sale_by_receipt(branch, original.receipt_number)
    return None
