"""Sales as they are asked about and sealed: one too long for a message loses its lines.

That is decided once, before anything is said of what the sale brings, so that the terminal rates
what the gateway will.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from gateway.model.sale import Sale
from gateway.wire import cbor
from gateway.wire.message import MESSAGE_BYTES_MAX
from gateway.wire.transaction import SALE

#: Everything in a transaction beside the sale, and the tenders that are added to it.
_REST_BYTES: Final = 2_048
SALE_BYTES_MAX: Final = MESSAGE_BYTES_MAX - _REST_BYTES


def carried(sale: Sale, bytes_max: int = SALE_BYTES_MAX) -> Sale:
    """The sale as a transaction can carry it: whole, or without its lines.

    A refund and an item rule look at lines, so half a list would be worse than none; what depends
    on the total stays exact.
    """
    if len(cbor.dump(SALE.encode(sale))) <= bytes_max:
        return sale
    return replace(sale, lines=())
