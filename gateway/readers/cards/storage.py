"""Blocks of memory cards through the reader's own READ and UPDATE BINARY (PC/SC part 3).

Layer-3 frames are not repeated by anybody below us, so one lost read is tried once more. A lost
write is not: what the card did is unknown until the block has been read.
"""

from __future__ import annotations

from typing import Final

from gateway.model.checks import check_bytes
from gateway.readers.apdu import (
    CommandApdu,
    Exchange,
    ResponseApdu,
    StatusWord,
    exchange,
    read_storage,
)
from gateway.readers.cards.traits import TYPE2_NAMES, CardTraits

BLOCK_BYTES: Final = 4
#: READ of a Type 2 tag answers four blocks.
READ_BYTES: Final = 16
READ_ATTEMPTS: Final = 2

#: The reader itself has no READ BINARY for memory cards; nothing is wrong with the card.
_READER_CANNOT: Final = frozenset(
    {
        StatusWord.FUNCTION_NOT_SUPPORTED,
        StatusWord.INSTRUCTION_NOT_SUPPORTED,
        StatusWord.CLASS_UNKNOWN,
    }
)


def read_patiently(block: int) -> Exchange:
    """Read four blocks, once more if need be; an OK of another length counts as a failed read."""
    response = ResponseApdu(status=StatusWord.READ_FAILED)
    for _ in range(READ_ATTEMPTS):
        response = yield from exchange(read_storage(block, READ_BYTES))
        if response.ok and len(response.data) == READ_BYTES:
            return response
    return response if not response.ok else ResponseApdu(status=StatusWord.READ_FAILED)


def should_have_answered(traits: CardTraits, response: ResponseApdu) -> bool:
    """Whether a failed read means that the card is leaving, and not that it has no such memory.

    Falling back to the UID would then take a member's card for an unknown one.
    """
    return traits.name in TYPE2_NAMES and response.status not in _READER_CANNOT


def update_storage(block: int, data: bytes) -> CommandApdu:
    """UPDATE BINARY of a storage card: ``FF D6``, block number, 4 bytes (PC/SC part 3, 3.2.2.1.9).

    Raises:
        ValueRangeError: if ``data`` is not one block.
    """
    check_bytes("data", data, BLOCK_BYTES, BLOCK_BYTES)
    return CommandApdu(cla=0xFF, ins=0xD6, p1=block >> 8, p2=block & 0xFF, data=data)
