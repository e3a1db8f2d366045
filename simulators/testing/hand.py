"""The hand of a customer, for the simulated devices of a bench: it holds one card, or none."""

from __future__ import annotations

from threading import Event

from simulators.card import CardSilentError, CardTornError, VirtualCard


class Hand:
    """Holds a card to a device, which asks it from any thread.

    A card that tears itself away is gone from the hand; one that falls silent stays silent.
    """

    def __init__(self) -> None:
        self._card: VirtualCard | None = None
        self._silent = False
        self._moved = Event()

    def hold(self, card: VirtualCard | None) -> None:
        """Hold this card from now on; None takes away the one that is there."""
        if card is not None:
            card.power_on()
        self._card, self._silent = card, False
        moved, self._moved = self._moved, Event()
        moved.set()

    def atr(self) -> bytes:
        """What the device shows as the card's answer to reset; nothing where there is no card."""
        card = self._card
        return b"" if card is None else card.atr

    def transmit(self, command: bytes, patience_s: float = 0.0) -> bytes:
        """Let the card answer a command; nothing where it is gone, or leaves instead.

        Args:
            command: the command's bytes.
            patience_s: how long to wait for a silent card to be moved away.

        Raises:
            CardSilentError: if the card is silent and still there after that time.
        """
        card, moved = self._card, self._moved
        if card is None:
            return b""
        try:
            if not self._silent:
                return card.transmit(command)
        except CardTornError:
            self.hold(None)
            return b""
        except CardSilentError:
            self._silent = True
        if moved.wait(patience_s):
            return b""
        raise CardSilentError("the card is there and says nothing")
