"""The sales behind returns: which they were, when they were made, and how much came back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, and_, or_, select

from gateway.ledger.row_codec import CODECS
from gateway.ledger.rows import JournalRow
from gateway.ledger.rows_sales import SaleReturnRow, SaleRow
from gateway.ledger.sql_batch import SqlBatch
from gateway.model.ids import BranchId, SaleKey
from gateway.model.transaction import SaleReference, Transaction
from gateway.queries.reading import columns_of
from gateway.queries.sealed_facts import happened_at_ms, keys_named, opened_from
from gateway.queries.sealed_row import SealedRow

Asked: TypeAlias = tuple[int, BranchId, Transaction]
"""A return's journal row, where it was, and what the terminal sealed."""

_JOURNAL: Final = columns_of(JournalRow)
_SALE: Final = columns_of(SaleRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedSale:
    """What is known of the sale behind a return.

    Attributes:
        receipt_number: the till's number of it, where anybody told one.
        sold_at_ms: when it was made: by the terminal's clock where its seal is good, and else when
            it was recorded; None for a sale that nobody knows.
        total_minor: what it came to, where that is kept.
        amount_minor: what went back with this return; None where that is not known.
    """

    receipt_number: str | None
    sold_at_ms: int | None
    total_minor: int | None
    amount_minor: int | None


def returned_sales(connection: Connection, asked: Sequence[Asked]) -> dict[int, ReturnedSale]:
    """Find the sales behind returns, refused ones too.

    Args:
        connection: a state of the ledger.
        asked: the returns; what is none is left out.

    Returns:
        by journal row.
    """
    asked = [one for one in asked if one[2].original is not None or one[2].returned is not None]
    if not asked:
        return {}
    batch = SqlBatch(connection)
    parts = {row.journal_index: row for row in batch.rows(SaleReturnRow, [one[0] for one in asked])}
    sales = _sales(connection, batch, asked, parts)
    made = _made_at_ms(connection, [sale.first_index for sale in sales.values()])
    earlier = batch.returns_of({sale.key for sale in sales.values()})
    found = {}
    for index, _branch, transaction in asked:
        sale, part = sales.get(index), parts.get(index)
        found[index] = ReturnedSale(
            receipt_number=_receipt(sale, transaction.original),
            sold_at_ms=None if sale is None else made.get(sale.first_index),
            total_minor=None if sale is None else sale.total_minor,
            amount_minor=_amount(index, sale, part, transaction, earlier),
        )
    return found


def _sales(
    connection: Connection,
    batch: SqlBatch,
    asked: Sequence[Asked],
    parts: dict[int, SaleReturnRow],
) -> dict[int, SaleRow]:
    """By the key that the return's row or the terminal names, or else by the receipt's number."""
    keys: dict[int, tuple[BranchId, SaleKey]] = {}
    numbers: dict[int, tuple[BranchId, str]] = {}
    for index, branch, transaction in asked:
        key, number = _names(parts.get(index), transaction.original)
        if key is not None:
            keys[index] = (branch, key)
        elif number is not None:
            numbers[index] = (branch, number)
    by_key = {sale.key: sale for sale in batch.rows(SaleRow, set(keys.values()))} if keys else {}
    sales = {index: by_key[key] for index, key in keys.items() if key in by_key}
    return sales | _by_receipt(connection, numbers)


def _names(
    part: SaleReturnRow | None, original: SaleReference | None
) -> tuple[SaleKey | None, str | None]:
    if part is not None and part.sale_key is not None:
        return part.sale_key, None
    return (None, None) if original is None else (original.key, original.receipt_number)


def _by_receipt(
    connection: Connection, numbers: dict[int, tuple[BranchId, str]]
) -> dict[int, SaleRow]:
    """Sales that were called off whole by their receipt's number: those say which return did it."""
    if not numbers:
        return {}
    named = (
        and_(
            _SALE["branch"] == branch,
            _SALE["receipt_number"] == number,
            _SALE["refund_index"] == index,
        )
        for index, (branch, number) in numbers.items()
    )
    codec = CODECS[SaleRow]
    rows: Iterable[SaleRow] = map(
        codec.row, connection.execute(select(*codec.columns).where(or_(*named)))
    )
    return {row.refund_index: row for row in rows if row.refund_index is not None}


def _made_at_ms(connection: Connection, indexes: Sequence[int]) -> dict[int, int]:
    if not indexes:
        return {}
    wanted = select(
        _JOURNAL["journal_index"],
        _JOURNAL["recorded_at_ms"],
        *(_JOURNAL[name] for name in SealedRow.__dataclass_fields__),
    ).where(_JOURNAL["journal_index"].in_(sorted(set(indexes))))
    rows: Sequence[Any] = connection.execute(wanted).mappings().all()
    keys = keys_named(connection, {row["key_id"] for row in rows if row["key_id"] is not None})
    made = {}
    for row in rows:
        told = happened_at_ms(opened_from(row, keys))
        made[row["journal_index"]] = row["recorded_at_ms"] if told is None else told
    return made


def _receipt(sale: SaleRow | None, original: SaleReference | None) -> str | None:
    if sale is not None and sale.receipt_number is not None:
        return sale.receipt_number
    return None if original is None else original.receipt_number


def _amount(
    index: int,
    sale: SaleRow | None,
    part: SaleReturnRow | None,
    transaction: Transaction,
    earlier: Iterable[SaleReturnRow],
) -> int | None:
    if part is not None:
        return part.amount_minor
    if transaction.returned is not None:
        return transaction.returned.amount_minor
    if sale is None or sale.refund_index != index:
        return None
    # A sale that was called off gave back what no part of it had given back before.
    return sale.returned_minor - sum(
        row.amount_minor for row in earlier if (row.branch, row.sale_key) == sale.key
    )
