"""What lists show of sealed rows: the keys that verify them, and the facts that were sealed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Connection, select

from gateway.ledger.kinds import JournalKind
from gateway.ledger.row_codec import CODECS
from gateway.ledger.rows_intake import TerminalKey
from gateway.model.authorisation import AuthRequest
from gateway.model.ids import KeyId
from gateway.model.money import Currency
from gateway.model.transaction import Transaction
from gateway.queries.reading import columns_of
from gateway.queries.sealed_row import Opened, SealedRow, open_sealed_row

_KEY: Final = columns_of(TerminalKey)


def keys_named(connection: Connection, key_ids: Iterable[KeyId]) -> dict[KeyId, TerminalKey]:
    """The registered keys that rows name; those that nobody registered are left out."""
    wanted = sorted(key_ids)
    if not wanted:
        return {}
    codec = CODECS[TerminalKey]
    found = connection.execute(select(*codec.columns).where(_KEY["key_id"].in_(wanted)))
    keys: list[TerminalKey] = [codec.row(row) for row in found]
    return {key.key_id: key for key in keys}


def opened_from(row: Any, keys: dict[KeyId, TerminalKey]) -> Opened:  # noqa: ANN401 - a row mapping
    """Verify the seal of a row of the journal that a query brought."""
    parts = {name: row[name] for name in SealedRow.__dataclass_fields__}
    return open_sealed_row(SealedRow(**{**parts, "kind": JournalKind(row["kind"])}), keys)


def happened_at_ms(opened: Opened) -> int | None:
    """The terminal's own time of it, Unix milliseconds; None where nothing good was sealed."""
    content = opened.content
    if isinstance(content, Transaction):
        return content.time.unix_ms
    return None if content is None else content.made_at_ms


def sale_of(opened: Opened) -> tuple[int | None, Currency | None, str | None]:
    """Amount in the currency's smallest unit, currency and receipt number, as they were sealed."""
    content = opened.content
    if content is None:
        return None, None, None
    if isinstance(content, AuthRequest):
        return content.sale_total_minor, content.currency, None
    receipt = None
    if content.sale is not None:
        receipt = content.sale.receipt_number
    elif content.original is not None:
        receipt = content.original.receipt_number
    if content.load is not None:
        return content.load.amount_minor, content.currency, receipt
    if content.redemption is not None:
        return content.redemption.amount_minor, content.currency, receipt
    amount = None if content.sale is None else content.sale.total_minor
    return amount, content.currency, receipt
