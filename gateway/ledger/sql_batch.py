"""One batch on a SQL connection that is inside a transaction."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar, cast

from sqlalchemy import Connection, Select, func, select, text

from gateway.errors import LedgerError
from gateway.ledger.batch import LedgerBatch
from gateway.ledger.book import Head, PointsLedger
from gateway.ledger.kinds import HoldState, SystemAccount
from gateway.ledger.row import Row
from gateway.ledger.row_codec import CODECS, RowCodec
from gateway.ledger.rows import (
    AccountRow,
    AllocationRow,
    DebtRow,
    HoldRow,
    JournalRow,
    LotRow,
    SaleRow,
    SuspendedRow,
)
from gateway.ledger.rows_intake import ChainRow, InboxRow
from gateway.ledger.shelf import ChangeSet
from gateway.ledger.sql_statements import (
    inserting_statement,
    keyed_statement,
    keys_at_once,
    rows_at_once,
    single_statement,
)
from gateway.model.ids import BranchId, MemberId, SaleKey, TerminalId, TransactionId

R = TypeVar("R", bound=Row)

_SYSTEM_NAMES: Final = tuple(account.value for account in SystemAccount)


def _codec(row_type: type[R]) -> RowCodec[R]:
    return cast("RowCodec[R]", CODECS[row_type])


def _table_columns(row_type: type[Row]) -> dict[str, Any]:
    return dict(CODECS[row_type].table.columns)


_JOURNAL: Final = _table_columns(JournalRow)
_ACCOUNT: Final = _table_columns(AccountRow)
_CHAIN: Final = _table_columns(ChainRow)
_INBOX: Final = _table_columns(InboxRow)
_HOLD: Final = _table_columns(HoldRow)
_SALE: Final = _table_columns(SaleRow)


class SqlBatch(LedgerBatch):
    """Reads and the one write of a batch, in SQLAlchemy Core."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def head(self) -> Head:
        """See ``LedgerBatch``."""
        highest = select(func.max(_JOURNAL["journal_index"])).scalar_subquery()
        newest = select(_JOURNAL["journal_index"], _JOURNAL["recorded_at_ms"]).where(
            _JOURNAL["journal_index"] == highest
        )
        last = self._connection.execute(newest).one_or_none()
        account_id = self._connection.scalar(select(func.max(_ACCOUNT["account_id"]))) or 0
        if last is None:
            return Head(account_id=account_id)
        return Head(journal_index=last[0], recorded_at_ms=last[1], account_id=account_id)

    def points_ledger(self) -> PointsLedger | None:
        """See ``LedgerBatch``."""
        wanted = (
            select(_ACCOUNT["ledger"], _ACCOUNT["name"], _ACCOUNT["account_id"])
            .where(_ACCOUNT["account_id"] <= len(_SYSTEM_NAMES))
            .where(_ACCOUNT["name"].in_(_SYSTEM_NAMES))
        )
        found = self._connection.execute(wanted).all()
        if not found:
            return None
        accounts = {SystemAccount(name): account_id for _, name, account_id in found}
        return PointsLedger(found[0][0], accounts)

    def rows(self, row_type: type[R], keys: Collection[Hashable]) -> list[R]:
        """See ``LedgerBatch``."""
        codec = _codec(row_type)
        names = tuple(one.name for one in codec.key_columns)
        return self._keyed(row_type, names, keys)

    def every(self, row_type: type[R]) -> Iterator[R]:
        """See ``LedgerBatch``."""
        codec = _codec(row_type)
        for found in self._connection.execute(select(*codec.columns).order_by(*codec.key_columns)):
            yield codec.row(found)

    def results(self, ids: Collection[TransactionId]) -> list[JournalRow]:
        """See ``LedgerBatch``."""
        rows = self._keyed(JournalRow, ("terminal", "epoch", "seq"), ids)
        return [replace(row, envelope=None) for row in rows]

    def journal(self, after_index: int, limit: int) -> list[JournalRow]:
        """See ``LedgerBatch``."""
        wanted = _select(JournalRow).where(_JOURNAL["journal_index"] > after_index)
        return self._all(JournalRow, wanted.order_by(_JOURNAL["journal_index"]).limit(limit))

    def waiting(self, terminal: TerminalId, epoch: int) -> list[InboxRow]:
        """See ``LedgerBatch``."""
        wanted = _select(InboxRow).where(_INBOX["terminal"] == terminal, _INBOX["epoch"] == epoch)
        return self._all(InboxRow, wanted.order_by(_INBOX["seq"]))

    def open_chains(self) -> list[ChainRow]:
        """See ``LedgerBatch``."""
        gap = text("highest_seq > watermark")  # as the partial index says it
        return self._all(ChainRow, _select(ChainRow).where(gap))

    def open_lots(self, members: Collection[MemberId]) -> list[LotRow]:
        """See ``LedgerBatch``."""
        return self._keyed(LotRow, ("member_id",), members, "remaining > 0")

    def open_debts(self, members: Collection[MemberId]) -> list[DebtRow]:
        """See ``LedgerBatch``."""
        return self._keyed(DebtRow, ("member_id",), members, "remaining > 0")

    def open_suspended(self, tokens: Collection[Hashable]) -> list[SuspendedRow]:
        """See ``LedgerBatch``."""
        return self._keyed(SuspendedRow, ("card_token",), tokens, "resolved_index IS NULL")

    def allocations(self, owners: Collection[int]) -> list[AllocationRow]:
        """See ``LedgerBatch``."""
        return self._keyed(AllocationRow, ("owner_index",), owners)

    def posted_holds(self, sales: Collection[tuple[BranchId, SaleKey]]) -> list[HoldRow]:
        """See ``LedgerBatch``."""
        return self._keyed(HoldRow, ("branch", "sale_key"), sales, "state = 'posted'")

    def sales_by_receipt(self, branch: BranchId, number: str, limit: int) -> list[SaleRow]:
        """See ``LedgerBatch``."""
        same = (
            _select(SaleRow)
            .where(_SALE["branch"] == branch, _SALE["receipt_number"] == number)
            .order_by(_SALE["first_index"].desc())
        )
        open_sales = same.where(_SALE["refund_index"].is_(None)).limit(limit)
        return self._all(SaleRow, open_sales) or self._all(SaleRow, same.limit(1))

    def due_holds(self, at_ms: int, limit: int) -> list[HoldRow]:
        """See ``LedgerBatch``."""
        wanted = _select(HoldRow).where(
            text(f"state = '{HoldState.PENDING}'"), _HOLD["expires_at_ms"] <= at_ms
        )
        return self._all(HoldRow, wanted.order_by(_HOLD["expires_at_ms"]).limit(limit))

    def save(self, changes: ChangeSet) -> None:
        """See ``LedgerBatch``."""
        for row_type in reversed(CODECS):
            self._write(row_type, "delete", changes.removed.get(row_type, ()))
        for row_type in CODECS:
            self._write(row_type, "insert", changes.inserted.get(row_type, ()))
        for row_type in CODECS:
            self._write(row_type, "update", changes.updated.get(row_type, ()))

    def _write(self, row_type: type[Row], action: str, rows: Sequence[Row]) -> None:
        if not rows:
            return
        execute, dialect = self._connection.exec_driver_sql, self._connection.dialect
        statement = single_statement(dialect, row_type, action)
        parts = [statement.parameters(row) for row in rows]
        reached = 0
        if action == "insert":
            for size, flat in rows_at_once(parts):
                reached += execute(inserting_statement(dialect, row_type, size), flat).rowcount
        else:
            # Joined to a table of new values instead, an update was no faster.
            reached = execute(statement.sql, parts).rowcount
        if reached != len(rows):
            raise LedgerError(f"{action} of {len(rows)} {row_type.TABLE} rows reached {reached}")

    def _keyed(
        self,
        row_type: type[R],
        names: tuple[str, ...],
        keys: Collection[Hashable],
        condition: str = "",
    ) -> list[R]:
        codec, dialect = _codec(row_type), self._connection.dialect
        found: list[R] = []
        for size, parameters in keys_at_once(keys, len(names)):
            sql = keyed_statement(dialect, row_type, names, condition, size)
            rows = self._connection.exec_driver_sql(sql, parameters)
            found.extend(codec.row(row) for row in rows)
        return found

    def _all(self, row_type: type[R], wanted: Select[Any]) -> list[R]:
        make = _codec(row_type).row
        return [make(row) for row in self._connection.execute(wanted)]


def _select(row_type: type[Row]) -> Select[Any]:
    return select(*CODECS[row_type].columns)
