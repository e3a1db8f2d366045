"""Every serial protocol over a pseudo-terminal at 9600 baud: pulled in the middle, right after."""

from __future__ import annotations

import queue
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from gateway.model.money import IRR
from gateway.readers.serial_line import SerialSettings
from gateway.system_clock import SystemClock
from simulators.receipts import ReceiptLanguage
from simulators.till import PtyTill
from simulators.tills.sayings import currency_of, profile_name, sayings
from terminal_agent.pos.interpreters.displays import DisplayMeaning, DisplayShown
from terminal_agent.pos.interpreters.events import SaleClosed
from terminal_agent.pos.interpreters.till_events import TillEvent
from terminal_agent.pos.listener import Listener
from terminal_agent.pos.listeners import listener_of
from terminal_agent.pos.payments import PaymentSeen, PaymentStatus
from terminal_agent.pos.port import PosBytes, PosPortEvent, PosPortState
from terminal_agent.pos.profile import Dialect
from terminal_agent.pos.profile_file import load_profile
from terminal_agent.pos.serial_port import SerialPosPort

pytestmark = [pytest.mark.timeout(60)]

WAIT_S = 20.0
LOOK_S = 0.05


class Steady(random.Random):
    """Jitter that always reopens after the shortest time."""

    def random(self) -> float:
        return 0.0


#: Every language on a serial cable, but Mohr's own: there the terminal answers, and
#: test_pos_line_till.py pulls its cable.
DIALECTS = [
    (dialect, language)
    for dialect in (
        Dialect.ESCPOS,
        Dialect.STAR,
        Dialect.CD5220,
        Dialect.DM_D,
        Dialect.PLAIN_DISPLAY,
        Dialect.CONCERT,
        Dialect.TRANSBANK,
        Dialect.ECR17,
        Dialect.GENERIC_ECR,
        Dialect.ZVT_SERIAL,
        Dialect.SADAD,
    )
    for language in (ReceiptLanguage.GERMAN, ReceiptLanguage.PERSIAN)
    if language is ReceiptLanguage.GERMAN or currency_of(dialect, language) is IRR
]


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


def amounts(told: Sequence[TillEvent]) -> set[int | None]:
    """The amounts of what counts: closed sales, payments that were made, totals on a display."""
    return {
        *(event.sale.total_minor for event in told if isinstance(event, SaleClosed)),
        *(
            event.amount_minor
            for event in told
            if isinstance(event, PaymentSeen) and event.status is PaymentStatus.APPROVED
        ),
        *(
            event.amount_minor
            for event in told
            if isinstance(event, DisplayShown) and event.meaning is DisplayMeaning.TOTAL
        ),
    }


def until_told(heard: queue.Queue[PosPortEvent], listener: Listener) -> list[TillEvent]:
    """Read until something counts; silence is told, as the agent tells it."""
    told: list[TillEvent] = []
    for _ in range(int(WAIT_S / LOOK_S)):
        try:
            event = heard.get(timeout=LOOK_S)
        except queue.Empty:
            told += listener.idle(SystemClock().monotonic_ms())
        else:
            assert isinstance(event, PosBytes), event
            told += listener.feed(event.data, event.monotonic_ms, event.direction)
        if amounts(told):
            return told
    raise AssertionError("nothing was heard")


def _await_state(heard: queue.Queue[PosPortEvent], listener: Listener, state: PosPortState) -> None:
    while True:
        event = heard.get(timeout=WAIT_S)
        if isinstance(event, PosBytes):
            assert amounts(listener.feed(event.data, event.monotonic_ms)) == set()
            continue
        if event.state is PosPortState.DOWN:
            assert amounts(listener.lost()) == set()
        if event.state is state:
            return


@pytest.mark.parametrize(("dialect", "language"), DIALECTS)
def test_a_cable_pulled_in_the_middle_costs_that_message_only(
    dialect: Dialect, language: ReceiptLanguage, till: PtyTill, heard: queue.Queue[PosPortEvent]
) -> None:
    """Half a message, unplugged, plugged in again: the next message gives its own amount."""
    first, second = sayings(dialect, 1, 2, language=language)
    assert first.amount_minor != second.amount_minor
    listener = listener_of(load_profile(profile_name(dialect, language)))
    _await_state(heard, listener, PosPortState.UP)
    till.print(first.data[: len(first.data) // 2])
    till.unplug()
    _await_state(heard, listener, PosPortState.DOWN)
    till.plug()
    _await_state(heard, listener, PosPortState.UP)
    till.print(second.data)
    assert amounts(until_told(heard, listener)) == {second.amount_minor}
    assert listener.counters.resets >= 1
