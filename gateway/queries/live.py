"""The journal as it grows, for people who watch: what was tapped where, and what came of it.

Journal indexes count without gaps, so that one look from the end tells what is new and how much of
it there is; nothing here ever reads more rows than it was told to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Select, func, select

from gateway.ledger.kinds import JournalKind
from gateway.ledger.rows import JournalRow
from gateway.ledger.rows_members import MemberRow
from gateway.model.ids import BranchId, CardToken, MemberId, TerminalId
from gateway.model.money import Currency
from gateway.model.outcome import Reason, Status
from gateway.model.transaction import Transaction
from gateway.queries.journal_rows import branch_of_row, is_of_terminal, journal_joined
from gateway.queries.reading import columns_of
from gateway.queries.scope import Scope
from gateway.queries.sealed import content_of

#: How far back a page looks for rows that fit its filters.
LOOK_BACK_ROWS: Final = 5_000

#: No terminal sealed these.
_BY_THE_GATEWAY: Final = frozenset(
    {
        JournalKind.EXPIRY,
        JournalKind.CARD,
        JournalKind.COMMAND,
        JournalKind.NIGHTLY,
        JournalKind.REDENOMINATION,
    }
)
_JOURNAL: Final = columns_of(JournalRow)
_MEMBER: Final = columns_of(MemberRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveEvent:
    """One journal row as somebody who watches the counters sees it.

    Attributes:
        journal_index: its number; rises with each row.
        recorded_at_ms: when it was written, Unix milliseconds.
        action: a transaction's or a request's kind; ``expiry`` for a hold that freed itself,
            ``card`` for a card blocked or let go, ``command`` for what somebody did at a desk,
            ``nightly`` for a step of the nightly run, ``unreadable`` where the envelope cannot be
            read.
        status: how it ended.
        reason: why, where it was not applied.
        branch: where; None where no terminal was involved.
        terminal: at which box.
        member_id: whose points, where somebody's.
        member_branch: that member's home branch.
        card_token: the card that was shown.
        points: what moved.
        balance_points: what the member may spend afterwards.
        amount_minor: the sale's total, where there was a sale.
        currency: the amount's unit.
        receipt_number: the till's number of the receipt, where it told one.
    """

    journal_index: int
    recorded_at_ms: int
    action: str
    status: Status
    reason: Reason
    branch: BranchId | None
    terminal: TerminalId | None
    member_id: MemberId | None
    member_branch: BranchId | None
    card_token: CardToken | None
    points: int
    balance_points: int | None
    amount_minor: int | None
    currency: Currency | None
    receipt_number: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveFilter:
    """Which rows somebody watches; None watches all.

    Attributes:
        scope: the branches that may be seen.
        terminal: one terminal alone.
        status: one outcome alone.
    """

    scope: Scope
    terminal: TerminalId | None = None
    status: Status | None = None

    @property
    def hides_something(self) -> bool:
        """Whether there may be rows that it does not let through."""
        narrow = self.terminal is not None or self.status is not None
        return narrow or not self.scope.everything

    def lets_through(self, event: LiveEvent) -> bool:
        """Whether a row is one of those that are watched."""
        return (
            self.scope.holds(event.branch)
            and (self.terminal is None or event.terminal == self.terminal)
            and (self.status is None or event.status is self.status)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePiece:
    """The newest rows after some index.

    Attributes:
        head_index: the index of the journal's last row.
        events: the newest rows, oldest first.
        skipped: how many rows after the index asked for are older than these.
    """

    head_index: int
    events: tuple[LiveEvent, ...]
    skipped: int


def head_index(connection: Connection) -> int:
    """The index of the journal's last row; 0 where it is empty."""
    return connection.scalar(select(func.max(_JOURNAL["journal_index"]))) or 0


def rows_after(connection: Connection, index: int, *, limit: int) -> LivePiece:
    """The newest ``limit`` rows after ``index``, whoever may see them; one statement by key.

    Args:
        connection: a state of the ledger.
        index: the last index that is known.
        limit: how many rows at most.
    """
    wanted = _rows().where(_JOURNAL["journal_index"] > index)
    events = _events(connection, wanted.limit(limit))
    head = events[-1].journal_index if events else index
    return LivePiece(head_index=head, events=events, skipped=head - index - len(events))


def newest_rows(connection: Connection, wanted: LiveFilter, *, limit: int) -> LivePiece:
    """The newest rows that a filter lets through, looking back ``LOOK_BACK_ROWS`` at most.

    Args:
        connection: a state of the ledger.
        wanted: the filter; applied in SQL.
        limit: how many rows at most.
    """
    head = head_index(connection)
    rows = _filtered(_rows(), wanted).where(_JOURNAL["journal_index"] > head - LOOK_BACK_ROWS)
    return LivePiece(head_index=head, events=_events(connection, rows.limit(limit)), skipped=0)


def rows_between(
    connection: Connection, wanted: LiveFilter, *, after: int, to: int, limit: int
) -> tuple[LiveEvent, ...]:
    """The newest rows of a filter in (``after``, ``to``], oldest first; what a viewer missed."""
    first = max(after, to - LOOK_BACK_ROWS)
    rows = _filtered(_rows(), wanted).where(
        _JOURNAL["journal_index"] > first, _JOURNAL["journal_index"] <= to
    )
    return _events(connection, rows.limit(limit))


def rows_of_terminal(
    connection: Connection, terminal: TerminalId, epoch: int, *, limit: int
) -> tuple[LiveEvent, ...]:
    """The newest transactions of one epoch of a terminal, newest first."""
    rows = (
        _rows(ordered=False)
        .where(_JOURNAL["terminal"] == terminal, _JOURNAL["epoch"] == epoch)
        .order_by(_JOURNAL["seq"].desc())
        .limit(limit)
    )
    return tuple(reversed(_events(connection, rows)))


def _rows(*, ordered: bool = True) -> Select[Any]:
    member = _MEMBER["member_id"]
    joined = journal_joined().outerjoin(member.table, member == _JOURNAL["member_id"])
    wanted = select(
        *(_JOURNAL[name] for name in _TAKEN),
        branch_of_row().label("branch"),
        _MEMBER["branch"].label("member_branch"),
    ).select_from(joined)
    return wanted.order_by(_JOURNAL["journal_index"].desc()) if ordered else wanted


_TAKEN: Final = (
    "journal_index",
    "recorded_at_ms",
    "kind",
    "terminal",
    "card_token",
    "status",
    "reason",
    "member_id",
    "points",
    "balance_points",
    "envelope",
)


def _filtered(rows: Select[Any], wanted: LiveFilter) -> Select[Any]:
    if wanted.scope.branches is not None:
        rows = rows.where(branch_of_row().in_(sorted(wanted.scope.branches)))
    if wanted.terminal is not None:
        rows = rows.where(is_of_terminal(wanted.terminal))
    if wanted.status is not None:
        rows = rows.where(_JOURNAL["status"] == wanted.status.value)
    return rows


def _events(connection: Connection, rows: Select[Any]) -> tuple[LiveEvent, ...]:
    found: Sequence[Any] = connection.execute(rows).mappings().all()
    return tuple(_event(row) for row in reversed(found))


def _event(row: Any) -> LiveEvent:  # noqa: ANN401 - a row of SQLAlchemy
    kind = JournalKind(row["kind"])
    content = None if kind in _BY_THE_GATEWAY else content_of(row["envelope"])
    sale = content.sale if isinstance(content, Transaction) else None
    token = row["card_token"]
    if content is not None and content.card is not None:
        token = content.card.token
    if kind in _BY_THE_GATEWAY:
        action = kind.value
    else:
        action = "unreadable" if content is None else content.kind.value
    return LiveEvent(
        journal_index=row["journal_index"],
        recorded_at_ms=row["recorded_at_ms"],
        action=action,
        status=Status(row["status"]),
        reason=Reason(row["reason"]),
        branch=row["branch"],
        terminal=row["terminal"],
        member_id=row["member_id"],
        member_branch=row["member_branch"],
        card_token=token,
        points=row["points"],
        balance_points=row["balance_points"],
        amount_minor=None if sale is None else sale.total_minor,
        currency=None if sale is None or content is None else content.currency,
        receipt_number=None if sale is None else sale.receipt_number,
    )
