"""What the issuing desk asks of each kind of card, whichever chip it is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from gateway.issuing.protocol import FACTORY_VERSION, Issuing, Talk
from gateway.model.card import CardProfile
from gateway.readers.cards.traits import CardTraits


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenCard:
    """A card before anything is done to it.

    Attributes:
        uid: the real UID.
        original: whether its maker's signature is there and good; None where it cannot be had.
        traits: what the reader shows of it.
    """

    uid: bytes
    original: bool | None
    traits: CardTraits


@dataclass(frozen=True, slots=True, kw_only=True)
class CardOrder:
    """What a card is to become.

    Attributes:
        version: of its keys, 1 to 255.
        number: the membership number on it, at most 16 bytes of text.
        random_uid: whether it hides its UID from then on, for good.
        old_version: the version that its keys have, as far as the journal knows.
    """

    version: int
    number: str
    random_uid: bool = False
    old_version: int = FACTORY_VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class CardCheck:
    """What a finished card says of itself, proved by the keys of its version.

    Attributes:
        version: of its keys; 0 for a card without any.
        number: the membership number on it; None where its UID alone names it.
        counter: its read counter, where it has one.
    """

    version: int
    number: str | None
    counter: int | None = None


class Personaliser(ABC):
    """One kind of card. Its dialogues are pure, and raise for what a card says.

    ``WrongCardError`` where nothing was changed, ``IssuingError`` for what cannot be finished, and
    ``CardRefusedError`` for a status nobody expected.

    Attributes:
        profile: how terminals read the card.
    """

    profile: CardProfile

    @abstractmethod
    def see(self, traits: CardTraits) -> Talk[SeenCard]:
        """Find out which card it is, and whether it is of this kind. Changes nothing."""

    def identity(self, seen: SeenCard, number: str) -> bytes:
        """What a terminal will read as the card's name; the ledger's token is made of it."""
        del number
        return seen.uid

    @abstractmethod
    def make(self, seen: SeenCard, order: CardOrder) -> Issuing[int | None]:
        """Make the card what it is to be, whatever it is half of now, and read it back.

        Returns:
            its read counter, where it has one.
        """

    @abstractmethod
    def check(self, seen: SeenCard, version: int) -> Talk[CardCheck]:
        """Read a finished card as gateway and terminals do.

        Args:
            seen: the card.
            version: which keys it should have.
        """

    @abstractmethod
    def wipe(self, seen: SeenCard, version: int) -> Issuing[None]:
        """Take the member and our keys off the card.

        Args:
            seen: the card.
            version: which keys it has, as far as is known.
        """


def number_bytes(number: str) -> bytes:
    """A membership number as it stands in a file of 16 bytes."""
    return number.encode().ljust(16, b"\0")


def number_text(raw: bytes) -> str:
    """A membership number from such a file."""
    return raw.rstrip(b"\0").decode(errors="replace")
