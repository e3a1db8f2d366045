"""The tables, one for each kind of row, and which of their columns may ever change.

``gateway.ledger.migrations`` makes them; a test holds the two together.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)
from sqlalchemy.sql.schema import SchemaItem

METADATA: Final = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

# SQLite's own row number is a column declared INTEGER PRIMARY KEY, never BIGINT.
_NUMBER: Final = BigInteger().with_variant(Integer, "sqlite")


def _number(name: str, *items: SchemaItem, key: bool = False, null: bool = False) -> Column[Any]:
    return Column(name, _NUMBER, *items, primary_key=key, nullable=null, autoincrement=False)


def _text(name: str, *items: SchemaItem, key: bool = False, null: bool = False) -> Column[Any]:
    return Column(name, Text, *items, primary_key=key, nullable=null)


def _bytes(name: str, *items: SchemaItem, key: bool = False, null: bool = False) -> Column[Any]:
    return Column(name, LargeBinary, *items, primary_key=key, nullable=null)


def _table(name: str, *items: SchemaItem, clustered: bool = False) -> Table:
    # A clustered table is its own primary key's tree: one tree to write instead of two.
    return Table(name, METADATA, *items, sqlite_with_rowid=not clustered)


_table("programme", _number("version", key=True), _text("rules"))
_table(
    "terminal",
    _text("terminal", key=True),
    _text("branch"),
    _number("epoch"),
    _bytes("agreement_key"),
    _number("added_at_ms"),
)
_table(
    "terminal_key",
    _bytes("key_id", key=True),
    _text("terminal", ForeignKey("terminal.terminal")),
    _number("epoch"),
    _bytes("cose_key"),
    _number("valid_from_seq"),
    _number("valid_to_seq", null=True),
    Index("uq_terminal_key_epoch", "terminal", "epoch", unique=True),
)
_table(
    "chain",
    _text("terminal", ForeignKey("terminal.terminal"), key=True),
    _number("epoch", key=True),
    _number("watermark"),
    _bytes("watermark_hash"),
    _number("highest_seq"),
    _number("waiting"),
    CheckConstraint("highest_seq >= watermark", name="order"),
    Index("ix_chain_gap", "terminal", sqlite_where=text("highest_seq > watermark")),
    clustered=True,
)
_table(
    "inbox",
    _text("terminal", key=True),
    _number("epoch", key=True),
    _number("seq", key=True),
    _bytes("envelope_hash"),
    _bytes("key_id"),
    _number("arrived_at_ms"),
    _bytes("envelope"),
)
_table("tally", _text("name", key=True), _number("value"), clustered=True)
_table(
    "quarantine",
    _bytes("payload_hash", key=True),
    _text("reason", key=True),
    _text("claimed_terminal", null=True),
    _text("detail"),
    _number("sealed"),
    _number("first_seen_ms"),
    _number("last_seen_ms"),
    _number("times"),
    _bytes("payload"),
)
_table(
    "journal",
    _number("journal_index", key=True),
    _number("recorded_at_ms"),
    _number("judged_at_ms"),
    _text("kind"),
    _text("terminal", null=True),
    _number("epoch", null=True),
    _number("seq", null=True),
    _bytes("request_id", null=True),
    _bytes("hold_id", null=True),
    _bytes("card_token", null=True),
    _text("card_state", null=True),
    _bytes("envelope_hash", null=True),
    _bytes("key_id", null=True),
    _text("status"),
    _text("reason"),
    _text("member_id", null=True),
    _number("points"),
    _number("balance_points", null=True),
    _number("programme_version", null=True),
    _bytes("envelope", null=True),
    # Rows without a seq never collide: SQL holds every NULL to be different.
    Index("uq_journal_transaction", "terminal", "epoch", "seq", unique=True),
)
_table(
    "account",
    _number("account_id", key=True),
    _text("ledger"),
    _text("name"),
    Index("uq_account_name", "ledger", "name", unique=True),
)
_table(
    "member",
    _text("member_id", key=True),
    _number("enrolled_at_ms"),
    _text("branch"),
    clustered=True,
)
_table(
    "wallet",
    _text("member_id", ForeignKey("member.member_id"), key=True),
    _text("ledger"),
    _number("available_account", ForeignKey("account.account_id")),
    _number("held_account", ForeignKey("account.account_id")),
    _number("available"),
    _number("held"),
    CheckConstraint("held >= 0", name="held"),
    clustered=True,
)
_table(
    "card",
    _bytes("token", key=True),
    _text("profile"),
    _text("member_id", ForeignKey("member.member_id")),
    _text("state"),
    _number("added_at_ms"),
    Index("ix_card_member", "member_id"),
    clustered=True,
)
_table(
    "posting",
    _number("journal_index", ForeignKey("journal.journal_index"), key=True),
    _text("ledger"),
    _text("kind"),
    _number("programme_version", ForeignKey("programme.version")),
    _text("branch"),
)
_table(
    "entry",
    _number("journal_index", ForeignKey("posting.journal_index"), key=True),
    _number("line", key=True),
    _number("debit_account", ForeignKey("account.account_id")),
    _number("credit_account", ForeignKey("account.account_id")),
    _number("points"),
    CheckConstraint("points > 0", name="points"),
    CheckConstraint("debit_account <> credit_account", name="sides"),
    clustered=True,
)
_table(
    "movement",
    _text("member_id", ForeignKey("member.member_id"), key=True),
    _number("journal_index", ForeignKey("posting.journal_index"), key=True),
    _number("available_points"),
    _number("held_points"),
    _number("balance_points"),
    clustered=True,
)
_table(
    "lot",
    _number("lot_id", ForeignKey("journal.journal_index"), key=True),
    _text("member_id", ForeignKey("member.member_id")),
    _number("points"),
    _number("remaining"),
    _number("available_from_ms"),
    _number("expires_at_ms", null=True),
    _number("opened_index", ForeignKey("posting.journal_index")),
    CheckConstraint("points > 0 AND remaining BETWEEN 0 AND points", name="remaining"),
    Index("ix_lot_open", "member_id", sqlite_where=text("remaining > 0")),
)
_table(
    "allocation",
    _number("journal_index", ForeignKey("posting.journal_index"), key=True),
    _number("line", key=True),
    _number("owner_index"),
    _number("lot_id", ForeignKey("lot.lot_id")),
    _number("points"),
    CheckConstraint("points <> 0", name="points"),
    Index("ix_allocation_owner", "owner_index"),
    clustered=True,
)
_table(
    "debt",
    _number("owner_index", ForeignKey("posting.journal_index"), key=True),
    _text("member_id", ForeignKey("member.member_id")),
    _number("points"),
    _number("remaining"),
    CheckConstraint("points > 0 AND remaining BETWEEN 0 AND points", name="remaining"),
    Index("ix_debt_open", "member_id", sqlite_where=text("remaining > 0")),
)
_table(
    "hold",
    _bytes("hold_id", key=True),
    _text("member_id", ForeignKey("member.member_id")),
    _text("terminal"),
    _text("branch"),
    _bytes("sale_key"),
    _number("points"),
    _number("amount_minor"),
    _number("programme_version"),
    _number("expires_at_ms"),
    _text("state"),
    _number("owner_index"),
    _number("shortfall_points"),
    _number("resolved_index", null=True),
    CheckConstraint("points > 0 AND shortfall_points BETWEEN 0 AND points", name="points"),
    Index("ix_hold_due", "expires_at_ms", sqlite_where=text("state = 'pending'")),
    Index("ix_hold_posted", "branch", "sale_key", sqlite_where=text("state = 'posted'")),
)
_table(
    "sale",
    _text("branch", key=True),
    _bytes("sale_key", key=True),
    _text("receipt_number", null=True),
    _number("first_index"),
    _number("earn_index", null=True),
    _number("refund_index", null=True),
    Index(
        "ix_sale_receipt",
        "branch",
        "receipt_number",
        "first_index",
        sqlite_where=text("receipt_number IS NOT NULL"),
    ),
    clustered=True,
)
_table(
    "suspended",
    _number("journal_index", ForeignKey("journal.journal_index"), key=True),
    _bytes("card_token"),
    _number("points"),
    _number("available_from_ms"),
    _number("expires_at_ms", null=True),
    _number("resolved_index", null=True),
    Index("ix_suspended_open", "card_token", sqlite_where=text("resolved_index IS NULL")),
)
_table(
    "auth_request",
    _bytes("request_id", key=True),
    _text("terminal"),
    _text("kind"),
    _bytes("content_hash"),
    _text("status"),
    _text("reason"),
    _number("answered_at_ms"),
    _number("balance_points", null=True),
    _number("points", null=True),
    _number("amount_minor", null=True),
    _number("expires_at_ms", null=True),
    clustered=True,
)
_table(
    "tombstone",
    _bytes("hold_id", key=True),
    _text("terminal", key=True),
    _number("cancelled_at_ms"),
    clustered=True,
)

MUTABLE_COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "terminal": ("branch", "epoch", "agreement_key", "added_at_ms"),
    "terminal_key": ("valid_to_seq",),
    "chain": ("watermark", "watermark_hash", "highest_seq", "waiting"),
    "tally": ("value",),
    "quarantine": ("last_seen_ms", "times"),
    "wallet": ("available", "held"),
    "card": ("state",),
    "lot": ("remaining",),
    "debt": ("remaining",),
    "hold": (
        "branch",
        "sale_key",
        "state",
        "owner_index",
        "shortfall_points",
        "resolved_index",
    ),
    "sale": ("receipt_number", "earn_index", "refund_index"),
    "suspended": ("resolved_index",),
}
"""Every column not named here is written once. Journal, postings, entries, movements and
allocations are append-only."""
