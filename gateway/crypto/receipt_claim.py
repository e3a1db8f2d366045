"""The code on a receipt with which a forgotten card's sale is claimed, once.

The terminal that saw the sale close says which sale it was, its total and its time, under a MAC
that only the programme's terminals can make. Whoever holds the paper claims it at the branch; a
sale's key is unique there, so the gateway counts it once, whatever claims it. Body, after the kind
byte of ``gateway.wire.code_text``, all of it under the MAC::

    sale key (16) ‖ Unix time in seconds (5) ‖ currency code (3) ‖ exponent (1)
    ‖ total ‖ tax ‖ branch ‖ terminal ‖ receipt number ‖ MAC (16)

The five without a length of their own have one byte of it before them. Total and tax are unsigned,
in their fewest bytes; the tax is told plus one, and nothing stands for one that is not known.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from gateway.crypto.card_token import CARD_KEY_BYTES
from gateway.errors import KeyStoreError, ValueRangeError, WireError
from gateway.model.checks import I63_MAX, check_bytes, check_int, check_name, check_text
from gateway.model.ids import SALE_KEY_BYTES, BranchId, SaleKey, TerminalId
from gateway.model.money import Currency
from gateway.wire.code_text import CodeKind, read_code_text, write_code_text

MAC_BYTES: Final = 16
_KEY_DOMAIN: Final = b"mohr receipt claim key 1\0"
_MAC_DOMAIN: Final = b"mohr receipt claim 1\0"
_TIME_BYTES: Final = 5
_TIME_S_MAX: Final = 2 ** (8 * _TIME_BYTES) - 1
_AT_CURRENCY: Final = SALE_KEY_BYTES + _TIME_BYTES
_AT_EXPONENT: Final = _AT_CURRENCY + 3
_AT_PARTS: Final = _AT_EXPONENT + 1
_PARTS: Final = 5
_RECEIPT_CHARACTERS_MAX: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptClaim:
    """A closed sale that nobody's card was shown for.

    Attributes:
        sale_key: names the sale at its branch.
        total_minor: what was paid.
        tax_minor: the tax in it, where it is known.
        currency: the unit of both.
        closed_at_s: Unix time of the close in seconds.
        branch: where it was.
        terminal: who saw it.
        receipt_number: the till's own, where it is known: goods are taken back by it.

    Raises:
        ValueRangeError: if a part is outside its range.
    """

    sale_key: SaleKey
    total_minor: int
    currency: Currency
    closed_at_s: int
    branch: BranchId
    terminal: TerminalId
    tax_minor: int | None = None
    receipt_number: str | None = None

    def __post_init__(self) -> None:
        check_bytes("sale_key", self.sale_key, SALE_KEY_BYTES, SALE_KEY_BYTES)
        check_int("total_minor", self.total_minor, 0, I63_MAX)
        check_int("closed_at_s", self.closed_at_s, 0, _TIME_S_MAX)
        check_name("branch", self.branch)
        check_name("terminal", self.terminal)
        if self.tax_minor is not None:
            check_int("tax_minor", self.tax_minor, 0, I63_MAX)
        if self.receipt_number is not None:
            check_text("receipt_number", self.receipt_number, 1, _RECEIPT_CHARACTERS_MAX)


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
    body = _encode(claim)
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


def _encode(claim: ReceiptClaim) -> bytes:
    tax = b"" if claim.tax_minor is None else _number(claim.tax_minor + 1)
    parts = (
        _number(claim.total_minor),
        tax,
        claim.branch.encode("ascii"),
        claim.terminal.encode("ascii"),
        (claim.receipt_number or "").encode(),
    )
    return (
        claim.sale_key
        + claim.closed_at_s.to_bytes(_TIME_BYTES)
        + claim.currency.code.encode("ascii")
        + bytes((claim.currency.exponent,))
        + b"".join(bytes((len(part),)) + part for part in parts)
    )


def _decode(told: bytes) -> ReceiptClaim:
    try:
        total, tax, branch, terminal, receipt_number = _parts(told)
        claim = ReceiptClaim(
            sale_key=SaleKey(told[:SALE_KEY_BYTES]),
            total_minor=int.from_bytes(total),
            tax_minor=int.from_bytes(tax) - 1 if tax else None,
            currency=Currency(
                code=told[_AT_CURRENCY:_AT_EXPONENT].decode("ascii"),
                exponent=int.from_bytes(told[_AT_EXPONENT:_AT_PARTS]),
            ),
            closed_at_s=int.from_bytes(told[SALE_KEY_BYTES:_AT_CURRENCY]),
            branch=BranchId(branch.decode("ascii")),
            terminal=TerminalId(terminal.decode("ascii")),
            receipt_number=receipt_number.decode() or None,
        )
    except (ValueRangeError, UnicodeDecodeError) as error:
        # Only who has the key gets here: a terminal of another version, or a fault of ours.
        raise WireError(f"the receipt's code does not make sense: {error}") from error
    if _encode(claim) != told:
        raise WireError("the receipt's code is not in its one form")
    return claim


def _parts(told: bytes) -> list[bytes]:
    """The parts with a length before them; what is cut off is found by whoever encodes it anew."""
    parts, at = [], _AT_PARTS
    for _ in range(_PARTS):
        length = int.from_bytes(told[at : at + 1])
        parts.append(told[at + 1 : at + 1 + length])
        at += 1 + length
    return parts


def _number(value: int) -> bytes:
    return value.to_bytes(-(-value.bit_length() // 8))


def _mac(key: bytes, told: bytes) -> bytes:
    return hmac.digest(key, _MAC_DOMAIN + told, sha256)[:MAC_BYTES]
