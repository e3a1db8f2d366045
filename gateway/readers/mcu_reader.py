"""``mcu``: card terminals of a microcontroller on a serial line, see ``docs/readers/mcu.md``.

``reader_name`` is the device's path. The line is 115,200 8N1, which USB (CDC ACM) ignores.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

from gateway.clock import Clock
from gateway.errors import ConfigError, ReaderError, WireError
from gateway.readers.cards.dialogue import ProfileReader
from gateway.readers.described import ReaderDescription
from gateway.readers.errors import (
    CardRefusedError,
    CardRemovedError,
    CardTimeoutError,
    ReaderUnavailableError,
    SeveralCardsError,
)
from gateway.readers.feedback import Signal
from gateway.readers.front_end import CardFront, PseudoReader, Said, answer_to_reset
from gateway.readers.mcu.link import (
    CARD_ATTEMPTS_MAX,
    CARD_MARGIN_MS,
    Answer,
    LinkState,
    McuLink,
    Question,
)
from gateway.readers.mcu.messages import (
    CardCommand,
    CardNews,
    Feature,
    FirmwareVersion,
    Kind,
    Led,
    Light,
    McuError,
    Refused,
)
from gateway.readers.mcu.update import FirmwareImage, upload
from gateway.readers.polled import PolledReader
from gateway.readers.serial_line import (
    LINE_FAULTS,
    SerialLine,
    SerialSettings,
    fault_words,
    open_line,
    present_lines,
    read_waiting,
)
from gateway.readers.settings import ReaderSettings

BAUD_RATE: Final = 115_200
#: How long a card may take for one command; the slowest known needs a third of it.
CARD_DEADLINE_MS: Final = 550
_READ_TIMEOUT_S: Final = 0.01
_READ_BYTES_MAX: Final = 4_096
#: How many signals may wait for the line. More would come too late to mean anything.
_SIGNALS_MAX: Final = 4
_TEXT_BYTES_MAX: Final = 128
_SHOWN_MS: Final = 3_000

_LIGHTS: Final = {
    Signal.IDLE: Light(led=Led.OFF, led_ms=0, beeps=0, beep_ms=0),
    Signal.WAIT: Light(led=Led.YELLOW, led_ms=5_000, beeps=0, beep_ms=0),
    Signal.ACCEPTED: Light(led=Led.GREEN, led_ms=1_500, beeps=1, beep_ms=80),
    Signal.REFUSED: Light(led=Led.RED, led_ms=1_500, beeps=3, beep_ms=80),
}

_FAULTS: Final[dict[int, type[ReaderError]]] = {
    McuError.NO_CARD: CardRemovedError,
    McuError.CARD_SILENT: CardTimeoutError,
    McuError.SEVERAL_CARDS: SeveralCardsError,
    McuError.NOT_SUPPORTED: CardRefusedError,
}


class McuDevice:
    """An open line with a microcontroller that was greeted. One thread speaks to it.

    Args:
        settings: of the line.
        clock: measures how long answers take.
        signals: what to show when nothing else is to be done; taken from its left.

    Raises:
        ReaderUnavailableError: if the line cannot be opened, or nobody answers the greeting.
    """

    def __init__(
        self,
        settings: SerialSettings,
        clock: Clock,
        signals: deque[tuple[Signal, str]] | None = None,
    ) -> None:
        self._clock = clock
        self._signals = deque() if signals is None else signals
        self._news: CardNews | None = None
        self._pseudo: PseudoReader | None = None
        try:
            self._line: SerialLine = open_line(settings, read_timeout_s=_READ_TIMEOUT_S)
        except LINE_FAULTS as error:
            raise ReaderUnavailableError(fault_words(error)) from error
        self._link = McuLink(clock.monotonic_ms())
        try:
            while self._link.state is LinkState.GREETING:
                self._pump()
        except ReaderUnavailableError:
            self.close()
            raise
        assert self._link.greeting is not None, "a link that is up was greeted"
        self.greeting = self._link.greeting

    def close(self) -> None:
        """See ``CardDevice``."""
        self._line.close()

    def card(self) -> bytes | None:
        """See ``CardDevice``."""
        self._pump()
        self._show_next()
        before, news = self._news, self._link.card
        if before is not None and news is not None and before.card != news.card:
            # One left and one came: show the gap that nobody looked into.
            news = None
        self._news = news
        if news is None:
            return None
        if news is not before:
            self._pseudo = PseudoReader(self, news.front)
        return answer_to_reset(news.front)

    def transmit(self, command: bytes) -> bytes:
        """See ``CardDevice``.

        Raises:
            SeveralCardsError: if more than one card is in the field.
        """
        if self._news is None or self._pseudo is None:
            raise CardRemovedError("there is no card")
        if self._news.several:
            raise SeveralCardsError("more than one card is in the field")
        return self._pseudo.transmit(command)

    def select(self) -> CardFront:
        """See ``FrontEnd``."""
        payload = self._card_number().to_bytes(2)
        answer = self._ask_card(Kind.SELECT, payload)
        try:
            return CardNews.from_bytes(answer).front
        except WireError as error:
            raise ReaderUnavailableError(f"the terminal describes no card: {error}") from error

    def apdu(self, command: bytes) -> bytes:
        """See ``FrontEnd``."""
        return self._carry(Kind.APDU, command)

    def frame(self, frame: bytes) -> Said:
        """See ``FrontEnd``."""
        try:
            answer = self._carry(Kind.FRAME, frame)
        except CardTimeoutError:
            # With these cards silence is an answer; one that left shows at the next look.
            return None
        if not answer:
            raise ReaderUnavailableError("the terminal's answer to a frame is empty")
        bits, said = answer[0], answer[1:]
        if bits == 0:
            return said
        return said[0] & 0x0F if len(said) == 1 else None

    def update(self, image: FirmwareImage) -> None:
        """Send a firmware image; the microcontroller starts anew with it.

        Raises:
            ReaderUnavailableError: if it does not fit, is refused, or the line is lost; the next
                attempt goes on where this one ended.
        """
        steps = upload(image, self.greeting)
        question = next(steps)
        while True:
            answer = self._ask(question)
            try:
                question = steps.send(answer)
            except StopIteration:
                return

    def _card_number(self) -> int:
        assert self._news is not None, "only spoken to with a card"
        return self._news.card

    def _carry(self, kind: Kind, data: bytes) -> bytes:
        command = CardCommand(card=self._card_number(), deadline_ms=CARD_DEADLINE_MS, data=data)
        return self._ask_card(kind, command.to_bytes())

    def _ask_card(self, kind: Kind, payload: bytes) -> bytes:
        answer = self._ask(
            Question(
                kind=kind,
                payload=payload,
                patience_ms=CARD_DEADLINE_MS + CARD_MARGIN_MS,
                attempts=CARD_ATTEMPTS_MAX,
            )
        )
        if isinstance(answer, Refused):
            raise _FAULTS.get(answer.code, ReaderUnavailableError)(str(answer))
        return answer

    def _ask(self, question: Question) -> Answer:
        self._link.ask(question, self._clock.monotonic_ms())
        while True:
            self._pump()
            answer = self._link.take_answer()
            if answer is not None:
                return answer

    def _show_next(self) -> None:
        if not self._signals:
            return
        signal, text = self._signals.popleft()
        if self.greeting.features & (Feature.LED | Feature.BUZZER):
            self._ask(Question(kind=Kind.SIGNAL, payload=_LIGHTS[signal].to_bytes()))
        if self.greeting.features & Feature.TEXT:
            shown_ms = 0 if signal is Signal.IDLE else _SHOWN_MS
            payload = shown_ms.to_bytes(2) + _short(text)
            self._ask(Question(kind=Kind.TEXT, payload=payload))

    def _pump(self) -> None:
        """Write what waits, read what came, let time pass.

        Raises:
            ReaderUnavailableError: if the line or the link is lost.
        """
        try:
            out = self._link.outgoing()
            if out:
                self._line.write(out)
            data = read_waiting(self._line, _READ_BYTES_MAX)
        except LINE_FAULTS as error:
            raise ReaderUnavailableError(fault_words(error)) from error
        now_ms = self._clock.monotonic_ms()
        self._link.take(data, now_ms)
        self._link.pass_time(now_ms)
        if self._link.state is LinkState.LOST:
            raise ReaderUnavailableError(self._link.lost_because)


def send_firmware(
    path: str, image: FirmwareImage, clock: Clock
) -> tuple[FirmwareVersion, FirmwareVersion]:
    """Send an image to the terminal at a device; what it ran, and what it runs from now on.

    Raises:
        ReaderUnavailableError: if nobody answers there, or the image is refused.
    """
    device = McuDevice(SerialSettings(device=path, baud=BAUD_RATE), clock)
    try:
        device.update(image)
    finally:
        device.close()
    return device.greeting.firmware, image.version


def _short(text: str) -> bytes:
    """UTF-8 that fits, cut between letters."""
    return text.encode()[:_TEXT_BYTES_MAX].decode(errors="ignore").encode()


class McuReader(PolledReader):
    """A microcontroller terminal.

    Args:
        settings: ``reader_name`` is the device's path.
        clock: see ``PolledReader``.
        profiles: see ``PolledReader``.

    Raises:
        ConfigError: if no device is named: the first that is there may be the till.
    """

    backend = "mcu"
    poll_ms = 5

    def __init__(
        self,
        settings: ReaderSettings,
        *,
        clock: Clock,
        profiles: Sequence[ProfileReader] | None = None,
    ) -> None:
        if not settings.reader_name:
            raise ConfigError("mcu needs its device: set name under [reader]")
        super().__init__(settings, clock=clock, profiles=profiles)
        self._line_settings = SerialSettings(device=settings.reader_name, baud=BAUD_RATE)
        self._clock_of_line = clock
        self._signals: deque[tuple[Signal, str]] = deque(maxlen=_SIGNALS_MAX)
        self._description: ReaderDescription | None = None

    @classmethod
    def present_readers(cls) -> tuple[str, ...]:
        """The serial devices that are there; which of them are terminals only a greeting tells."""
        return present_lines()

    @property
    def description(self) -> ReaderDescription | None:
        """See ``Described``."""
        return self._description

    def give(self, signal: Signal, text: str = "") -> None:
        """See ``Feedback``."""
        self._signals.append((signal, text))

    def open_device(self) -> McuDevice:
        """See ``PolledReader``."""
        self._description = None
        device = McuDevice(self._line_settings, self._clock_of_line, self._signals)
        greeting = device.greeting
        self._description = ReaderDescription(
            reader=self.name,
            driver=f"mcu, protocol {greeting.version}",
            firmware=str(greeting.firmware),
            detail=f"{greeting.model} {greeting.serial}".strip(),
        )
        return device
