"""Which profiles are tried on a card, and in which order.

The order is a list, decided before any tap: the first profile that accepts the card's traits and
recognises the card wins, and the UID is the last resort. Outside profiles go before our own,
because they are installed on purpose.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

from gateway.crypto.public_key import PublicKey
from gateway.readers.apdu import CommandApdu, ResponseApdu
from gateway.readers.cards.classic import classic_profile
from gateway.readers.cards.desfire import desfire_profile
from gateway.readers.cards.dialogue import (
    CardIdentity,
    CardProblem,
    OtherProfile,
    ProfileReader,
)
from gateway.readers.cards.keys import CardKeys
from gateway.readers.cards.ndef_type2 import type2_profile
from gateway.readers.cards.ndef_type4 import type4_profile
from gateway.readers.cards.ntag21x import ntag21x_profile
from gateway.readers.cards.ntag424 import ntag424_profile
from gateway.readers.cards.traits import traits_of
from gateway.readers.cards.uid import UID_PROFILE, read_uid
from gateway.readers.cards.ultralight_aes import ultralight_aes_profile
from gateway.readers.cards.ultralight_c import ULTRALIGHT_C_PROFILE
from gateway.readers.native import FrameStyle
from gateway.readers.reader import CardTrouble


@dataclass(frozen=True, slots=True, kw_only=True)
class CardReading:
    """What one connection with a card brought.

    Attributes:
        uid: the UID read on this connection, None where the reader gives none. Not an identity:
            it only tells whether the same card is still there.
        outcome: who the card is, or why that cannot be said.
    """

    uid: bytes | None
    outcome: CardIdentity | CardProblem


Identification = Generator[CommandApdu, ResponseApdu, CardReading]


def own_profiles(
    organisation: bytes | None = None,
    outside: Sequence[ProfileReader] = (),
    *,
    keys: CardKeys | None = None,
    random_bytes: Callable[[int], bytes] | None = None,
    issuers: Sequence[PublicKey] = (),
    legacy_classic: bool = False,
) -> tuple[ProfileReader, ...]:
    """The ordered profile list.

    Args:
        organisation: the 8 bytes whose membership records count; None takes any single one.
        outside: profiles of other packages, tried first.
        keys: the card keys that this terminal holds; None leaves the profiles out that need them.
        random_bytes: a source of secret random bytes; goes with ``keys``.
        issuers: the Ed25519 keys that may vouch for a signed membership record.
        legacy_classic: see ``ReaderSettings``.
    """
    keyed: list[ProfileReader] = []
    if keys is not None and random_bytes is not None:
        keyed.append(ntag424_profile(keys, random_bytes))
        keyed.append(desfire_profile(keys, organisation, random_bytes))
        keyed.append(ultralight_aes_profile(keys, random_bytes, organisation))
    return (
        *outside,
        classic_profile(legacy_classic=legacy_classic),
        ULTRALIGHT_C_PROFILE,
        *keyed,
        type4_profile(organisation, issuers),
        type2_profile(organisation, issuers),
        ntag21x_profile(),
        UID_PROFILE,
    )


def identify(
    atr: bytes, profiles: Sequence[ProfileReader], frames: FrameStyle = FrameStyle.TRANSPARENT
) -> Identification:
    """Find out who a card is. The UID is read first, on this very connection.

    Args:
        atr: the answer to reset as the reader gives it.
        profiles: in order of preference.
        frames: how the reader carries raw frames, see ``frame_style``.
    """
    asked = yield from read_uid()
    uid = asked if isinstance(asked, bytes) else None
    traits = traits_of(atr, uid, frames)
    reasons = [] if isinstance(asked, bytes) else [asked]
    for profile in profiles:
        if not profile.accepts(traits):
            continue
        result = yield from profile.read(traits)
        if not isinstance(result, OtherProfile):
            return CardReading(uid=uid, outcome=result)
        reasons.append(f"{profile.name}: {result.detail}")
    return CardReading(
        uid=uid,
        outcome=CardProblem(
            trouble=CardTrouble.NOT_SUPPORTED, detail="; ".join(reasons) or "no profile accepts it"
        ),
    )


def recheck() -> Identification:
    """Read the UID and nothing else, to see whether the same card is still there."""
    asked = yield from read_uid()
    return CardReading(
        uid=asked if isinstance(asked, bytes) else None,
        outcome=CardProblem(trouble=CardTrouble.NOT_SUPPORTED, detail="only the UID was read"),
    )
