"""Card terminals over real lines: a paced pseudo-terminal with the cable pulled, and TCP relays."""

from __future__ import annotations

import queue
import random
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from gateway.readers.serial_line import SerialSettings
from gateway.system_clock import SystemClock
from simulators.till import PtyTill
from simulators.tills import zvt_frames as zvt
from simulators.tills.caisse_ap_ends import CaisseApTerminal, CaisseApTill
from simulators.tills.card_dialogue import converse
from simulators.tills.card_terminal import Outcome, TerminalEnd
from simulators.tills.line_faults import LineFaults
from simulators.tills.sadad_ends import SadadTerminal, SadadTill
from simulators.tills.tcp_card_terminal import TcpCardTerminal
from simulators.tills.zvt_ends import ZvtTerminal, ZvtTill
from terminal_agent.pos.device import Address
from terminal_agent.pos.listener import Listener
from terminal_agent.pos.listeners import listener_of
from terminal_agent.pos.payments import PaymentSeen, PaymentStatus
from terminal_agent.pos.port import (
    Direction,
    PosBytes,
    PosPort,
    PosPortEvent,
    PosPortState,
    PosPortStateChanged,
)
from terminal_agent.pos.profile_file import load_profile
from terminal_agent.pos.serial_port import SerialPosPort
from terminal_agent.pos.tcp_relay import TcpRelayPort

WAIT_S = 20.0
LOOK_S = 0.05
REQUESTED, APPROVED, FAILED = PaymentStatus

AnyTill = ZvtTill | SadadTill | CaisseApTill


class Steady(random.Random):
    """Jitter that always reopens after the shortest time."""

    def random(self) -> float:
        return 0.0


class Ear:
    """Listens to a port, as the agent does: bytes and losses in order, and time where none come."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self.events: queue.Queue[PosPortEvent] = queue.Queue()
        self.seen: list[PaymentSeen] = []

    def await_state(self, state: PosPortState) -> None:
        """Listen until the line is in a state."""
        while True:
            event = self.events.get(timeout=WAIT_S)
            self._hear(event)
            if isinstance(event, PosPortStateChanged) and event.state is state:
                return

    def await_payment(self, status: PaymentStatus) -> PaymentSeen:
        """Listen until a payment is so far; returns it."""
        start = len(self.seen)
        for _ in range(int(WAIT_S / LOOK_S)):
            found = [seen for seen in self.seen[start:] if seen.status is status]
            if found:
                return found[0]
            try:
                self._hear(self.events.get(timeout=LOOK_S))
            except queue.Empty:
                self._keep(self._listener.idle(SystemClock().monotonic_ms()))
        raise AssertionError(f"no payment {status} was heard")

    def _hear(self, event: PosPortEvent) -> None:
        if isinstance(event, PosBytes):
            self._keep(self._listener.feed(event.data, event.monotonic_ms, event.direction))
        else:
            self._keep(self._listener.lost())

    def _keep(self, told: object) -> None:
        assert isinstance(told, list | tuple)
        self.seen += [seen for seen in told if isinstance(seen, PaymentSeen)]


def spoken(first: bytes, till: TerminalEnd, terminal: TerminalEnd) -> bytes:
    """All that goes over the line in one payment, both directions, as a tap on both hears it."""
    line: list[bytes] = []
    converse(first, till, terminal, lambda data, _: line.append(data))
    return b"".join(line)


def zvt_payment(amount: int) -> bytes:
    """A payment by ZVT on a serial line."""
    till = ZvtTill(zvt.SerialLink())
    return spoken(till.ask(zvt.authorisation(amount)), till, ZvtTerminal(zvt.SerialLink()))


def sadad_payment(amount: int) -> bytes:
    """A payment by Sadad on a serial line."""
    till = SadadTill()
    return spoken(till.pay(amount), till, SadadTerminal(serial=True))


@pytest.mark.parametrize(
    ("profile", "payment"), [("zvt-serial-eur", zvt_payment), ("sadad-irr", sadad_payment)]
)
def test_the_cable_is_pulled_within_a_payment(
    tmp_path: Path, profile: str, payment: Callable[[int], bytes]
) -> None:
    """At 9600 baud the cable is pulled in the middle of a frame; the next payment is right."""
    ear = Ear(listener_of(load_profile(profile)))
    with PtyTill(tmp_path, baud=9_600) as line:
        port = SerialPosPort(SerialSettings(device=line.device), SystemClock(), jitter=Steady())
        port.start(ear.events.put)
        try:
            ear.await_state(PosPortState.UP)
            cut = payment(11_010)
            line.print(cut[: len(cut) - 60])
            line.unplug()
            ear.await_state(PosPortState.DOWN)
            line.plug()
            ear.await_state(PosPortState.UP)
            assert APPROVED not in [seen.status for seen in ear.seen]
            line.print(payment(4_000))
            assert ear.await_payment(APPROVED).amount_minor == 4_000
        finally:
            port.stop()


@contextmanager
def relayed(
    ear: Ear, make_end: Callable[[], TerminalEnd], faults: LineFaults | None = None
) -> Iterator[tuple[int, TcpCardTerminal]]:
    """A relay on a free port before a card terminal, with somebody listening."""
    with TcpCardTerminal(make_end, faults=faults) as terminal:
        port: PosPort = TcpRelayPort(
            Address(host="127.0.0.1", port=0),
            Address(host="127.0.0.1", port=terminal.port),
            SystemClock(),
            far_name="card terminal",
            jitter=Steady(),
        )
        port.start(ear.events.put)
        try:
            ear.await_state(PosPortState.UP)
            assert isinstance(port, TcpRelayPort)
            assert port.bound_port is not None
            yield port.bound_port, terminal
        finally:
            port.stop()


def talk(till: AnyTill, first: bytes, port: int) -> None:
    """Let a till pay over a connection of its own, until it knows how that ended."""
    with closing(socket.create_connection(("127.0.0.1", port), timeout=WAIT_S)) as line:
        line.sendall(first)
        while till.ended is None:
            data = line.recv(65_536)
            assert data, "the card terminal hung up"
            for said in till.feed(data):
                line.sendall(said)


def zvt_ask(amount: int) -> tuple[AnyTill, bytes]:
    """A till that speaks ZVT over TCP, and what it begins with."""
    till = ZvtTill(zvt.TcpLink())
    return till, till.ask(zvt.authorisation(amount))


def sadad_ask(amount: int) -> tuple[AnyTill, bytes]:
    """The same by Sadad."""
    till = SadadTill()
    return till, till.pay(amount)


def caisse_ap_ask(amount: int) -> tuple[AnyTill, bytes]:
    """The same by Caisse-AP."""
    till = CaisseApTill()
    return till, till.ask(amount)


@pytest.mark.enable_socket
@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize(
    ("profile", "ask", "make_end"),
    [
        ("zvt-tcp-eur", zvt_ask, lambda outcome: ZvtTerminal(zvt.TcpLink(), outcome)),
        ("sadad-irr", sadad_ask, SadadTerminal),
        ("caisse-ap-eur", caisse_ap_ask, CaisseApTerminal),
    ],
)
def test_a_payment_through_a_relay_is_heard(
    profile: str,
    ask: Callable[[int], tuple[AnyTill, bytes]],
    make_end: Callable[[Outcome], TerminalEnd],
    outcome: Outcome,
) -> None:
    """Till and card terminal talk over real sockets through us; both ways make the payment."""
    ear = Ear(listener_of(load_profile(profile)))
    with relayed(ear, lambda: make_end(outcome)) as (port, _):
        till, first = ask(11_010)
        talk(till, first, port)
        assert till.ended is outcome
        told = ear.await_payment(APPROVED if outcome is Outcome.APPROVED else FAILED)
    assert told.amount_minor == 11_010
    assert [seen.status for seen in ear.seen] == [REQUESTED, told.status]


@pytest.mark.enable_socket
def test_slow_bytes_and_noise_cost_nothing() -> None:
    """A terminal whose bytes stall and that sends noise before messages is understood."""
    faults = LineFaults(noise=0.5, stalled=0.02, stall_ms=20)
    ear = Ear(listener_of(load_profile("sadad-irr")))
    with relayed(ear, SadadTerminal, faults) as (port, _):
        till, first = sadad_ask(125_000)
        talk(till, first, port)
        assert ear.await_payment(APPROVED).amount_minor == 125_000


@pytest.mark.enable_socket
def test_a_terminal_that_hangs_up_is_heard_again() -> None:
    """A connection that breaks within a payment approves nothing; the next payment is right."""
    ear = Ear(listener_of(load_profile("zvt-tcp-eur")))
    with relayed(ear, lambda: ZvtTerminal(zvt.TcpLink())) as (port, terminal):
        with closing(socket.create_connection(("127.0.0.1", port), timeout=WAIT_S)) as line:
            line.sendall(zvt_ask(11_010)[1])
            assert line.recv(3)
            terminal.unplug()
            line.settimeout(WAIT_S)
            while line.recv(65_536):
                pass
        till, first = zvt_ask(4_000)
        talk(till, first, port)
        assert ear.await_payment(APPROVED).amount_minor == 4_000
    assert [seen.amount_minor for seen in ear.seen if seen.status is APPROVED] == [4_000]


def test_direction_is_heard() -> None:
    """What the terminal says on its own wire pairs with what the till said on the other."""
    listener = listener_of(load_profile("sadad-irr"))
    ear = Ear(listener)
    till, terminal = SadadTill(), SadadTerminal()

    def heard(data: bytes, direction: Direction) -> None:
        ear.events.put(PosBytes(data=data, monotonic_ms=0, direction=direction))

    converse(till.pay(500), till, terminal, heard)
    assert ear.await_payment(APPROVED).amount_minor == 500
