"""The firmware of a simulated microcontroller terminal: frames in, frames out. No line, no clock.

It keeps the rules of ``docs/readers/mcu.md`` as an integrator's firmware should: it repeats the
answer to a repeated question and executes nothing twice, repeats news until they are
acknowledged, and keeps an unfinished update across a restart. It shares the frame and message
codecs with the host, so the vectors in ``tests/data/mcu`` are what holds both to the document.

Not modelled: the time that cards, flash memory and a slow chip take.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar
from zlib import crc32

from gateway.errors import WireError
from gateway.readers.mcu.frames import Frame, FrameDecoder, encode_frame
from gateway.readers.mcu.messages import (
    ANSWER_BIT,
    GREETING_VERSION,
    CardCommand,
    CardNews,
    Feature,
    FirmwareVersion,
    Greeting,
    Kind,
    Light,
    McuError,
    Refused,
    Status,
)
from simulators.card import CardSilentError, CardTornError, VirtualCard
from simulators.front_end import select_card, send_frame, shown_front

VERSION: Final = 1
NEWS_REPEAT_MS: Final = 200
NEWS_ATTEMPTS_MAX: Final = 5
_SHORT_BITS: Final = 4

_Answered = TypeVar("_Answered")

ALL_FEATURES: Final = Feature.LED | Feature.BUZZER | Feature.TEXT | Feature.UPDATE


class _RefusedError(Exception):
    """Ends a question with an error."""

    def __init__(self, code: McuError, text: str = "") -> None:
        super().__init__(text)
        self.refused = Refused(code=code, text=text)


@dataclass(slots=True)
class Flash:
    """What survives a restart: the firmware's version and an unfinished update."""

    version: FirmwareVersion = field(
        default_factory=lambda: FirmwareVersion(major=1, minor=4, patch=0)
    )
    announced: bytes = b""
    code: bytearray = field(default_factory=bytearray)


@dataclass(slots=True)
class _News:
    frame: Frame
    sent: int
    due_ms: int


class McuFirmware:
    """One run of the firmware, from power on to power off.

    Args:
        flash: what the last run left.
        boot: a number that no other run has.
        model: the hardware's name.

    Attributes:
        lights: what SIGNAL asked for, in order.
        texts: what TEXT asked for, in order.
        executed: the kinds of question that were carried out, in order.
        restarts: set when an update is complete: the chip wants to start anew.
    """

    def __init__(self, flash: Flash, *, boot: int, model: str = "MOHR-SIM") -> None:
        self.flash = flash
        self.lights: list[Light] = []
        self.texts: list[str] = []
        self.executed: list[int] = []
        self.restarts = False
        self._boot = boot
        self._model = model
        self._decoder = FrameDecoder()
        self._greeted = False
        self._card: VirtualCard | None = None
        self._several = False
        self._hung = False
        self._number = 0
        self._last: tuple[Frame, Frame] | None = None
        self._news: list[_News] = []
        self._news_sequence = 0

    # The hand.

    def put(self, card: VirtualCard, *, several: bool = False) -> None:
        """A card comes into the field; one that is there leaves first."""
        self.take_away()
        card.power_on()
        self._card, self._several, self._hung = card, several, False
        self._number = (self._number + 1) & 0xFFFF
        self._tell_card()

    def take_away(self) -> None:
        """The card leaves, if one is there."""
        if self._card is not None:
            self._card = None
            self._tell(Kind.GONE, self._number.to_bytes(2))

    # The line.

    def receive(self, data: bytes, now_ms: int) -> bytes:
        """Take bytes from the host, and give those to send."""
        answers = [self._answer(frame) for frame in self._decoder.feed(data)]
        out = b"".join(encode_frame(answer) for answer in answers if answer is not None)
        return out + self.pass_time(now_ms)

    def pass_time(self, now_ms: int) -> bytes:
        """What is to be sent by now: news, again where nobody acknowledged them."""
        if not self._greeted:
            return b""
        out = b""
        # One at a time, so that they arrive in order.
        for news in self._news[:1]:
            if news.due_ms > now_ms:
                break
            if news.sent >= NEWS_ATTEMPTS_MAX:
                self._news.remove(news)
                break
            news.sent += 1
            news.due_ms = now_ms + NEWS_REPEAT_MS
            out += encode_frame(news.frame)
        return out

    def _tell(self, kind: Kind, payload: bytes) -> None:
        if not self._greeted:
            return
        sequence = self._news_sequence
        self._news_sequence = (sequence + 1) & 0xFF
        frame = Frame(version=VERSION, kind=kind, sequence=sequence, payload=payload)
        self._news.append(_News(frame=frame, sent=0, due_ms=0))

    def _tell_card(self) -> None:
        assert self._card is not None, "only told of a card that is there"
        news = CardNews(card=self._number, several=self._several, front=shown_front(self._card))
        self._tell(Kind.CARD, news.to_bytes())

    def _answer(self, frame: Frame) -> Frame | None:
        if frame.kind in {Kind.CARD | ANSWER_BIT, Kind.GONE | ANSWER_BIT}:
            self._news = [one for one in self._news if one.frame.sequence != frame.sequence]
            return None
        # A greeting begins anew and is never taken for a repetition.
        if frame.kind != Kind.HELLO and self._last is not None and self._last[0] == frame:
            return self._last[1]
        try:
            payload = self._execute(frame)
            answer = replace(frame, kind=frame.kind | ANSWER_BIT, payload=payload)
        except WireError as error:
            answer = self._error(frame, Refused(code=McuError.BAD_PAYLOAD, text=str(error)))
        except _RefusedError as error:
            answer = self._error(frame, error.refused)
        self._last = (frame, answer)
        return answer

    @staticmethod
    def _error(frame: Frame, refused: Refused) -> Frame:
        return replace(frame, kind=Kind.ERROR, payload=refused.to_bytes())

    def _execute(self, frame: Frame) -> bytes:
        if frame.kind == Kind.HELLO:
            return self._hello(frame)
        if not self._greeted or frame.version != VERSION:
            raise _RefusedError(McuError.BAD_VERSION, "say HELLO first")
        work = self._work().get(frame.kind)
        if work is None:
            raise _RefusedError(McuError.UNKNOWN_KIND, f"kind {frame.kind:02X}")
        self.executed.append(frame.kind)
        return work(frame.payload)

    def _work(self) -> dict[int, Callable[[bytes], bytes]]:
        return {
            Kind.STATUS: self._status,
            Kind.SELECT: self._select,
            Kind.APDU: self._apdu,
            Kind.FRAME: self._frame,
            Kind.SIGNAL: self._signal,
            Kind.TEXT: self._text,
            Kind.UPDATE_BEGIN: self._update_begin,
            Kind.UPDATE_DATA: self._update_data,
            Kind.UPDATE_END: self._update_end,
        }

    def _hello(self, frame: Frame) -> bytes:
        if len(frame.payload) < 2:
            raise _RefusedError(McuError.BAD_PAYLOAD)
        if frame.version != GREETING_VERSION or not (
            frame.payload[0] <= VERSION <= frame.payload[1]
        ):
            raise _RefusedError(McuError.BAD_VERSION, f"only version {VERSION} is spoken here")
        self._greeted = True
        self._news.clear()
        if self._card is not None:
            self._tell_card()
        return Greeting(
            version=VERSION,
            features=ALL_FEATURES,
            columns=16,
            rows=2,
            firmware=self.flash.version,
            boot=self._boot,
            model=self._model,
            serial="SIM-0001",
        ).to_bytes()

    def _status(self, _payload: bytes) -> bytes:
        status = Status(uptime_s=0, front_end_fault=0, bad_frames=self._decoder.bad_count)
        return status.to_bytes()

    # Cards.

    def _select(self, payload: bytes) -> bytes:
        card = self._card_of(int.from_bytes(payload[:2]))
        front = self._carefully(lambda: select_card(card))
        return CardNews(card=self._number, several=self._several, front=front).to_bytes()

    def _apdu(self, payload: bytes) -> bytes:
        command = CardCommand.from_bytes(payload)
        card = self._card_of(command.card)
        return self._carefully(lambda: card.transmit(command.data))

    def _frame(self, payload: bytes) -> bytes:
        command = CardCommand.from_bytes(payload)
        card = self._card_of(command.card)
        said = self._carefully(lambda: send_frame(card, command.data))
        if said is None:
            raise _RefusedError(McuError.CARD_SILENT)
        return bytes((_SHORT_BITS, said)) if isinstance(said, int) else b"\x00" + said

    def _card_of(self, number: int) -> VirtualCard:
        if self._card is None or number != self._number:
            raise _RefusedError(McuError.NO_CARD)
        if self._several:
            raise _RefusedError(McuError.SEVERAL_CARDS)
        return self._card

    def _carefully(self, speak: Callable[[], _Answered]) -> _Answered:
        """Speak to the card; one that was silent once says nothing any more until it leaves."""
        if self._hung:
            raise _RefusedError(McuError.CARD_SILENT)
        try:
            return speak()
        except CardTornError as error:
            self.take_away()
            raise _RefusedError(McuError.NO_CARD, "it left") from error
        except CardSilentError as error:
            self._hung = True
            raise _RefusedError(McuError.CARD_SILENT) from error

    # Lamp, buzzer, display.

    def _signal(self, payload: bytes) -> bytes:
        self.lights.append(Light.from_bytes(payload))
        return b""

    def _text(self, payload: bytes) -> bytes:
        self.texts.append(payload[2:].decode(errors="replace"))
        return b""

    # Updates.

    def _update_begin(self, payload: bytes) -> bytes:
        model = payload[1 : 1 + payload[0]] if payload else b""
        if len(payload) != len(model) + 12:
            raise _RefusedError(McuError.BAD_PAYLOAD)
        if model.decode(errors="replace") != self._model:
            raise _RefusedError(McuError.WRONG_IMAGE, f"this is a {self._model}")
        if payload != self.flash.announced:
            self.flash.announced = payload
            self.flash.code.clear()
        return len(self.flash.code).to_bytes(4)

    def _update_data(self, payload: bytes) -> bytes:
        offset, data = int.from_bytes(payload[:4]), payload[4:]
        size = int.from_bytes(self.flash.announced[-8:-4])
        if not self.flash.announced or offset > len(self.flash.code):
            raise _RefusedError(McuError.WRONG_OFFSET)
        if offset + len(data) > size:
            raise _RefusedError(McuError.BAD_PAYLOAD, "more than was announced")
        self.flash.code[offset:] = data
        return len(self.flash.code).to_bytes(4)

    def _update_end(self, _payload: bytes) -> bytes:
        announced = self.flash.announced
        size, checksum = int.from_bytes(announced[-8:-4]), int.from_bytes(announced[-4:])
        if not announced or len(self.flash.code) != size:
            raise _RefusedError(McuError.WRONG_OFFSET)
        if crc32(bytes(self.flash.code)) != checksum:
            self.flash.announced = b""
            raise _RefusedError(McuError.BROKEN_IMAGE)
        self.flash.version = FirmwareVersion.from_bytes(announced[-11:-8])
        self.flash.announced = b""
        self.restarts = True
        return b""
