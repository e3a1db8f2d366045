"""The ``Reader`` contract, as far as it applies to devices that send characters.

The serial scanner sits on a pseudo-terminal, the keyboard plays recorded events through a pipe in
the kernel's own format: without a kernel that lets tests make input devices, only the grab itself
is left out. A scan has no length, so there is nothing to tear, to swap or to hang.
"""

from __future__ import annotations

import os
import queue
import random
import struct
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import pytest
import structlog
from evdev import ecodes
from evdev.eventio import EventIO

from gateway.errors import ConfigError
from gateway.model.card import Assurance, CardProfile
from gateway.readers.codes.settings import CodeSettings
from gateway.readers.codes.stripe import StripeFormat
from gateway.readers.errors import ReaderUnavailableError
from gateway.readers.evdev_keys import EvdevKeys, open_keys, present_keyboards
from gateway.readers.evdev_scan import EvdevReader
from gateway.readers.reader import (
    CardGone,
    CardSeen,
    CardTrouble,
    CardUnreadable,
    Reader,
    ReaderEvent,
    ReaderState,
    ReaderStateChanged,
    ReceiptScanned,
)
from gateway.readers.serial_scan import SerialScanReader
from gateway.readers.settings import ReaderSettings
from gateway.system_clock import SystemClock
from gateway.wire.code_text import CodeKind, write_code_text
from simulators.till import PtyTill

PATIENCE_S = 15.0
CODES = CodeSettings(stripe=StripeFormat(prefix="9799", rest_max=12))
STRIPE_A, STRIPE_B = ";97990000042=9912101?", ";97990000043=9912101?"
RECEIPT = write_code_text(CodeKind.CLAIM, bytes(range(70)))
BANK_CARD = "%B4111111111111111^DOE/JO^2512101?;4111111111111111=25121010000?"

Kind = TypeVar("Kind", ReaderStateChanged, CardSeen, CardGone, CardUnreadable, ReceiptScanned)


class Steady(random.Random):
    """Jitter that always reopens after the shortest time."""

    def random(self) -> float:
        return 0.0


def reader_of(event: ReaderEvent) -> str:
    """Which reader an event is about."""
    return event.tap.reader if isinstance(event, CardSeen) else event.reader


class Bench(ABC):
    """A started reader, and the hand that swipes cards through it."""

    reader: Reader
    settings: ReaderSettings

    def __init__(self) -> None:
        self.events: queue.Queue[ReaderEvent] = queue.Queue()

    def expect(self, kind: type[Kind]) -> Kind:
        """The next event, which is of this kind and of this reader."""
        event = self.events.get(timeout=PATIENCE_S)
        assert isinstance(event, kind), event
        assert reader_of(event) == self.settings.reader_name
        return event

    @abstractmethod
    def swipe(self, text: str) -> None:
        """Send a scan."""

    @abstractmethod
    def unplug(self) -> None:
        """Pull the device's plug."""

    @abstractmethod
    def plug(self) -> None:
        """Plug it in again."""


class SerialBench(Bench):
    """A scanner on a pseudo-terminal."""

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self.line = PtyTill(directory, baud=None)
        self.settings = ReaderSettings(reader_name=self.line.device, codes=CODES)
        self.reader = SerialScanReader(self.settings, clock=SystemClock(), jitter=Steady())

    def swipe(self, text: str) -> None:
        """Send it with a carriage return."""
        self.line.print(text.encode() + b"\r")

    def unplug(self) -> None:
        """Pull the cable."""
        self.line.unplug()

    def plug(self) -> None:
        """Another pseudo-terminal under the same name."""
        self.line.plug()


class RecordedKeyboard(EventIO):
    """A keyboard that plays events as the kernel writes them: ``struct input_event``."""

    def __init__(self) -> None:
        self.fd, self.hand = os.pipe()
        os.set_blocking(self.fd, False)

    def play(self, events: list[tuple[int, int, int]]) -> None:
        """Send events at once, with no time on them; what nobody listens to is gone."""
        with suppress(BrokenPipeError):
            # The kernel never gives half an event; no more than PIPE_BUF does a pipe keep whole.
            for at in range(0, len(events), 100):
                part = events[at : at + 100]
                os.write(self.hand, b"".join(struct.pack("llHHi", 0, 0, *one) for one in part))

    def close(self) -> None:
        """Let go of the reading end."""
        os.close(self.fd)


#: The keys of marks, and what needs shift.
MARKS = {"%": "5", "^": "6", "?": "SLASH", ";": "SEMICOLON", "=": "EQUAL", "/": "SLASH",
         ":": "SEMICOLON"}  # fmt: skip
SHIFTED = frozenset(":%^?ABCDEFGHIJKLMNOPQRSTUVWXYZ")


class KeyboardBench(Bench):
    """A stripe reader that types."""

    def __init__(self) -> None:
        super().__init__()
        self.keyboard: RecordedKeyboard | None = RecordedKeyboard()
        self.settings = ReaderSettings(reader_name="Acme stripe reader", codes=CODES)
        self.reader = EvdevReader(
            self.settings, clock=SystemClock(), jitter=Steady(), open_source=self.open
        )

    def open(self, name: str) -> EvdevKeys:
        """What the reader opens."""
        assert name == self.settings.reader_name
        if self.keyboard is None:
            raise ReaderUnavailableError("no such keyboard")
        return EvdevKeys(self.keyboard)

    def swipe(self, text: str) -> None:
        """Type it, as the kernel groups events, with Enter."""
        events: list[tuple[int, int, int]] = []
        for character in text:
            if character in SHIFTED:
                events += [*self._key("LEFTSHIFT", 1), *self._stroke(character)]
                events += self._key("LEFTSHIFT", 0)
            else:
                events += self._stroke(character)
        self.play([*events, *self._key("ENTER", 1), *self._key("ENTER", 0)])

    def play(self, events: list[tuple[int, int, int]]) -> None:
        """Send bare events."""
        assert self.keyboard is not None
        self.keyboard.play(events)

    def unplug(self) -> None:
        """The device ends."""
        assert self.keyboard is not None
        os.close(self.keyboard.hand)
        self.keyboard = None

    def plug(self) -> None:
        """Another of the same name."""
        self.keyboard = RecordedKeyboard()

    def _stroke(self, character: str) -> list[tuple[int, int, int]]:
        name = MARKS.get(character, character)
        return [*self._key(name, 1), *self._key(name, 0)]

    @staticmethod
    def _key(name: str, value: int) -> list[tuple[int, int, int]]:
        code = ecodes.ecodes[f"KEY_{name}"]
        assert isinstance(code, int)
        return [
            (ecodes.EV_MSC, ecodes.MSC_SCAN, code),
            (ecodes.EV_KEY, code, value),
            (ecodes.EV_SYN, ecodes.SYN_REPORT, 0),
        ]


@pytest.fixture(params=["serial-scan", "evdev"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    """A reader of each kind, ready."""
    made: Bench = SerialBench(tmp_path) if request.param == "serial-scan" else KeyboardBench()
    made.reader.start(made.events.put)
    assert made.expect(ReaderStateChanged).state is ReaderState.READY
    yield made
    made.reader.stop()
    assert not [one for one in threading.enumerate() if one.name == "mohr-scan"]
    if isinstance(made, SerialBench):
        made.line.close()
    elif isinstance(made, KeyboardBench) and made.keyboard is not None:
        os.close(made.keyboard.hand)


def test_a_card_is_seen_and_gone(bench: Bench) -> None:
    """The plainest swipe: the number as the identity, then the departure."""
    bench.swipe(STRIPE_A)
    tap = bench.expect(CardSeen).tap
    assert (tap.profile, tap.identity) == (CardProfile.STRIPE, b"97990000042")
    assert tap.assurance is Assurance.IDENTIFIED
    bench.expect(CardGone)


def test_a_second_card_is_a_second_tap(bench: Bench) -> None:
    """One customer after the other, each with a departure."""
    for text in (STRIPE_A, STRIPE_B):
        bench.swipe(text)
        assert bench.expect(CardSeen).tap.identity == text[1:12].encode()
        bench.expect(CardGone)


def test_the_same_card_again_at_once_is_one_tap(bench: Bench) -> None:
    """A card swiped twice in a moment makes one tap; the next card is heard at once."""
    bench.swipe(STRIPE_A)
    bench.expect(CardSeen)
    bench.expect(CardGone)
    bench.swipe(STRIPE_A)
    bench.swipe(STRIPE_B)
    assert bench.expect(CardSeen).tap.identity == STRIPE_B[1:12].encode()


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        (BANK_CARD, CardTrouble.PAYMENT_CARD),
        (";0000000042?", CardTrouble.NOT_SUPPORTED),
        (";97990000042", CardTrouble.MISREAD),
    ],
)
def test_a_card_that_cannot_be_accepted_says_why(
    bench: Bench, text: str, trouble: CardTrouble
) -> None:
    """Each refusal has its own trouble, and the next card is read."""
    bench.swipe(text)
    assert bench.expect(CardUnreadable).trouble is trouble
    bench.expect(CardGone)
    bench.swipe(STRIPE_A)
    bench.expect(CardSeen)


def test_the_code_of_a_receipt_is_handed_on_unread(bench: Bench) -> None:
    """It is no card: it does not go, it is told once while it is held there, and is in no repr."""
    bench.swipe(RECEIPT)
    bench.swipe(RECEIPT)
    scanned = bench.expect(ReceiptScanned)
    assert scanned.code == RECEIPT
    assert RECEIPT not in repr(scanned)
    bench.swipe(STRIPE_A)
    bench.expect(CardSeen)


def test_nothing_of_a_bank_card_leaves_the_reader(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not in an event, not in the log of a listener that fails, not in what the reader keeps."""
    heard: list[ReaderEvent] = []
    told = threading.Event()

    def listen(event: ReaderEvent) -> None:
        heard.append(event)
        if isinstance(event, CardGone):
            told.set()
        raise RuntimeError("the listener's own fault")

    bench.reader._on_event = listen  # type: ignore[attr-defined]
    with structlog.testing.capture_logs() as logs:
        bench.swipe(BANK_CARD)
        assert told.wait(PATIENCE_S)
        bench.reader.stop()
    kept = repr([vars(part) for part in vars(bench.reader).values() if hasattr(part, "__dict__")])
    written = "".join(capsys.readouterr())
    assert len(logs) == 2
    for text in (repr(heard), repr(logs), kept, written):
        assert "4111" not in text


def test_noise_stops_no_lane(bench: Bench) -> None:
    """A wrong speed, a broken cable, a cat on the keyboard: the next card is read."""
    noise = random.Random(7)
    for _ in range(20):
        bench.swipe("".join(noise.choices("0123456789ABCDEF%;?=^", k=200)))
    bench.swipe(STRIPE_A)
    while True:
        event = bench.events.get(timeout=PATIENCE_S)
        if isinstance(event, CardSeen):
            assert event.tap.identity == STRIPE_A[1:12].encode()
            return
        assert isinstance(event, CardUnreadable | CardGone)


def test_unplugging_is_told_once_and_the_reader_comes_back(bench: Bench) -> None:
    """The cable may be pulled in the middle of a card; half of it does not begin the next one."""
    bench.swipe(STRIPE_A)
    bench.expect(CardSeen)
    bench.expect(CardGone)
    bench.unplug()
    lost = bench.expect(ReaderStateChanged)
    assert lost.state is ReaderState.READER_LOST
    assert lost.detail
    bench.plug()
    assert bench.expect(ReaderStateChanged).state is ReaderState.READY
    bench.swipe(STRIPE_B)
    assert bench.expect(CardSeen).tap.identity == STRIPE_B[1:12].encode()


def test_nothing_is_delivered_after_stop(bench: Bench) -> None:
    """After ``stop`` returns the agent hears no more, whatever is swiped."""
    bench.swipe(STRIPE_A)
    bench.expect(CardSeen)
    bench.expect(CardGone)
    bench.reader.stop()
    bench.swipe(STRIPE_B)
    assert bench.events.empty()


def test_a_scanner_that_is_not_there_yet_is_told_once(tmp_path: Path) -> None:
    """One word of its absence, however often it is looked for, and one when it comes."""
    settings = ReaderSettings(reader_name=str(tmp_path / "till"), codes=CODES)
    reader = SerialScanReader(settings, clock=SystemClock(), jitter=Steady())
    events: queue.Queue[ReaderEvent] = queue.Queue()
    reader.start(events.put)
    try:
        lost = events.get(timeout=PATIENCE_S)
        assert isinstance(lost, ReaderStateChanged)
        assert lost.state is ReaderState.READER_LOST
        assert settings.reader_name in lost.detail
        with PtyTill(tmp_path, baud=None):
            came = events.get(timeout=PATIENCE_S)
            assert isinstance(came, ReaderStateChanged)
            assert came.state is ReaderState.READY
            reader.stop()
    finally:
        reader.stop()


def test_an_unset_device_is_refused() -> None:
    """The first keyboard that is there may be the cashier's."""
    for backend in (SerialScanReader, EvdevReader):
        with pytest.raises(ConfigError, match="set name under"):
            backend(ReaderSettings(), clock=SystemClock())


def test_an_overrun_spoils_one_scan() -> None:
    """When the kernel drops keys the scan under way is refused, and the next one read."""
    made = KeyboardBench()
    made.reader.start(made.events.put)
    made.expect(ReaderStateChanged)
    try:
        made.play([(ecodes.EV_SYN, ecodes.SYN_DROPPED, 0)])
        made.swipe(STRIPE_A)
        assert made.expect(CardUnreadable).trouble is CardTrouble.MISREAD
        made.expect(CardGone)
        made.swipe(STRIPE_A)
        made.expect(CardSeen)
    finally:
        made.reader.stop()


def test_a_keyboard_that_is_not_there_is_told(tmp_path: Path) -> None:
    """By path, by name, and where the path is no keyboard at all."""
    plain = tmp_path / "event0"
    plain.touch()
    for wanted in (str(tmp_path / "none"), "No such keyboard", str(plain)):
        with pytest.raises(ReaderUnavailableError):
            open_keys(wanted)
    assert all("(" in name for name in present_keyboards())


def test_serial_lines_are_listed() -> None:
    """For ``mohr reader list``: paths, whatever this machine has."""
    assert all(path.startswith("/") for path in SerialScanReader.present_readers())
