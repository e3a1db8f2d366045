"""Make cumulative receipts of what a batch decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import TypeAlias, TypeVar

from gateway.ledger.book import Book
from gateway.ledger.errors import InvariantError
from gateway.ledger.rows import JournalRow
from gateway.model.ids import TerminalId
from gateway.model.receipt import RESULTS_MAX, Receipt, Rejection, Result

T = TypeVar("T")

Chain: TypeAlias = tuple[TerminalId, int]
Rejections: TypeAlias = dict[Chain, list[Rejection]]


def make_receipts(
    book: Book,
    decided: Mapping[Chain, Mapping[int, JournalRow]],
    rejections: Mapping[Chain, Sequence[Rejection]],
    now_ms: int,
) -> tuple[Receipt, ...]:
    """Make the receipts for every chain that a batch touched.

    A receipt names at most ``RESULTS_MAX`` results, so that a long backlog which went on at once
    takes several; each of them carries the final watermark and may be lost without harm.
    """
    receipts = []
    for key in dict.fromkeys([*decided, *rejections]):
        chain = book.chains.require(key)
        rows = decided.get(key, {})
        results = _pieces([_result(rows[seq]) for seq in sorted(rows)])
        rejected = _pieces(list(rejections.get(key, ())))
        for some_results, some_rejections in zip_longest(results, rejected, fillvalue=()):
            receipts.append(
                Receipt(
                    terminal=chain.terminal,
                    epoch=chain.epoch,
                    watermark=chain.watermark,
                    watermark_hash=chain.watermark_hash,
                    offsite_watermark=0,
                    issued_at_ms=now_ms,
                    results=tuple(some_results),
                    rejections=tuple(some_rejections),
                )
            )
    return tuple(receipts)


def _result(row: JournalRow) -> Result:
    if row.seq is None or row.envelope_hash is None:
        raise InvariantError(f"journal row {row.journal_index} is not a transaction's")
    return Result(
        seq=row.seq,
        envelope_hash=row.envelope_hash,
        status=row.status,
        reason=row.reason,
        points=row.points,
        balance_points=row.balance_points,
    )


def _pieces(items: list[T]) -> list[list[T]]:
    """Cut into pieces of at most ``RESULTS_MAX``; nothing is one empty piece."""
    starts = range(0, max(len(items), 1), RESULTS_MAX)
    return [items[start : start + RESULTS_MAX] for start in starts]
