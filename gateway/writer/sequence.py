"""Where an envelope stands in its terminal's chain: seen, next, early, or false."""

from __future__ import annotations

from enum import Enum, auto

from gateway.ledger.rows_intake import ChainRow
from gateway.model.ids import EnvelopeHash


class Place(Enum):
    """What the sequence says of an envelope, before anybody looks at what it wants."""

    NEXT = auto()
    """It follows the watermark and is chained to it: judge it now."""
    REPEATED = auto()
    """It was judged before: tell its result again."""
    EARLY = auto()
    """Something before it is missing: let it wait."""
    WAITING = auto()
    """It waits already."""
    CLONE = auto()
    """Another envelope has its number."""
    CHAIN_BROKEN = auto()
    """It follows the watermark's number but not its envelope."""


def place_of(
    chain: ChainRow,
    seq: int,
    *,
    envelope_hash: EnvelopeHash,
    previous_hash: EnvelopeHash,
    same_seq_hash: EnvelopeHash | None,
) -> Place:
    """Say where an envelope stands.

    Args:
        chain: how far its terminal and epoch are settled.
        seq: its number.
        envelope_hash: SHA-256 over it.
        previous_hash: what it says of the envelope before it.
        same_seq_hash: SHA-256 over the envelope that was judged, or that waits, under the same
            number; None where there is none.
    """
    if same_seq_hash is not None and same_seq_hash != envelope_hash:
        return Place.CLONE
    if seq <= chain.watermark:
        return Place.REPEATED
    if seq == chain.watermark + 1:
        follows = previous_hash == chain.watermark_hash
        return Place.NEXT if follows else Place.CHAIN_BROKEN
    return Place.WAITING if same_seq_hash is not None else Place.EARLY
