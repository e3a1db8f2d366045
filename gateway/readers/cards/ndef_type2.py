"""NFC Forum Type 2 tags (Ultralight, NTAG21x): pages of four bytes, read four at a time.

Blocks 0 to 2 hold the UID and lock bytes, block 3 the capability container ``E1 vv ss aa`` (magic,
version, size of the data area in units of 8 bytes, access). From block 4 on the data area holds
TLV blocks (NFC Forum T2T 1.1, 2.3): NULL, lock and memory control, NDEF message, proprietary,
terminator. Nothing below the NDEF message is read further than it must be: each read costs a real
reader some 20 ms with the card in a customer's hand.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Final

from gateway.crypto.public_key import PublicKey
from gateway.errors import WireError
from gateway.readers.apdu import CommandApdu, ResponseApdu, describe_status
from gateway.readers.cards.dialogue import (
    CardProblem,
    OtherProfile,
    ProfileDialogue,
    ProfileReader,
)
from gateway.readers.cards.membership import judge_message
from gateway.readers.cards.ndef import MESSAGE_BYTES_MAX
from gateway.readers.cards.storage import (
    BLOCK_BYTES,
    read_patiently,
    should_have_answered,
)
from gateway.readers.cards.traits import STANDARD_14443_3A, CardKind, CardTraits
from gateway.readers.errors import CardRefusedError
from gateway.readers.reader import CardTrouble

DATA_BLOCK: Final = 4
MAGIC: Final = 0xE1

TLV_NULL, TLV_LOCK, TLV_MEMORY, TLV_NDEF, TLV_TERMINATOR = 0x00, 0x01, 0x02, 0x03, 0xFE

_Steps = Generator[CommandApdu, ResponseApdu, int]


class DataArea:
    """The data area, read as far as it is looked at, without the bytes control TLVs reserve."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._raw = b""
        self._reserved: set[int] = set()
        self._position = 0

    @property
    def position(self) -> int:
        """Where the next byte is, counted from block 4."""
        return self._position

    def is_reserved(self, start: int, end: int) -> bool:
        """Whether a control TLV keeps any byte of this range for the chip."""
        return any(start <= one < end for one in self._reserved)

    def bytes_before(self, end: int) -> bytes:
        """What was read, up to ``end``."""
        return self._raw[:end]

    def next_byte(self) -> _Steps:
        """The next byte that is not reserved.

        Raises:
            WireError: at the end of the data area.
            CardRefusedError: if it cannot be read.
        """
        while self._position in self._reserved:
            self._position += 1
        if self._position >= self._size:
            raise WireError("the TLV blocks run past the data area")
        while self._position >= len(self._raw):
            block = DATA_BLOCK + len(self._raw) // BLOCK_BYTES
            self._raw += yield from _read_blocks(block)
        byte = self._raw[self._position]
        self._position += 1
        return byte

    def take(self, count: int) -> Generator[CommandApdu, ResponseApdu, bytes]:
        """The next bytes; raises as ``next_byte``."""
        taken = bytearray()
        for _ in range(count):
            taken.append((yield from self.next_byte()))
        return bytes(taken)

    def at_end(self) -> bool:
        """Whether nothing but reserved bytes is left."""
        return all(one in self._reserved for one in range(self._position, self._size))

    def reserve(self, control: bytes, *, lock: bool) -> None:
        """Leave out an area (T2T 1.1, 2.3.2 and 2.3.3): address, size, page size."""
        if len(control) != 3:
            raise WireError("a control TLV has three bytes")
        page_address, byte_offset = control[0] >> 4, control[0] & 0x0F
        start = page_address * (1 << (control[2] & 0x0F)) + byte_offset
        size = control[1] or 256
        count = (size + 7) // 8 if lock else size
        first = start - DATA_BLOCK * BLOCK_BYTES
        self._reserved.update(range(first, first + count))


def _read_blocks(block: int) -> Generator[CommandApdu, ResponseApdu, bytes]:
    response = yield from read_patiently(block)
    if not response.ok:
        raise CardRefusedError(f"block {block}: {describe_status(response.status)}")
    return response.data


def read_length(area: DataArea) -> _Steps:
    """The length of a TLV, in one byte or in three (T2T 1.1, 2.3)."""
    length = yield from area.next_byte()
    if length != 0xFF:
        return length
    high = yield from area.next_byte()
    low = yield from area.next_byte()
    return high << 8 | low


def _find_message(area: DataArea) -> Generator[CommandApdu, ResponseApdu, bytes | None]:
    while not area.at_end():
        tag = yield from area.next_byte()
        if tag == TLV_TERMINATOR:
            return None
        if tag == TLV_NULL:
            continue
        length = yield from read_length(area)
        if tag == TLV_NDEF and length > MESSAGE_BYTES_MAX:
            return None
        value = yield from area.take(length)
        if tag == TLV_NDEF:
            return value
        if tag in {TLV_LOCK, TLV_MEMORY}:
            area.reserve(value, lock=tag == TLV_LOCK)
    return None


def _data_area_bytes(
    traits: CardTraits,
) -> Generator[CommandApdu, ResponseApdu, int | CardProblem | OtherProfile]:
    response = yield from read_patiently(DATA_BLOCK - 1)
    container = response.data
    if not response.ok:
        detail = f"capability container: {describe_status(response.status)}"
        if should_have_answered(traits, response):
            return CardProblem(trouble=CardTrouble.NO_ANSWER, detail=detail)
        return OtherProfile(detail=detail)
    if container[0] != MAGIC or container[1] >> 4 != 1 or container[3] >> 4 != 0:
        return OtherProfile(detail="the tag is not formatted for NDEF, or not readable")
    return container[2] * 8


def read_type2(
    traits: CardTraits, organisation: bytes | None, issuers: Sequence[PublicKey] = ()
) -> ProfileDialogue:
    """Read the membership of a Type 2 tag.

    Args:
        traits: tells whether an unreadable container means "no such tag" or "the tag is leaving".
        organisation: see ``judge_message``.
        issuers: see ``judge_message``.
    """
    size = yield from _data_area_bytes(traits)
    if not isinstance(size, int):
        return size
    try:
        message = yield from _find_message(DataArea(size))
    except CardRefusedError as error:
        return CardProblem(trouble=CardTrouble.NO_ANSWER, detail=str(error))
    except WireError as error:
        return CardProblem(trouble=CardTrouble.BAD_RECORD, detail=str(error))
    if not message:
        return OtherProfile(detail="the tag holds no NDEF message of ours")
    return judge_message(message, organisation, issuers, traits.uid)


def accepts_type2(traits: CardTraits) -> bool:
    """Any ISO/IEC 14443-3 type A memory card but MIFARE Classic, which must be unlocked first."""
    return (
        traits.kind is CardKind.STORAGE
        and traits.standard in {0, STANDARD_14443_3A}
        and not traits.is_classic
    )


def type2_profile(
    organisation: bytes | None = None, issuers: Sequence[PublicKey] = ()
) -> ProfileReader:
    """The profile for the ordered list."""
    return ProfileReader(
        name="ndef-type2",
        accepts=accepts_type2,
        read=lambda traits: read_type2(traits, organisation, issuers),
    )
