"""The ``PosPort`` contract: serial, TCP, through a proxy, a recording and a simulated cable."""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.readers.serial_line import SerialSettings
from gateway.system_clock import SystemClock
from simulators.till import PtyTill, SimPosPort
from terminal_agent.pos.device import Address
from terminal_agent.pos.file_port import FilePosPort
from terminal_agent.pos.port import (
    PosBytes,
    PosPort,
    PosPortEvent,
    PosPortState,
    PosPortStateChanged,
)
from terminal_agent.pos.print_proxy import PrintProxyPort
from terminal_agent.pos.serial_port import SerialPosPort
from terminal_agent.pos.speaking_serial import SpeakingSerialPort
from terminal_agent.pos.speaking_tcp import SpeakingTcpServerPort
from terminal_agent.pos.tcp_port import TcpClientPort, TcpServerPort

WAIT_S = 20.0
#: Every byte value, in an order in which a flow-control byte or a line end would show.
DATA = bytes(range(256)) * 8


class Ear:
    """Collects a port's events and notices when two are delivered at once."""

    def __init__(self) -> None:
        self.events: queue.Queue[PosPortEvent] = queue.Queue()
        self.data = bytearray()
        self.times: list[int] = []
        self.overlapped = False
        self._inside = threading.Lock()

    def __call__(self, event: PosPortEvent) -> None:
        if not self._inside.acquire(blocking=False):
            self.overlapped = True
            return
        self.events.put(event)
        self._inside.release()

    def await_state(self, state: PosPortState) -> None:
        """Take events until the line is in ``state``."""
        while True:
            event = self.events.get(timeout=WAIT_S)
            if isinstance(event, PosBytes):
                self._keep(event)
            elif event.state is state:
                return

    def await_bytes(self, count: int) -> bytes:
        """Take events until ``count`` bytes have come in all."""
        while len(self.data) < count:
            event = self.events.get(timeout=WAIT_S)
            assert isinstance(event, PosBytes), event
            self._keep(event)
        return bytes(self.data)

    def _keep(self, event: PosBytes) -> None:
        self.data += event.data
        self.times.append(event.monotonic_ms)


class Rig(ABC):
    """A port and the till at its other end."""

    port: PosPort

    @abstractmethod
    def print(self, data: bytes) -> None:
        """Send bytes; called once the line is up."""

    def close(self) -> None:
        """Take the rig down."""
        self.port.stop()


class SerialRig(Rig):
    """pyserial on a pseudo-terminal."""

    def __init__(self, folder: Path) -> None:
        self.till = PtyTill(folder, baud=None)
        self.port = SerialPosPort(SerialSettings(device=self.till.device), SystemClock())

    def print(self, data: bytes) -> None:
        self.till.print(data)

    def close(self) -> None:
        super().close()
        self.till.close()


class FileRig(Rig):
    """A recording that was made beforehand."""

    def __init__(self, folder: Path) -> None:
        path = folder / "recording.bin"
        path.write_bytes(DATA)
        self.port = FilePosPort(path, SystemClock())

    def print(self, data: bytes) -> None:
        assert data == DATA


class SimRig(Rig):
    """A cable in memory."""

    def __init__(self, _folder: Path) -> None:
        self.line = SimPosPort(SystemClock())
        self.port = self.line

    def print(self, data: bytes) -> None:
        for at in range(0, len(data), 100):
            self.line.print(data[at : at + 100])


class TcpClientRig(Rig):
    """We connect to a till that listens."""

    def __init__(self, _folder: Path) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.server.settimeout(WAIT_S)
        address = Address(host="127.0.0.1", port=int(self.server.getsockname()[1]))
        self.port = TcpClientPort(address, SystemClock())
        self.line: socket.socket | None = None

    def print(self, data: bytes) -> None:
        if self.line is None:
            self.line, _ = self.server.accept()
        with contextlib.suppress(OSError):
            # After ``stop`` nobody is there, and no till minds.
            self.line.sendall(data)

    def close(self) -> None:
        super().close()
        if self.line is not None:
            self.line.close()
        self.server.close()


class TcpServerRig(Rig):
    """The till connects to us as soon as we listen."""

    def __init__(self, _folder: Path) -> None:
        self.server = self.make()
        self.port = self.server
        self.line: socket.socket | None = None
        self.closing = threading.Event()
        self.caller = threading.Thread(target=self.call, name="till")
        self.caller.start()

    def make(self) -> TcpServerPort:
        """The port under test."""
        return TcpServerPort(Address(host="127.0.0.1", port=0), SystemClock())

    def call(self) -> None:
        """Connect once the port is there."""
        while not self.closing.wait(0.01):
            if self.server.bound_port is not None:
                with contextlib.suppress(OSError):
                    # It may be stopped between the look and the call.
                    self.line = socket.create_connection(("127.0.0.1", self.server.bound_port))
                return

    def print(self, data: bytes) -> None:
        self.caller.join()
        if self.line is not None:
            with contextlib.suppress(OSError):
                self.line.sendall(data)

    def close(self) -> None:
        super().close()
        self.closing.set()
        self.caller.join()
        if self.line is not None:
            self.line.close()


class SpeakingTcpServerRig(TcpServerRig):
    """The same, of a participant."""

    def make(self) -> TcpServerPort:
        return SpeakingTcpServerPort(Address(host="127.0.0.1", port=0), SystemClock())


class SpeakingSerialRig(SerialRig):
    """A participant on a pseudo-terminal."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.port = SpeakingSerialPort(SerialSettings(device=self.till.device), SystemClock())


class ProxyRig(Rig):
    """A till that prints through us to a printer."""

    def __init__(self, _folder: Path) -> None:
        self.printer = socket.create_server(("127.0.0.1", 0))
        far = Address(host="127.0.0.1", port=int(self.printer.getsockname()[1]))
        self.proxy = PrintProxyPort(Address(host="127.0.0.1", port=0), far, SystemClock())
        self.port = self.proxy
        self.line: socket.socket | None = None

    def print(self, data: bytes) -> None:
        if self.line is None and self.proxy.bound_port is not None:
            self.line = socket.create_connection(("127.0.0.1", self.proxy.bound_port))
        if self.line is not None:
            with contextlib.suppress(OSError):
                self.line.sendall(data)

    def close(self) -> None:
        super().close()
        if self.line is not None:
            self.line.close()
        self.printer.close()


RIGS = [
    SerialRig,
    SpeakingSerialRig,
    FileRig,
    SimRig,
    TcpClientRig,
    TcpServerRig,
    SpeakingTcpServerRig,
    ProxyRig,
]


@pytest.fixture(params=RIGS, ids=lambda kind: kind.__name__)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    """Each kind of port with a till behind it, taken down afterwards."""
    made: Rig = request.param(tmp_path)
    yield made
    made.close()


def test_bytes_come_in_order_and_whole(rig: Rig) -> None:
    """Up is told first; then every byte value arrives unchanged, in order, with rising times."""
    ear = Ear()
    rig.port.start(ear)
    ear.await_state(PosPortState.UP)
    rig.print(DATA)
    assert ear.await_bytes(len(DATA)) == DATA
    assert ear.times == sorted(ear.times)
    assert not ear.overlapped


def test_nothing_comes_after_stop(rig: Rig) -> None:
    """Once ``stop`` has returned no event is delivered, and its threads are gone."""
    ear = Ear()
    rig.port.start(ear)
    ear.await_state(PosPortState.UP)
    rig.port.stop()
    before = ear.events.qsize()
    rig.print(DATA)
    assert ear.events.qsize() == before
    names = {thread.name for thread in threading.enumerate()}
    assert not names & {
        "pos-serial",
        "pos-file",
        "pos-delivery",
        "pos-tcp",
        "pos-tcp-listen",
        "pos-relay",
    }


def test_stop_may_be_called_twice_and_without_start(rig: Rig) -> None:
    """Taking an agent down never depends on how far it came up."""
    rig.port.stop()
    rig.port.stop()


def test_a_port_starts_once(rig: Rig) -> None:
    """A second start is a mistake in the program and is told as one."""
    rig.port.start(Ear())
    with pytest.raises(RuntimeError):
        rig.port.start(Ear())


def test_stop_from_within_an_event_does_not_hang(rig: Rig) -> None:
    """A listener may stop the port it is being called by."""
    stopped = threading.Event()

    def hang_up(event: PosPortEvent) -> None:
        assert isinstance(event, PosPortStateChanged)
        rig.port.stop()
        stopped.set()

    rig.port.start(hang_up)
    assert stopped.wait(WAIT_S)
