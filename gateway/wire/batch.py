"""Several envelopes in one MQTT message: how a backlog goes up.

A batch is not sealed: every envelope in it is, and the order they stand in is the order sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gateway.wire.message import Message
from gateway.wire.schema import Array, Bytes, Field, Record

BATCH_ENVELOPES_MAX: Final = 64
BATCH_BYTES_MAX: Final = 256 * 1024

#: Here too an envelope is at most this long (``gateway.crypto.seal`` says the same).
_ENVELOPE_BYTES_MAX: Final = 65_536
_MAJOR_TYPE_ARRAY: Final = 4
_MAJOR_TYPE_MAP: Final = 5
_ONE_BYTE_ARRAY: Final = 0x98
_SHORT_LENGTH: Final = 0x1F


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    envelopes: tuple[bytes, ...]


BATCH: Final = Message(
    "batch",
    Record(
        _Batch,
        Field(1, "envelopes", Array(Bytes(1, _ENVELOPE_BYTES_MAX), BATCH_ENVELOPES_MAX)),
    ),
    bytes_max=BATCH_BYTES_MAX,
)


def encode_batch(envelopes: Sequence[bytes]) -> bytes:
    """Write envelopes, in order, as one message.

    Args:
        envelopes: 1 to ``BATCH_ENVELOPES_MAX`` of them.

    Raises:
        WireError: if there are none or too many, or the batch passes ``BATCH_BYTES_MAX``.
    """
    return BATCH.encode(_Batch(envelopes=tuple(envelopes)))


def decode_batch(data: bytes) -> tuple[bytes, ...]:
    """Take a batch apart. Says nothing about the envelopes in it.

    Raises:
        WireError: naming the path to what is wrong.
    """
    return BATCH.decode(data).envelopes


def is_batch(data: bytes) -> bool:
    """Tell a batch (a CBOR map) from a single envelope (CBOR tag 18) by the first byte."""
    return bool(data) and data[0] >> 5 == _MAJOR_TYPE_MAP


def envelopes_claimed(data: bytes) -> int:
    """Say how many envelopes a message claims to hold, without decoding it.

    For bounding work only: a stranger may claim anything, and ``decode_batch`` decides.
    """
    if not is_batch(data):
        return 1
    # The list follows the version and its own key: a2 00 82 01 00 01, then its head.
    head = data[6:8]
    if len(head) == 2 and head[0] == _ONE_BYTE_ARRAY:
        return max(1, min(head[1], BATCH_ENVELOPES_MAX))
    if head and head[0] >> 5 == _MAJOR_TYPE_ARRAY:
        return max(1, head[0] & _SHORT_LENGTH)
    return 1
