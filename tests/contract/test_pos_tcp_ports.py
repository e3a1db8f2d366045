"""TCP ports: losing and finding the till again, and who is heard when several connect."""

from __future__ import annotations

import contextlib
import queue
import random
import socket
import struct
import threading
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from gateway.errors import ConfigError
from gateway.system_clock import SystemClock
from terminal_agent.cli_pos import app
from terminal_agent.pos.device import Address, SerialDevice, parse_device
from terminal_agent.pos.open_port import open_port, open_speaking_port
from terminal_agent.pos.port import PosBytes, PosPort, PosPortEvent, PosPortState
from terminal_agent.pos.print_proxy import PrintProxyPort
from terminal_agent.pos.speaking_port import SpeakingPort
from terminal_agent.pos.speaking_tcp import SpeakingTcpClientPort, SpeakingTcpServerPort
from terminal_agent.pos.tcp_port import WAITING_MAX, TcpClientPort, TcpServerPort
from terminal_agent.pos.tcp_relay import TcpRelayPort

WAIT_S = 20.0
LOCAL = "127.0.0.1"
ANYWHERE = Address(host=LOCAL, port=0)


class Steady(random.Random):
    """Jitter that always comes back after the shortest time."""

    def random(self) -> float:
        return 0.0


@pytest.fixture
def events() -> queue.Queue[PosPortEvent]:
    """Where a port delivers to."""
    return queue.Queue()


@pytest.fixture
def server(events: queue.Queue[PosPortEvent]) -> Iterator[TcpServerPort]:
    """A started port that tills connect to; a silent talker gives way at once."""
    made = TcpServerPort(ANYWHERE, SystemClock(), jitter=Steady(), silent_ms=0)
    made.start(events.put)
    yield made
    made.stop()


def port_of(server: TcpServerPort) -> int:
    """Where it listens; it may be some moments until it does."""
    for _ in range(2_000):
        if server.bound_port is not None:
            return server.bound_port
        threading.Event().wait(0.01)
    raise AssertionError("it does not listen")


def connect(server: TcpServerPort) -> socket.socket:
    """A till connects."""
    return socket.create_connection((LOCAL, port_of(server)), timeout=WAIT_S)


def await_state(events: queue.Queue[PosPortEvent], state: PosPortState) -> str:
    """Take events until the line is in a state; returns its detail."""
    while True:
        event = events.get(timeout=WAIT_S)
        if not isinstance(event, PosBytes) and event.state is state:
            return event.detail


def next_bytes(events: queue.Queue[PosPortEvent]) -> bytes:
    """Take events until bytes come."""
    while True:
        event = events.get(timeout=WAIT_S)
        if isinstance(event, PosBytes):
            return event.data


def break_off(till: socket.socket) -> None:
    """End a connection as a crash does."""
    till.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    till.close()


def test_the_client_comes_back_after_every_loss(events: queue.Queue[PosPortEvent]) -> None:
    """Nobody there, then there, then gone, then there again: each is told once, bytes are heard."""
    listener = socket.create_server((LOCAL, 0))
    place = listener.getsockname()
    listener.close()
    made = TcpClientPort(Address(host=LOCAL, port=place[1]), SystemClock(), jitter=Steady())
    made.start(events.put)
    assert "refused" in await_state(events, PosPortState.DOWN)
    for number in range(2):
        with socket.create_server(place) as listener:
            listener.settimeout(WAIT_S)
            till, _ = listener.accept()
            await_state(events, PosPortState.UP)
            till.sendall(b"receipt %d" % number)
            assert next_bytes(events) == b"receipt %d" % number
            till.close()
        assert "closed" in await_state(events, PosPortState.DOWN)
    made.stop()


def test_an_orderly_close_is_no_loss(
    server: TcpServerPort, events: queue.Queue[PosPortEvent]
) -> None:
    """A till that connects for every receipt is heard each time, and the line stays up."""
    assert "nobody has connected" in await_state(events, PosPortState.DOWN)
    for number in range(3):
        with connect(server) as till:
            till.sendall(b"%d" % number)
            if number == 0:
                await_state(events, PosPortState.UP)
            event = events.get(timeout=WAIT_S)
            assert isinstance(event, PosBytes)
            assert event.data == b"%d" % number


def test_a_crash_is_a_loss(server: TcpServerPort, events: queue.Queue[PosPortEvent]) -> None:
    """A reset in the middle is told as down, and the next connection as up."""
    till = connect(server)
    till.sendall(b"half")
    assert next_bytes(events) == b"half"
    break_off(till)
    await_state(events, PosPortState.DOWN)
    with connect(server) as till:
        till.sendall(b"whole")
        await_state(events, PosPortState.UP)
        assert next_bytes(events) == b"whole"


def test_one_talks_and_the_others_wait(
    server: TcpServerPort, events: queue.Queue[PosPortEvent]
) -> None:
    """A second connection is not heard while the first speaks; silent, the first gives way."""
    first = connect(server)
    first.sendall(b"first")
    assert next_bytes(events) == b"first"
    second = connect(server)
    second.sendall(b"second")
    # No silence is allowed here, so it is the second's turn as soon as it has said something.
    assert "took the place" in await_state(events, PosPortState.DOWN)
    await_state(events, PosPortState.UP)
    assert next_bytes(events) == b"second"
    assert first.recv(10) == b""
    first.close()
    second.close()


def is_refused(till: socket.socket) -> bool:
    """Whether a connection is ended within a moment."""
    till.settimeout(0.3)
    try:
        return till.recv(1) == b""
    except TimeoutError:
        return False
    except ConnectionResetError:
        return True


def test_connections_are_bounded(events: queue.Queue[PosPortEvent]) -> None:
    """Beyond the talker and those that may wait, a connection is reset."""
    with contextlib.ExitStack() as stack:
        made = TcpServerPort(ANYWHERE, SystemClock())
        stack.callback(made.stop)
        made.start(events.put)
        talker = stack.enter_context(connect(made))
        talker.sendall(b"x")
        assert next_bytes(events) == b"x"
        kept = 0
        while kept <= WAITING_MAX:
            try:
                extra = stack.enter_context(connect(made))
            except ConnectionResetError:
                # It was reset before it could be looked at.
                break
            if is_refused(extra):
                break
            kept += 1
        assert kept == WAITING_MAX


def test_an_address_that_is_taken_is_told(events: queue.Queue[PosPortEvent]) -> None:
    """Somebody else listens there: the line is down with the reason, and tried again."""
    with socket.create_server((LOCAL, 0)) as taken:
        address = Address(host=LOCAL, port=int(taken.getsockname()[1]))
        made = TcpServerPort(address, SystemClock(), jitter=Steady())
        made.start(events.put)
        assert "in use" in await_state(events, PosPortState.DOWN)
    connected = None
    while connected is None:
        try:
            connected = socket.create_connection((address.host, address.port), timeout=WAIT_S)
        except ConnectionRefusedError:
            threading.Event().wait(0.05)
    await_state(events, PosPortState.UP)
    connected.close()
    made.stop()


@pytest.mark.parametrize(
    ("device", "kind"),
    [
        ("tcp://127.0.0.1:9", TcpClientPort),
        ("tcp-listen://127.0.0.1:0", TcpServerPort),
        ("proxy://127.0.0.1:0>127.0.0.1:9", PrintProxyPort),
        ("relay://127.0.0.1:0>127.0.0.1:9", TcpRelayPort),
    ],
)
def test_every_tcp_form_opens_its_port(device: str, kind: type[PosPort]) -> None:
    """A device's text gives the port that belongs to it, and no observer can speak."""
    port = open_port(parse_device(device), SystemClock(), baud=None)
    assert type(port) is kind
    assert not isinstance(port, SpeakingPort)
    port.stop()


def test_only_lines_that_can_be_answered_are_opened_to_speak() -> None:
    """Serial and TCP are; a proxy or a recording is refused with what to write."""
    clock = SystemClock()
    server = open_speaking_port(parse_device("tcp-listen://127.0.0.1:0"), clock, baud=None)
    client = open_speaking_port(parse_device("tcp://127.0.0.1:9"), clock, baud=None)
    serial = open_speaking_port(SerialDevice(path="/dev/null"), clock, baud=None)
    assert isinstance(server, SpeakingTcpServerPort)
    assert isinstance(client, SpeakingTcpClientPort)
    assert not server.say(b"nobody is there")
    assert not serial.say(b"nobody is there")
    with pytest.raises(ConfigError, match="is answered"):
        open_speaking_port(parse_device("file:x"), clock, baud=None)


def test_watch_shows_a_tcp_line() -> None:
    """``mohr pos watch`` on a TCP till: the line's state, its bytes and its sale."""
    listener = socket.create_server((LOCAL, 0))

    def sell() -> None:
        till, _ = listener.accept()
        with till:
            till.sendall(b"Brot   3,00\nSUMME   3,00\nBar   3,00\n\x1dV\x00")
            till.recv(1)

    seller = threading.Thread(target=sell, name="till")
    seller.start()
    device = f"tcp://{LOCAL}:{listener.getsockname()[1]}"
    result = CliRunner().invoke(app, ["watch", device, "--seconds", "2"], catch_exceptions=False)
    seller.join()
    listener.close()
    assert "line up: connected" in result.output
    assert "53 55 4D 4D" in result.output
    assert "== sale: 3.00 EUR" in result.output
