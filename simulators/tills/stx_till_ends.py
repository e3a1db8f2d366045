"""Tills that pay by Concert, Transbank, ECR17 and plain framed messages: what they say. Pure.

Not modelled: how long a till waits before it asks again.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Final

from simulators.tills.card_terminal import Outcome, TerminalEnd
from terminal_agent.pos.framers.stx import Control, ControlSeen, StxEvent, StxFrame, StxFramer
from terminal_agent.pos.framers.stx_settings import FrameSettings
from terminal_agent.pos.stx_listeners import ECR17_FRAME

_PLAIN: Final = FrameSettings()


class StxTill(TerminalEnd):
    """A till: asks for a payment, acknowledges what is whole, asks again for what is not."""

    def __init__(self, settings: FrameSettings = _PLAIN) -> None:
        """Begin with nothing asked; ``settings`` are the frames that the terminal sends."""
        self._framer = StxFramer(settings)
        self._request = b""
        #: How the payment ended, once it has.
        self.ended: Outcome | None = None

    def ask(self, request: bytes) -> bytes:
        """Begin a payment; returns the first bytes of it."""
        self.ended = None
        self._request = request
        return self._begin()

    def feed(self, data: bytes) -> list[bytes]:
        """See ``TerminalEnd``."""
        wrong_before = self._framer.counters.bad_checks
        said = [one for event in self._framer.feed(data, 0) for one in self._on_event(event)]
        if self._framer.counters.bad_checks > wrong_before:
            said.append(self._answered(Control.NAK))
        return said

    def _begin(self) -> bytes:
        return self._request

    def _answered(self, control: Control) -> bytes:
        return bytes((control,))

    def _on_event(self, event: StxEvent) -> list[bytes]:
        if not isinstance(event, StxFrame):
            return []
        self.ended = Outcome.APPROVED if self._approved(event.body) else Outcome.DECLINED
        return [self._answered(Control.ACK)]

    @abstractmethod
    def _approved(self, body: bytes) -> bool:
        """Whether an answer says that it is paid."""


class ConcertTill(StxTill):
    """Concert E and E+: bids with ENQ, says EOT behind its request, lets the terminal bid."""

    def __init__(self) -> None:
        """Begin with nothing asked."""
        super().__init__()
        self._acknowledged = 0

    def _begin(self) -> bytes:
        self._acknowledged = 0
        return bytes((Control.ENQ,))

    def _on_event(self, event: StxEvent) -> list[bytes]:
        if not isinstance(event, ControlSeen):
            return super()._on_event(event)
        if event.control is Control.ENQ:
            return [bytes((Control.ACK,))]
        if event.control is not Control.ACK:
            return []
        self._acknowledged += 1
        return [self._request if self._acknowledged == 1 else bytes((Control.EOT,))]

    def _approved(self, body: bytes) -> bool:
        return body[2:3] == b"0"


class TransbankTill(StxTill):
    """Transbank POS Integrado."""

    def _approved(self, body: bytes) -> bool:
        return body.split(b"|")[1] == b"00"


class Ecr17Till(StxTill):
    """ECR17: what acknowledges is framed too."""

    def __init__(self) -> None:
        """Begin with nothing asked."""
        super().__init__(ECR17_FRAME)

    def _answered(self, control: Control) -> bytes:
        return bytes((control, 0x03, ECR17_FRAME.lrc(bytes((control,)), 0x03)))

    def _approved(self, body: bytes) -> bool:
        return body[10:12] == b"00"
