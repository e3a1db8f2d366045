"""Which profiles are tried on a card, and in which order.

The order is a list, decided before any tap: the first profile that accepts the card's traits and
recognises the card wins, and the UID is the last resort. Outside profiles go before our own,
because they are installed on purpose.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from gateway.readers.apdu import CommandApdu, ResponseApdu
from gateway.readers.cards.dialogue import (
    CardIdentity,
    CardProblem,
    OtherProfile,
    ProfileReader,
)
from gateway.readers.cards.ndef_type2 import type2_profile
from gateway.readers.cards.ndef_type4 import type4_profile
from gateway.readers.cards.traits import traits_of
from gateway.readers.cards.uid import UID_PROFILE, read_uid
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
    organisation: bytes | None = None, outside: Sequence[ProfileReader] = ()
) -> tuple[ProfileReader, ...]:
    """The ordered profile list.

    Args:
        organisation: the 8 bytes whose membership records count; None takes any single one.
        outside: profiles of other packages, tried first.
    """
    return (*outside, type4_profile(organisation), type2_profile(organisation), UID_PROFILE)


def identify(atr: bytes, profiles: Sequence[ProfileReader]) -> Identification:
    """Find out who a card is. The UID is read first, on this very connection.

    Args:
        atr: the answer to reset as the reader gives it.
        profiles: in order of preference.
    """
    asked = yield from read_uid()
    uid = asked if isinstance(asked, bytes) else None
    traits = traits_of(atr, uid)
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
