"""Papers that were not sure, until a person settles or dismisses them."""

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

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make a table; none of those before changes."""
    make_table(
        "review",
        words("branch"),
        octets("sale_key"),
        number("nth"),
        number("first_index", reference("review", "first_index", "journal.journal_index")),
        number("card_index", null=True),
        words("state"),
        number("closed_index", null=True),
        check("review", "closed", "(state = 'open') = (closed_index IS NULL)"),
        key="branch sale_key",
        clustered=True,
    )
    make_index("uq_review_first", "review", "first_index nth", unique=True)
    make_index("ix_review_open", "review", "first_index", where="state = 'open'")
