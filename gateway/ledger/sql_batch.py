"""One batch on a SQL connection that is inside a transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final, TypeVar, cast

from sqlalchemy import Connection, Select, TextClause, func, select, text, tuple_
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import ColumnElement

from gateway.errors import LedgerError
from gateway.ledger.book import Head, PointsLedger
from gateway.ledger.kinds import HoldState, SystemAccount
from gateway.ledger.row import Row
from gateway.ledger.row_codec import CODECS, DriverStatement, RowCodec
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
from gateway.ledger.store import LedgerBatch
from gateway.model.ids import BranchId, MemberId, SaleKey, TerminalId, TransactionId

R = TypeVar("R", bound=Row)

#: Keys in one IN list. SQLite 3.40 takes 32,766 parameters in a statement; PostgreSQL's limit is
#: higher; a plan for a list this long is still made in well under a millisecond.
_KEYS_AT_ONCE: Final = 500
_SYSTEM_NAMES: Final = tuple(account.value for account in SystemAccount)


def _codec(row_type: type[R]) -> RowCodec[R]:
    return cast("RowCodec[R]", CODECS[row_type])


def _table_columns(row_type: type[Row]) -> dict[str, Any]:
    return dict(CODECS[row_type].table.columns)


_JOURNAL: Final = _table_columns(JournalRow)
_ACCOUNT: Final = _table_columns(AccountRow)
_CHAIN: Final = _table_columns(ChainRow)
_INBOX: Final = _table_columns(InboxRow)
_LOT: Final = _table_columns(LotRow)
_DEBT: Final = _table_columns(DebtRow)
_SUSPENDED: Final = _table_columns(SuspendedRow)
_ALLOCATION: Final = _table_columns(AllocationRow)
_HOLD: Final = _table_columns(HoldRow)
_SALE: Final = _table_columns(SaleRow)
_RESULT_NAMES: Final = tuple(name for name in CODECS[JournalRow].names if name != "envelope")

_KEY_PARTS: Final[dict[type, Callable[[Any], tuple[Any, ...]]]] = {
    TransactionId: lambda key: (key.terminal, key.epoch, key.seq),
    tuple: lambda key: key,
}


def _key_parts(key: Hashable) -> tuple[Any, ...]:
    split = _KEY_PARTS.get(type(key))
    return (key,) if split is None else split(key)


def _chunks(keys: Collection[Hashable]) -> Iterator[list[tuple[Any, ...]]]:
    parts = [_key_parts(key) for key in keys]
    for start in range(0, len(parts), _KEYS_AT_ONCE):
        yield parts[start : start + _KEYS_AT_ONCE]


def _within(
    columns: Sequence[ColumnElement[Any]], keys: list[tuple[Any, ...]]
) -> ColumnElement[bool]:
    if len(columns) == 1:
        return columns[0].in_([key[0] for key in keys])
    return tuple_(*columns).in_(keys)


@lru_cache(maxsize=256)
def _statement(dialect: Dialect, row_type: type[Row], action: str) -> DriverStatement:
    return cast("DriverStatement", getattr(CODECS[row_type], action)(dialect))


class SqlBatch(LedgerBatch):
    """Reads and the one write of a batch, in SQLAlchemy Core."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def head(self) -> Head:
        """See ``LedgerBatch``."""
        newest = (
            select(_JOURNAL["journal_index"], _JOURNAL["recorded_at_ms"])
            .order_by(_JOURNAL["journal_index"].desc())
            .limit(1)
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
        return self._keyed(row_type, codec.key_columns, keys)

    def every(self, row_type: type[R]) -> Iterator[R]:
        """See ``LedgerBatch``."""
        codec = _codec(row_type)
        for values in self._connection.execute(select(*codec.columns).order_by(*codec.key_columns)):
            yield codec.row(values)

    def results(self, ids: Collection[TransactionId]) -> list[JournalRow]:
        """See ``LedgerBatch``."""
        found: list[JournalRow] = []
        codec = _codec(JournalRow)
        columns = [_JOURNAL["terminal"], _JOURNAL["epoch"], _JOURNAL["seq"]]
        for keys in _chunks(ids):
            wanted = select(*(_JOURNAL[name] for name in _RESULT_NAMES))
            rows = self._connection.execute(wanted.where(_within(columns, keys)))
            found.extend(codec.row(values, _RESULT_NAMES) for values in rows)
        return found

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
        return self._keyed(LotRow, [_LOT["member_id"]], members, text("remaining > 0"))

    def open_debts(self, members: Collection[MemberId]) -> list[DebtRow]:
        """See ``LedgerBatch``."""
        return self._keyed(DebtRow, [_DEBT["member_id"]], members, text("remaining > 0"))

    def open_suspended(self, tokens: Collection[Hashable]) -> list[SuspendedRow]:
        """See ``LedgerBatch``."""
        unresolved = text("resolved_index IS NULL")
        return self._keyed(SuspendedRow, [_SUSPENDED["card_token"]], tokens, unresolved)

    def allocations(self, owners: Collection[int]) -> list[AllocationRow]:
        """See ``LedgerBatch``."""
        return self._keyed(AllocationRow, [_ALLOCATION["owner_index"]], owners)

    def posted_holds(self, sales: Collection[tuple[BranchId, SaleKey]]) -> list[HoldRow]:
        """See ``LedgerBatch``."""
        columns = [_HOLD["branch"], _HOLD["sale_key"]]
        return self._keyed(HoldRow, columns, sales, text("state = 'posted'"))

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
        statement = _statement(self._connection.dialect, row_type, action)
        parameters = [statement.parameters(row) for row in rows]
        result = self._connection.exec_driver_sql(statement.sql, parameters)
        if result.rowcount != len(rows):
            raise LedgerError(
                f"{action} of {len(rows)} {row_type.TABLE} rows reached {result.rowcount}"
            )

    def _keyed(
        self,
        row_type: type[R],
        columns: Sequence[ColumnElement[Any]],
        keys: Collection[Hashable],
        *conditions: TextClause,
    ) -> list[R]:
        found: list[R] = []
        for chunk in _chunks(keys):
            wanted = _select(row_type).where(_within(columns, chunk), *conditions)
            found.extend(self._all(row_type, wanted))
        return found

    def _all(self, row_type: type[R], wanted: Select[Any]) -> list[R]:
        make = _codec(row_type).row
        return [make(values) for values in self._connection.execute(wanted)]


def _select(row_type: type[Row]) -> Select[Any]:
    return select(*CODECS[row_type].columns)
