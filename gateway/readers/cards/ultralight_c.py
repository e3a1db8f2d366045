"""MIFARE Ultralight C: recognised and refused, because its 3DES key can be taken out by parts.

Keys are written page by page, so whoever relays one authentication can overwrite a part of the key
and search the rest: the published attack (BREAKMEIFYOUCAN, 2026) leaves 2^28 of 2^112 keys. Its
predecessor's UID is copied by blank cards as well. Some readers name the card; others show it as
an Ultralight, and then only the length of its answer to AUTHENTICATE tells.
"""

from __future__ import annotations

from typing import Final

from gateway.readers.cards.dialogue import CardProblem, ProfileDialogue, ProfileReader
from gateway.readers.cards.traits import NAME_ULTRALIGHT_C, CardKind, CardTraits
from gateway.readers.native import FrameAnswer
from gateway.readers.reader import CardTrouble

#: AUTHENTICATE, part 1, with key 0; an Ultralight AES knows the same frame.
AUTHENTICATE: Final = bytes.fromhex("1a00")
#: What begins an answer to it: one more frame is awaited.
MORE: Final = 0xAF
#: AF and one encrypted 3DES block; an Ultralight AES answers AF and an AES block.
CHALLENGE_BYTES: Final = 9

WHY: Final = (
    "this is a MIFARE Ultralight C: its key can be recovered after one relayed authentication, "
    "and then the card copied"
)


def is_ultralight_c(answer: FrameAnswer) -> bool:
    """Whether an answer to AUTHENTICATE is that of an Ultralight C."""
    return isinstance(answer, bytes) and len(answer) == CHALLENGE_BYTES and answer[0] == MORE


def refuse_ultralight_c() -> CardProblem:
    """Say why such a card is not taken."""
    return CardProblem(trouble=CardTrouble.BROKEN_CIPHER, detail=WHY)


def _read(_traits: CardTraits) -> ProfileDialogue:
    yield from ()
    return refuse_ultralight_c()


def accepts_ultralight_c(traits: CardTraits) -> bool:
    """Only a card that the reader names; ``ntag21x`` finds the others."""
    return traits.kind is CardKind.STORAGE and traits.name == NAME_ULTRALIGHT_C


#: Before the NDEF profile of Type 2 tags, because a record on such a card is refused as well.
ULTRALIGHT_C_PROFILE: Final = ProfileReader(
    name="ultralight_c", accepts=accepts_ultralight_c, read=_read
)
