"""Alembic's entry: run revisions on the connection, and in the transaction, of the caller."""

from __future__ import annotations

from alembic import context

from gateway.ledger.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
