"""Judged transactions that a person should look at: refused ones, and points without an owner.

The journal has no index on how things ended: it is read backwards by its key, a bounded stretch at
a time, and the answer says how far back it saw.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Select, case, func, select

from gateway.ledger.accounts import points_ledger_name
from gateway.ledger.kinds import JournalKind
from gateway.ledger.numbering import MADE_BY_ONE_ROW_MAX, number_of
from gateway.ledger.row_codec import CODECS
from gateway.ledger.rows import JournalRow
from gateway.ledger.rows_intake import TerminalKey
from gateway.ledger.rows_lots import SuspendedRow
from gateway.model.ids import BranchId, KeyId, TerminalId
from gateway.model.outcome import Status
from gateway.queries.journal_rows import branch_of_row, is_of_terminal, journal_joined
from gateway.queries.live import head_index
from gateway.queries.reading import columns_of
from gateway.queries.scope import Scope
from gateway.queries.sealed_row import Opened, SealedRow, open_sealed_row

#: Journal rows that one question looks at, at most...
REVIEW_LOOK_BACK_ROWS: Final = 10_000
#: ...and points without an owner, where only these are asked for.
_HELD_AT_ONCE: Final = 2_000

_JOURNAL: Final = columns_of(JournalRow)
_SUSPENDED: Final = columns_of(SuspendedRow)
_KEY: Final = columns_of(TerminalKey)


class ReviewKind(StrEnum):
    """Why a person should look at a judged transaction."""

    REFUSED = "refused"
    HELD = "held"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewItem:
    """A transaction that a person should look at.

    Attributes:
        kind: why.
        row: the journal's row, whole.
        branch: where the terminal stands, or stood where points moved.
        waiting_points: points that wait for an owner; 0 where none do any more.
    """

    kind: ReviewKind
    row: JournalRow
    branch: BranchId | None
    waiting_points: int

    @property
    def key(self) -> str:
        """What decisions about it are kept under."""
        return str(self.row.journal_index)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewStretch:
    """A stretch of the journal, looked through from its end.

    Attributes:
        items: what was found, newest first.
        floor_index: nothing below this index was looked at; 1 where all was.
        floor_at_ms: when the row there was recorded; None for an empty journal.
    """

    items: tuple[ReviewItem, ...]
    floor_index: int
    floor_at_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewFilter:
    """Which transactions to find; None finds all."""

    scope: Scope
    kind: ReviewKind | None = None
    terminal: TerminalId | None = None
    branch: BranchId | None = None


def review_stretch(
    connection: Connection, wanted: ReviewFilter, *, before: int | None = None, limit: int
) -> ReviewStretch:
    """Look backwards from an index for transactions that a person should look at.

    Args:
        connection: a state of the ledger.
        wanted: which ones.
        before: the first index that was seen already; None begins at the journal's end.
        limit: how many at most; the stretch ends where they are found.
    """
    end = head_index(connection) + 1 if before is None else before
    rows = _review(wanted)
    if wanted.kind is ReviewKind.HELD:
        # These have a table of their own: however old the oldest is, it is found at once.
        waiting = _waiting_below(connection, end)
        floor = waiting[-1] if len(waiting) == _HELD_AT_ONCE else 1
        rows = rows.where(_JOURNAL["journal_index"].in_(waiting))
    else:
        floor = max(1, end - REVIEW_LOOK_BACK_ROWS)
        rows = rows.where(_JOURNAL["journal_index"] >= floor, _JOURNAL["journal_index"] < end)
    found = connection.execute(rows.limit(limit)).all()
    items = tuple(_item(row) for row in found)
    if len(items) == limit:
        floor = items[-1].row.journal_index
    at_ms = select(_JOURNAL["recorded_at_ms"]).where(_JOURNAL["journal_index"] == floor)
    return ReviewStretch(items=items, floor_index=floor, floor_at_ms=connection.scalar(at_ms))


def _waiting_below(connection: Connection, end: int) -> list[int]:
    lot, index = _SUSPENDED["lot_id"], _SUSPENDED["journal_index"]
    open_lots = _SUSPENDED["resolved_index"].is_(None), lot < number_of(end, 0)
    wanted = select(index).where(*open_lots).order_by(lot.desc()).limit(_HELD_AT_ONCE)
    return list(dict.fromkeys(connection.scalars(wanted)))


def review_item(connection: Connection, scope: Scope, index: int) -> ReviewItem | None:
    """One transaction that was refused or held; None where there is none that may be seen.

    A held one is found also when its points have got an owner since, so that what was decided
    about it can still be read.
    """
    wanted = ReviewFilter(scope=scope)
    rows = _review(wanted, settled_too=True).where(_JOURNAL["journal_index"] == index)
    row = connection.execute(rows).one_or_none()
    return None if row is None else _item(row)


def open_item(connection: Connection, item: ReviewItem) -> Opened:
    """Verify the seal of a transaction that somebody looks at, and read it."""
    codec, row = CODECS[TerminalKey], item.row
    found = connection.execute(select(*codec.columns).where(_KEY["key_id"] == row.key_id))
    keys: dict[KeyId, TerminalKey] = {key.key_id: key for key in map(codec.row, found)}
    sealed = SealedRow(
        kind=row.kind,
        terminal=row.terminal,
        epoch=row.epoch,
        seq=row.seq,
        request_id=row.request_id,
        envelope_hash=row.envelope_hash,
        key_id=row.key_id,
        envelope=row.envelope,
    )
    return open_sealed_row(sealed, keys)


def _review(wanted: ReviewFilter, *, settled_too: bool = False) -> Select[Any]:
    branch = branch_of_row()
    waiting = _waiting_points()
    waits = waiting.is_not(None)
    points = func.coalesce(waiting, 0)
    columns = CODECS[JournalRow].columns
    refused = _JOURNAL["status"] == Status.REFUSED.value
    held = (_JOURNAL["status"] == Status.HELD.value) & (settled_too or waits)
    kinds = {None: refused | held, ReviewKind.REFUSED: refused, ReviewKind.HELD: held}
    rows = (
        select(*columns, branch.label("at_branch"), points.label("waiting_points"))
        .select_from(journal_joined())
        .where(_JOURNAL["kind"].op("||")("") == JournalKind.TRANSACTION.value)
        .where(kinds[wanted.kind])
        .order_by(_JOURNAL["journal_index"].desc())
    )
    if wanted.scope.branches is not None:
        rows = rows.where(branch.in_(sorted(wanted.scope.branches)))
    if wanted.branch is not None:
        rows = rows.where(branch == wanted.branch)
    if wanted.terminal is not None:
        rows = rows.where(is_of_terminal(wanted.terminal))
    return rows


def _waiting_points() -> Any:  # noqa: ANN401 - a scalar subquery of whole numbers
    """Points of a sale that still wait; NULL where nothing does, 0 where only credit waits."""
    first = _JOURNAL["journal_index"] * MADE_BY_ONE_ROW_MAX
    in_points = _SUSPENDED["ledger"].like(points_ledger_name("%"))
    waits = _SUSPENDED["points"] - _SUSPENDED["taken_back"]
    return (
        select(func.sum(case((in_points, waits), else_=0)))
        .where(_SUSPENDED["lot_id"] >= first, _SUSPENDED["lot_id"] < first + MADE_BY_ONE_ROW_MAX)
        .where(_SUSPENDED["resolved_index"].is_(None))
        .correlate(_JOURNAL["journal_index"].table)
        .scalar_subquery()
    )


def _item(row: Any) -> ReviewItem:  # noqa: ANN401 - a row of SQLAlchemy
    *values, branch, waiting_points = row
    journal = CODECS[JournalRow].row(values)
    kind = ReviewKind.REFUSED if journal.status is Status.REFUSED else ReviewKind.HELD
    return ReviewItem(kind=kind, row=journal, branch=branch, waiting_points=waiting_points)
