"""The two ends of a ZVT line: a card terminal that pays, and a till that asks it to. Pure.

Not modelled: registration, the 180 seconds a customer has, several attempts with a card.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Final

from simulators.tills import zvt_frames as zvt
from simulators.tills.card_terminal import Outcome, TerminalEnd

_REFUSED_BY_CARD: Final = 0x05
_ABORTED: Final = 0x6C


class _ZvtEnd(TerminalEnd):
    """One end: acknowledges what it could read, and sends again what the other could not."""

    def __init__(self, link: zvt.ZvtLink, *, wrong_checks: int) -> None:
        self._link = link
        self._wrong_checks = wrong_checks
        self._last = b""

    def feed(self, data: bytes) -> list[bytes]:
        """See ``TerminalEnd``."""
        said: list[bytes] = []
        for heard in self._link.feed(data):
            if isinstance(heard, bytes):
                said += [self._link.taken] if self._link.taken else []
                said += [self._send(answer) for answer in self.on_apdu(heard)]
            elif heard is zvt.Signal.BAD_FRAME:
                said.append(self._link.not_taken)
            elif heard is zvt.Signal.NAK:
                said.append(self._send(self._last))
        return said

    @abstractmethod
    def on_apdu(self, apdu: bytes) -> list[bytes]:
        """Answer one APDU."""

    def _send(self, apdu: bytes) -> bytes:
        self._last = apdu
        turned = 0x5A if self._wrong_checks else 0
        self._wrong_checks = max(0, self._wrong_checks - 1)
        return self._link.wrap(apdu, turned=turned)


class ZvtTerminal(_ZvtEnd):
    """A card terminal: shows what it waits for, says how it went, prints, completes."""

    def __init__(
        self,
        link: zvt.ZvtLink,
        outcome: Outcome = Outcome.APPROVED,
        *,
        wrong_checks: int = 0,
        card: bytes = b"",
    ) -> None:
        """Wait for a till.

        Args:
            link: how APDUs travel.
            outcome: how payments end.
            wrong_checks: how many frames go out with a wrong check first.
            card: the packed number of the card that pays; a masked one by default.
        """
        super().__init__(link, wrong_checks=wrong_checks)
        self.outcome = outcome
        self._card = card
        self._receipt_number = 0
        self._to_say: list[bytes] = []
        self._paid: dict[int, bytes] = {}

    def on_apdu(self, apdu: bytes) -> list[bytes]:
        """See ``_ZvtEnd``."""
        control_field = int.from_bytes(apdu[:2], "big")
        if control_field in (zvt.AUTHORISATION, zvt.REFUND, zvt.REVERSAL, zvt.REPEAT_RECEIPT):
            self._to_say = self._course(control_field, apdu[3:])
            return [zvt.apdu(zvt.DONE), *self._next()]
        if control_field == zvt.GOODS_REFUSED:
            self._to_say = [zvt.apdu(zvt.ABORT, bytes((_ABORTED,)))]
        return self._next() if control_field >> 8 in (0x80, 0x84) else []

    def _next(self) -> list[bytes]:
        return [self._to_say.pop(0)] if self._to_say else []

    def _course(self, control_field: int, data: bytes) -> list[bytes]:
        """All that is said until the end, each after the till has answered the one before."""
        waiting = zvt.apdu(zvt.INTERMEDIATE_STATUS, b"\x0a\x01")
        if control_field == zvt.REPEAT_RECEIPT:
            return [self._paid[self._receipt_number], zvt.apdu(zvt.COMPLETION)]
        if self.outcome is Outcome.DECLINED:
            failed = zvt.apdu(zvt.STATUS_INFORMATION, bytes((0x27, _REFUSED_BY_CARD)))
            return [waiting, failed, zvt.apdu(zvt.ABORT, bytes((_REFUSED_BY_CARD,)))]
        line = zvt.apdu(zvt.PRINT_LINE, b"\x00   ** Kundenbeleg **   ")
        status = self._status(control_field, data)
        return [waiting, status, line, zvt.apdu(zvt.COMPLETION)]

    def _status(self, control_field: int, data: bytes) -> bytes:
        if control_field == zvt.REVERSAL:
            return self._paid[int(data[4:6].hex())]
        at = 0 if control_field == zvt.AUTHORISATION else 3
        self._receipt_number += 1
        status = zvt.status_information(
            int(data[at + 1 : at + 7].hex()),
            receipt_number=self._receipt_number,
            card=self._card,
        )
        self._paid[self._receipt_number] = status
        return status


class ZvtTill(_ZvtEnd):
    """A till: asks, and says 80 00 to everything, unless it has something to say to the goods."""

    def __init__(
        self, link: zvt.ZvtLink, *, goods: bytes | None = None, wrong_checks: int = 0
    ) -> None:
        """Begin with nothing asked.

        Args:
            link: how APDUs travel.
            goods: its answer to a good status: GOODS_REFUSED, GOODS_CHANGED with an amount; 80 00
                by default.
            wrong_checks: how many frames go out with a wrong check first.
        """
        super().__init__(link, wrong_checks=wrong_checks)
        self._goods = goods or zvt.apdu(zvt.DONE)
        #: How the payment ended, once it has.
        self.ended: Outcome | None = None

    def ask(self, command: bytes) -> bytes:
        """Send a command; returns its bytes."""
        self.ended = None
        return self._send(command)

    def on_apdu(self, apdu: bytes) -> list[bytes]:
        """See ``_ZvtEnd``."""
        control_field = int.from_bytes(apdu[:2], "big")
        if control_field == zvt.COMPLETION:
            self.ended = Outcome.APPROVED
        elif control_field == zvt.ABORT or control_field >> 8 == 0x84:
            self.ended = Outcome.DECLINED
        if control_field >> 8 in (0x80, 0x84):
            return []
        good = control_field == zvt.STATUS_INFORMATION and apdu[3:5] == b"\x27\x00"
        return [self._goods if good else zvt.apdu(zvt.DONE)]
