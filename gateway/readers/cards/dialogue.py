"""What a dialogue with a card is, and what can come of it.

A dialogue is a generator: it yields a ``CommandApdu``, is sent the ``ResponseApdu``, and returns
one of three values. It never raises for what a card says; a card that leaves or hangs is noticed
by the shell that drives it, which then closes the generator.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

from gateway.model.card import Assurance, CardProfile
from gateway.model.checks import check_bytes
from gateway.readers.apdu import CommandApdu, ResponseApdu
from gateway.readers.cards.traits import CardTraits
from gateway.readers.reader import CardTrouble


@dataclass(frozen=True, slots=True, kw_only=True)
class CardIdentity:
    """The card is known; the fields are those of ``gateway.model.card.Tap``."""

    profile: CardProfile
    identity: bytes
    assurance: Assurance
    counter: int | None = None
    proof: bytes | None = None

    def __post_init__(self) -> None:
        check_bytes("identity", self.identity, 1, 64)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardProblem:
    """The card is of this profile and cannot be identified; no other profile is tried."""

    trouble: CardTrouble
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherProfile:
    """The card is none of this profile's; the next profile is tried."""

    detail: str


ProfileResult = CardIdentity | CardProblem | OtherProfile

ProfileDialogue = Generator[CommandApdu, ResponseApdu, ProfileResult]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileReader:
    """One way of reading a card, as an entry of the ordered profile list.

    Attributes:
        name: for the log; outside profiles use their entry point's name.
        accepts: whether the dialogue is worth trying on a card with these traits.
        read: starts the dialogue.
    """

    name: str
    accepts: Callable[[CardTraits], bool]
    read: Callable[[CardTraits], ProfileDialogue]
