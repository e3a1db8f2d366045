"""Fill one message: a single envelope as it is, several as a batch, never more than fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gateway.wire.batch import BATCH_BYTES_MAX, BATCH_ENVELOPES_MAX, encode_batch
from terminal_agent.journal.values import Pending

#: A CBOR byte string's head is at most this long for lengths below 4 GiB (RFC 8949 section 3).
_HEAD_BYTES: Final = 5
#: The batch's own map, version and array heads, generously.
_FRAME_BYTES: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One payload for the ``tx`` topic, and the last seq that it carries."""

    payload: bytes
    last_seq: int


def make_parcel(envelopes: Sequence[Pending]) -> Parcel:
    """Put as many of ``envelopes`` as fit, in order, into one payload.

    Args:
        envelopes: at least one; an envelope alone always fits
            (``gateway.crypto.seal.ENVELOPE_BYTES_MAX`` is a quarter of a batch).
    """
    size = _FRAME_BYTES
    count = 0
    for item in envelopes[:BATCH_ENVELOPES_MAX]:
        size += _HEAD_BYTES + len(item.envelope)
        if size > BATCH_BYTES_MAX:
            break
        count += 1
    taken = envelopes[: max(count, 1)]
    if len(taken) == 1:
        return Parcel(payload=taken[0].envelope, last_seq=taken[0].seq)
    payload = encode_batch([item.envelope for item in taken])
    return Parcel(payload=payload, last_seq=taken[-1].seq)
