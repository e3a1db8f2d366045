"""What rules ask for: how members stand, what they used, and how sales were rated and returned."""

from __future__ import annotations

from gateway.ledger.migrations.table_parts import (
    check,
    make_index,
    make_table,
    number,
    octets,
    reference,
    words,
)

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make tables; none of those before changes."""
    _create_members()
    _create_sales()
    make_table("day_close", words("business_day"), words("closing"), key="business_day")


def _create_members() -> None:
    """Gift cards, households, how members stand, what they used and were given."""
    _create_cards_and_households()
    make_table(
        "standing",
        words("member_id", reference("standing", "member_id", "member.member_id")),
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
        key="member_id",
        clustered=True,
    )
    make_table(
        "visit",
        words("member_id", reference("visit", "member_id", "member.member_id")),
        words("business_day"),
        words("branch"),
        number("sales"),
        number("amount_minor"),
        number("points"),
        key="member_id business_day branch",
        clustered=True,
    )
    make_table(
        "usage",
        words("usage_key"),
        words("owner"),
        words("last_day"),
        number("amount"),
        check("usage", "amount", "amount >= 0"),
        key="usage_key",
        clustered=True,
    )
    make_index("ix_usage_owner", "usage", "owner last_day")
    _create_voucher()


def _create_cards_and_households() -> None:
    make_table(
        "gift_card",
        octets("token"),
        words("wallet_id", reference("gift_card", "wallet_id", "wallet.wallet_id")),
        words("state"),
        number("issued_at_ms"),
        words("branch"),
        words("last_four"),
        number("expires_at_ms", null=True),
        key="token",
        clustered=True,
    )
    make_index("ix_gift_card_wallet", "gift_card", "wallet_id")
    make_index("ix_gift_card_issued", "gift_card", "issued_at_ms wallet_id")
    make_index("ix_gift_card_last_four", "gift_card", "last_four issued_at_ms wallet_id")
    make_table(
        "household",
        words("household_id"),
        words("wallet_id", reference("household", "wallet_id", "wallet.wallet_id")),
        words("founder", reference("household", "founder", "member.member_id")),
        number("created_at_ms"),
        key="household_id",
        clustered=True,
    )
    make_table(
        "household_member",
        words("member_id", reference("household_member", "member_id", "member.member_id")),
        words(
            "household_id", reference("household_member", "household_id", "household.household_id")
        ),
        words("role"),
        number("since_ms"),
        key="member_id",
        clustered=True,
    )
    make_index("ix_household_member_household", "household_member", "household_id")


def _create_voucher() -> None:
    make_table(
        "voucher",
        number("voucher_id"),
        words("member_id", reference("voucher", "member_id", "member.member_id")),
        words("source"),
        words("kind"),
        words("reward", null=True),
        number("quantity"),
        number("used"),
        number("granted_at_ms"),
        number("expires_at_ms", null=True),
        words("funder", null=True),
        number("revoked_index", null=True),
        check("voucher", "used", "quantity > 0 AND used BETWEEN 0 AND quantity"),
        key="voucher_id",
    )
    make_index("ix_voucher_member", "voucher", "member_id")


def _create_sales() -> None:
    """How sales were rated, and what came back of them."""
    make_table(
        "rating",
        number("journal_index", reference("rating", "journal_index", "journal.journal_index")),
        words("member_id", null=True),
        words("branch"),
        octets("sale_key"),
        words("business_day"),
        number("programme_version"),
        words("facts"),
        words("evaluation"),
        key="journal_index",
    )
    make_table(
        "sale_return",
        number("journal_index", reference("sale_return", "journal_index", "journal.journal_index")),
        words("branch"),
        octets("return_key"),
        octets("sale_key", null=True),
        words("returned"),
        number("amount_minor"),
        words("clawed"),
        key="journal_index",
    )
    make_index("uq_sale_return_key", "sale_return", "branch return_key", unique=True)
    make_index(
        "ix_sale_return_sale", "sale_return", "branch sale_key", where="sale_key IS NOT NULL"
    )
