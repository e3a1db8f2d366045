"""Card terminals that speak Concert, Transbank and ECR17: what they answer. Pure."""

from __future__ import annotations

from abc import abstractmethod
from typing import Final

from simulators.tills.card_terminal import Outcome, TerminalEnd
from terminal_agent.pos.framers.stx import Control, ControlSeen, StxEvent, StxFrame, StxFramer
from terminal_agent.pos.framers.stx_settings import FrameSettings
from terminal_agent.pos.stx_listeners import ECR17_FRAME

_PLAIN: Final = FrameSettings()
#: What a terminal tells of the card when it is asked to: 55 characters, the number masked.
_CARD_SAID: Final = "497010XXXXXX0017".ljust(55)
_TRANSBANK_ANSWERS: Final = {"0200": "0210", "0270": "0271", "1200": "1210"}


class _StxEnd(TerminalEnd):
    """An end that answers frames and control bytes."""

    def __init__(self, settings: FrameSettings, outcome: Outcome, *, wrong_checks: int) -> None:
        self._framer = StxFramer(settings)
        self._settings = settings
        self._wrong_checks = wrong_checks
        self._last = ""
        self.outcome = outcome

    def feed(self, data: bytes) -> list[bytes]:
        """See ``TerminalEnd``."""
        return [said for event in self._framer.feed(data, 0) for said in self.on_event(event)]

    def once_more(self, event: StxEvent) -> list[bytes]:
        """The last frame again where the till could not read it, else nothing."""
        refused = isinstance(event, ControlSeen) and event.control is Control.NAK
        return [self.framed(self._last)] if refused and self._last else []

    @abstractmethod
    def on_event(self, event: StxEvent) -> list[bytes]:
        """Answer one thing that the till said."""

    def framed(self, body: str) -> bytes:
        """A frame; the first ones with a check that does not hold, as often as was asked for."""
        self._last = body
        frame = self._settings.frame(body.encode("ascii"))
        if self._wrong_checks:
            self._wrong_checks -= 1
            return frame[:-1] + bytes((frame[-1] ^ 0x5A,))
        return frame


class ConcertTerminal(_StxEnd):
    """Concert E and E+: bids with ENQ, answers when the till has said EOT."""

    def __init__(self, outcome: Outcome = Outcome.APPROVED, *, wrong_checks: int = 0) -> None:
        """Wait for a till.

        Args:
            outcome: how payments end.
            wrong_checks: how many answers come with a wrong check first, each to be asked again.
        """
        super().__init__(_PLAIN, outcome, wrong_checks=wrong_checks)
        self._asked: str | None = None
        self._bids = self._answered = False

    def on_event(self, event: StxEvent) -> list[bytes]:
        """See ``_StxEnd``."""
        if isinstance(event, StxFrame):
            self._asked = event.body.decode("ascii")
            return [bytes((Control.ACK,))]
        if not isinstance(event, ControlSeen):
            return []
        if event.control is Control.ENQ:
            return [bytes((Control.ACK,))]
        if event.control is Control.EOT and self._asked is not None:
            self._bids = True
            return [bytes((Control.ENQ,))]
        return self._acknowledged(event.control)

    def _acknowledged(self, control: Control) -> list[bytes]:
        if control is Control.ACK and self._answered:
            self._answered, self._asked = False, None
            return [bytes((Control.EOT,))]
        if self._asked is None or not (self._bids or self._answered):
            return []
        # Bid for and granted, or asked for again because the check did not hold.
        self._bids, self._answered = False, True
        return [self.framed(self._answer(self._asked))]

    def _answer(self, asked: str) -> str:
        result = "0" if self.outcome is Outcome.APPROVED else "7"
        card = _CARD_SAID if asked[10] == "1" else ""
        return f"{asked[:2]}{result}{asked[2:10]}{asked[11]}{card}{asked[13:16]}{asked[16:26]}"


class TransbankTerminal(_StxEnd):
    """Transbank POS Integrado: acknowledges and answers at once."""

    def __init__(self, outcome: Outcome = Outcome.APPROVED, *, wrong_checks: int = 0) -> None:
        """Wait for a till; see ``ConcertTerminal``."""
        super().__init__(_PLAIN, outcome, wrong_checks=wrong_checks)
        self._operations = 0

    def on_event(self, event: StxEvent) -> list[bytes]:
        """See ``_StxEnd``."""
        if not isinstance(event, StxFrame):
            return self.once_more(event)
        fields = event.body.decode("ascii").split("|")
        code = "00" if self.outcome is Outcome.APPROVED else "01"
        shop = "597029414300|80000077"
        acknowledged = [bytes((Control.ACK,))]
        if fields[0] not in _TRANSBANK_ANSWERS:
            return acknowledged
        answer = _TRANSBANK_ANSWERS[fields[0]]
        if fields[0] == "1200":
            return [*acknowledged, self.framed(f"{answer}|{code}|{shop}|XZ123456|{fields[1]}|")]
        self._operations += 1
        sold = f"{fields[2]}|XZ123456|{fields[1]}|0|0|6677|{self._operations:06d}|CR|||VI"
        body = f"{answer}|{code}|{shop}|{sold}|24112026|142530|0|0|0|0|"
        return [*acknowledged, self.framed(body)]


class Ecr17Terminal(_StxEnd):
    """ECR17: acknowledges in a frame, says what it does, then answers."""

    def __init__(self, outcome: Outcome = Outcome.APPROVED, *, wrong_checks: int = 0) -> None:
        """Wait for a till; see ``ConcertTerminal``."""
        super().__init__(ECR17_FRAME, outcome, wrong_checks=wrong_checks)
        self._stan = 0

    def on_event(self, event: StxEvent) -> list[bytes]:
        """See ``_StxEnd``."""
        if not isinstance(event, StxFrame):
            return self.once_more(event)
        asked = event.body.decode("ascii")
        acknowledged = bytes((Control.ACK, 0x03, ECR17_FRAME.lrc(bytes((Control.ACK,)), 0x03)))
        if asked[9] not in "PXS":
            return [acknowledged]
        self._stan += 1
        progress = b"\x01" + b"ATTENDERE PREGO".ljust(20) + b"\x04"
        if self.outcome is Outcome.APPROVED:
            said = f"00{'0' * 9}XXXXXX1234ICCABC1233281425"
        else:
            said = f"01{'CARTA RIFIUTATA':<24}{'0' * 11}"
        # Card type, acquirer, STAN, online id.
        tail = f"2{'ACQ':<11}{self._stan:06d}{self._stan:06d}"
        return [acknowledged, progress, self.framed(f"{asked[:8]}0E{said}{tail}")]
