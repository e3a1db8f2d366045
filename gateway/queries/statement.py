"""A member's statement: every movement of points, with what its sealed envelope says of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select

from gateway.ledger.kinds import PostingKind
from gateway.ledger.queries import LedgerReader
from gateway.ledger.rows import JournalRow, MovementRow, PostingRow
from gateway.ledger.rows_intake import TerminalKey
from gateway.ledger.rows_sales import RatingRow
from gateway.model.ids import BranchId, KeyId, MemberId, TerminalId
from gateway.model.money import Currency
from gateway.model.plain import from_plain
from gateway.program.evaluation import Evaluation
from gateway.queries.reading import columns_of, reading
from gateway.queries.scope import Scope
from gateway.queries.sealed_facts import happened_at_ms, keys_named, opened_from, sale_of
from gateway.queries.sealed_row import SealedRow, SealStatus

_MOVEMENT: Final = columns_of(MovementRow)
_POSTING: Final = columns_of(PostingRow)
_JOURNAL: Final = columns_of(JournalRow)
_KEY: Final = columns_of(TerminalKey)
_RATING: Final = columns_of(RatingRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementEntry:
    """One movement.

    Attributes:
        journal_index: its number; what pages go by.
        recorded_at_ms: when the gateway recorded it.
        happened_at_ms: when it happened by the terminal's clock, where its seal is good.
        kind: why points moved.
        branch: where.
        terminal: through which box, where one was involved.
        available_points: change of the spendable points.
        held_points: change of the held points.
        balance_points: spendable points afterwards.
        amount_minor: the sale's total, or for a redemption the money off it, where the envelope
            says it and its seal is good.
        currency: the unit of ``amount_minor``.
        receipt_number: the till's number for the receipt, under the same condition.
        seal: what the seal is worth.
        seal_fault: why it is broken, an English sentence; empty otherwise.
        kept_back: points that a sale did not bring because its card was weak.
    """

    journal_index: int
    recorded_at_ms: int
    happened_at_ms: int | None
    kind: PostingKind
    branch: BranchId
    terminal: TerminalId | None
    available_points: int
    held_points: int
    balance_points: int
    amount_minor: int | None
    currency: Currency | None
    receipt_number: str | None
    seal: SealStatus
    seal_fault: str
    kept_back: int


def statement_of(
    ledger: LedgerReader,
    member_id: MemberId,
    scope: Scope,
    *,
    before_index: int | None = None,
    limit: int = 25,
) -> tuple[StatementEntry, ...]:
    """A member's movements, newest first, every seal verified on the spot.

    Args:
        ledger: where.
        member_id: whose.
        scope: at which branches movements may be seen.
        before_index: the last journal index of the page before.
        limit: how many; a seal takes a fraction of a millisecond to verify.
    """
    rated = (
        select(_RATING["evaluation"])
        .where(_RATING["journal_index"] == _MOVEMENT["journal_index"])
        .where(_RATING["member_id"] == member_id)
        .scalar_subquery()
    )
    wanted = (
        select(
            _MOVEMENT["journal_index"],
            _JOURNAL["recorded_at_ms"],
            _POSTING["kind"].label("posting_kind"),
            _POSTING["branch"],
            _MOVEMENT["available_points"],
            _MOVEMENT["held_points"],
            _MOVEMENT["balance_points"],
            rated.label("evaluation"),
            *(_JOURNAL[name] for name in SealedRow.__dataclass_fields__),
        )
        .where(_MOVEMENT["wallet_id"] == member_id)
        .where(_POSTING["journal_index"] == _MOVEMENT["journal_index"])
        .where(_JOURNAL["journal_index"] == _MOVEMENT["journal_index"])
        .where(scope.condition(_POSTING["branch"]))
        .order_by(_MOVEMENT["journal_index"].desc())
        .limit(limit)
    )
    if before_index is not None:
        wanted = wanted.where(_MOVEMENT["journal_index"] < before_index)
    with reading(ledger.place) as connection:
        rows = connection.execute(wanted).mappings().all()
        keys = keys_named(connection, {row["key_id"] for row in rows if row["key_id"] is not None})
    return tuple(_entry(row, keys) for row in rows)


def _entry(row: Any, keys: dict[KeyId, TerminalKey]) -> StatementEntry:  # noqa: ANN401 - a row mapping
    opened = opened_from(row, keys)
    amount, currency, receipt = sale_of(opened)
    return StatementEntry(
        journal_index=row["journal_index"],
        recorded_at_ms=row["recorded_at_ms"],
        happened_at_ms=happened_at_ms(opened),
        kind=PostingKind(row["posting_kind"]),
        branch=row["branch"],
        terminal=row["terminal"],
        available_points=row["available_points"],
        held_points=row["held_points"],
        balance_points=row["balance_points"],
        amount_minor=amount,
        currency=currency,
        receipt_number=receipt,
        seal=opened.status,
        seal_fault=opened.fault,
        kept_back=_kept_back(row["evaluation"]),
    )


def _kept_back(evaluation: str | None) -> int:
    """What a rating says was not given; nothing where there is none."""
    if evaluation is None:
        return 0
    return from_plain(Evaluation, json.loads(evaluation)).kept_back
