"""The code on a receipt with which a forgotten card's sale is claimed, once.

The terminal that saw the sale close says which sale it was, its total and its time, under a MAC
that only terminals and the gateway can make. Whoever holds the paper claims it; the sale's key lets
the gateway count it once, whatever claims it. Body, after the kind byte of
``gateway.wire.code_text``, all of it under the MAC::

    sale key (16) ‖ total (8) ‖ Unix time in seconds (5) ‖ currency code (3) ‖ exponent (1)
    ‖ terminal (1 to 32) ‖ MAC (16)
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from gateway.crypto.card_token import CARD_KEY_BYTES
from gateway.errors import KeyStoreError, ValueRangeError, WireError
from gateway.model.checks import I63_MAX, check_bytes, check_int, check_name
from gateway.model.ids import SALE_KEY_BYTES, SaleKey, TerminalId
from gateway.model.money import Currency
from gateway.wire.code_text import CodeKind, read_code_text, write_code_text

MAC_BYTES: Final = 16
_KEY_DOMAIN: Final = b"mohr receipt claim key 1\0"
_MAC_DOMAIN: Final = b"mohr receipt claim 1\0"
_TOTAL_BYTES: Final = 8
_TIME_BYTES: Final = 5
_TIME_S_MAX: Final = 2 ** (8 * _TIME_BYTES) - 1
_CODE_BYTES: Final = 3
_AT_TIME: Final = SALE_KEY_BYTES + _TOTAL_BYTES
_AT_CURRENCY: Final = _AT_TIME + _TIME_BYTES
_AT_TERMINAL: Final = _AT_CURRENCY + _CODE_BYTES + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptClaim:
    """A closed sale that nobody's card was shown for.

    Attributes:
        sale_key: names the sale.
        total_minor: what was paid.
        currency: the unit of ``total_minor``.
        closed_at_s: Unix time of the close in seconds.
        terminal: who saw it.

    Raises:
        ValueRangeError: if a part is outside its range.
    """

    sale_key: SaleKey
    total_minor: int
    currency: Currency
    closed_at_s: int
    terminal: TerminalId

    def __post_init__(self) -> None:
        check_bytes("sale_key", self.sale_key, SALE_KEY_BYTES, SALE_KEY_BYTES)
        check_int("total_minor", self.total_minor, 0, I63_MAX)
        check_int("closed_at_s", self.closed_at_s, 0, _TIME_S_MAX)
        check_name("terminal", self.terminal)


def claim_key(card_key: bytes) -> bytes:
    """Derive the key of claims from the programme's card key, which terminals hold.

    Raises:
        KeyStoreError: if that key is not 32 bytes.
    """
    if len(card_key) != CARD_KEY_BYTES:
        raise KeyStoreError(f"a card key has {CARD_KEY_BYTES} bytes, not {len(card_key)}")
    return hmac.digest(card_key, _KEY_DOMAIN, sha256)


def write_claim(claim: ReceiptClaim, key: bytes) -> str:
    """Write a claim as the text of a QR code.

    Args:
        claim: the sale.
        key: from ``claim_key``.
    """
    body = (
        claim.sale_key
        + claim.total_minor.to_bytes(_TOTAL_BYTES)
        + claim.closed_at_s.to_bytes(_TIME_BYTES)
        + claim.currency.code.encode("ascii")
        + bytes((claim.currency.exponent,))
        + claim.terminal.encode("ascii")
    )
    return write_code_text(CodeKind.CLAIM, body + _mac(key, body))


def read_claim(text: str, key: bytes) -> ReceiptClaim:
    """Read a claim and verify it, in constant time.

    Args:
        text: as it was scanned or typed.
        key: from ``claim_key``.

    Raises:
        WireError: if it is no claim, or not one that a terminal of this programme made.
    """
    kind, body = read_code_text(text)
    if kind is not CodeKind.CLAIM:
        raise WireError("the code is no receipt's")
    told, mac = body[:-MAC_BYTES], body[-MAC_BYTES:]
    if not hmac.compare_digest(_mac(key, told), mac):
        raise WireError("the receipt's code was not made by a terminal of this programme")
    return _decode(told)


def _decode(told: bytes) -> ReceiptClaim:
    try:
        return ReceiptClaim(
            sale_key=SaleKey(told[:SALE_KEY_BYTES]),
            total_minor=int.from_bytes(told[SALE_KEY_BYTES:_AT_TIME]),
            currency=Currency(
                code=told[_AT_CURRENCY : _AT_CURRENCY + _CODE_BYTES].decode("ascii"),
                exponent=int.from_bytes(told[_AT_TERMINAL - 1 : _AT_TERMINAL]),
            ),
            closed_at_s=int.from_bytes(told[_AT_TIME:_AT_CURRENCY]),
            terminal=TerminalId(told[_AT_TERMINAL:].decode("ascii")),
        )
    except (ValueRangeError, UnicodeDecodeError) as error:
        # Only who has the key gets here: a terminal of another version, or a fault of ours.
        raise WireError(f"the receipt's code does not make sense: {error}") from error


def _mac(key: bytes, told: bytes) -> bytes:
    return hmac.digest(key, _MAC_DOMAIN + told, sha256)[:MAC_BYTES]
