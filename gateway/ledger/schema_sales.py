"""The tables about sales: that they were, how they were rated, what came back, what was unsure."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index

from gateway.ledger.schema_parts import number, octets, table, where, words

table(
    "sale",
    words("branch", key=True),
    octets("sale_key", key=True),
    words("receipt_number", null=True),
    number("first_index"),
    number("earn_index", null=True),
    number("refund_index", null=True),
    number("total_minor", null=True),
    number("returned_minor"),
    words("loads"),
    Index(
        "ix_sale_receipt",
        "branch",
        "receipt_number",
        "first_index",
        **where("receipt_number IS NOT NULL"),
    ),
    clustered=True,
)
table(
    "rating",
    number("journal_index", ForeignKey("journal.journal_index"), key=True),
    words("member_id", null=True),
    words("branch"),
    octets("sale_key"),
    words("business_day"),
    number("programme_version"),
    words("facts"),
    words("evaluation"),
)
table(
    "sale_return",
    number("journal_index", ForeignKey("journal.journal_index"), key=True),
    words("branch"),
    octets("return_key"),
    octets("sale_key", null=True),
    words("returned"),
    number("amount_minor"),
    words("clawed"),
    Index("uq_sale_return_key", "branch", "return_key", unique=True),
    Index("ix_sale_return_sale", "branch", "sale_key", **where("sale_key IS NOT NULL")),
)
table(
    "review",
    words("branch", key=True),
    octets("sale_key", key=True),
    number("nth"),
    number("first_index", ForeignKey("journal.journal_index")),
    number("card_index", null=True),
    words("state"),
    number("closed_index", null=True),
    CheckConstraint("(state = 'open') = (closed_index IS NULL)", name="closed"),
    Index("uq_review_first", "first_index", "nth", unique=True),
    Index("ix_review_open", "first_index", **where("state = 'open'")),
    clustered=True,
)
