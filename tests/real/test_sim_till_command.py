"""``mohr sim till`` and what stands around it, as the processes that an integrator starts."""

from __future__ import annotations

import queue
import re
from pathlib import Path

import pytest

from gateway.readers.serial_line import SerialSettings
from gateway.system_clock import SystemClock
from simulators.command_process import CommandError, MohrProcess, run_mohr, wait_until
from simulators.mosquitto_process import free_port
from terminal_agent.pos.interpreters.till_events import TillEvent
from terminal_agent.pos.listeners import listener_of
from terminal_agent.pos.payments import PaymentSeen, PaymentStatus
from terminal_agent.pos.port import PosBytes, PosPortEvent
from terminal_agent.pos.profile_file import load_profile
from terminal_agent.pos.serial_port import SerialPosPort

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]


def test_a_serial_till_is_heard_by_the_profile_it_names(tmp_path: Path) -> None:
    """Payments by ZVT on a pseudo-terminal: the amounts it tells are the amounts we hear."""
    words = (
        "--dialect zvt-serial --every 0.5 --count 3 --baud 115200 --wrong-checks 0.5 --noise 0.5"
    )
    events: queue.Queue[PosPortEvent] = queue.Queue()
    with MohrProcess(tmp_path / "till.log", "sim", "till", str(tmp_path), *words.split()) as till:
        till.start()
        wait_until((tmp_path / "till").exists, "no device", tmp_path / "till.log")
        port = SerialPosPort(SerialSettings(device=str(tmp_path / "till")), SystemClock())
        port.start(events.put)
        try:
            assert till.wait_end() == 0
        finally:
            port.stop()
        said = till.said()
    profile = re.search(r"profile (\S+) reads it", said)
    assert profile is not None
    listener = listener_of(load_profile(profile[1]))
    told: list[TillEvent] = []
    while not events.empty():
        event = events.get()
        if isinstance(event, PosBytes):
            told += listener.feed(event.data, event.monotonic_ms)
    heard = [
        event.amount_minor
        for event in told
        if isinstance(event, PaymentSeen) and event.status is PaymentStatus.APPROVED
    ]
    assert heard == [
        int(whole) * 100 + int(cents)
        for whole, cents in re.findall(r"^(\d+)\.(\d\d) EUR$", said, re.MULTILINE)
    ]
    assert len(heard) == 3


def test_a_till_pays_at_a_card_terminal_and_prints_at_a_printer(tmp_path: Path) -> None:
    """Two processes over TCP each: payments are refused as the terminal was told, papers arrive."""
    port = free_port()
    ends = ("--dialect", "caisse-ap", "--outcome", "declined", "--port", str(port))
    with MohrProcess(tmp_path / "terminal.log", "sim", "card-terminal", *ends) as terminal:
        terminal.start()
        where = ("--connect", f"127.0.0.1:{port}", "--every", "0", "--count", "2")
        said = run_mohr("sim", "till", "--dialect", "caisse-ap", "--unplug", "0.5", *where)
        assert said.count("declined: ") == 2
    port = free_port()
    with MohrProcess(tmp_path / "printer.log", "sim", "printer", "--port", str(port)) as printer:
        printer.start()
        where = ("--connect", f"127.0.0.1:{port}", "--every", "0", "--count", "2")
        said = run_mohr("sim", "till", "--dialect", "star", "--language", "persian", *where)
        assert len(re.findall(r"^receipt \S+: \d+ IRR$", said, re.MULTILINE)) == 2


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("--dialect escpos", "say where"),
        ("HERE --connect 127.0.0.1:9", "say where"),
        ("HERE --dialect zvt-tcp", "use --connect"),
        ("HERE --dialect cd5220 --wrong-checks 1", "no check"),
        ("HERE --unplug 2", "share from 0 to 1"),
        ("HERE --noise 2", "share from 0 to 1"),
        ("--connect nowhere", "nowhere"),
        ("--every 0 --connect 127.0.0.1:FREE", "is anybody listening"),
    ],
)
def test_what_cannot_be_played_says_what_to_do(tmp_path: Path, words: str, complaint: str) -> None:
    """An order that makes no sense, or that nobody hears, is one sentence and no trace."""
    told = words.replace("HERE", str(tmp_path)).replace("FREE", str(free_port()))
    with pytest.raises(CommandError, match=complaint) as raised:
        run_mohr("sim", "till", *told.split())
    assert "Traceback" not in str(raised.value)
