"""Mohr's own lines over real lines: a till that obeys the documentation, and cables that do not."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from gateway.readers.serial_line import SerialSettings
from gateway.system_clock import SystemClock
from simulators.tills.line_faults import LineFaults
from simulators.tills.line_till import LineTill as TillProgram
from simulators.tills.line_till import NoAnswerError, PtyWire, TcpWire
from simulators.tills.playing import TillOrder, player_of
from terminal_agent.line_till import LineTill
from terminal_agent.pos.device import Address
from terminal_agent.pos.interpreters.events import ReceiptEvent, SaleClosed, TotalSeen
from terminal_agent.pos.line_protocol.replies import Result, ResultStatus
from terminal_agent.pos.line_protocol.steps import Question
from terminal_agent.pos.port import PosPortEvent
from terminal_agent.pos.profile import Dialect
from terminal_agent.pos.profile_file import load_profile
from terminal_agent.pos.speaking_port import SpeakingPort
from terminal_agent.pos.speaking_serial import SpeakingSerialPort
from terminal_agent.pos.speaking_tcp import SpeakingTcpServerPort
from terminal_agent.till_desk import TillDesk

PROFILE = load_profile("mohr-lines-eur")


class Desk(TillDesk):
    """A counter with a card of 500 points on it that pays with what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[Question] = []
        self._results: list[Result] = []

    @property
    def ready(self) -> bool:
        return True

    def ask(self, question: Question) -> None:
        self.asked.append(question)
        points = question.points if question.sale_key is not None else 500
        self._results.append(
            Result(id=question.request_id, status=ResultStatus.GRANTED, points=points)
        )

    def withdraw(self, request_id: str) -> None:
        self.asked = [one for one in self.asked if one.request_id != request_id]

    def results(self) -> tuple[Result, ...]:
        told, self._results = tuple(self._results), []
        return told


class Terminal:
    """A participant at its port, ticked as an agent ticks it."""

    def __init__(self, port: SpeakingPort) -> None:
        self.desk = Desk()
        self.told: list[ReceiptEvent] = []
        self._till = LineTill(PROFILE, port)
        self._till.meet(self.desk)
        self._port = port
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._ticker = threading.Thread(target=self._tick, name="ticker")
        port.start(self._on_event)
        self._ticker.start()

    def sales(self) -> list[int]:
        """Totals of the sales that were told, in order."""
        with self._lock:
            return [one.sale.total_minor for one in self.told if isinstance(one, SaleClosed)]

    def close(self) -> None:
        """Stop everything."""
        self._stopping.set()
        self._ticker.join()
        self._port.stop()

    def _on_event(self, event: PosPortEvent) -> None:
        with self._lock:
            self.told += self._till.take(event)

    def _tick(self) -> None:
        while not self._stopping.wait(0.02):
            with self._lock:
                self.told += self._till.pass_time(SystemClock().monotonic_ms())


@pytest.fixture
def tcp() -> Iterator[tuple[Terminal, TcpWire]]:
    """A terminal that listens, and a cable to it."""
    port = SpeakingTcpServerPort(Address(host="127.0.0.1", port=0), SystemClock())
    terminal = Terminal(port)
    while port.bound_port is None:
        threading.Event().wait(0.01)
    wire = TcpWire(port.bound_port)
    yield terminal, wire
    terminal.close()
    wire.hang_up()


@pytest.fixture
def cable(tmp_path: Path) -> Iterator[tuple[Terminal, PtyWire]]:
    """A terminal on a serial line at 9600 baud, and the till's end of it."""
    wire = PtyWire(tmp_path)
    terminal = Terminal(SpeakingSerialPort(SerialSettings(device=wire.till.device), SystemClock()))
    yield terminal, wire
    terminal.close()
    wire.till.close()


def sale(number: int) -> dict[str, Any]:
    """A sale by number."""
    return {
        "type": "sale",
        "sale_id": f"s{number}",
        "total_minor": 1_000 + number,
        "currency": "EUR",
        "tenders": [{"kind": "cash", "amount_minor": 1_000 + number}],
        "receipt_number": str(number),
    }


def test_a_whole_conversation_over_tcp(tcp: tuple[Terminal, TcpWire]) -> None:
    """Hello, balance, total, points, sale, refund: each is acknowledged, each result comes."""
    terminal, wire = tcp
    till = TillProgram(wire)
    assert till.say({"type": "hello", "versions": [1]})["currency"] == "EUR"
    assert till.say({"type": "balance", "id": "b"})["type"] == "ack"
    assert till.result("b")["points"] == 500
    total = {"type": "total", "sale_id": "s1", "total_minor": 1_001, "currency": "EUR"}
    assert till.say(total)["type"] == "ack"
    assert till.say({"type": "redeem", "id": "q", "sale_id": "s1", "points": 200})["type"] == "ack"
    assert till.result("q")["points"] == 200
    assert till.say(sale(1))["type"] == "ack"
    assert terminal.sales() == [1_001]
    assert isinstance(terminal.told[0], TotalSeen)
    assert terminal.desk.asked[1].sale_key == terminal.told[0].key
    refund = {"type": "refund", "refund_id": "r", "amount_minor": 5, "currency": "EUR"}
    assert till.say(refund)["code"] == "missing_field"
    assert till.say({**refund, "original_receipt_number": "1"})["type"] == "ack"


def test_the_till_of_the_command_is_a_participant(tcp: tuple[Terminal, TcpWire]) -> None:
    """``mohr sim till`` over a connection that breaks between sales: each is taken once."""
    terminal, wire = tcp
    host, port = wire.address
    order = TillOrder(
        dialect=Dialect.MOHR_LINES, connect=Address(host=host, port=port), count=4, unplug=0.5
    )
    with player_of(order) as player:
        told = list(player.sales())
    assert [line.split(":")[0] for line in told] == ["taken"] * 4
    assert len(terminal.sales()) == 4


def test_a_bad_cable_loses_and_doubles_no_sale(tcp: tuple[Terminal, TcpWire]) -> None:
    """Noise, lost bytes, turned bits and stalls: after enough repetitions every sale, once."""
    terminal, wire = tcp
    faults = LineFaults(noise=0.3, lost=0.001, turned=0.001, stalled=0.001, stall_ms=5)
    till = TillProgram(wire, faults=faults, chance=Random(4), wait_s=0.4, tries=40)
    for number in range(25):
        assert till.say(sale(number))["type"] == "ack"
    assert terminal.sales() == [1_000 + number for number in range(25)]
    assert till.sent > 26, "no fault came by"


def test_a_broken_connection_is_made_again(tcp: tuple[Terminal, TcpWire]) -> None:
    """The till hangs up and calls again: no second hello is needed, no sale counts twice."""
    terminal, wire = tcp
    till = TillProgram(wire)
    one = {**sale(1), "id": "x"}
    assert till.say(one)["type"] == "ack"
    wire.hang_up()
    assert till.say(one)["type"] == "ack"
    assert till.say(sale(2))["type"] == "ack"
    assert terminal.sales() == [1_001, 1_002]


def test_a_serial_till_at_9600_baud(cable: tuple[Terminal, PtyWire]) -> None:
    """Unplugged in the middle of a sale and plugged in again: that sale and the next, once each."""
    terminal, wire = cable
    till = TillProgram(wire, wait_s=3.0)
    assert till.say(sale(1))["type"] == "ack"
    cut = threading.Timer(0.05, wire.till.unplug)
    back = threading.Timer(0.5, wire.till.plug)
    cut.start()
    back.start()
    assert till.say(sale(2))["type"] == "ack"
    assert till.say(sale(3))["type"] == "ack"
    cut.join()
    back.join()
    assert terminal.sales() == [1_001, 1_002, 1_003]
    assert till.sent > 4


def test_a_terminal_that_is_away_is_noticed(tmp_path: Path) -> None:
    """Nobody answers: the till's program says so and does not wait for ever."""
    wire = PtyWire(tmp_path, baud=None)
    with pytest.raises(NoAnswerError):
        TillProgram(wire, wait_s=0.1, tries=2).say(sale(1))
    wire.till.close()
