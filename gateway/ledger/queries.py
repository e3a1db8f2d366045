"""What may be asked of a ledger beside the writer: balances, statements, states, totals.

Every question takes a read-only connection, reads one state, and gives it back, so that no reader
keeps SQLite's log from being reused.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Select, case, func, select, union_all

from gateway.ledger.kinds import PostingKind
from gateway.ledger.place import LedgerPlace
from gateway.ledger.row_codec import CODECS
from gateway.ledger.rows import AccountRow, EntryRow, JournalRow, MovementRow, PostingRow
from gateway.ledger.rows_intake import (
    ChainRow,
    InboxRow,
    QuarantineRow,
    Tally,
    TallyRow,
    TerminalRow,
)
from gateway.ledger.rows_members import CardRow, MemberRow, WalletRow
from gateway.ledger.sql_batch import SqlBatch
from gateway.ledger.sql_reading import reading
from gateway.model.ids import BranchId, CardToken, MemberId, TerminalId
from gateway.model.outcome import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberBalance:
    """A member's points now; ``available`` below zero is owed."""

    member_id: MemberId
    available: int
    held: int
    enrolled_at_ms: int
    branch: BranchId


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """One posting as a member sees it.

    Attributes:
        journal_index: its number; also what to page by.
        recorded_at_ms: when it was recorded.
        kind: why points moved.
        branch: where.
        terminal: through which box, where one was involved.
        available_points: change of the spendable points.
        held_points: change of the held points.
        balance_points: spendable points afterwards.
    """

    journal_index: int
    recorded_at_ms: int
    kind: PostingKind
    branch: BranchId
    terminal: TerminalId | None
    available_points: int
    held_points: int
    balance_points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalState:
    """How one epoch of a terminal stands.

    Attributes:
        terminal: its name.
        branch: where it stands.
        epoch: which epoch.
        watermark: settled without gaps up to here.
        highest_seq: highest seq seen; above the watermark something is missing.
        waiting: envelopes in the inbox.
        last_recorded_at_ms: when the envelope at the watermark was recorded.
    """

    terminal: TerminalId
    branch: BranchId
    epoch: int
    watermark: int
    highest_seq: int
    waiting: int
    last_recorded_at_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountTotal:
    """The balance of one system account, or of all wallets' accounts of a kind together.

    Credits count up: what members have is positive, and what was ``issued`` negative. The totals
    of a ledger sum to zero.
    """

    ledger: str
    account: str
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How much of everything there is."""

    members: int
    cards: int
    terminals: int
    journal: int
    held: int
    refused: int
    waiting: int
    quarantined: int
    quarantine_dropped: int


def _columns(row_type: Any) -> dict[str, Any]:  # noqa: ANN401 - any kind of row
    return dict(CODECS[row_type].table.columns)


_MEMBER: Final = _columns(MemberRow)
_WALLET: Final = _columns(WalletRow)
_CARD: Final = _columns(CardRow)
_MOVEMENT: Final = _columns(MovementRow)
_POSTING: Final = _columns(PostingRow)
_JOURNAL: Final = _columns(JournalRow)
_ENTRY: Final = _columns(EntryRow)
_ACCOUNT: Final = _columns(AccountRow)
_TERMINAL: Final = _columns(TerminalRow)
_CHAIN: Final = _columns(ChainRow)
_INBOX: Final = _columns(InboxRow)
_QUARANTINE: Final = _columns(QuarantineRow)
_TALLY: Final = _columns(TallyRow)

_BALANCE: Final = select(
    _MEMBER["member_id"],
    _WALLET["available"],
    _WALLET["held"],
    _MEMBER["enrolled_at_ms"],
    _MEMBER["branch"],
).where(_WALLET["wallet_id"] == _MEMBER["member_id"])


#: How accounts of wallets begin, and what all of a kind are called together.
_WALLET_GROUPS: Final = (
    ("member", "members"),
    ("house", "households"),
    ("credit", "credit"),
    ("gift", "gift_cards"),
)


class LedgerReader:
    """Reads a ledger while a gateway writes it.

    Args:
        place: the file or the database that a ``SqlLedgerStore`` made.
    """

    def __init__(self, place: LedgerPlace | str) -> None:
        self.place: LedgerPlace = Path(place) if isinstance(place, str) else place

    def balance(self, member_id: MemberId) -> MemberBalance | None:
        """A member's points, or None where there is no such member."""
        found = self._balances(_BALANCE.where(_WALLET["wallet_id"] == member_id))
        return found[0] if found else None

    def balance_of_card(self, token: CardToken) -> MemberBalance | None:
        """The points of a card's owner, or None where nobody owns it."""
        owner = select(_CARD["member_id"]).where(_CARD["token"] == token).scalar_subquery()
        found = self._balances(_BALANCE.where(_WALLET["wallet_id"] == owner))
        return found[0] if found else None

    def balances(self, *, after: str = "", limit: int = 100) -> tuple[MemberBalance, ...]:
        """Members in the order of their pseudonyms, page by page.

        Args:
            after: the last pseudonym of the page before.
            limit: how many.
        """
        wanted = _BALANCE.where(_MEMBER["member_id"] > after).order_by(_MEMBER["member_id"])
        return self._balances(wanted.limit(limit))

    def statement(
        self, member_id: MemberId, *, before_index: int | None = None, limit: int = 100
    ) -> tuple[StatementLine, ...]:
        """A member's postings, newest first, page by page.

        Args:
            member_id: whose.
            before_index: the last journal index of the page before.
            limit: how many.
        """
        wanted = (
            select(
                _MOVEMENT["journal_index"],
                _JOURNAL["recorded_at_ms"],
                _POSTING["kind"],
                _POSTING["branch"],
                _JOURNAL["terminal"],
                _MOVEMENT["available_points"],
                _MOVEMENT["held_points"],
                _MOVEMENT["balance_points"],
            )
            .where(_MOVEMENT["wallet_id"] == member_id)
            .where(_MOVEMENT["journal_index"] == _POSTING["journal_index"])
            .where(_MOVEMENT["journal_index"] == _JOURNAL["journal_index"])
            .order_by(_MOVEMENT["journal_index"].desc())
            .limit(limit)
        )
        if before_index is not None:
            wanted = wanted.where(_MOVEMENT["journal_index"] < before_index)
        with reading(self.place) as connection:
            rows = connection.execute(wanted).mappings().all()
        return tuple(StatementLine(**{**row, "kind": PostingKind(row["kind"])}) for row in rows)

    def terminals(self) -> tuple[TerminalState, ...]:
        """Every epoch of every terminal, by name."""
        at_watermark = (
            (_JOURNAL["terminal"] == _CHAIN["terminal"])
            & (_JOURNAL["epoch"] == _CHAIN["epoch"])
            & (_JOURNAL["seq"] == _CHAIN["watermark"])
        )
        last = select(_JOURNAL["recorded_at_ms"]).where(at_watermark).scalar_subquery()
        wanted = (
            select(
                _CHAIN["terminal"],
                _TERMINAL["branch"],
                _CHAIN["epoch"],
                _CHAIN["watermark"],
                _CHAIN["highest_seq"],
                _CHAIN["waiting"],
                last.label("last_recorded_at_ms"),
            )
            .where(_CHAIN["terminal"] == _TERMINAL["terminal"])
            .order_by(_CHAIN["terminal"], _CHAIN["epoch"])
        )
        with reading(self.place) as connection:
            rows = connection.execute(wanted).mappings().all()
        return tuple(TerminalState(**row) for row in rows)

    def totals(self) -> tuple[AccountTotal, ...]:
        """Every system account and the members' accounts together; reads every entry."""
        sides = union_all(
            select(_ENTRY["credit_account"].label("account_id"), _ENTRY["points"]),
            select(_ENTRY["debit_account"].label("account_id"), -_ENTRY["points"]),
        ).subquery()
        name = _ACCOUNT["name"]
        group = case(
            *(
                (name.like(f"{kind}:%:{part}"), f"{group}:{part}")
                for kind, group in _WALLET_GROUPS
                for part in ("available", "held", "pending")
            ),
            else_=name,
        )
        # Named in a table of its own: what is grouped by may hold no parameters in PostgreSQL.
        named = (
            select(_ACCOUNT["ledger"], group.label("account"), sides.c.points)
            .where(_ACCOUNT["account_id"] == sides.c.account_id)
            .subquery()
        )
        by = (named.c.ledger, named.c.account)
        wanted = select(*by, func.sum(named.c.points)).group_by(*by).order_by(*by)
        with reading(self.place) as connection:
            rows = connection.execute(wanted).all()
        return tuple(
            AccountTotal(ledger=ledger, account=account, points=points)
            for ledger, account, points in rows
        )

    def counts(self) -> Counts:
        """How much of everything there is; ``held`` and ``refused`` read the whole journal."""

        def count(column: Any) -> Select[Any]:  # noqa: ANN401 - a column of any type
            return select(func.count(column))

        dropped = (Tally.SEALED_DROPPED, Tally.UNSEALED_DROPPED)
        with reading(self.place) as connection:
            statuses = select(_JOURNAL["status"], func.count()).group_by(_JOURNAL["status"])
            by_status = {str(status): int(rows) for status, rows in connection.execute(statuses)}
            return Counts(
                members=connection.scalar(count(_MEMBER["member_id"])) or 0,
                cards=connection.scalar(count(_CARD["token"])) or 0,
                terminals=connection.scalar(count(_TERMINAL["terminal"])) or 0,
                journal=sum(by_status.values()),
                held=by_status.get(Status.HELD, 0),
                refused=by_status.get(Status.REFUSED, 0),
                waiting=connection.scalar(count(_INBOX["seq"])) or 0,
                quarantined=connection.scalar(count(_QUARANTINE["payload_hash"])) or 0,
                quarantine_dropped=connection.scalar(
                    select(func.sum(_TALLY["value"])).where(_TALLY["name"].in_(dropped))
                )
                or 0,
            )

    def journal(self, *, after_index: int = 0, limit: int = 1_000) -> tuple[JournalRow, ...]:
        """The journal in pieces, envelopes included, for audits and exports."""
        with reading(self.place) as connection:
            return tuple(SqlBatch(connection).journal(after_index, limit))

    def quarantine(self) -> tuple[QuarantineRow, ...]:
        """Everything in quarantine; bounded by the writer's settings."""
        with reading(self.place) as connection:
            return tuple(SqlBatch(connection).every(QuarantineRow))

    def size_bytes(self) -> int:
        """How much room the ledger takes, its log left out."""
        if isinstance(self.place, Path):
            return self.place.stat().st_size if self.place.is_file() else 0
        with reading(self.place) as connection:
            size = connection.scalar(select(func.pg_database_size(func.current_database())))
        return int(size or 0)

    @contextmanager
    def batch(self) -> Iterator[SqlBatch]:
        """One read-only state for several questions, such as ``checks.broken_invariants``.

        Keep it short: until it ends, SQLite's log cannot be reused.
        """
        with reading(self.place) as connection:
            yield SqlBatch(connection)

    def _balances(self, wanted: Select[Any]) -> tuple[MemberBalance, ...]:
        with reading(self.place) as connection:
            rows = connection.execute(wanted).mappings().all()
        return tuple(MemberBalance(**row) for row in rows)
