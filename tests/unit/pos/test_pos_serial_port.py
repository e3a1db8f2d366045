"""The serial port over a pseudo-terminal: unplugging, noise, and settings."""

from __future__ import annotations

import errno
import queue
import random
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.errors import ConfigError
from gateway.readers.serial_line import SerialSettings, tolerating_missing_lines
from gateway.system_clock import SystemClock
from simulators.receipts import render_receipt, seeded_receipts
from simulators.till import PtyTill
from terminal_agent.pos.delivery import QUEUE_BYTES_MAX, Delivery
from terminal_agent.pos.interpreters.events import SaleClosed
from terminal_agent.pos.paper_listener import PaperListener
from terminal_agent.pos.port import PosBytes, PosPortEvent, PosPortState, PosPortStateChanged
from terminal_agent.pos.profile_file import load_profile
from terminal_agent.pos.serial_port import SerialPosPort, strip_high_bits

WAIT_S = 20.0


class Steady(random.Random):
    """Jitter that always reopens after the shortest time."""

    def random(self) -> float:
        return 0.0


@pytest.fixture
def till(tmp_path: Path) -> Iterator[PtyTill]:
    """A till on a pseudo-terminal, as fast as the line takes it."""
    with PtyTill(tmp_path, baud=None) as made:
        yield made


@pytest.fixture
def events() -> queue.Queue[PosPortEvent]:
    """Where a port delivers to."""
    return queue.Queue()


@pytest.fixture
def port(till: PtyTill, events: queue.Queue[PosPortEvent]) -> Iterator[SerialPosPort]:
    """A started port on that till."""
    made = SerialPosPort(SerialSettings(device=till.device), SystemClock(), jitter=Steady())
    made.start(events.put)
    yield made
    made.stop()


def await_state(events: queue.Queue[PosPortEvent], state: PosPortState) -> PosPortStateChanged:
    """Take events until the line is in a state."""
    while True:
        event = events.get(timeout=WAIT_S)
        if isinstance(event, PosPortStateChanged) and event.state is state:
            return event


def await_sale(events: queue.Queue[PosPortEvent], listener: PaperListener) -> int:
    """Read until a sale closes; returns its total."""
    while True:
        event = events.get(timeout=WAIT_S)
        if isinstance(event, PosPortStateChanged):
            listener.lost()
            continue
        for known in listener.feed(event.data, event.monotonic_ms):
            if isinstance(known, SaleClosed):
                return known.sale.total_minor


@pytest.mark.usefixtures("port")
def test_receipts_come_through(till: PtyTill, events: queue.Queue[PosPortEvent]) -> None:
    """A shop's receipts printed over a real line discipline are all read."""
    receipts = seeded_receipts(11, 5)
    listener = PaperListener(load_profile("generic-escpos-eur"))
    assert await_state(events, PosPortState.UP).detail
    for receipt in receipts:
        till.print(render_receipt(receipt))
        assert await_sale(events, listener) == receipt.total_minor


@pytest.mark.usefixtures("port")
def test_unplug_and_replug(till: PtyTill, events: queue.Queue[PosPortEvent]) -> None:
    """Pulling the cable within a receipt is told; the next receipt after plugging in is read."""
    first, second = seeded_receipts(12, 2)
    listener = PaperListener(load_profile("generic-escpos-eur"))
    await_state(events, PosPortState.UP)
    till.print(render_receipt(first)[:150])
    till.unplug()
    assert await_state(events, PosPortState.DOWN).detail
    listener.lost()
    till.plug()
    await_state(events, PosPortState.UP)
    till.print(render_receipt(second))
    assert await_sale(events, listener) == second.total_minor


@pytest.mark.usefixtures("port")
def test_bytes_before_the_unplug_arrive(till: PtyTill, events: queue.Queue[PosPortEvent]) -> None:
    """What was read before the hang-up is delivered before the DOWN, not dropped with it."""
    await_state(events, PosPortState.UP)
    till.print(b"last words")
    heard = events.get(timeout=WAIT_S)
    assert isinstance(heard, PosBytes)
    data = heard.data
    while len(data) < 10:
        more = events.get(timeout=WAIT_S)
        assert isinstance(more, PosBytes)
        data += more.data
    till.unplug()
    assert isinstance(events.get(timeout=WAIT_S), PosPortStateChanged)
    assert data == b"last words"


@pytest.mark.usefixtures("port")
def test_noise_on_the_line(till: PtyTill, events: queue.Queue[PosPortEvent]) -> None:
    """Random bytes that end in an unfinished command cost nothing once the line was silent."""
    noise = random.Random(5).randbytes(300) + b"\x1dv0\x00\xff\x00\xff\x00"
    receipt = seeded_receipts(13, 1)[0]
    profile = replace(load_profile("generic-escpos-eur"), idle_gap_ms=200)
    listener = PaperListener(profile)
    await_state(events, PosPortState.UP)
    till.print(noise)
    heard = 0
    while heard < len(noise):
        event = events.get(timeout=WAIT_S)
        assert isinstance(event, PosBytes)
        heard += len(event.data)
        listener.feed(event.data, event.monotonic_ms)
    threading.Event().wait(profile.idle_gap_ms / 1_000)
    till.print(render_receipt(receipt))
    assert await_sale(events, listener) == receipt.total_minor


def test_a_missing_device_is_told_once(tmp_path: Path, events: queue.Queue[PosPortEvent]) -> None:
    """A till that is not there yet is one DOWN, not one for every attempt, and then comes up."""
    device = tmp_path / "till"
    port = SerialPosPort(SerialSettings(device=str(device)), SystemClock(), jitter=Steady())
    port.start(events.put)
    try:
        assert str(device) in await_state(events, PosPortState.DOWN).detail
        with PtyTill(tmp_path, baud=None):
            following = events.get(timeout=WAIT_S)
            assert isinstance(following, PosPortStateChanged)
            assert following.state is PosPortState.UP
            port.stop()
    finally:
        port.stop()


def test_a_second_listener_is_refused(
    till: PtyTill, port: SerialPosPort, events: queue.Queue[PosPortEvent]
) -> None:
    """Two agents on one line would steal bytes from each other: the second one stays down."""
    assert port is not None
    await_state(events, PosPortState.UP)
    others: queue.Queue[PosPortEvent] = queue.Queue()
    second = SerialPosPort(SerialSettings(device=till.device), SystemClock())
    second.start(others.put)
    try:
        assert "lock" in await_state(others, PosPortState.DOWN).detail
    finally:
        second.stop()


def test_high_bits_are_stripped(till: PtyTill, events: queue.Queue[PosPortEvent]) -> None:
    """A 7-bit till with parity behind an 8-bit device is read by clearing bit 7."""
    assert strip_high_bits(bytes((0xC1, 0x42, 0x8A))) == b"AB\n"
    settings = SerialSettings(device=till.device, strip_high_bit=True)
    port = SerialPosPort(settings, SystemClock())
    port.start(events.put)
    try:
        await_state(events, PosPortState.UP)
        till.print(bytes((0xC1,)))
        heard = events.get(timeout=WAIT_S)
        assert isinstance(heard, PosBytes)
        assert heard.data == b"A"
    finally:
        port.stop()


@pytest.mark.parametrize(
    ("name", "value"), [("baud", 9601), ("bytesize", 6), ("parity", "X"), ("stopbits", 3)]
)
def test_wrong_settings_say_what_to_write(name: str, value: int | str) -> None:
    """A setting that no line has is refused with the choices."""
    with pytest.raises(ConfigError, match=f"serial {name} = .*; write one of"):
        SerialSettings(**{"device": "/dev/null", name: value})  # type: ignore[arg-type]


def test_an_empty_device_is_refused() -> None:
    """A forgotten device name is told at start, not at the first customer."""
    with pytest.raises(ConfigError, match="by-id"):
        SerialSettings(device="")


def test_missing_modem_lines_are_tolerated() -> None:
    """Devices without modem lines answer ENOTTY; a real fault still goes up."""

    def fail(error: Exception) -> None:
        raise error

    assert tolerating_missing_lines(lambda: None)
    assert not tolerating_missing_lines(lambda: fail(OSError(errno.ENOTTY, "no tty")))
    assert not tolerating_missing_lines(lambda: fail(ValueError("low latency")))
    with pytest.raises(OSError, match="gone"):
        tolerating_missing_lines(lambda: fail(OSError(errno.EIO, "gone")))


class SlowListener:
    """Hears one event at a time, and goes on when it is released."""

    def __init__(self) -> None:
        self.heard: list[PosPortEvent] = []
        self.entered, self.release, self.done = (threading.Event() for _ in range(3))

    def listen(self, event: PosPortEvent) -> None:
        """Take an event; wait with it until released."""
        self.heard.append(event)
        self.entered.set()
        assert self.release.wait(WAIT_S)
        if isinstance(event, PosBytes) and event.data == b"end":
            self.done.set()


def test_what_waits_for_a_slow_listener_is_bounded_in_bytes() -> None:
    """Large reads fill the queue before its events do; then what waits is given up as a gap."""
    slow = SlowListener()
    delivery = Delivery(slow.listen)
    piece = PosBytes(data=bytes(QUEUE_BYTES_MAX // 8), monotonic_ms=0)
    delivery.put(piece)
    assert slow.entered.wait(WAIT_S)
    for _ in range(9):
        delivery.put(piece)
    delivery.put(PosBytes(data=b"end", monotonic_ms=9))
    slow.release.set()
    assert slow.done.wait(WAIT_S)
    delivery.stop()
    shapes = [
        len(event.data) if isinstance(event, PosBytes) else event.state.value
        for event in slow.heard
    ]
    assert shapes == [len(piece.data), "down", "up", 3]


def test_a_slow_listener_sees_the_gap() -> None:
    """When the bounded queue overflows, bytes are lost and the loss shows as DOWN and UP."""
    slow = SlowListener()
    delivery = Delivery(slow.listen, events_max=4)
    delivery.put(PosBytes(data=b"0", monotonic_ms=0))
    assert slow.entered.wait(WAIT_S)
    for value in range(1, 6):
        delivery.put(PosBytes(data=bytes((value,)), monotonic_ms=value))
    delivery.put(PosBytes(data=b"end", monotonic_ms=9))
    slow.release.set()
    assert slow.done.wait(WAIT_S)
    delivery.stop()
    shapes = [
        event.data if isinstance(event, PosBytes) else event.state.value for event in slow.heard
    ]
    assert shapes == [b"0", "down", "up", b"end"]
