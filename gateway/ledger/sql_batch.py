"""One batch on a SQL connection that is inside a transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar, cast

from sqlalchemy import Connection, Select, func, or_, select, text
from sqlalchemy.engine import Dialect

from gateway.errors import LedgerError
from gateway.ledger.accounts import (
    FIRST_MEMBER_ACCOUNT,
    OTHER_BASE,
    PENDING_BASE,
    SYSTEM_BASE,
    Ledgers,
    ledgers_of,
    wallet_names_of,
)
from gateway.ledger.batch import LedgerBatch
from gateway.ledger.head import Head
from gateway.ledger.kinds import CardState, HoldState
from gateway.ledger.moved import MovedTotal
from gateway.ledger.row import Row
from gateway.ledger.row_codec import CODECS, RowCodec
from gateway.ledger.rows import AccountRow, JournalRow
from gateway.ledger.rows_intake import ChainRow, InboxRow
from gateway.ledger.rows_lots import AllocationRow, DebtRow, HoldRow, LotRow, SuspendedRow
from gateway.ledger.rows_members import (
    CardRow,
    CardUseRow,
    GiftCardRow,
    HouseholdMemberRow,
    UsageRow,
    VisitRow,
    VoucherRow,
    WalletRow,
)
from gateway.ledger.rows_sales import SaleReturnRow, SaleRow
from gateway.ledger.schema import LAPSING_LOT, LIVE_HOLD, PENDING_LOT
from gateway.ledger.shelf import ChangeSet
from gateway.ledger.sql_statements import (
    inserting_statement,
    keyed_statement,
    keys_at_once,
    made_by_statement,
    rows_at_once,
    since_statement,
    single_statement,
)
from gateway.model.ids import (
    BranchId,
    CardToken,
    HoldId,
    HouseholdId,
    MemberId,
    SaleKey,
    TerminalId,
    TransactionId,
    WalletId,
)

R = TypeVar("R", bound=Row)


def _codec(row_type: type[R]) -> RowCodec[R]:
    return cast("RowCodec[R]", CODECS[row_type])


def _table_columns(row_type: type[Row]) -> dict[str, Any]:
    return dict(CODECS[row_type].table.columns)


_JOURNAL: Final = _table_columns(JournalRow)
_ACCOUNT: Final = _table_columns(AccountRow)
_CHAIN: Final = _table_columns(ChainRow)
_INBOX: Final = _table_columns(InboxRow)
_HOLD: Final = _table_columns(HoldRow)
_LOT: Final = _table_columns(LotRow)
_VISIT: Final = _table_columns(VisitRow)
_SALE: Final = _table_columns(SaleRow)
_CARD: Final = _table_columns(CardRow)
_CARD_USE: Final = _table_columns(CardUseRow)
_WALLET: Final = _table_columns(WalletRow)


_IN_PIECES: Final = {"yield_per": 2_000}


_MOVED: Final = """
SELECT ledger, kind, sum(debit), sum(credit) FROM (
  SELECT ledger, debit, credit, CASE
      WHEN name LIKE '%\\:available' THEN 'available'
      WHEN name LIKE '%\\:held' THEN 'held'
      WHEN name LIKE '%\\:pending' THEN 'pending'
      ELSE name END AS kind
  FROM account JOIN (
    SELECT debit_account AS account_id, points AS debit, 0 AS credit
      FROM entry WHERE journal_index BETWEEN :first AND :last
    UNION ALL
    SELECT credit_account, 0, points FROM entry WHERE journal_index BETWEEN :first AND :last
  ) AS sides ON account.account_id = sides.account_id
) AS named GROUP BY ledger, kind ORDER BY ledger, kind
"""


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
        members, others = self._connection.execute(_LAST_ACCOUNTS).one()
        if last is None:
            return Head(account_id=members or 0, other_account_id=others or 0)
        return Head(
            journal_index=last[0],
            recorded_at_ms=last[1],
            account_id=members or 0,
            other_account_id=others or 0,
        )

    def ledgers(self) -> Ledgers:
        """See ``LedgerBatch``."""
        early = _select(AccountRow).where(_ACCOUNT["account_id"] < FIRST_MEMBER_ACCOUNT)
        later = _select(AccountRow).where(_ACCOUNT["account_id"].between(SYSTEM_BASE, OTHER_BASE))
        return ledgers_of([*self._all(AccountRow, early), *self._all(AccountRow, later)])

    def rows(self, row_type: type[R], keys: Collection[Hashable]) -> list[R]:
        """See ``LedgerBatch``."""
        codec = _codec(row_type)
        names = tuple(one.name for one in codec.key_columns)
        return self._keyed(row_type, names, keys)

    def every(self, row_type: type[R]) -> Iterator[R]:
        """See ``LedgerBatch``."""
        codec = _codec(row_type)
        wanted = select(*codec.columns).order_by(*codec.key_columns)
        # In pieces, because PostgreSQL's driver would otherwise fetch the whole table at once.
        with self._connection.execute(wanted, execution_options=_IN_PIECES) as found:
            for row in found:
                yield codec.row(row)

    def page(self, row_type: type[R], after: Hashable | None, limit: int) -> list[R]:
        """See ``LedgerBatch``."""
        codec = _codec(row_type)
        (key,) = codec.key_columns
        wanted = select(*codec.columns).order_by(key).limit(limit)
        return self._all(row_type, wanted if after is None else wanted.where(key > after))

    def made_by(self, row_type: type[R], journal_indexes: Collection[int]) -> list[R]:
        """See ``LedgerBatch``."""
        return self._found(row_type, made_by_statement, journal_indexes, 1)

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

    def open_lots(self, wallets: Collection[WalletId]) -> list[LotRow]:
        """See ``LedgerBatch``."""
        return self._keyed(LotRow, ("wallet_id",), wallets, "remaining > 0")

    def open_debts(self, wallets: Collection[WalletId]) -> list[DebtRow]:
        """See ``LedgerBatch``."""
        return self._keyed(DebtRow, ("wallet_id",), wallets, "remaining > 0")

    def open_suspended(self, tokens: Collection[Hashable]) -> list[SuspendedRow]:
        """See ``LedgerBatch``."""
        return self._keyed(SuspendedRow, ("card_token",), tokens, "resolved_index IS NULL")

    def allocations(self, owners: Collection[int]) -> list[AllocationRow]:
        """See ``LedgerBatch``."""
        return self._keyed(AllocationRow, ("owner_index",), owners)

    def holds_on(self, sales: Collection[tuple[BranchId, SaleKey]]) -> list[HoldRow]:
        """See ``LedgerBatch``."""
        return self._keyed(HoldRow, ("branch", "sale_key"), sales, LIVE_HOLD)

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

    def due_pending_lots(self, at_ms: int, limit: int) -> list[LotRow]:
        """See ``LedgerBatch``."""
        since = _LOT["available_from_ms"]
        wanted = _select(LotRow).where(text(PENDING_LOT), since <= at_ms)
        return self._all(LotRow, wanted.order_by(since, _LOT["lot_id"]).limit(limit))

    def due_lapsing_lots(self, at_ms: int, limit: int) -> list[LotRow]:
        """See ``LedgerBatch``."""
        until = _LOT["expires_at_ms"]
        wanted = _select(LotRow).where(text(LAPSING_LOT), until <= at_ms)
        return self._all(LotRow, wanted.order_by(until, _LOT["lot_id"]).limit(limit))

    def visits_since(self, members: Collection[MemberId], business_day: str) -> list[VisitRow]:
        """See ``LedgerBatch``."""
        keys = [(member_id, business_day) for member_id in members]
        return self._found(VisitRow, since_statement, keys, 2)

    def usage_of(self, owners: Collection[str], business_day: str) -> list[UsageRow]:
        """See ``LedgerBatch``."""
        keys = [(owner, business_day) for owner in owners]
        return self._found(UsageRow, since_statement, keys, 2)

    def vouchers_of(self, members: Collection[MemberId]) -> list[VoucherRow]:
        """See ``LedgerBatch``."""
        return self._keyed(VoucherRow, ("member_id",), members)

    def denied_cards(self, limit: int) -> list[CardRow]:
        """See ``LedgerBatch``."""
        added, token = _CARD["added_at_ms"], _CARD["token"]
        denied = text(f"state <> '{CardState.ACTIVE}'")
        wanted = _select(CardRow).where(denied)
        return self._all(CardRow, wanted.order_by(added.desc(), token.desc()).limit(limit))

    def card_uses_beside(self, uses: Collection[tuple[CardToken, int]]) -> list[CardUseRow]:
        """See ``LedgerBatch``."""
        found: list[CardUseRow] = []
        counter = _CARD_USE["counter"]
        for token, counted in uses:
            same = _select(CardUseRow).where(_CARD_USE["token"] == token)
            below = same.where(counter <= counted).order_by(counter.desc()).limit(2)
            above = same.where(counter > counted).order_by(counter).limit(1)
            found += [*self._all(CardUseRow, below), *self._all(CardUseRow, above)]
        return found

    def gift_cards_in(self, wallets: Collection[WalletId]) -> list[GiftCardRow]:
        """See ``LedgerBatch``."""
        return self._keyed(GiftCardRow, ("wallet_id",), wallets)

    def wallets_left(self, ledger: str, after: WalletId | None, limit: int) -> list[WalletRow]:
        """See ``LedgerBatch``."""
        name = _WALLET["wallet_id"]
        filled = or_(_WALLET["available"] != 0, _WALLET["pending"] != 0)
        wanted = _select(WalletRow).where(_WALLET["ledger"] == ledger, filled)
        # Names of one ledger begin alike, so that the key leads to them past all other wallets.
        stem = wallet_names_of(ledger)
        wanted = wanted.where(name >= stem if after is None else name > after)
        wanted = wanted.where(name < f"{stem[:-1]};")
        return self._all(WalletRow, wanted.order_by(name).limit(limit))

    def household_members(self, households: Collection[HouseholdId]) -> list[HouseholdMemberRow]:
        """See ``LedgerBatch``."""
        return self._keyed(HouseholdMemberRow, ("household_id",), households)

    def returns_of(self, sales: Collection[tuple[BranchId, SaleKey]]) -> list[SaleReturnRow]:
        """See ``LedgerBatch``."""
        condition = "sale_return.sale_key IS NOT NULL"
        return self._keyed(SaleReturnRow, ("branch", "sale_key"), sales, condition)

    def returns_named(self, keys: Collection[tuple[BranchId, SaleKey]]) -> list[SaleReturnRow]:
        """See ``LedgerBatch``."""
        return self._keyed(SaleReturnRow, ("branch", "return_key"), keys)

    def commands(self, ids: Collection[HoldId]) -> list[JournalRow]:
        """See ``LedgerBatch``."""
        rows = self._keyed(JournalRow, ("request_id",), ids, "kind = 'command'")
        return [replace(row, envelope=None) for row in rows]

    def moved(self, first_index: int, last_index: int) -> list[MovedTotal]:
        """See ``LedgerBatch``."""
        statement = text(_MOVED).bindparams(first=first_index, last=last_index)
        return [
            MovedTotal(ledger=ledger, account=account, debit=int(debit), credit=int(credit))
            for ledger, account, debit, credit in self._connection.execute(statement)
        ]

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
        def statement(dialect: Dialect, row_type: type[Row], size: int) -> str:
            return keyed_statement(dialect, row_type, names, condition, size)

        return self._found(row_type, statement, keys, len(names))

    def _found(
        self,
        row_type: type[R],
        statement: Callable[[Dialect, type[Row], int], str],
        keys: Collection[Hashable],
        width: int,
    ) -> list[R]:
        codec, dialect = _codec(row_type), self._connection.dialect
        found: list[R] = []
        for size, parameters in keys_at_once(keys, width):
            sql = statement(dialect, row_type, size)
            # All at once: one by one, a thousand lots cost a third more.
            rows = self._connection.exec_driver_sql(sql, parameters).all()
            found.extend(map(codec.row, rows))
        return found

    def _all(self, row_type: type[R], wanted: Select[Any]) -> list[R]:
        make = _codec(row_type).row
        return [make(row) for row in self._connection.execute(wanted)]


def _select(row_type: type[Row]) -> Select[Any]:
    return select(*CODECS[row_type].columns)


_LAST_ACCOUNTS: Final = select(
    select(func.max(_ACCOUNT["account_id"]))
    .where(_ACCOUNT["account_id"] >= FIRST_MEMBER_ACCOUNT)
    .where(_ACCOUNT["account_id"] < PENDING_BASE)
    .scalar_subquery(),
    select(func.max(_ACCOUNT["account_id"]))
    .where(_ACCOUNT["account_id"] > OTHER_BASE)
    .scalar_subquery(),
)
