"""What can come of writing to a card, and the writing of one block.

A write is never repeated by itself. One whose answer was lost, or that was refused after others
had been done, is UNKNOWN: whoever wrote reads the card at its next tap and decides then. A card
that leaves in mid-write raises in the shell that drives (``CardRemovedError``): unknown as well.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from gateway.readers.apdu import CommandApdu, ResponseApdu, describe_status, exchange
from gateway.readers.cards.storage import BLOCK_BYTES, READ_BYTES, read_patiently, update_storage


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteDone:
    """It was written and read back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteRefused:
    """Nothing was changed, and why."""

    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteUnknown:
    """Some of it may be on the card; it must be read before anything else."""

    detail: str


WriteOutcome = WriteDone | WriteRefused | WriteUnknown
Writing = Generator[CommandApdu, ResponseApdu, WriteOutcome]


def write_blocks(
    first: int, blocks: tuple[bytes, ...]
) -> Generator[CommandApdu, ResponseApdu, str | None]:
    """Write blocks in order by UPDATE BINARY; None where all were acknowledged, or what failed."""
    for number, block in enumerate(blocks, first):
        response = yield from exchange(update_storage(number, block))
        if not response.ok:
            return f"block {number:02X}: {describe_status(response.status)}"
    return None


def read_blocks(first: int, count: int) -> Generator[CommandApdu, ResponseApdu, bytes | None]:
    """Read blocks; None where one cannot be read."""
    collected = b""
    while len(collected) < count * BLOCK_BYTES:
        response = yield from read_patiently(first + len(collected) // BLOCK_BYTES)
        if not response.ok:
            return None
        collected += response.data[:READ_BYTES]
    return collected[: count * BLOCK_BYTES]


def split_blocks(raw: bytes) -> tuple[bytes, ...]:
    """Cut into blocks, the last one filled up by zeros."""
    return tuple(
        raw[start : start + BLOCK_BYTES].ljust(BLOCK_BYTES, b"\0")
        for start in range(0, len(raw), BLOCK_BYTES)
    )
