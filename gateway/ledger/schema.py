"""The tables, one for each kind of row, and which of their columns may ever change.

The journal and what it moves stand here, the others in the modules beside.
``gateway.ledger.migrations`` makes them all; a test holds the two together.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, Index

from gateway.ledger import schema_intake, schema_members, schema_sales
from gateway.ledger.schema_parts import METADATA, number, octets, table, where, words

__all__ = ["METADATA", "MUTABLE_COLUMNS", "schema_intake", "schema_members", "schema_sales"]

#: As the queries for them say it, so that the database sees that the index serves.
PENDING_LOT: Final = "activated_index IS NULL AND closed_index IS NULL"
LAPSING_LOT: Final = "expires_at_ms IS NOT NULL AND closed_index IS NULL"
LIVE_HOLD: Final = "state IN ('pending', 'posted')"

table("programme", number("version", key=True), words("rules"))
table(
    "journal",
    number("journal_index", key=True),
    number("recorded_at_ms"),
    number("judged_at_ms"),
    words("kind"),
    words("terminal", null=True),
    number("epoch", null=True),
    number("seq", null=True),
    octets("request_id", null=True),
    octets("hold_id", null=True),
    octets("card_token", null=True),
    words("card_state", null=True),
    octets("envelope_hash", null=True),
    octets("key_id", null=True),
    words("status"),
    words("reason"),
    words("member_id", null=True),
    number("points"),
    number("balance_points", null=True),
    number("programme_version", null=True),
    octets("envelope", null=True),
    # Rows without a seq never collide: SQL holds every NULL to be different.
    Index("uq_journal_transaction", "terminal", "epoch", "seq", unique=True),
    Index("uq_journal_command", "request_id", unique=True, **where("kind = 'command'")),
)
table(
    "account",
    number("account_id", key=True),
    words("ledger"),
    words("name"),
    Index("uq_account_name", "ledger", "name", unique=True),
)
table(
    "posting",
    number("journal_index", ForeignKey("journal.journal_index"), key=True),
    words("ledger"),
    words("kind"),
    number("programme_version", ForeignKey("programme.version")),
    words("branch"),
)
table(
    "entry",
    number("journal_index", ForeignKey("posting.journal_index"), key=True),
    number("line", key=True),
    number("debit_account", ForeignKey("account.account_id")),
    number("credit_account", ForeignKey("account.account_id")),
    number("points"),
    CheckConstraint("points > 0", name="points"),
    CheckConstraint("debit_account <> credit_account", name="sides"),
    clustered=True,
)
table(
    "movement",
    words("wallet_id", ForeignKey("wallet.wallet_id"), key=True),
    number("journal_index", ForeignKey("posting.journal_index"), key=True),
    number("available_points"),
    number("held_points"),
    number("pending_points"),
    number("balance_points"),
    clustered=True,
)
table(
    "lot",
    number("lot_id", key=True),
    words("wallet_id", ForeignKey("wallet.wallet_id")),
    number("points"),
    number("remaining"),
    number("available_from_ms"),
    number("expires_at_ms", null=True),
    number("opened_index", ForeignKey("posting.journal_index")),
    number("earned_index", ForeignKey("journal.journal_index")),
    words("source"),
    number("activated_index", null=True),
    number("closed_index", null=True),
    words("brought_by", null=True),
    CheckConstraint("points > 0 AND remaining BETWEEN 0 AND points", name="remaining"),
    Index("ix_lot_open", "wallet_id", **where("remaining > 0")),
    Index("ix_lot_pending", "available_from_ms", **where(PENDING_LOT)),
    Index("ix_lot_lapsing", "expires_at_ms", **where(LAPSING_LOT)),
)
table(
    "allocation",
    number("journal_index", ForeignKey("posting.journal_index"), key=True),
    number("line", key=True),
    number("owner_index"),
    number("lot_id", ForeignKey("lot.lot_id")),
    number("points"),
    CheckConstraint("points <> 0", name="points"),
    Index("ix_allocation_owner", "owner_index"),
    clustered=True,
)
table(
    "debt",
    number("owner_index", ForeignKey("posting.journal_index"), key=True),
    words("wallet_id", ForeignKey("wallet.wallet_id"), key=True),
    number("points"),
    number("remaining"),
    CheckConstraint("points > 0 AND remaining BETWEEN 0 AND points", name="remaining"),
    Index("ix_debt_open", "wallet_id", **where("remaining > 0")),
    clustered=True,
)
table(
    "hold",
    octets("hold_id", key=True),
    words("member_id", ForeignKey("member.member_id"), null=True),
    words("wallet_id", ForeignKey("wallet.wallet_id"), null=True),
    words("instrument"),
    words("source"),
    words("terms"),
    words("terminal"),
    words("branch"),
    octets("sale_key"),
    number("points"),
    number("amount_minor"),
    number("programme_version"),
    number("expires_at_ms"),
    words("state"),
    number("owner_index"),
    number("redeemed_points"),
    number("redeemed_minor"),
    number("shortfall_points"),
    number("given_back_points"),
    number("given_back_minor"),
    number("resolved_index", null=True),
    CheckConstraint("points >= 0 AND redeemed_points BETWEEN 0 AND points", name="points"),
    CheckConstraint("shortfall_points BETWEEN 0 AND redeemed_points", name="shortfall"),
    CheckConstraint("given_back_points BETWEEN 0 AND redeemed_points", name="given_back"),
    Index("ix_hold_due", "expires_at_ms", **where("state = 'pending'")),
    Index("ix_hold_sale", "branch", "sale_key", **where(LIVE_HOLD)),
)
table(
    "suspended",
    number("lot_id", key=True),
    number("journal_index", ForeignKey("journal.journal_index")),
    words("ledger"),
    octets("card_token"),
    number("points"),
    number("available_from_ms"),
    number("expires_at_ms", null=True),
    number("pending"),
    words("source"),
    number("taken_back"),
    number("resolved_index", null=True),
    Index("ix_suspended_open", "card_token", **where("resolved_index IS NULL")),
)

table("day_close", words("business_day", key=True), words("closing"))

MUTABLE_COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "terminal": ("branch", "epoch", "agreement_key", "added_at_ms"),
    "terminal_key": ("valid_to_seq",),
    "chain": ("watermark", "watermark_hash", "highest_seq", "waiting"),
    "tally": ("value",),
    "quarantine": ("last_seen_ms", "times"),
    "wallet": ("available", "held", "pending"),
    "card": ("state",),
    "lot": ("remaining", "expires_at_ms", "activated_index", "closed_index"),
    "debt": ("remaining",),
    "hold": (
        "branch",
        "sale_key",
        "terms",
        "state",
        "owner_index",
        "redeemed_points",
        "redeemed_minor",
        "shortfall_points",
        "given_back_points",
        "given_back_minor",
        "resolved_index",
    ),
    "sale": ("receipt_number", "earn_index", "refund_index", "returned_minor", "loads"),
    "suspended": ("taken_back", "resolved_index"),
    "review": ("card_index", "state", "closed_index"),
    "gift_card": ("wallet_id", "state", "expires_at_ms"),
    "household": ("founder",),
    "household_member": ("household_id", "role", "since_ms"),
    "standing": (
        "purchases",
        "visits",
        "last_visit_on",
        "visit_before_on",
        "spent_minor",
        "earned_points",
        "joined_on",
        "tier",
        "tier_state",
        "referred_by",
        "referral_index",
        "segments",
    ),
    "visit": ("sales", "amount_minor", "points"),
    "usage": ("amount",),
    "voucher": ("used", "revoked_index"),
}
"""Every column not named here is written once. Journal, postings, entries, movements and
allocations, ratings and returns are append-only."""
