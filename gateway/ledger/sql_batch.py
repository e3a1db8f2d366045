"""One batch on a SQL connection that is inside a transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final, TypeVar, cast

from sqlalchemy import Connection, Select, and_, bindparam, column, func, select, text, values
from sqlalchemy.engine import Dialect

from gateway.errors import LedgerError
from gateway.ledger.batch import LedgerBatch
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
from gateway.model.ids import BranchId, MemberId, SaleKey, TerminalId, TransactionId

R = TypeVar("R", bound=Row)

#: Keys in one statement. SQLite 3.40 takes 32,766 parameters, three of them for each key.
_KEYS_AT_ONCE: Final = 512
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

_KEY_PARTS: Final[dict[type, Callable[[Any], tuple[Any, ...]]]] = {
    TransactionId: lambda key: (key.terminal, key.epoch, key.seq),
    tuple: lambda key: key,
}


def _key_parts(key: Hashable) -> tuple[Any, ...]:
    split = _KEY_PARTS.get(type(key))
    return (key,) if split is None else split(key)


@lru_cache(maxsize=512)
def _keyed_statement(
    dialect: Dialect, row_type: type[Row], names: tuple[str, ...], condition: str, size: int
) -> str:
    """SQL that finds rows by ``size`` keys.

    The keys are a table of their own that is joined: SQLite answers the shorter
    ``(a, b) IN (VALUES ...)`` by reading the whole table as soon as there are two keys.
    """
    table = CODECS[row_type].table
    columns = [table.columns[name] for name in names]
    keys = [
        tuple(bindparam(f"{name}_{number}", type_=table.columns[name].type) for name in names)
        for number in range(size)
    ]
    wanted = (
        values(*(column(name, table.columns[name].type) for name in names), name="wanted")
        .data(keys)
        .cte("wanted")
    )
    same = and_(*(wanted.columns[one.name] == one for one in columns))
    found = select(*table.columns).select_from(wanted.join(table, same))
    if condition:
        found = found.where(text(condition))
    return str(found.compile(dialect=dialect))


def _chunks(keys: Collection[Hashable], width: int) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Flat parameters for up to so many keys at once, filled up to a power of two.

    A key of NULLs equals nothing, and with few sizes there are few statements to prepare.
    """
    parts = [_key_parts(key) for key in keys]
    for start in range(0, len(parts), _KEYS_AT_ONCE):
        some = parts[start : start + _KEYS_AT_ONCE]
        size = 1 << (len(some) - 1).bit_length()
        flat = tuple(part for key in some for part in key)
        yield size, flat + (None,) * (width * (size - len(some)))


@lru_cache(maxsize=256)
def _statement(dialect: Dialect, row_type: type[Row], action: str) -> DriverStatement:
    return cast("DriverStatement", getattr(CODECS[row_type], action)(dialect))


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
        names: tuple[str, ...],
        keys: Collection[Hashable],
        condition: str = "",
    ) -> list[R]:
        codec, dialect = _codec(row_type), self._connection.dialect
        found: list[R] = []
        for size, parameters in _chunks(keys, len(names)):
            sql = _keyed_statement(dialect, row_type, names, condition, size)
            rows = self._connection.exec_driver_sql(sql, parameters)
            found.extend(codec.row(row) for row in rows)
        return found

    def _all(self, row_type: type[R], wanted: Select[Any]) -> list[R]:
        make = _codec(row_type).row
        return [make(row) for row in self._connection.execute(wanted)]


def _select(row_type: type[Row]) -> Select[Any]:
    return select(*CODECS[row_type].columns)
