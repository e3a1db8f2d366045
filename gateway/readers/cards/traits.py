"""What a card shows before any dialogue: its answer to reset (ATR) and its UID.

A contactless card has no ATR of its own; the reader makes one up by PC/SC part 3, 3.1.3.2.3:
``3B 8n 80 01``, n historical bytes, check byte. For a memory card the historical bytes say
``80 4F 0C A0 00 00 03 06 SS NN NN 00 00 00 00`` (standard and card name); for an
ISO/IEC 14443-4 card they are the card's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.readers.native import FrameStyle

_CONTACTLESS: Final = bytes.fromhex("8001")
_STORAGE_PREFIX: Final = bytes.fromhex("804f0ca000000306")

#: The standard byte SS of ISO/IEC 14443-2 type A (PC/SC part 3 supplement, table of SS): a card
#: that is seen, and of whose memory the reader knows nothing.
STANDARD_14443_2A: Final = 0x02
#: SS of ISO/IEC 14443-3 type A: a memory card.
STANDARD_14443_3A: Final = 0x03
#: SS of type B, whose PUPI may be drawn anew at each tap (ISO/IEC 14443-3, 7.9.2).
STANDARD_14443_3B: Final = 0x07

#: Card names NN of the same supplement.
NAME_CLASSIC_1K: Final = 0x0001
NAME_CLASSIC_4K: Final = 0x0002
NAME_ULTRALIGHT: Final = 0x0003
NAME_CLASSIC_MINI: Final = 0x0026
NAME_PLUS_SL1_2K: Final = 0x0036
NAME_PLUS_SL1_4K: Final = 0x0037
NAME_ULTRALIGHT_C: Final = 0x003A

#: Cards whose memory cannot be read before an authentication with a broken cipher. MIFARE Plus in
#: security level 1 is such a card.
CLASSIC_NAMES: Final = frozenset(
    {NAME_CLASSIC_1K, NAME_CLASSIC_4K, NAME_CLASSIC_MINI, NAME_PLUS_SL1_2K, NAME_PLUS_SL1_4K}
)
#: Cards that certainly have the pages of an NFC Forum Type 2 tag.
TYPE2_NAMES: Final = frozenset({NAME_ULTRALIGHT, NAME_ULTRALIGHT_C})

#: The UID of every Ultralight and NTAG (ISO/IEC 14443-3, 6.5.4, double size).
DOUBLE_SIZE_UID_BYTES: Final = 7

_NAMED_BY_SAK: Final = 0xFF
_SAK_CLASSIC: Final = 0x08


class CardKind(StrEnum):
    """How a card wants to be spoken to."""

    STORAGE = "storage"
    ISO_14443_4 = "iso_14443_4"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardTraits:
    """A card before its dialogue.

    Attributes:
        kind: memory card, ISO/IEC 14443-4 card, or something else (a contact card).
        standard: the standard byte SS of a storage card, 0 for others.
        name: the card name NN of a storage card, 0 for others and where the reader says none.
        uid: the UID as the reader gave it; None where the reader gave none.
        frames: how the reader in front of it carries raw frames.
    """

    kind: CardKind
    standard: int = 0
    name: int = 0
    uid: bytes | None = None
    frames: FrameStyle = FrameStyle.NONE

    @property
    def is_classic(self) -> bool:
        """Whether the reader says that this is a MIFARE Classic, by name or by its SAK.

        Some readers give an unlisted card the name ``FF`` and SAK; bit 4 of the SAK is MIFARE
        Classic's (AN10833).
        """
        named_by_sak = self.name >> 8 == _NAMED_BY_SAK and bool(self.name & _SAK_CLASSIC)
        return self.kind is CardKind.STORAGE and (self.name in CLASSIC_NAMES or named_by_sak)

    @property
    def may_take_frames(self) -> bool:
        """Whether raw ISO/IEC 14443-3 frames are worth a try: a type A memory card of 7 bytes."""
        return (
            self.kind is CardKind.STORAGE
            and self.standard in {0, STANDARD_14443_3A}
            and not self.is_classic
            and self.frames is not FrameStyle.NONE
            and self.uid is not None
            and len(self.uid) == DOUBLE_SIZE_UID_BYTES
        )


def traits_of(atr: bytes, uid: bytes | None, frames: FrameStyle = FrameStyle.NONE) -> CardTraits:
    """Read an ATR. One that follows no rule known here is of kind OTHER, never an error."""
    historical_bytes = atr[4 : 4 + (atr[1] & 0x0F)] if len(atr) >= 4 else b""
    contactless = len(atr) >= 4 and atr[0] == 0x3B and atr[1] & 0xF0 == 0x80
    if not contactless or atr[2:4] != _CONTACTLESS:
        return CardTraits(kind=CardKind.OTHER, uid=uid, frames=frames)
    if historical_bytes.startswith(_STORAGE_PREFIX) and len(historical_bytes) >= 11:
        return CardTraits(
            kind=CardKind.STORAGE,
            standard=historical_bytes[8],
            name=int.from_bytes(historical_bytes[9:11]),
            uid=uid,
            frames=frames,
        )
    return CardTraits(kind=CardKind.ISO_14443_4, uid=uid, frames=frames)
