"""The first ledger: terminals, journal, double entry, lots, holds, sales and quarantine."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.sql.schema import SchemaItem

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _number(name: str, *items: SchemaItem, null: bool = False) -> sa.Column[Any]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column(name, kind, *items, nullable=null, autoincrement=False)


def _text(name: str, *items: SchemaItem, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), *items, nullable=null)


def _bytes(name: str, *items: SchemaItem, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.LargeBinary(), *items, nullable=null)


def _table(name: str, *items: SchemaItem, key: str, clustered: bool = False) -> None:
    primary = sa.PrimaryKeyConstraint(*key.split(), name=op.f(f"pk_{name}"))
    op.create_table(name, *items, primary, sqlite_with_rowid=not clustered)


def upgrade() -> None:
    """Make every table."""
    _create_terminals()
    _create_intake()
    _create_journal()
    _create_members()
    _create_postings()
    _create_lots()
    _create_sales()
    _create_answers()


def _create_terminals() -> None:
    """Rules, terminals and their chains."""
    _table(
        "programme",
        _number("version"),
        _text("rules"),
        key="version",
    )
    _table(
        "terminal",
        _text("terminal"),
        _text("branch"),
        _number("epoch"),
        _bytes("agreement_key"),
        _number("added_at_ms"),
        key="terminal",
    )
    _table(
        "terminal_key",
        _bytes("key_id"),
        _text(
            "terminal", sa.ForeignKey("terminal.terminal", name=op.f("fk_terminal_key_terminal"))
        ),
        _number("epoch"),
        _bytes("cose_key"),
        _number("valid_from_seq"),
        _number("valid_to_seq", null=True),
        key="key_id",
    )
    op.create_index("uq_terminal_key_epoch", "terminal_key", ["terminal", "epoch"], unique=True)
    _table(
        "chain",
        _text("terminal", sa.ForeignKey("terminal.terminal", name=op.f("fk_chain_terminal"))),
        _number("epoch"),
        _number("watermark"),
        _bytes("watermark_hash"),
        _number("highest_seq"),
        _number("waiting"),
        sa.CheckConstraint("highest_seq >= watermark", name=op.f("ck_chain_order")),
        key="terminal epoch",
        clustered=True,
    )
    op.create_index(
        "ix_chain_gap", "chain", ["terminal"], sqlite_where=sa.text("highest_seq > watermark")
    )


def _create_intake() -> None:
    """What waits, and what was put into quarantine."""
    _table(
        "inbox",
        _text("terminal"),
        _number("epoch"),
        _number("seq"),
        _bytes("envelope_hash"),
        _bytes("key_id"),
        _number("arrived_at_ms"),
        _bytes("envelope"),
        key="terminal epoch seq",
    )
    _table(
        "tally",
        _text("name"),
        _number("value"),
        key="name",
        clustered=True,
    )
    _table(
        "quarantine",
        _bytes("payload_hash"),
        _text("reason"),
        _text("claimed_terminal", null=True),
        _text("detail"),
        _number("sealed"),
        _number("first_seen_ms"),
        _number("last_seen_ms"),
        _number("times"),
        _bytes("payload"),
        key="payload_hash reason",
    )


def _create_journal() -> None:
    """The journal."""
    _table(
        "journal",
        _number("journal_index"),
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
        key="journal_index",
    )
    op.create_index("uq_journal_transaction", "journal", ["terminal", "epoch", "seq"], unique=True)


def _create_members() -> None:
    """Accounts, members and their cards."""
    _table(
        "account",
        _number("account_id"),
        _text("ledger"),
        _text("name"),
        key="account_id",
    )
    op.create_index("uq_account_name", "account", ["ledger", "name"], unique=True)
    _table(
        "member",
        _text("member_id"),
        _number("enrolled_at_ms"),
        _text("branch"),
        key="member_id",
        clustered=True,
    )
    _table(
        "wallet",
        _text("member_id", sa.ForeignKey("member.member_id", name=op.f("fk_wallet_member_id"))),
        _text("ledger"),
        _number(
            "available_account",
            sa.ForeignKey("account.account_id", name=op.f("fk_wallet_available_account")),
        ),
        _number(
            "held_account", sa.ForeignKey("account.account_id", name=op.f("fk_wallet_held_account"))
        ),
        _number("available"),
        _number("held"),
        sa.CheckConstraint("held >= 0", name=op.f("ck_wallet_held")),
        key="member_id",
        clustered=True,
    )
    _table(
        "card",
        _bytes("token"),
        _text("profile"),
        _text("member_id", sa.ForeignKey("member.member_id", name=op.f("fk_card_member_id"))),
        _text("state"),
        _number("added_at_ms"),
        key="token",
        clustered=True,
    )
    op.create_index("ix_card_member", "card", ["member_id"])


def _create_postings() -> None:
    """Postings, their entries, and each member's movements."""
    _table(
        "posting",
        _number(
            "journal_index",
            sa.ForeignKey("journal.journal_index", name=op.f("fk_posting_journal_index")),
        ),
        _text("ledger"),
        _text("kind"),
        _number(
            "programme_version",
            sa.ForeignKey("programme.version", name=op.f("fk_posting_programme_version")),
        ),
        _text("branch"),
        key="journal_index",
    )
    _table(
        "entry",
        _number(
            "journal_index",
            sa.ForeignKey("posting.journal_index", name=op.f("fk_entry_journal_index")),
        ),
        _number("line"),
        _number(
            "debit_account",
            sa.ForeignKey("account.account_id", name=op.f("fk_entry_debit_account")),
        ),
        _number(
            "credit_account",
            sa.ForeignKey("account.account_id", name=op.f("fk_entry_credit_account")),
        ),
        _number("points"),
        sa.CheckConstraint("points > 0", name=op.f("ck_entry_points")),
        sa.CheckConstraint("debit_account <> credit_account", name=op.f("ck_entry_sides")),
        key="journal_index line",
        clustered=True,
    )
    _table(
        "movement",
        _text("member_id", sa.ForeignKey("member.member_id", name=op.f("fk_movement_member_id"))),
        _number(
            "journal_index",
            sa.ForeignKey("posting.journal_index", name=op.f("fk_movement_journal_index")),
        ),
        _number("available_points"),
        _number("held_points"),
        _number("balance_points"),
        key="member_id journal_index",
        clustered=True,
    )


def _create_lots() -> None:
    """Lots, and what debits took from them or still owe."""
    _table(
        "lot",
        _number("lot_id", sa.ForeignKey("journal.journal_index", name=op.f("fk_lot_lot_id"))),
        _text("member_id", sa.ForeignKey("member.member_id", name=op.f("fk_lot_member_id"))),
        _number("points"),
        _number("remaining"),
        _number("available_from_ms"),
        _number("expires_at_ms", null=True),
        _number(
            "opened_index", sa.ForeignKey("posting.journal_index", name=op.f("fk_lot_opened_index"))
        ),
        sa.CheckConstraint(
            "points > 0 AND remaining BETWEEN 0 AND points", name=op.f("ck_lot_remaining")
        ),
        key="lot_id",
    )
    op.create_index("ix_lot_open", "lot", ["member_id"], sqlite_where=sa.text("remaining > 0"))
    _table(
        "allocation",
        _number(
            "journal_index",
            sa.ForeignKey("posting.journal_index", name=op.f("fk_allocation_journal_index")),
        ),
        _number("line"),
        _number("owner_index"),
        _number("lot_id", sa.ForeignKey("lot.lot_id", name=op.f("fk_allocation_lot_id"))),
        _number("points"),
        sa.CheckConstraint("points <> 0", name=op.f("ck_allocation_points")),
        key="journal_index line",
        clustered=True,
    )
    op.create_index("ix_allocation_owner", "allocation", ["owner_index"])
    _table(
        "debt",
        _number(
            "owner_index", sa.ForeignKey("posting.journal_index", name=op.f("fk_debt_owner_index"))
        ),
        _text("member_id", sa.ForeignKey("member.member_id", name=op.f("fk_debt_member_id"))),
        _number("points"),
        _number("remaining"),
        sa.CheckConstraint(
            "points > 0 AND remaining BETWEEN 0 AND points", name=op.f("ck_debt_remaining")
        ),
        key="owner_index",
    )
    op.create_index("ix_debt_open", "debt", ["member_id"], sqlite_where=sa.text("remaining > 0"))


def _create_sales() -> None:
    """Holds and sales."""
    _table(
        "hold",
        _bytes("hold_id"),
        _text("member_id", sa.ForeignKey("member.member_id", name=op.f("fk_hold_member_id"))),
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
        sa.CheckConstraint(
            "points > 0 AND shortfall_points BETWEEN 0 AND points", name=op.f("ck_hold_points")
        ),
        key="hold_id",
    )
    op.create_index(
        "ix_hold_due", "hold", ["expires_at_ms"], sqlite_where=sa.text("state = 'pending'")
    )
    op.create_index(
        "ix_hold_posted", "hold", ["branch", "sale_key"], sqlite_where=sa.text("state = 'posted'")
    )
    _table(
        "sale",
        _text("branch"),
        _bytes("sale_key"),
        _text("receipt_number", null=True),
        _number("first_index"),
        _number("earn_index", null=True),
        _number("refund_index", null=True),
        key="branch sale_key",
        clustered=True,
    )
    op.create_index(
        "ix_sale_receipt",
        "sale",
        ["branch", "receipt_number", "first_index"],
        sqlite_where=sa.text("receipt_number IS NOT NULL"),
    )


def _create_answers() -> None:
    """Points in suspense, and answers given."""
    _table(
        "suspended",
        _number(
            "journal_index",
            sa.ForeignKey("journal.journal_index", name=op.f("fk_suspended_journal_index")),
        ),
        _bytes("card_token"),
        _number("points"),
        _number("available_from_ms"),
        _number("expires_at_ms", null=True),
        _number("resolved_index", null=True),
        key="journal_index",
    )
    op.create_index(
        "ix_suspended_open",
        "suspended",
        ["card_token"],
        sqlite_where=sa.text("resolved_index IS NULL"),
    )
    _table(
        "auth_request",
        _bytes("request_id"),
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
        key="request_id",
        clustered=True,
    )
    _table(
        "tombstone",
        _bytes("hold_id"),
        _text("terminal"),
        _number("cancelled_at_ms"),
        key="hold_id terminal",
        clustered=True,
    )
