"""Bytes that could not be taken, for people to look at. Their number is bounded by the writer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Select, case, func, literal, select, tuple_

from gateway.ledger.rows_intake import QuarantineRow, Tally, TallyRow, TerminalRow
from gateway.model.ids import BranchId, EnvelopeHash, TerminalId
from gateway.model.outcome import Reason
from gateway.queries.reading import columns_of
from gateway.queries.scope import Scope

_TERMINAL: Final = columns_of(TerminalRow)
_QUARANTINE: Final = columns_of(QuarantineRow)
_TALLY: Final = columns_of(TallyRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """Bytes in quarantine without the bytes themselves.

    Attributes:
        payload_hash: SHA-256 over them.
        reason: what is wrong with them.
        claimed_terminal: whom they say they are from.
        branch: where that terminal stands, if there is one.
        detail: the reason in an English sentence.
        sealed: the seal was good.
        first_seen_ms: when they came first.
        last_seen_ms: when they came last.
        times: how often.
        size_bytes: how long they are.
    """

    payload_hash: EnvelopeHash
    reason: Reason
    claimed_terminal: TerminalId | None
    branch: BranchId | None
    detail: str
    sealed: bool
    first_seen_ms: int
    last_seen_ms: int
    times: int
    size_bytes: int

    @property
    def key(self) -> str:
        """What decisions about it are kept under."""
        return suspect_key(self.payload_hash, self.reason)


def suspect_key(payload_hash: bytes, reason: str) -> str:
    """Name one message in quarantine, as decisions about it do."""
    return f"{payload_hash.hex()}:{reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspectPlace:
    """Where one suspect stands in the order of the list; a page begins after one."""

    rank: int
    last_seen_ms: int
    payload_hash: bytes
    reason: str


def place_of(suspect: Suspect) -> SuspectPlace:
    """Where a suspect stands: clones first, then what came last."""
    return SuspectPlace(
        rank=_RANKS.get(suspect.reason, _LAST_RANK),
        last_seen_ms=suspect.last_seen_ms,
        payload_hash=suspect.payload_hash,
        reason=suspect.reason.value,
    )


#: What points at a copied key or a broken record stands before what is only noise.
_RANKS: Final[Mapping[Reason, int]] = {Reason.CLONE: 0, Reason.CHAIN_BROKEN: 1}
_LAST_RANK: Final = 2
_RANK: Final = case(
    {reason.value: rank for reason, rank in _RANKS.items()},
    value=_QUARANTINE["reason"],
    else_=_LAST_RANK,
)


def suspects(
    connection: Connection,
    scope: Scope,
    *,
    after: SuspectPlace | None = None,
    terminal: TerminalId | None = None,
    reason: Reason | None = None,
    limit: int,
) -> tuple[Suspect, ...]:
    """Bytes in quarantine: clones first, then newest first.

    Args:
        connection: a state of the ledger.
        scope: of which branches' terminals.
        after: the last one of the page before.
        terminal: one claimed terminal alone.
        reason: one reason alone.
        limit: how many at most.
    """
    wanted = _suspects(scope)
    if terminal is not None:
        wanted = wanted.where(_QUARANTINE["claimed_terminal"] == terminal)
    if reason is not None:
        wanted = wanted.where(_QUARANTINE["reason"] == reason.value)
    if after is not None:
        place = tuple_(
            _RANK,
            -_QUARANTINE["last_seen_ms"],
            _QUARANTINE["payload_hash"],
            _QUARANTINE["reason"],
        )
        seen = tuple_(
            literal(after.rank),
            literal(-after.last_seen_ms),
            literal(after.payload_hash),
            literal(after.reason),
        )
        wanted = wanted.where(place > seen)
    wanted = wanted.order_by(
        _RANK,
        _QUARANTINE["last_seen_ms"].desc(),
        _QUARANTINE["payload_hash"],
        _QUARANTINE["reason"],
    )
    return tuple(_suspect(row) for row in connection.execute(wanted.limit(limit)).mappings())


def suspect(
    connection: Connection, scope: Scope, payload_hash: EnvelopeHash, reason: Reason
) -> tuple[Suspect, bytes] | None:
    """One suspect with its bytes; None where there is none that may be seen."""
    wanted = (
        _suspects(scope)
        .add_columns(_QUARANTINE["payload"])
        .where(_QUARANTINE["payload_hash"] == payload_hash, _QUARANTINE["reason"] == reason.value)
    )
    row = connection.execute(wanted).mappings().one_or_none()
    return None if row is None else (_suspect(row), row["payload"])


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineRoom:
    """How full quarantine is; sealed and unsealed bytes have an allowance each.

    Attributes:
        sealed_rows: kept of what was sealed well...
        sealed_bytes: ...and how long it is together.
        unsealed_rows: kept of the rest...
        unsealed_bytes: ...and how long that is.
        dropped: what came when there was no room, and is gone.
    """

    sealed_rows: int
    sealed_bytes: int
    unsealed_rows: int
    unsealed_bytes: int
    dropped: int


def quarantine_room(connection: Connection) -> QuarantineRoom:
    """Say how full quarantine is, from the writer's own counts."""
    rows = connection.execute(select(_TALLY["name"], _TALLY["value"]))
    counted: dict[str, int] = {name: value for name, value in rows.all()}  # noqa: C416 - typed
    return QuarantineRoom(
        sealed_rows=counted.get(Tally.SEALED_ROWS, 0),
        sealed_bytes=counted.get(Tally.SEALED_BYTES, 0),
        unsealed_rows=counted.get(Tally.UNSEALED_ROWS, 0),
        unsealed_bytes=counted.get(Tally.UNSEALED_BYTES, 0),
        dropped=counted.get(Tally.SEALED_DROPPED, 0) + counted.get(Tally.UNSEALED_DROPPED, 0),
    )


def _suspects(scope: Scope) -> Select[Any]:
    joined = _QUARANTINE["reason"].table.outerjoin(
        _TERMINAL["terminal"].table, _TERMINAL["terminal"] == _QUARANTINE["claimed_terminal"]
    )
    columns = [column for name, column in _QUARANTINE.items() if name != "payload"]
    size = func.length(_QUARANTINE["payload"]).label("size_bytes")
    wanted = select(*columns, size, _TERMINAL["branch"]).select_from(joined)
    if scope.branches is None:
        return wanted
    return wanted.where(_TERMINAL["branch"].in_(sorted(scope.branches)))


def _suspect(row: Any) -> Suspect:  # noqa: ANN401 - a row of SQLAlchemy
    return Suspect(
        payload_hash=EnvelopeHash(row["payload_hash"]),
        reason=Reason(row["reason"]),
        claimed_terminal=row["claimed_terminal"],
        branch=row["branch"],
        detail=row["detail"],
        sealed=bool(row["sealed"]),
        first_seen_ms=row["first_seen_ms"],
        last_seen_ms=row["last_seen_ms"],
        times=row["times"],
        size_bytes=row["size_bytes"],
    )
