"""What cards have counted, tap by tap: a copied card shows itself by it."""

from __future__ import annotations

from gateway.ledger.migrations.table_parts import make_index, make_table, number, octets, words

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make a table, and an index of the cards that terminals must turn away."""
    make_table(
        "card_use",
        octets("token"),
        number("counter"),
        words("terminal"),
        number("at_ms"),
        number("certain"),
        number("journal_index"),
        key="token counter",
        clustered=True,
    )
    make_index("ix_card_denied", "card", "added_at_ms token", where="state <> 'active'")
