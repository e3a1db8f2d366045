"""Printing through us: byte for byte, both ways, whatever the observer does."""

from __future__ import annotations

import contextlib
import errno
import queue
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import pytest
from escpos.printer import Network

from gateway.system_clock import SystemClock
from simulators.receipts import render_receipt, seeded_receipts
from simulators.tills.network_printer import AUTOMATIC_STATUS, NetworkPrinter
from terminal_agent.pos.delivery import QUEUE_EVENTS_MAX
from terminal_agent.pos.device import Address
from terminal_agent.pos.floor import Floor
from terminal_agent.pos.interpreters.events import SaleClosed
from terminal_agent.pos.interpreters.till_events import TillEvent
from terminal_agent.pos.listeners import listener_of
from terminal_agent.pos.port import Direction, PosBytes, PosPortEvent, PosPortState
from terminal_agent.pos.print_proxy import PrintProxyPort
from terminal_agent.pos.profile_file import load_profile
from terminal_agent.pos.tcp_relay import TcpRelayPort
from terminal_agent.pos.tcp_tee import BUFFER_BYTES_MAX

WAIT_S = 20.0
LOCAL = "127.0.0.1"
RECEIPT = Path(__file__).parents[1] / "data" / "pos" / "rcpt_native.bin"


@pytest.fixture
def printer() -> Iterator[NetworkPrinter]:
    """A printer that tells its status after a job."""
    with NetworkPrinter(tells_status=True) as made:
        yield made


@pytest.fixture
def events() -> queue.Queue[PosPortEvent]:
    """Where the proxy delivers to."""
    return queue.Queue()


@pytest.fixture
def proxy(printer: NetworkPrinter, events: queue.Queue[PosPortEvent]) -> Iterator[PrintProxyPort]:
    """A started proxy before that printer."""
    made = proxy_for(printer.port)
    made.start(events.put)
    await_state(events, PosPortState.UP)
    yield made
    made.stop()


def proxy_for(port: int) -> PrintProxyPort:
    """A proxy before a printer on this machine."""
    return PrintProxyPort(
        Address(host=LOCAL, port=0), Address(host=LOCAL, port=port), SystemClock()
    )


def port_of(proxy: TcpRelayPort) -> int:
    """Where the till connects; it may be some moments until that is open."""
    until_s = time.monotonic() + WAIT_S
    while proxy.bound_port is None:
        assert time.monotonic() < until_s
        threading.Event().wait(0.01)
    return proxy.bound_port


def await_state(events: queue.Queue[PosPortEvent], state: PosPortState) -> str:
    """Take events until the line is in a state; returns its detail."""
    while True:
        event = events.get(timeout=WAIT_S)
        if not isinstance(event, PosBytes) and event.state is state:
            return event.detail


def heard(
    events: queue.Queue[PosPortEvent], count: int, direction: Direction = Direction.FROM_TILL
) -> bytes:
    """Take events until so many bytes of a direction have come."""
    data = b""
    while len(data) < count:
        event = events.get(timeout=WAIT_S)
        if isinstance(event, PosBytes) and event.direction is direction:
            data += event.data
    return data


def send(port: int, data: bytes) -> bytes:
    """Print a job as a till does; returns what the printer says until it hangs up."""
    with socket.create_connection((LOCAL, port), timeout=WAIT_S) as till:
        till.sendall(data)
        till.shutdown(socket.SHUT_WR)
        said = b""
        while part := till.recv(4_096):
            said += part
        return said


def test_every_byte_goes_through_and_is_heard(
    proxy: PrintProxyPort, printer: NetworkPrinter, events: queue.Queue[PosPortEvent]
) -> None:
    """A job longer than every buffer, of every byte value: printed as sent, and heard as sent."""
    job = random.Random(1).randbytes(5 * BUFFER_BYTES_MAX + 17)
    assert send(port_of(proxy), job) == AUTOMATIC_STATUS
    assert printer.job(0) == job
    assert heard(events, len(job)) == job


def test_the_back_channel_reaches_the_till_and_is_no_paper(
    proxy: PrintProxyPort, events: queue.Queue[PosPortEvent]
) -> None:
    """The answer to DLE EOT comes back at once, and is heard as going to the till."""
    with socket.create_connection((LOCAL, port_of(proxy)), timeout=WAIT_S) as till:
        till.sendall(b"\x10\x04\x01")
        assert till.recv(10) == b"\x12"
        assert heard(events, 1, Direction.TO_TILL) == b"\x12"


def test_python_escpos_prints_through_us(
    proxy: PrintProxyPort, printer: NetworkPrinter, events: queue.Queue[PosPortEvent]
) -> None:
    """Another program's network printer works unchanged, and its sale is read."""
    peer = Network(LOCAL, port=port_of(proxy), timeout=WAIT_S)
    for text in ("Brot            3,00\n", "SUMME EUR       3,00\n", "Bar EUR         3,00\n"):
        peer.text(text)
    peer.cut()
    peer.close()
    job = printer.job(0)
    assert b"SUMME EUR" in job
    listener = listener_of(load_profile("generic-escpos-eur"))
    told: list[TillEvent] = [*listener.feed(heard(events, len(job)), 0)]
    assert [one.sale.total_minor for one in told if isinstance(one, SaleClosed)] == [300]


def test_jobs_at_once_are_heard_one_after_the_other(
    proxy: PrintProxyPort, printer: NetworkPrinter, events: queue.Queue[PosPortEvent]
) -> None:
    """Two tills print at the same time: no receipt is heard with bytes of another in it."""
    papers = [render_receipt(one) for one in seeded_receipts(5, 2)]
    lines = [socket.create_connection((LOCAL, port_of(proxy)), timeout=WAIT_S) for _ in papers]
    for at in range(0, max(map(len, papers)), 50):
        for line, paper in zip(lines, papers, strict=True):
            line.sendall(paper[at : at + 50])
    for line in lines:
        line.close()
    assert {printer.job(0), printer.job(1)} == set(papers)
    data = heard(events, sum(map(len, papers)))
    assert data in (papers[0] + papers[1], papers[1] + papers[0])


def test_a_program_that_watches_the_printer_takes_no_floor() -> None:
    """Somebody asks for the status all the time: the till's receipt is heard whole and at once."""
    heard_now: list[bytes] = []
    floor = Floor(lambda data, _: heard_now.append(data), lambda _: None)
    status, till, watcher = b"\x10\x04\x01", "till", "watcher"
    floor.remark(watcher, status, Direction.FROM_TILL)
    for number in range(3):
        floor.say(till, b"%d" % number, Direction.FROM_TILL, number)
        floor.remark(watcher, status, Direction.FROM_TILL)
        floor.say(watcher, b"\x12", Direction.TO_TILL, number)
    assert heard_now == [status, b"0", b"\x12", b"1", b"\x12", b"2", b"\x12"]


@pytest.mark.parametrize(
    ("data", "remark"),
    [
        (b"\x10\x04\x01\x10\x04\x04", True),
        (b"\x1da\xff", True),
        (b"\x10\x04\x01A", False),
        (b"", False),
        (b"\x1b@", False),
    ],
)
def test_what_is_a_question_after_the_status(data: bytes, remark: bool) -> None:  # noqa: FBT001 - a case's outcome
    """Only bytes that ask and do nothing else belong to no job."""
    made = proxy_for(9)
    assert made._is_remark(data, Direction.FROM_TILL) is remark
    assert not made._is_remark(data, Direction.TO_TILL)


def hang(free: threading.Event) -> None:
    """Do nothing until the test is over."""
    free.wait(60)


def test_an_observer_that_never_returns_stops_no_printing(printer: NetworkPrinter) -> None:
    """The listener hangs on the first event: printing goes on, far beyond what may wait for it."""
    free = threading.Event()
    made = proxy_for(printer.port)
    made.start(lambda _: hang(free))
    piece = bytes(1_024)
    with socket.create_connection((LOCAL, port_of(made)), timeout=WAIT_S) as till:
        for count in range(1, QUEUE_EVENTS_MAX * 2):
            till.sendall(piece)
            # Piece by piece, so that each is an event of its own.
            printer.await_bytes(count * len(piece))
    free.set()
    made.stop()


def test_an_observer_that_raises_stops_no_printing(printer: NetworkPrinter) -> None:
    """An exception of the listener's is counted; the next bytes are printed, and heard."""
    told: queue.Queue[PosPortEvent] = queue.Queue()

    def stumble(event: PosPortEvent) -> None:
        told.put(event)
        raise ArithmeticError("the listener is broken")

    made = proxy_for(printer.port)
    made.start(stumble)
    send(port_of(made), b"one\n")
    send(port_of(made), b"two\n")
    assert [printer.job(0), printer.job(1)] == [b"one\n", b"two\n"]
    assert heard(told, 8) == b"one\ntwo\n"
    made.stop()
    assert made.observer_faults >= 3


def test_a_printer_that_is_off_refuses_the_till(events: queue.Queue[PosPortEvent]) -> None:
    """No printer: the till is not let believe it printed. When it is back, printing works again."""
    with NetworkPrinter() as off:
        port = off.port
    made = proxy_for(port)
    made.start(events.put)
    await_state(events, PosPortState.UP)
    ours = port_of(made)
    with pytest.raises(OSError) as first:  # noqa: PT011 - which of them depends on the moment
        send(ours, b"lost\n")
    assert first.value.errno in (errno.ECONNRESET, errno.EPIPE, errno.ENOTCONN)
    assert "cannot be reached" in await_state(events, PosPortState.DOWN)
    with pytest.raises(ConnectionRefusedError):
        send(ours, b"lost\n")
    with NetworkPrinter(port=port) as on:
        await_state(events, PosPortState.UP)
        send(port_of(made), b"kept\n")
        while on.job(0) == b"":
            # The look whether it is back was a connection without a job.
            on._jobs.pop(0)
        assert on.job(0) == b"kept\n"
    made.stop()


def test_a_printer_lost_in_the_middle_is_a_gap(
    proxy: PrintProxyPort, printer: NetworkPrinter, events: queue.Queue[PosPortEvent]
) -> None:
    """The printer breaks off: the till sees the end, and what was heard is told to be torn."""
    till = socket.create_connection((LOCAL, port_of(proxy)), timeout=WAIT_S)
    till.sendall(b"half a receipt")
    printer.await_bytes(14)
    printer.break_off()
    with till, contextlib.suppress(ConnectionError):
        # It goes on as a till does that has not noticed yet.
        while True:
            till.sendall(b"more")
            till.recv(100)
    send(port_of(proxy), b"whole\n")
    told: list[str] = []
    while told[-1:] != ["whole\n"]:
        event = events.get(timeout=WAIT_S)
        if not isinstance(event, PosBytes):
            told.append(event.state.value)
        elif event.direction is Direction.FROM_TILL:
            told.append(event.data.decode())
    assert told[0] == "half a receipt"
    assert told[-3:] == ["down", "up", "whole\n"]


def test_a_till_that_closes_at_once_has_printed(
    proxy: PrintProxyPort, printer: NetworkPrinter
) -> None:
    """A till that does not wait for the printer's last status loses nothing of its job."""
    job = RECEIPT.read_bytes() * 20
    till = socket.create_connection((LOCAL, port_of(proxy)), timeout=WAIT_S)
    till.sendall(job)
    till.close()
    assert printer.job(0) == job


def test_a_printer_out_of_paper_holds_the_till_and_no_memory(
    proxy: PrintProxyPort, printer: NetworkPrinter
) -> None:
    """Nothing is taken: the till has to wait, as at the printer, and nothing piles up in us."""
    printer.running.clear()
    till = socket.create_connection((LOCAL, port_of(proxy)), timeout=0.5)
    piece, sent = bytes(65_536), 0
    with contextlib.suppress(TimeoutError):
        while sent < 256 * len(piece):
            till.sendall(piece)
            sent += len(piece)
    assert sent < 256 * len(piece), "somebody keeps all of it"
    waiting = [len(way.waiting) for tee in list(proxy._tees) for way in tee._ways]
    assert max(waiting) <= BUFFER_BYTES_MAX
    till.close()
    printer.running.set()


def round_trips(port: int, count: int) -> float:
    """The median time of a status question, in seconds."""
    times = []
    with socket.create_connection((LOCAL, port), timeout=WAIT_S) as till:
        for _ in range(count):
            began = time.perf_counter()
            till.sendall(b"\x10\x04\x01")
            till.recv(10)
            times.append(time.perf_counter() - began)
    return median(times)


def test_the_way_through_us_is_of_the_same_order(
    proxy: PrintProxyPort, printer: NetworkPrinter, record_property: Callable[[str, object], None]
) -> None:
    """A status question through us takes some times as long as without: a ratio, and no delay."""
    direct = round_trips(printer.port, 200)
    through = round_trips(port_of(proxy), 200)
    record_property("proxy_round_trip_ratio", round(through / direct, 1))
    # A tick, a sleep or Nagle's algorithm in the way would make hundreds of it.
    assert through / direct < 100


def test_a_relay_tells_both_directions(events: queue.Queue[PosPortEvent]) -> None:
    """Between a till and a card terminal: request and answer are heard, each with its direction."""
    terminal = socket.create_server((LOCAL, 0))
    far = Address(host=LOCAL, port=int(terminal.getsockname()[1]))
    made = TcpRelayPort(Address(host=LOCAL, port=0), far, SystemClock(), far_name="card terminal")
    made.start(events.put)
    with socket.create_connection((LOCAL, port_of(made)), timeout=WAIT_S) as till:
        till.sendall(b"CB0041895")
        asked, _ = terminal.accept()
        with asked:
            assert asked.recv(100) == b"CB0041895"
            asked.sendall(b"AE00210")
            assert till.recv(100) == b"AE00210"
    told = [events.get(timeout=WAIT_S) for _ in range(3)]
    assert [(one.direction, one.data) for one in told if isinstance(one, PosBytes)] == [
        (Direction.FROM_TILL, b"CB0041895"),
        (Direction.TO_TILL, b"AE00210"),
    ]
    made.stop()
    terminal.close()
