"""The tables about members: what they keep, what they hold, and how they stand."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index

from gateway.ledger.schema_parts import number, octets, table, where, words

table(
    "member",
    words("member_id", key=True),
    number("enrolled_at_ms"),
    words("branch"),
    clustered=True,
)
table(
    "wallet",
    words("wallet_id", key=True),
    words("kind"),
    words("member_id", ForeignKey("member.member_id"), null=True),
    words("ledger"),
    number("available_account", ForeignKey("account.account_id")),
    number("held_account", ForeignKey("account.account_id")),
    number("pending_account", ForeignKey("account.account_id")),
    number("available"),
    number("held"),
    number("pending"),
    CheckConstraint("held >= 0 AND pending >= 0", name="parts"),
    clustered=True,
)
table(
    "card",
    octets("token", key=True),
    words("profile"),
    words("member_id", ForeignKey("member.member_id")),
    words("state"),
    number("added_at_ms"),
    Index("ix_card_member", "member_id"),
    Index("ix_card_denied", "added_at_ms", "token", **where("state <> 'active'")),
    clustered=True,
)
table(
    "card_use",
    octets("token", key=True),
    number("counter", key=True),
    words("terminal"),
    number("at_ms"),
    number("certain"),
    number("journal_index"),
    clustered=True,
)
table(
    "gift_card",
    octets("token", key=True),
    words("wallet_id", ForeignKey("wallet.wallet_id")),
    words("state"),
    number("issued_at_ms"),
    words("branch"),
    words("last_four"),
    number("expires_at_ms", null=True),
    Index("ix_gift_card_wallet", "wallet_id"),
    Index("ix_gift_card_issued", "issued_at_ms", "wallet_id"),
    Index("ix_gift_card_last_four", "last_four", "issued_at_ms", "wallet_id"),
    clustered=True,
)
table(
    "household",
    words("household_id", key=True),
    words("wallet_id", ForeignKey("wallet.wallet_id")),
    words("founder", ForeignKey("member.member_id")),
    number("created_at_ms"),
    clustered=True,
)
table(
    "household_member",
    words("member_id", ForeignKey("member.member_id"), key=True),
    words("household_id", ForeignKey("household.household_id")),
    words("role"),
    number("since_ms"),
    Index("ix_household_member_household", "household_id"),
    clustered=True,
)
table(
    "standing",
    words("member_id", ForeignKey("member.member_id"), key=True),
    number("purchases"),
    number("visits"),
    words("last_visit_on", null=True),
    words("visit_before_on", null=True),
    number("spent_minor"),
    number("earned_points"),
    words("joined_on"),
    words("tier", null=True),
    words("tier_state"),
    words("referred_by", null=True),
    number("referral_index", null=True),
    words("segments"),
    clustered=True,
)
table(
    "visit",
    words("member_id", ForeignKey("member.member_id"), key=True),
    words("business_day", key=True),
    words("branch", key=True),
    number("sales"),
    number("amount_minor"),
    number("points"),
    clustered=True,
)
table(
    "usage",
    words("usage_key", key=True),
    words("owner"),
    words("last_day"),
    number("amount"),
    CheckConstraint("amount >= 0", name="amount"),
    Index("ix_usage_owner", "owner", "last_day"),
    clustered=True,
)
table(
    "voucher",
    number("voucher_id", key=True),
    words("member_id", ForeignKey("member.member_id")),
    words("source"),
    words("kind"),
    words("reward", null=True),
    number("quantity"),
    number("used"),
    number("granted_at_ms"),
    number("expires_at_ms", null=True),
    words("funder", null=True),
    number("revoked_index", null=True),
    CheckConstraint("quantity > 0 AND used BETWEEN 0 AND quantity", name="used"),
    Index("ix_voucher_member", "member_id"),
)
