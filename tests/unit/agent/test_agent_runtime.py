"""The agent's shell: threads in, one thread inside, and an orderly end whatever happens."""

from __future__ import annotations

import random
import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from queue import Queue

import pytest

from gateway.clock import Clock
from gateway.crypto.file_signer import FileSigner
from gateway.crypto.public_key import PublicKey
from gateway.crypto.seal import SealType, seal
from gateway.crypto.sealed_box import AgreementKey, card_key_info, seal_box
from gateway.model.configuration import Configuration
from gateway.model.ids import BranchId, SaleKey, TerminalId
from gateway.model.money import EUR
from gateway.model.programme import Programme
from gateway.model.sale import Sale, SaleSource
from gateway.readers.settings import ReaderSettings
from gateway.system_clock import SystemClock
from gateway.wire.configuration import encode_configuration
from mqtt.link import AckToken, Delivered, LinkUp
from mqtt.paho_link import PahoLink
from mqtt.settings import LinkSettings
from simulators.card import UidCard
from simulators.display import RecordingDisplay
from simulators.reader import SimReader
from simulators.scripted_till import ScriptedTill
from terminal_agent.agent import Agent
from terminal_agent.agent_ports import AgentOptions, AgentPorts
from terminal_agent.control import AskStatus, ControlError
from terminal_agent.control_socket import ask_agent
from terminal_agent.display import Display, Screen, View
from terminal_agent.identity import TerminalIdentity
from terminal_agent.journal.journal import Journal
from terminal_agent.journal.values import JournalSettings
from terminal_agent.outbox import OutboxSettings
from terminal_agent.pos.interpreters.events import SaleClosed
from terminal_agent.runtime import OverloadError, Runtime, RuntimePorts
from terminal_agent.session.memory import SessionSettings

TERMINAL = TerminalId("lane-1")
PROGRAMME = Programme(
    name="club",
    version=1,
    effective_from_ms=0,
    currency=EUR,
    earn_points=1,
    earn_per_minor=100,
    redeem_points=100,
    redeem_value_minor=500,
)
SALE = Sale(key=SaleKey(bytes(16)), total_minor=500, source=SaleSource.RECEIPT, profile="shop")


class WatchedDisplay(RecordingDisplay):
    """Lets a test wait for a screen, from another thread."""

    def __init__(self) -> None:
        super().__init__()
        self.queue: Queue[View] = Queue()

    def show(self, view: View) -> None:
        super().show(view)
        self.queue.put(view)

    def wait_for(self, screen: Screen) -> View:
        while (view := self.queue.get(timeout=20)).screen is not screen:
            pass
        return view


class BrokenDisplay(Display):
    """A display whose cable fell out: every drawing fails."""

    def show(self, view: View) -> None:
        raise BrokenPipeError(view.screen)


@dataclass
class Lane:
    """A lane whose broker cannot be reached, with its runtime in a thread of its own."""

    runtime: Runtime
    reader: SimReader
    till: ScriptedTill
    control_path: Path
    ready: threading.Event = field(default_factory=threading.Event)
    faults: list[BaseException] = field(default_factory=list)
    thread: threading.Thread | None = None

    def start(self) -> None:
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        try:
            self.runtime.run(self.ready.set)
        except Exception as error:  # noqa: BLE001 - the test looks at whatever it was
            self.faults.append(error)

    def join(self) -> None:
        assert self.thread is not None
        self.thread.join(timeout=20)
        assert not self.thread.is_alive()


MakeLane = Callable[..., Lane]


@pytest.fixture
def make_lane(tmp_path: Path) -> Iterator[MakeLane]:
    """Makes a configured lane in the test's folder; stops and closes it afterwards."""
    lanes: list[Lane] = []
    journals: list[Journal] = []

    def make(display: Display, *, queue_max: int = 1_000) -> Lane:
        identity = TerminalIdentity(
            terminal=TERMINAL,
            epoch=1,
            signer=FileSigner.generate(),
            agreement=AgreementKey.generate(),
        )
        gateway = FileSigner.generate()
        journal = Journal.open(
            tmp_path / f"journal-{len(journals)}.sqlite3",
            settings=JournalSettings(
                terminal=TERMINAL, epoch=1, public_key=identity.public_key, reserve_bytes=0
            ),
        )
        journals.append(journal)
        journal.save_configuration(1, configuration_envelope(gateway, identity))
        clock = SystemClock()
        lane = build_lane(
            _Parts(
                identity=identity,
                gateway=PublicKey.from_cose_key(gateway.public_key),
                journal=journal,
                display=display,
                clock=clock,
                control_path=tmp_path / "control.sock",
                queue_max=queue_max,
            )
        )
        lanes.append(lane)
        return lane

    yield make
    for lane in lanes:
        lane.runtime.request_stop()
        if lane.thread is not None:
            lane.join()
    for journal in journals:
        journal.close()


def configuration_envelope(gateway: FileSigner, identity: TerminalIdentity) -> bytes:
    """What an earlier run kept of the gateway."""
    configuration = Configuration(
        terminal=TERMINAL,
        version=1,
        issued_at_ms=0,
        branch=BranchId("b1"),
        programmes=(PROGRAMME,),
        card_key_box=seal_box(bytes(32), identity.agreement.public_bytes, card_key_info(TERMINAL)),
    )
    return seal(encode_configuration(configuration), SealType.CONFIGURATION, gateway)


@dataclass(frozen=True, kw_only=True)
class _Parts:
    identity: TerminalIdentity
    gateway: PublicKey
    journal: Journal
    display: Display
    clock: Clock
    control_path: Path
    queue_max: int


def build_lane(parts: _Parts) -> Lane:
    """Wire a lane to a broker's port on which nobody listens."""
    link = PahoLink(LinkSettings(host="127.0.0.1", port=9, client_id=TERMINAL))
    reader = SimReader(ReaderSettings(), clock=parts.clock)
    till = ScriptedTill()
    agent = Agent(
        AgentPorts(
            identity=parts.identity,
            gateway=parts.gateway,
            journal=parts.journal,
            link=link,
            display=parts.display,
            till=till,
            clock=parts.clock,
            random_bytes=secrets.token_bytes,
            random_unit=random.Random(1).random,
        ),
        AgentOptions(
            currency=EUR,
            waits=SessionSettings(),
            outbox=OutboxSettings(),
            session_number="01",
        ),
    )
    runtime = Runtime(
        RuntimePorts(
            agent=agent,
            link=link,
            reader=reader,
            till_port=None,
            display=parts.display,
            clock=parts.clock,
            control_path=parts.control_path,
        ),
        queue_max=parts.queue_max,
    )
    return Lane(runtime=runtime, reader=reader, till=till, control_path=parts.control_path)


def test_runtime_earns_answers_and_stops_in_order(make_lane: MakeLane) -> None:
    """A tap from another thread is earned offline, the socket answers, and stop leaves no thread."""
    before = threading.active_count()
    display = WatchedDisplay()
    lane = make_lane(display)
    lane.start()
    assert lane.ready.wait(20)
    lane.reader.tap(UidCard(bytes.fromhex("04a1b2c3d4e5f6")))
    display.wait_for(Screen.CARD)
    lane.till.say(SaleClosed(sale=SALE, evidence=frozenset()))
    assert display.wait_for(Screen.ACCEPTED).points == 5
    status = ask_agent(lane.control_path, AskStatus()).status
    assert status is not None
    assert (status.accepted, status.pending, status.link) == (1, 1, "down")
    lane.runtime.request_stop()
    lane.join()
    assert lane.faults == []
    assert display.latest().screen is Screen.STOPPED
    assert threading.active_count() == before
    assert not lane.control_path.exists()


def test_runtime_fault_ends_it_and_closes_everything(make_lane: MakeLane) -> None:
    """A fault leaves ``run`` as it came, even where the screen itself is the fault."""
    before = threading.active_count()
    lane = make_lane(BrokenDisplay())
    lane.start()
    lane.join()
    assert [type(fault) for fault in lane.faults] == [BrokenPipeError]
    assert threading.active_count() == before
    assert not lane.control_path.exists()


def test_runtime_fault_is_shown(make_lane: MakeLane) -> None:
    """The counter is told that the terminal has stopped, and whom to call."""
    display = WatchedDisplay()
    lane = make_lane(display)
    lane.runtime._jobs.put(lambda: (_ for _ in ()).throw(ZeroDivisionError()))
    lane.start()
    display.wait_for(Screen.FAULT)
    lane.join()
    assert [type(fault) for fault in lane.faults] == [ZeroDivisionError]


def test_runtime_overload_is_a_fault_and_never_silent(make_lane: MakeLane) -> None:
    """Taps that find the queue full stop the agent instead of vanishing."""
    lane = make_lane(WatchedDisplay(), queue_max=2)
    lane.reader.start(lane.runtime._on_reader)
    for number in range(4):
        lane.reader.tap(UidCard(bytes([4, number, 3, 4, 5, 6, 7])))
        lane.reader.remove()
    with pytest.raises(OverloadError):
        lane.runtime._do_one(0)


def test_runtime_overload_drops_deliveries_only(make_lane: MakeLane) -> None:
    """A flood from the broker is dropped, counted and not acknowledged; the agent goes on."""
    lane = make_lane(WatchedDisplay(), queue_max=2)
    for packet_id in range(1, 6):
        token = AckToken(generation=1, packet_id=packet_id)
        lane.runtime._on_link(Delivered(topic="t", payload=b"", token=token))
    assert lane.runtime._deliveries_dropped == 3
    assert lane.runtime._do_one(0)
    lane.runtime._on_link(LinkUp(generation=1))
    assert lane.runtime._do_one(0)


def test_runtime_second_agent_is_refused(make_lane: MakeLane) -> None:
    """Two agents on one data folder would disturb each other; the second says so and ends."""
    first, second = make_lane(WatchedDisplay()), make_lane(WatchedDisplay())
    first.start()
    assert first.ready.wait(20)
    with pytest.raises(ControlError, match="another agent"):
        second.runtime.run(lambda: None)
