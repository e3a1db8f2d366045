"""The journal as a list: every judged message, newest first, by time, terminal and branch.

A page reads a bounded stretch of the journal by its key, so a filter that fits nothing costs no
more than one that fits everything; a page may then be short, and says where to go on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Select, select

from gateway.ledger.kinds import JournalKind, PostingKind
from gateway.ledger.queries import LedgerReader
from gateway.ledger.rows import JournalRow, PostingRow
from gateway.ledger.rows_intake import TerminalKey
from gateway.model.ids import BranchId, KeyId, MemberId, TerminalId
from gateway.model.money import Currency
from gateway.model.outcome import Reason, Status
from gateway.queries.journal_rows import branch_of_row, is_of_terminal, journal_joined
from gateway.queries.reading import columns_of, reading
from gateway.queries.scope import Scope
from gateway.queries.sealed_facts import happened_at_ms, keys_named, opened_from, sale_of
from gateway.queries.sealed_row import Opened, SealedRow, SealStatus
from gateway.queries.stretch import stretch_between

#: Rows of the journal that one page looks through at most.
LOOK_BACK_ROWS: Final = 20_000

_JOURNAL: Final = columns_of(JournalRow)
_POSTING: Final = columns_of(PostingRow)
_KEY: Final = columns_of(TerminalKey)
_OWN: Final = (
    "journal_index",
    "recorded_at_ms",
    "status",
    "reason",
    "member_id",
    "points",
    "balance_points",
    "programme_version",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionLine:
    """One row of the journal.

    Attributes:
        journal_index: its number.
        recorded_at_ms: when the gateway recorded it.
        happened_at_ms: when it happened by the terminal's clock, where its seal is good.
        action: what was asked: a transaction's or a request's kind; ``expiry`` for a hold that
            freed itself, ``card`` for a card that was blocked or let go, ``command`` for what
            somebody did at a desk, ``nightly`` for a step of the nightly run, ``unreadable`` where
            the seal is broken.
        posting: why points moved; None where none did.
        status: how it ended.
        reason: why, where it was not applied.
        branch: where; None where no terminal was involved.
        terminal: through which box.
        epoch: of a transaction's number.
        seq: of a transaction's number.
        member_id: whose points.
        points: what moved on that member's account, spendable and held together.
        balance_points: spendable points afterwards.
        programme_version: the rules it was judged by.
        amount_minor: the sale's total, or for a redemption the money off it, where the seal is
            good.
        currency: the unit of ``amount_minor``.
        receipt_number: the till's number for the receipt, under the same condition.
        seal: what the seal is worth.
    """

    journal_index: int
    recorded_at_ms: int
    happened_at_ms: int | None
    action: str
    posting: PostingKind | None
    status: Status
    reason: Reason
    branch: BranchId | None
    terminal: TerminalId | None
    epoch: int | None
    seq: int | None
    member_id: MemberId | None
    points: int
    balance_points: int | None
    programme_version: int | None
    amount_minor: int | None
    currency: Currency | None
    receipt_number: str | None
    seal: SealStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionFilter:
    """Which rows are wanted; None wants all.

    Attributes:
        scope: the branches that may be seen.
        terminal: one terminal alone.
        branch: one branch alone.
        from_ms: recorded at this time or later.
        until_ms: recorded before this time.
    """

    scope: Scope
    terminal: TerminalId | None = None
    branch: BranchId | None = None
    from_ms: int | None = None
    until_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionPage:
    """A page of the journal.

    Attributes:
        lines: its rows, newest first; fewer than asked for, or none, where few fit the filter.
        next_before: where the next page begins; None where nothing older can fit.
    """

    lines: tuple[TransactionLine, ...]
    next_before: int | None


def transactions(
    ledger: LedgerReader,
    wanted: TransactionFilter,
    *,
    before_index: int | None = None,
    limit: int = 25,
) -> TransactionPage:
    """One page of the journal, newest first, every seal on it verified on the spot.

    Args:
        ledger: where.
        wanted: the filter; applied in SQL.
        before_index: where the page begins; None for the newest row.
        limit: how many rows at most.

    Raises:
        LedgerError: if the ledger cannot be read.
    """
    with reading(ledger.place) as connection:
        first, end = stretch_between(connection, wanted.from_ms, wanted.until_ms)
        if before_index is not None:
            end = min(end, before_index)
        lowest = max(first, end - LOOK_BACK_ROWS)
        rows = (
            _filtered(_rows(), wanted)
            .where(_JOURNAL["journal_index"] >= lowest, _JOURNAL["journal_index"] < end)
            .order_by(_JOURNAL["journal_index"].desc())
            .limit(limit)
        )
        lines = _lines(connection, rows)
    reached = lines[-1].journal_index if len(lines) == limit else lowest
    return TransactionPage(lines=lines, next_before=reached if reached > first else None)


def transaction(ledger: LedgerReader, scope: Scope, journal_index: int) -> TransactionLine | None:
    """One row of the journal; None where there is none, or none that may be seen.

    Raises:
        LedgerError: if the ledger cannot be read.
    """
    rows = _filtered(_rows(), TransactionFilter(scope=scope))
    with reading(ledger.place) as connection:
        found = _lines(connection, rows.where(_JOURNAL["journal_index"] == journal_index))
    return found[0] if found else None


def _rows() -> Select[Any]:
    return select(
        *(_JOURNAL[name] for name in _OWN),
        *(_JOURNAL[name] for name in SealedRow.__dataclass_fields__),
        _POSTING["kind"].label("posting_kind"),
        branch_of_row().label("branch"),
    ).select_from(journal_joined())


def _filtered(rows: Select[Any], wanted: TransactionFilter) -> Select[Any]:
    rows = rows.where(wanted.scope.condition(branch_of_row()))
    if wanted.branch is not None:
        rows = rows.where(branch_of_row() == wanted.branch)
    if wanted.terminal is not None:
        rows = rows.where(is_of_terminal(wanted.terminal))
    return rows


def _lines(connection: Connection, rows: Select[Any]) -> tuple[TransactionLine, ...]:
    found = connection.execute(rows).mappings().all()
    keys = keys_named(connection, {row["key_id"] for row in found if row["key_id"] is not None})
    return tuple(_line(row, keys) for row in found)


def _line(row: Any, keys: dict[KeyId, TerminalKey]) -> TransactionLine:  # noqa: ANN401 - a row mapping
    kind = JournalKind(row["kind"])
    opened = opened_from(row, keys)
    posting = row["posting_kind"]
    amount, currency, receipt = sale_of(opened)
    return TransactionLine(
        **{
            **{name: row[name] for name in _OWN},
            "status": Status(row["status"]),
            "reason": Reason(row["reason"]),
        },
        happened_at_ms=happened_at_ms(opened),
        action=_action(kind, opened),
        posting=None if posting is None else PostingKind(posting),
        branch=row["branch"],
        terminal=row["terminal"],
        epoch=row["epoch"],
        seq=row["seq"],
        amount_minor=amount,
        currency=currency,
        receipt_number=receipt,
        seal=opened.status,
    )


def _action(kind: JournalKind, opened: Opened) -> str:
    if opened.content is not None:
        return opened.content.kind.value
    return kind.value if opened.status is SealStatus.GATEWAY else "unreadable"
