"""The name of a sale, so that one sale printed, heard or sent twice is still one sale."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

from gateway.model.ids import SALE_KEY_BYTES, SaleKey

_DOMAIN: Final = b"mohr sale key v1"


def sale_key(
    *,
    profile: str,
    receipt_number: str | None,
    printed_at: str,
    total_minor: int,
    text: Sequence[str] = (),
) -> SaleKey:
    """Name a sale: the first 16 bytes of SHA-256 over everything that tells it from others.

    Args:
        profile: name of the shop profile.
        receipt_number: the till's own number. With one and a date, the text does not matter.
        printed_at: date and time as printed, digits normalised; "" where none is.
        total_minor: the total.
        text: the receipt's folded lines, without any reprint notice. Used only where there is no
            receipt number or no date (numbers begin again every day): two sales that print exactly
            the same paper then get the same key.

    Returns:
        16 bytes; equal for an identical reprint.
    """
    digest = hashlib.sha256()
    parts = [
        _DOMAIN,
        profile.encode(),
        b"" if receipt_number is None else b"#" + receipt_number.encode(),
        printed_at.encode(),
        str(total_minor).encode(),
    ]
    if receipt_number is None or not printed_at:
        parts.append(hashlib.sha256("\n".join(text).encode()).digest())
    for part in parts:
        digest.update(len(part).to_bytes(4, "big") + part)
    return SaleKey(digest.digest()[:SALE_KEY_BYTES])
