"""MIFARE Classic: recognised and refused, because anybody can copy one.

Its cipher, Crypto1, was broken in 2008, and ready copies with any UID are sold; stored value on
such cards was emptied again in 2025 (CVE-2025-8699). Its memory is never read here. A shop that
gave such cards out long ago may let their UIDs go on earning, with caps, until it has replaced
them: that is the programme's policy ``legacy_classic``.
"""

from __future__ import annotations

from typing import Final

from gateway.readers.cards.dialogue import (
    CardProblem,
    ProfileDialogue,
    ProfileReader,
    ProfileResult,
)
from gateway.readers.cards.traits import CardTraits
from gateway.readers.cards.uid import is_random, judge_uid
from gateway.readers.reader import CardTrouble

WHY: Final = (
    "this is a MIFARE Classic: its cipher (Crypto1) is broken and anybody can copy it; "
    "the policy legacy_classic lets its UID earn"
)


def judge_classic(traits: CardTraits, *, legacy_classic: bool) -> ProfileResult:
    """Refuse a MIFARE Classic, or take its UID where the policy says so.

    A random UID names nobody, whatever the policy, and is told as such.
    """
    if not legacy_classic and not (traits.uid is not None and is_random(traits.uid)):
        return CardProblem(trouble=CardTrouble.BROKEN_CIPHER, detail=WHY)
    return judge_uid(traits)


def classic_profile(*, legacy_classic: bool = False) -> ProfileReader:
    """The profile for the ordered list; it sends no command."""

    def read(traits: CardTraits) -> ProfileDialogue:
        yield from ()
        return judge_classic(traits, legacy_classic=legacy_classic)

    return ProfileReader(name="classic", accepts=lambda traits: traits.is_classic, read=read)
