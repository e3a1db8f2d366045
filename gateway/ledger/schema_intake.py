"""The tables about terminals, their chains of envelopes, their requests, and quarantine."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index

from gateway.ledger.schema_parts import number, octets, table, where, words

table(
    "terminal",
    words("terminal", key=True),
    words("branch"),
    number("epoch"),
    octets("agreement_key"),
    number("added_at_ms"),
)
table(
    "terminal_key",
    octets("key_id", key=True),
    words("terminal", ForeignKey("terminal.terminal")),
    number("epoch"),
    octets("cose_key"),
    number("valid_from_seq"),
    number("valid_to_seq", null=True),
    Index("uq_terminal_key_epoch", "terminal", "epoch", unique=True),
)
table(
    "chain",
    words("terminal", ForeignKey("terminal.terminal"), key=True),
    number("epoch", key=True),
    number("watermark"),
    octets("watermark_hash"),
    number("highest_seq"),
    number("waiting"),
    CheckConstraint("highest_seq >= watermark", name="order"),
    Index("ix_chain_gap", "terminal", **where("highest_seq > watermark")),
    clustered=True,
)
table(
    "inbox",
    words("terminal", key=True),
    number("epoch", key=True),
    number("seq", key=True),
    octets("envelope_hash"),
    octets("key_id"),
    number("arrived_at_ms"),
    octets("envelope"),
)
table("tally", words("name", key=True), number("value"), clustered=True)
table(
    "quarantine",
    octets("payload_hash", key=True),
    words("reason", key=True),
    words("claimed_terminal", null=True),
    words("detail"),
    number("sealed"),
    number("first_seen_ms"),
    number("last_seen_ms"),
    number("times"),
    octets("payload"),
)
table(
    "auth_request",
    octets("request_id", key=True),
    words("terminal"),
    words("kind"),
    octets("content_hash"),
    words("status"),
    words("reason"),
    number("answered_at_ms"),
    number("balance_points", null=True),
    number("points", null=True),
    number("amount_minor", null=True),
    number("expires_at_ms", null=True),
    words("standing"),
    clustered=True,
)
table(
    "tombstone",
    octets("hold_id", key=True),
    words("terminal", key=True),
    number("cancelled_at_ms"),
    clustered=True,
)
