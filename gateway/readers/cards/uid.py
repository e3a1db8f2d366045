"""The UID of a card: read on every connection, an identity only where there is nothing better.

Read on every connection, because a card can be swapped without any removal event. As an identity
it is a migration aid: it can be copied, and phones draw a new one for each tap.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Final

from gateway.model.card import Assurance, CardProfile
from gateway.readers.apdu import (
    CommandApdu,
    ResponseApdu,
    describe_status,
    exchange,
    get_uid,
)
from gateway.readers.cards.dialogue import (
    CardIdentity,
    CardProblem,
    OtherProfile,
    ProfileDialogue,
    ProfileReader,
    ProfileResult,
)
from gateway.readers.cards.traits import STANDARD_14443_3B, CardKind, CardTraits
from gateway.readers.reader import CardTrouble

#: Single, double and triple size (ISO/IEC 14443-3, 6.5.4).
UID_LENGTHS: Final = frozenset({4, 7, 10})
#: First byte of a random single-size UID (ISO/IEC 14443-3, table "single size UIDs").
RANDOM_UID_FIRST: Final = 0x08


def read_uid() -> Generator[CommandApdu, ResponseApdu, bytes | str]:
    """Ask the reader for the card's UID.

    Returns:
        The UID as bytes, or, where the reader gives none, the reason as text for the log.
    """
    response = yield from exchange(get_uid())
    if not response.ok:
        return f"the reader gives no UID: {describe_status(response.status)}"
    if not response.data:
        return "the reader gives an empty UID"
    return response.data


def is_random(uid: bytes) -> bool:
    """Whether a UID was drawn for this tap only and must not name anybody."""
    return len(uid) == 4 and uid[0] == RANDOM_UID_FIRST


def judge_uid(traits: CardTraits) -> ProfileResult:
    """Accept a UID as an identity, or say why not."""
    uid = traits.uid
    if uid is None:
        return OtherProfile(detail="there is no UID")
    if len(uid) not in UID_LENGTHS:
        return CardProblem(
            trouble=CardTrouble.NOT_SUPPORTED, detail=f"a UID of {len(uid)} bytes is not accepted"
        )
    if is_random(uid):
        return CardProblem(
            trouble=CardTrouble.RANDOM_UID, detail="the UID is drawn anew for each tap"
        )
    if traits.kind is CardKind.STORAGE and traits.standard == STANDARD_14443_3B:
        return CardProblem(
            trouble=CardTrouble.NOT_SUPPORTED, detail="a type B card's PUPI is not a stable name"
        )
    return CardIdentity(profile=CardProfile.UID, identity=uid, assurance=Assurance.IDENTIFIED)


def _read(traits: CardTraits) -> ProfileDialogue:
    # No command of its own: the UID was read before any profile was tried.
    yield from ()
    return judge_uid(traits)


#: Last in every profile list.
UID_PROFILE: Final = ProfileReader(name="uid", accepts=lambda _traits: True, read=_read)
