"""The ``CardSlot`` port: a place on a desk where one card after another is laid and spoken to.

A ``Reader`` watches a counter and says who taps. A slot is for work that takes many commands and
changes the card: it waits for a card, hands out a session with it, and leaves the rest to whoever
asked. Backends are entry points of the group ``mohr.card_slots``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Protocol, Self


class CardSession(ABC):
    """A conversation with one card that lies on the slot. One thread.

    Attributes:
        reader: the reader's name, as the driver gives it.
        atr: the card's answer to reset.
    """

    reader: str
    atr: bytes

    @abstractmethod
    def transmit(self, command: bytes) -> bytes:
        """Send a command and wait for its answer.

        Raises:
            CardRemovedError: if the card left; what it did with the command is unknown.
            CardTimeoutError: if it did not answer in time; the session is over.
            ReaderUnavailableError: if the reader went away.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of the card; twice does no harm."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class CardSlot(ABC):
    """Where cards are laid. One thread."""

    @abstractmethod
    def next_card(self, timeout_ms: int) -> CardSession | None:
        """Wait for a card that was not handed out yet since it was laid down.

        Args:
            timeout_ms: how long.

        Returns:
            a session, or None where no card came in that time.

        Raises:
            ReaderUnavailableError: if there is no such reader, or it went away.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of the reader."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class SlotBackend(Protocol):
    """What an entry point of ``mohr.card_slots`` must name."""

    def __call__(self, reader_name: str, *, answer_timeout_ms: int) -> CardSlot:
        """Open a slot.

        Args:
            reader_name: part of the reader's name; empty takes the only one.
            answer_timeout_ms: how long a card may take for one answer.

        Raises:
            DriverMissingError: if the driver is not installed.
            ReaderUnavailableError: if there is no such reader.
        """
