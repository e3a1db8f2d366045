"""Quarantined bytes as far as they can be read, and as they are: nothing of them is believed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.crypto.signer import Algorithm
from gateway.model.authorisation import AuthRequest
from gateway.model.transaction import Transaction
from gateway.queries.sealed import content_of, frame_of
from gateway.wire.batch import is_batch

DUMP_BYTES_MAX: Final = 2_048
_BYTES_PER_LINE: Final = 16
_PRINTABLE: Final = range(0x20, 0x7F)


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspectView:
    """What a look at the bytes shows.

    Attributes:
        seal_type: what they claim to be; None where they are no envelope.
        algorithm: of the signature, as the header claims.
        key_id: of the key, as the header claims, in hexadecimal.
        transaction: what they say, where they say a transaction.
        request: what they ask, where they ask something.
        batch: whether they look like several envelopes in one.
        dump: the first bytes, 16 in a line.
        left_out_bytes: how many are not in the dump.
    """

    seal_type: str | None
    algorithm: str | None
    key_id: str | None
    transaction: Transaction | None
    request: AuthRequest | None
    batch: bool
    dump: str
    left_out_bytes: int


def view_of(payload: bytes) -> SuspectView:
    """Read bytes as far as they can be read; never raises, whatever they are."""
    frame, content = frame_of(payload), content_of(payload)
    return SuspectView(
        seal_type=None if frame is None else frame.seal_type.value,
        algorithm=None if frame is None else Algorithm(frame.algorithm).name,
        key_id=None if frame is None else frame.key_id.hex(),
        transaction=content if isinstance(content, Transaction) else None,
        request=content if isinstance(content, AuthRequest) else None,
        batch=frame is None and is_batch(payload),
        dump=hex_dump(payload[:DUMP_BYTES_MAX]),
        left_out_bytes=max(0, len(payload) - DUMP_BYTES_MAX),
    )


def hex_dump(data: bytes) -> str:
    """Write bytes in lines of offset, figures and the ASCII characters among them."""
    lines = []
    for offset in range(0, len(data), _BYTES_PER_LINE):
        piece = data[offset : offset + _BYTES_PER_LINE]
        letters = "".join(chr(byte) if byte in _PRINTABLE else "." for byte in piece)
        lines.append(f"{offset:04x}  {piece.hex(' '):<47}  {letters}")
    return "\n".join(lines)
