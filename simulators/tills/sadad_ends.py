"""The two ends of a Sadad PcPos line: a card terminal that pays, and a till that asks it to. Pure.

Not modelled: the times after which either side sends again, and the terminal's announcement of
itself by UDP.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from typing import Final

from simulators.tills import sadad_frames as sadad
from simulators.tills.card_terminal import Outcome, TerminalEnd

_MESSAGE: Final = re.compile(rb"\x02([0-9]{3})", re.DOTALL)
#: Type of a message, and where its data begins.
_TYPE_AT: Final = 7
_DATA_AT: Final = 8


class _SadadEnd(TerminalEnd):
    """One end: reads whole messages off a clean line."""

    def __init__(self) -> None:
        self._heard = b""

    def feed(self, data: bytes) -> list[bytes]:
        """See ``TerminalEnd``."""
        self._heard += data
        said: list[bytes] = []
        while (begin := _MESSAGE.search(self._heard)) is not None:
            end = begin.end() + int(begin[1])
            if end > len(self._heard):
                break
            message = self._heard[begin.start() : end]
            self._heard = self._heard[end:]
            whole = sadad.message(message[_TYPE_AT], message[_DATA_AT:-2]) == message
            said += self.on_message(message) if whole else [self._not_acknowledged()]
        return said

    @abstractmethod
    def on_message(self, message: bytes) -> list[bytes]:
        """Answer one message."""

    def _not_acknowledged(self) -> bytes:
        return sadad.message(sadad.NOT_ACKNOWLEDGED)


class SadadTerminal(_SadadEnd):
    """A card terminal."""

    def __init__(
        self,
        outcome: Outcome = Outcome.APPROVED,
        *,
        serial: bool = False,
        card: str = "6037991234567893",
        wrong_checks: int = 0,
    ) -> None:
        """Wait for a till.

        Args:
            outcome: how payments end.
            serial: a line feed goes out behind each message.
            card: number of the card that pays, in clear.
            wrong_checks: how many responses go out with a wrong check first.
        """
        super().__init__()
        self.outcome = outcome
        self._tail = b"\n" if serial else b""
        self._card = card
        self._wrong_checks = wrong_checks
        self._number = 470
        self._response = b""

    def on_message(self, message: bytes) -> list[bytes]:
        """See ``_SadadEnd``."""
        kind = message[_TYPE_AT]
        acknowledged = sadad.message(sadad.ACKNOWLEDGED) + self._tail
        if kind == sadad.INITIALISE:
            return [acknowledged]
        if kind == sadad.REQUEST:
            asked = message[_DATA_AT:-2]
            self._number += 1
            self._response = sadad.SadadAnswer(
                amount=int(asked[:13].rstrip(b"\0")),
                code="00" if self.outcome is Outcome.APPROVED else "51",
                card=self._card,
                processing=asked[31:37].decode("ascii"),
                transaction=f"{self._number:06d}",
                reference=f"{self._number:012d}",
            ).data()
            return [acknowledged, self._respond()]
        if kind == sadad.NOT_ACKNOWLEDGED and self._response:
            return [self._respond()]
        return []

    def _respond(self) -> bytes:
        turned = 0x21 if self._wrong_checks else 0
        self._wrong_checks = max(0, self._wrong_checks - 1)
        return sadad.message(sadad.RESPONSE, self._response, turned=turned) + self._tail


class SadadTill(_SadadEnd):
    """A till: initialises, asks, acknowledges the response."""

    def __init__(self) -> None:
        """Begin with nothing asked."""
        super().__init__()
        self._request: bytes | None = None
        #: How the payment ended, once it has.
        self.ended: Outcome | None = None

    def pay(self, amount: int, *, order: str = "") -> bytes:
        """Begin a payment in rials; returns the first bytes."""
        self.ended = None
        self._request = sadad.message(sadad.REQUEST, sadad.request(amount, order=order))
        return sadad.message(sadad.INITIALISE)

    def on_message(self, message: bytes) -> list[bytes]:
        """See ``_SadadEnd``."""
        kind = message[_TYPE_AT]
        if kind == sadad.ACKNOWLEDGED and self._request is not None:
            request, self._request = self._request, None
            return [request]
        if kind == sadad.RESPONSE:
            done = message[_DATA_AT : _DATA_AT + 4] == "00".encode("utf-16-le")
            self.ended = Outcome.APPROVED if done else Outcome.DECLINED
            return [sadad.message(sadad.ACKNOWLEDGED)]
        return []
