"""The ``Reader`` port: something that sees cards and says so.

A backend is a name (entry point group ``mohr.readers``). It owns its threads and devices; what it
sees it hands to ``on_event``, from any thread, one event at a time, in order. Losing the reader or
its daemon is an event, not an exception: the agent shows it and the backend keeps trying.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from gateway.model.card import Tap


class ReaderState(StrEnum):
    """Whether cards can be seen at all."""

    SERVICE_LOST = "service_lost"
    READER_LOST = "reader_lost"
    READY = "ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderStateChanged:
    """The reader came or went. ``detail`` is for the log and the integrator."""

    reader: str
    state: ReaderState
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardSeen:
    """A card was identified."""

    tap: Tap


@dataclass(frozen=True, slots=True, kw_only=True)
class CardGone:
    """The card left the field."""

    reader: str


class CardTrouble(StrEnum):
    """Why a card that is there could not be identified."""

    REMOVED_EARLY = "removed_early"
    NO_ANSWER = "no_answer"
    NOT_SUPPORTED = "not_supported"
    RANDOM_UID = "random_uid"
    BAD_RECORD = "bad_record"
    #: Anybody can copy it: MIFARE Classic, Ultralight C.
    BROKEN_CIPHER = "broken_cipher"
    #: It did not prove to be a card of ours, or is no longer as it was issued.
    NOT_GENUINE = "not_genuine"
    #: More than one card is in the field, so none is taken.
    SEVERAL_CARDS = "several_cards"
    MISREAD = "misread"
    PAYMENT_CARD = "payment_card"
    CODE_EXPIRED = "code_expired"
    CODE_USED = "code_used"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardUnreadable:
    """A card is there but could not be identified; the customer is told what to do."""

    reader: str
    trouble: CardTrouble
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptScanned:
    """The code of a receipt was scanned: its sale is to be claimed. It is no card, and never goes.

    Attributes:
        reader: which scanner.
        code: the text as it was scanned, not verified. Whoever has it claims the sale.
    """

    reader: str
    code: str = field(repr=False)


ReaderEvent = ReaderStateChanged | CardSeen | CardGone | CardUnreadable | ReceiptScanned


class Reader(ABC):
    """A card reader.

    ``start`` and ``stop`` may each be called once. After ``stop`` returns no event is delivered
    and no thread of the backend is left, save one that a hung card still blocks.
    """

    @abstractmethod
    def start(self, on_event: Callable[[ReaderEvent], None]) -> None:
        """Begin watching for cards.

        Args:
            on_event: called for each event, from a thread of the backend; must not block.

        Raises:
            DriverMissingError: if the backend cannot work on this machine at all.
        """

    @abstractmethod
    def stop(self) -> None:
        """Stop watching and let go of the device."""
