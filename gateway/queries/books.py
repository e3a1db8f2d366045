"""What was corrected: goods that came back, returns that were refused, adjustments by hand.

A page reads a bounded stretch of the journal by its key, so a filter that fits nothing costs no
more than one that fits everything; a page may then be short, and says where to go on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from gateway.errors import ValueRangeError
from gateway.ledger.kinds import JournalKind, PostingKind, SystemAccount
from gateway.ledger.queries import LedgerReader
from gateway.ledger.rows import AccountRow, EntryRow, JournalRow, PostingRow
from gateway.model.ids import BranchId, MemberId, TerminalId
from gateway.model.ledger_command import LedgerCommand, decode_ledger_command
from gateway.model.money import Currency
from gateway.model.outcome import Reason, Status
from gateway.model.transaction import Transaction
from gateway.queries.journal_rows import branch_of_row, journal_joined
from gateway.queries.reading import columns_of, reading
from gateway.queries.returned_sales import ReturnedSale, returned_sales
from gateway.queries.scope import Scope
from gateway.queries.sealed_facts import happened_at_ms, keys_named, opened_from
from gateway.queries.sealed_row import Opened, SealedRow, SealStatus
from gateway.queries.stretch import stretch_between

#: Rows of the journal that one page looks through at most.
LOOK_BACK_ROWS: Final = 20_000
#: Why a return is refused, and nothing but a return.
RETURN_REASONS: Final = frozenset(
    {
        Reason.SALE_NOT_FOUND,
        Reason.SALE_ALREADY_REFUNDED,
        Reason.LINE_ALREADY_RETURNED,
        Reason.RETURN_TOO_LARGE,
        Reason.RETURN_TOO_LATE,
    }
)

_JOURNAL: Final = columns_of(JournalRow)
_POSTING: Final = columns_of(PostingRow)
_ENTRY: Final = columns_of(EntryRow)
_ACCOUNT: Final = columns_of(AccountRow)
_TAKING: Final = (SystemAccount.CLAWED_BACK.value, SystemAccount.ADJUSTED.value)
_GIVING: Final = (SystemAccount.REDEEMED.value, SystemAccount.ADJUSTED.value)


class CorrectionKind(StrEnum):
    """What kind of correction."""

    RETURN = "return"
    """Goods came back."""
    REFUSED = "refused"
    """They came back at the till, and the ledger refused to book it."""
    ADJUSTMENT = "adjustment"
    """Somebody at a desk gave or took points or credit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What a correction did in one unit.

    Attributes:
        ledger: the unit's ledger.
        taken: what members gave.
        given: what members got.
    """

    ledger: str
    taken: int
    given: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One line.

    Attributes:
        journal_index: its number.
        recorded_at_ms: when the gateway recorded it.
        happened_at_ms: when it happened by the terminal's clock, where its seal is good.
        kind: what.
        branch: where; None where no terminal and no posting says it.
        terminal: through which box.
        member_id: whom it concerned.
        reason: why it was refused.
        moved: what members gave and got, in order of ledger.
        sale: of a return, what is known of the sale.
        currency: of a return's amount.
        command: of an adjustment, who asked for it and why.
        seal: what the seal is worth.
    """

    journal_index: int
    recorded_at_ms: int
    happened_at_ms: int | None
    kind: CorrectionKind
    branch: BranchId | None
    terminal: TerminalId | None
    member_id: MemberId | None
    reason: Reason
    moved: tuple[Moved, ...]
    sale: ReturnedSale | None
    currency: Currency | None
    command: LedgerCommand | None
    seal: SealStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionFilter:
    """Which are wanted; None wants all.

    Attributes:
        scope: the branches that may be seen.
        kind: one kind alone.
        branch: one branch alone.
        from_ms: recorded at this time or later, Unix time in milliseconds.
        until_ms: recorded before this time.
    """

    scope: Scope
    kind: CorrectionKind | None = None
    branch: BranchId | None = None
    from_ms: int | None = None
    until_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionPage:
    """One page.

    Attributes:
        lines: newest first; few or none where few fit the filter.
        next_before: where the next page begins; None where nothing older can fit.
        looked_back_to_ms: when the oldest row that was looked at was recorded; None for none.
    """

    lines: tuple[Correction, ...]
    next_before: int | None
    looked_back_to_ms: int | None


def corrections(
    ledger: LedgerReader,
    wanted: CorrectionFilter,
    *,
    before_index: int | None = None,
    limit: int = 25,
) -> CorrectionPage:
    """One page of returns and adjustments, newest first, every seal verified on the spot.

    Args:
        ledger: where.
        wanted: the filter; applied in SQL.
        before_index: where the page begins; None for the newest row.
        limit: how many lines at most.

    Raises:
        LedgerError: if the ledger cannot be read.
    """
    with reading(ledger.place) as connection:
        first, end = stretch_between(connection, wanted.from_ms, wanted.until_ms)
        end = end if before_index is None else min(end, before_index)
        lowest = max(first, end - LOOK_BACK_ROWS)
        inside = _JOURNAL["journal_index"] >= lowest, _JOURNAL["journal_index"] < end
        rows = _rows(wanted).where(*inside).limit(limit)
        lines = _lines(connection, connection.execute(rows).mappings().all())
        reached = lines[-1].journal_index if len(lines) == limit else lowest
        at_ms = select(_JOURNAL["recorded_at_ms"]).where(_JOURNAL["journal_index"] == reached)
        return CorrectionPage(
            lines=lines,
            next_before=reached if reached > first else None,
            looked_back_to_ms=connection.scalar(at_ms),
        )


def _rows(wanted: CorrectionFilter) -> Select[Any]:
    branch = branch_of_row()
    rows = (
        select(
            *(_JOURNAL[name] for name in SealedRow.__dataclass_fields__),
            *(_JOURNAL[name] for name in ("journal_index", "recorded_at_ms", "member_id")),
            _JOURNAL["reason"],
            _POSTING["kind"].label("posting_kind"),
            branch.label("branch"),
        )
        .select_from(journal_joined())
        .where(_condition(wanted.kind), wanted.scope.condition(branch))
        .order_by(_JOURNAL["journal_index"].desc())
    )
    return rows if wanted.branch is None else rows.where(branch == wanted.branch)


def _condition(kind: CorrectionKind | None) -> ColumnElement[bool]:
    posting = _POSTING["kind"]
    conditions: dict[CorrectionKind, ColumnElement[bool]] = {
        CorrectionKind.RETURN: posting.in_((PostingKind.REFUND.value, PostingKind.RETURN.value)),
        CorrectionKind.REFUSED: and_(
            _JOURNAL["status"] == Status.REFUSED.value,
            _JOURNAL["reason"].in_(sorted(one.value for one in RETURN_REASONS)),
        ),
        CorrectionKind.ADJUSTMENT: posting == PostingKind.ADJUST.value,
    }
    return or_(*conditions.values()) if kind is None else conditions[kind]


def _lines(connection: Connection, rows: Sequence[Any]) -> tuple[Correction, ...]:
    keys = keys_named(connection, {row["key_id"] for row in rows if row["key_id"] is not None})
    opened = {row["journal_index"]: opened_from(row, keys) for row in rows}
    moved = _moved(connection, opened)
    asked = [
        (row["journal_index"], row["branch"], one.content)
        for row, one in zip(rows, opened.values(), strict=True)
        if isinstance(one.content, Transaction) and row["branch"] is not None
    ]
    sales = returned_sales(connection, asked)
    return tuple(
        _line(row, opened[row["journal_index"]], moved, sales.get(row["journal_index"]))
        for row in rows
    )


def _line(
    row: Any,  # noqa: ANN401 - a row mapping
    opened: Opened,
    moved: Mapping[int, tuple[Moved, ...]],
    sale: ReturnedSale | None,
) -> Correction:
    content = opened.content
    return Correction(
        journal_index=row["journal_index"],
        recorded_at_ms=row["recorded_at_ms"],
        happened_at_ms=happened_at_ms(opened),
        kind=_kind(row),
        branch=row["branch"],
        terminal=row["terminal"],
        member_id=row["member_id"],
        reason=Reason(row["reason"]),
        moved=moved.get(row["journal_index"], ()),
        sale=sale,
        currency=content.currency if isinstance(content, Transaction) else None,
        command=_command(row),
        seal=opened.status,
    )


def _kind(row: Any) -> CorrectionKind:  # noqa: ANN401 - a row mapping
    if row["posting_kind"] is None:
        return CorrectionKind.REFUSED
    adjusted = row["posting_kind"] == PostingKind.ADJUST.value
    return CorrectionKind.ADJUSTMENT if adjusted else CorrectionKind.RETURN


def _command(row: Any) -> LedgerCommand | None:  # noqa: ANN401 - a row mapping
    """What was asked for at a desk; None where it cannot be read, which the audit reports."""
    if row["kind"] != JournalKind.COMMAND.value or row["envelope"] is None:
        return None
    try:
        return decode_ledger_command(row["envelope"])
    except ValueRangeError:
        return None


def _moved(connection: Connection, indexes: Collection[int]) -> dict[int, tuple[Moved, ...]]:
    """What members gave and got in these journal rows, by row."""
    if not indexes:
        return {}
    debit, credit = (
        _ACCOUNT["account_id"].table.alias(name) for name in ("debit_side", "credit_side")
    )
    # A wallet's accounts are named after it; a system account's name has no colon.
    taken = credit.c.name.in_(_TAKING) & (
        debit.c.name.like("%:%") | (debit.c.name == SystemAccount.SUSPENSE.value)
    )
    given = debit.c.name.in_(_GIVING) & credit.c.name.like("%:%")
    wanted = (
        select(
            _ENTRY["journal_index"],
            credit.c.ledger,
            func.sum(_ENTRY["points"]).filter(taken).label("taken"),
            func.sum(_ENTRY["points"]).filter(given).label("given"),
        )
        .where(_ENTRY["journal_index"].in_(sorted(indexes)), taken | given)
        .where(debit.c.account_id == _ENTRY["debit_account"])
        .where(credit.c.account_id == _ENTRY["credit_account"])
        .group_by(_ENTRY["journal_index"], credit.c.ledger)
        .order_by(_ENTRY["journal_index"], credit.c.ledger)
    )
    found: defaultdict[int, list[Moved]] = defaultdict(list)
    for index, ledger, taken_in_all, given_in_all in connection.execute(wanted):
        found[index].append(
            Moved(ledger=ledger, taken=int(taken_in_all or 0), given=int(given_in_all or 0))
        )
    return {index: tuple(rows) for index, rows in found.items()}
