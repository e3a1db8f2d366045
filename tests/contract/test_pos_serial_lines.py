"""Every serial protocol over a pseudo-terminal at 9600 baud: pulled in the middle, right after."""

from __future__ import annotations

import queue
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.readers.serial_line import SerialSettings
from gateway.system_clock import SystemClock
from simulators.receipts import render_receipt, seeded_receipts
from simulators.till import PtyTill
from simulators.tills.stx_tills import concert_request, ecr17_request, transbank_sale
from terminal_agent.pos.interpreters.events import SaleClosed
from terminal_agent.pos.interpreters.till_events import TillEvent
from terminal_agent.pos.listener import Listener
from terminal_agent.pos.listeners import listener_of
from terminal_agent.pos.payments import PaymentSeen
from terminal_agent.pos.port import PosBytes, PosPortEvent, PosPortState
from terminal_agent.pos.profile_file import load_profile
from terminal_agent.pos.serial_port import SerialPosPort

pytestmark = [pytest.mark.timeout(60)]

WAIT_S = 20.0


class Steady(random.Random):
    """Jitter that always reopens after the shortest time."""

    def random(self) -> float:
        return 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """What a till says once, and the amount that must be read."""

    message: bytes
    amount_minor: int


def _paper(number: int) -> Spoken:
    receipt = seeded_receipts(number, 1)[0]
    return Spoken(message=render_receipt(receipt), amount_minor=receipt.total_minor)


def _payment(message: Callable[..., bytes]) -> Callable[[int], Spoken]:
    def say(number: int) -> Spoken:
        amount_minor = 1_000 + number
        return Spoken(message=message(amount_minor=amount_minor), amount_minor=amount_minor)

    return say


#: What is said by each profile's till: the first is cut short, the second is another one.
LINES: dict[str, Callable[[int], Spoken]] = {
    "generic-escpos-eur": _paper,
    "concert-eur": _payment(concert_request),
    "transbank-clp": _payment(transbank_sale),
    "ecr17-eur": _payment(ecr17_request),
}


@pytest.fixture
def till(tmp_path: Path) -> Iterator[PtyTill]:
    """A till at 9600 baud."""
    with PtyTill(tmp_path, baud=9_600) as made:
        yield made


@pytest.fixture
def heard(till: PtyTill) -> Iterator[queue.Queue[PosPortEvent]]:
    """What a port on that till delivers."""
    events: queue.Queue[PosPortEvent] = queue.Queue()
    port = SerialPosPort(SerialSettings(device=till.device), SystemClock(), jitter=Steady())
    port.start(events.put)
    yield events
    port.stop()


def amounts(told: list[TillEvent]) -> list[int | None]:
    """The amounts of what would count: closed sales, and payments."""
    return [
        event.sale.total_minor if isinstance(event, SaleClosed) else event.amount_minor
        for event in told
        if isinstance(event, SaleClosed | PaymentSeen)
    ]


def until(
    heard: queue.Queue[PosPortEvent], listener: Listener, done: Callable[[list[TillEvent]], bool]
) -> list[TillEvent]:
    """Read until something is known; what the line's fall makes known is in it."""
    told: list[TillEvent] = []
    while not done(told):
        event = heard.get(timeout=WAIT_S)
        if isinstance(event, PosBytes):
            told += listener.feed(event.data, event.monotonic_ms, event.direction)
        elif event.state is PosPortState.DOWN:
            told += listener.lost()
    return told


def _await_state(heard: queue.Queue[PosPortEvent], listener: Listener, state: PosPortState) -> None:
    while True:
        event = heard.get(timeout=WAIT_S)
        if isinstance(event, PosBytes):
            assert amounts(list(listener.feed(event.data, event.monotonic_ms))) == []
            continue
        if event.state is PosPortState.DOWN:
            assert amounts(list(listener.lost())) == []
        if event.state is state:
            return


@pytest.mark.parametrize("profile", sorted(LINES))
def test_a_cable_pulled_in_the_middle_costs_that_message_only(
    profile: str, till: PtyTill, heard: queue.Queue[PosPortEvent]
) -> None:
    """Half a message, unplugged, plugged in again: the next message gives its own amount."""
    first, second = LINES[profile](1), LINES[profile](2)
    listener = listener_of(load_profile(profile))
    _await_state(heard, listener, PosPortState.UP)
    till.print(first.message[: len(first.message) // 2])
    till.unplug()
    _await_state(heard, listener, PosPortState.DOWN)
    till.plug()
    _await_state(heard, listener, PosPortState.UP)
    till.print(second.message)
    told = until(heard, listener, lambda told: bool(amounts(told)))
    assert amounts(told) == [second.amount_minor]
    assert listener.counters.resets >= 1
