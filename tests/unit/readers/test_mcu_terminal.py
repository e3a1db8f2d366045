"""A microcontroller terminal on a pseudo-terminal, and what lines and plugs do to it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Queue

import pytest
from typer.testing import CliRunner

from gateway.errors import ConfigError
from gateway.readers.feedback import Feedback, NoFeedback, Signal, feedback_of
from gateway.readers.mcu.messages import FirmwareVersion, Led
from gateway.readers.mcu.update import FirmwareImage
from gateway.readers.mcu_reader import McuReader
from gateway.readers.reader import (
    CardGone,
    CardSeen,
    CardTrouble,
    CardUnreadable,
    ReaderEvent,
    ReaderState,
    ReaderStateChanged,
)
from gateway.readers.settings import ReaderSettings
from gateway.system_clock import SystemClock
from simulators.card import UidCard
from simulators.cards.classic import ClassicCard
from simulators.mcu import McuOnPty
from terminal_agent.cli_reader import app

UID = bytes.fromhex("04a1b2c3d4e5f6")
PATIENCE_S = 20.0


class Counter:
    """A started reader with its terminal."""

    def __init__(self, terminal: McuOnPty) -> None:
        self.terminal = terminal
        self.events: Queue[ReaderEvent] = Queue()
        settings = ReaderSettings(reader_name=str(terminal.path))
        self.reader = McuReader(settings, clock=SystemClock())
        self.reader.start(self.events.put)

    def next(self) -> ReaderEvent:
        """The next event."""
        return self.events.get(timeout=PATIENCE_S)

    def until(self, state: ReaderState) -> None:
        """Wait for the reader to say this of itself, and nothing else."""
        event = self.next()
        assert isinstance(event, ReaderStateChanged), event
        assert event.state is state


@pytest.fixture
def counter() -> Iterator[Counter]:
    """A reader that is ready."""
    with McuOnPty(SystemClock()) as terminal:
        counter = Counter(terminal)
        try:
            counter.until(ReaderState.READY)
            yield counter
        finally:
            counter.reader.stop()
    assert not [one for one in threading.enumerate() if one.name.startswith("mohr-mcu")]


def test_a_card_is_read_between_garbage_and_losses(counter: Counter) -> None:
    """Boot messages, a lost piece and a damaged one delay a tap and change nothing of it."""
    counter.terminal.say(b"\r\nbooting 1.4.0 ~~~}\x7e\x00\x01")
    counter.terminal.lose(1)
    counter.terminal.put(UidCard(UID))
    counter.terminal.damage(1)
    event = counter.next()
    assert isinstance(event, CardSeen)
    assert event.tap.identity == UID


def test_unplugging_is_told_and_plugging_in_again_heals(counter: Counter) -> None:
    """The reader comes back by itself, with a card that was put there meanwhile."""
    counter.terminal.unplug()
    counter.until(ReaderState.READER_LOST)
    counter.terminal.plug()
    counter.terminal.put(UidCard(UID))
    counter.until(ReaderState.READY)
    assert isinstance(counter.next(), CardSeen)


def test_a_stuck_chip_is_given_up_and_recovers(counter: Counter) -> None:
    """Nobody waits for ever: the reader is lost, and found when the chip answers again."""
    counter.terminal.stick()
    counter.until(ReaderState.READER_LOST)
    counter.terminal.stick(stuck=False)
    counter.until(ReaderState.READY)


def test_a_brown_out_is_noticed(counter: Counter) -> None:
    """A chip that started anew is greeted anew."""
    counter.terminal.restart()
    counter.until(ReaderState.READER_LOST)
    counter.until(ReaderState.READY)


def test_several_cards_are_refused_and_one_alone_is_read(counter: Counter) -> None:
    """Which of two is meant nobody can tell; the customer is told so."""
    counter.terminal.put(UidCard(UID), several=True)
    event = counter.next()
    assert isinstance(event, CardUnreadable)
    assert event.trouble is CardTrouble.SEVERAL_CARDS
    counter.terminal.put(UidCard(UID))
    assert isinstance(counter.next(), CardGone)
    assert isinstance(counter.next(), CardSeen)


def test_a_classic_is_recognised_by_its_sak(counter: Counter) -> None:
    """What the chip shows is enough to refuse it for the right reason."""
    counter.terminal.put(ClassicCard(bytes.fromhex("9e112233")))
    event = counter.next()
    assert isinstance(event, CardUnreadable)
    assert event.trouble is CardTrouble.BROKEN_CIPHER


def test_a_card_held_still_is_one_tap(counter: Counter) -> None:
    """It is rechecked, and stays the same tap; the next event is its departure."""
    counter.terminal.put(UidCard(UID))
    assert isinstance(counter.next(), CardSeen)
    selected = threading.Event()
    while not selected.wait(0.02):
        if counter.terminal.firmware.executed.count(0x03) >= 2:
            selected.set()
    assert counter.events.empty()
    counter.terminal.take()
    assert isinstance(counter.next(), CardGone)


def test_signals_and_texts_arrive(counter: Counter) -> None:
    """Lamp, buzzer and display show what the counter wants to say."""
    feedback = feedback_of(counter.reader)
    assert isinstance(feedback, Feedback)
    feedback.give(Signal.ACCEPTED, "+120\nامتیاز")
    while not counter.terminal.firmware.texts:
        threading.Event().wait(0.01)
    assert counter.terminal.firmware.lights[0].led is Led.GREEN
    assert counter.terminal.firmware.texts == ["+120\nامتیاز"]


def test_a_reader_without_a_lamp_shows_nothing() -> None:
    """The port is optional: nobody has to ask before giving feedback."""
    assert isinstance(feedback_of(object()), NoFeedback)


def test_the_description_names_the_firmware(counter: Counter) -> None:
    """An integrator sees what is attached."""
    found = counter.reader.description
    assert found is not None
    assert (found.firmware, found.detail) == ("1.4.0", "MOHR-SIM SIM-0001")


def test_an_update_over_the_line_changes_the_version(tmp_path: Path) -> None:
    """The image goes over a real line in chunks, and the chip starts anew with it."""
    image = FirmwareImage(
        model="MOHR-SIM", version=FirmwareVersion(major=1, minor=5, patch=0), code=bytes(3_000)
    )
    with McuOnPty(SystemClock()) as terminal:
        file = tmp_path / "firmware.mfw"
        file.write_bytes(image.to_bytes())
        done = CliRunner().invoke(app, ["update", str(file), "--name", str(terminal.path)])
        assert "firmware 1.4.0 was replaced by 1.5.0" in done.stdout
        assert str(terminal.flash.version) == "1.5.0"


def test_a_device_must_be_named() -> None:
    """The first serial device that is there may be the till."""
    with pytest.raises(ConfigError, match="name under"):
        McuReader(ReaderSettings(), clock=SystemClock())
