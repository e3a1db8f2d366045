"""Card terminals over TCP relays, with the line breaking within a payment."""

from __future__ import annotations

import queue
import random
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest

from gateway.system_clock import SystemClock
from simulators.receipts import ReceiptLanguage
from simulators.tills import zvt_frames as zvt
from simulators.tills.card_dialogue import converse
from simulators.tills.card_terminal import Outcome, TerminalEnd
from simulators.tills.line_faults import LineFaults
from simulators.tills.paying_till import PAYS_OVER_TCP, pay, terminal_end
from simulators.tills.sadad_ends import SadadTerminal, SadadTill
from simulators.tills.sayings import profile_name
from simulators.tills.tcp_card_terminal import TcpCardTerminal
from simulators.tills.zvt_ends import ZvtTerminal
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
from terminal_agent.pos.profile import Dialect
from terminal_agent.pos.profile_file import load_profile
from terminal_agent.pos.tcp_relay import TcpRelayPort

WAIT_S = 20.0
LOOK_S = 0.05
REQUESTED, APPROVED, FAILED = PaymentStatus


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


@pytest.mark.enable_socket
@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize("dialect", sorted(PAYS_OVER_TCP))
def test_a_payment_through_a_relay_is_heard(dialect: Dialect, outcome: Outcome) -> None:
    """Till and card terminal talk over real sockets through us; both ways make the payment."""
    ear = Ear(listener_of(load_profile(profile_name(dialect, ReceiptLanguage.GERMAN))))
    with relayed(ear, lambda: terminal_end(dialect, outcome)) as (port, _):
        assert pay(dialect, Address(host="127.0.0.1", port=port), 11_010) is outcome
        told = ear.await_payment(APPROVED if outcome is Outcome.APPROVED else FAILED)
    assert told.amount_minor == 11_010
    assert [seen.status for seen in ear.seen] == [REQUESTED, told.status]


@pytest.mark.enable_socket
def test_slow_bytes_and_noise_cost_nothing() -> None:
    """A terminal whose bytes stall and that sends noise before messages is understood."""
    faults = LineFaults(noise=0.5, stalled=0.02, stall_ms=20)
    ear = Ear(listener_of(load_profile("sadad-irr")))
    with relayed(ear, SadadTerminal, faults) as (port, _):
        pay(Dialect.SADAD, Address(host="127.0.0.1", port=port), 125_000)
        assert ear.await_payment(APPROVED).amount_minor == 125_000


@pytest.mark.enable_socket
def test_a_terminal_that_hangs_up_is_heard_again() -> None:
    """A connection that breaks within a payment approves nothing; the next payment is right."""
    ear = Ear(listener_of(load_profile("zvt-tcp-eur")))
    with relayed(ear, lambda: ZvtTerminal(zvt.TcpLink())) as (port, terminal):
        with closing(socket.create_connection(("127.0.0.1", port), timeout=WAIT_S)) as line:
            line.sendall(zvt.authorisation(11_010))
            assert line.recv(3)
            terminal.unplug()
            line.settimeout(WAIT_S)
            while line.recv(65_536):
                pass
        pay(Dialect.ZVT_TCP, Address(host="127.0.0.1", port=port), 4_000)
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
