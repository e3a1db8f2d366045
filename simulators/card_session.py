"""A session with a virtual card on an issuing desk, in process (``gateway.readers.slot``).

It does not model time: a silent card is given up at once, as after the desk's deadline.
"""

from __future__ import annotations

from typing import Final

from gateway.readers.errors import CardRemovedError, CardTimeoutError
from gateway.readers.slot import CardSession
from simulators.card import CardSilentError, CardTornError, VirtualCard

#: A reader that carries raw frames as PC/SC part 3 says; see ``gateway.readers.native``.
READER_NAME: Final = "Simulated desk reader"


class SimSession(CardSession):
    """One presentation of one card; the card is powered on with it."""

    def __init__(self, card: VirtualCard, reader: str = READER_NAME) -> None:
        """Lay a card on the desk."""
        self.reader = reader
        self.card = card
        self._there = True
        card.power_on()
        self.atr = card.atr

    def transmit(self, command: bytes) -> bytes:
        """See ``CardSession.transmit``."""
        if not self._there:
            raise CardRemovedError("the card is not on the desk any more")
        try:
            return self.card.transmit(command)
        except CardTornError as error:
            self._there = False
            raise CardRemovedError(str(error)) from error
        except CardSilentError as error:
            self._there = False
            raise CardTimeoutError(str(error)) from error

    def close(self) -> None:
        """See ``CardSession.close``."""
        self._there = False
