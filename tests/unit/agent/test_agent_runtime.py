"""The agent's shell: threads in, one thread inside, and an orderly end whatever happens."""

from __future__ import annotations

import random
import secrets
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Queue

import pytest

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
from mqtt.link import AckToken, Delivered, LinkError, LinkUp
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

# The link looks its broker up and finds nobody there.
pytestmark = pytest.mark.enable_socket

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


class Lane:
    """A lane whose broker cannot be reached. Its journal belongs to the thread that opens it."""

    def __init__(self, folder: Path, display: Display, queue_max: int) -> None:
        self.control_path = folder / "control.sock"
        self.ready = threading.Event()
        self.faults: list[BaseException] = []
        self.first_job: Callable[[], None] | None = None
        self._folder = folder
        self._display = display
        self._queue_max = queue_max
        self._thread = threading.Thread(target=self._run)

    def open(self) -> Journal:
        """Put the lane together in the calling thread."""
        identity = TerminalIdentity(
            terminal=TERMINAL,
            epoch=1,
            signer=FileSigner.generate(),
            agreement=AgreementKey.generate(),
        )
        gateway = FileSigner.generate()
        name = f"journal-{threading.get_ident()}.sqlite3"
        journal = Journal.open(
            self._folder / name,
            settings=JournalSettings(
                terminal=TERMINAL, epoch=1, public_key=identity.public_key, reserve_bytes=0
            ),
        )
        journal.save_configuration(1, configuration_envelope(gateway, identity))
        pinned = PublicKey.from_cose_key(gateway.public_key)
        self._build(identity, pinned, journal)
        return journal

    def _build(self, identity: TerminalIdentity, pinned: PublicKey, journal: Journal) -> None:
        clock = SystemClock()
        link = PahoLink(LinkSettings(host="127.0.0.1", port=9, client_id=TERMINAL))
        self.link = link
        self.reader = SimReader(ReaderSettings(), clock=clock)
        self.till = ScriptedTill()
        ports = AgentPorts(
            identity=identity,
            gateway=pinned,
            journal=journal,
            link=link,
            display=self._display,
            till=self.till,
            clock=clock,
            random_bytes=secrets.token_bytes,
            random_unit=random.Random(1).random,
        )
        options = AgentOptions(
            currency=EUR,
            waits=SessionSettings(),
            outbox=OutboxSettings(),
            session_number="01",
        )
        parts = RuntimePorts(
            agent=Agent(ports, options),
            link=link,
            reader=self.reader,
            till_port=None,
            display=self._display,
            clock=clock,
            control_path=self.control_path,
        )
        self.runtime = Runtime(parts, queue_max=self._queue_max)

    def start(self) -> None:
        """Open and run the lane in a thread of its own."""
        self._thread.start()

    def _run(self) -> None:
        try:
            with self.open():
                if self.first_job is not None:
                    self.runtime._jobs.put(self.first_job)
                self.runtime.run(self.ready.set)
        except Exception as error:  # noqa: BLE001 - the test looks at whatever it was
            self.faults.append(error)

    def stop(self) -> None:
        """Ask it to stop, and wait until it has."""
        if self.ready.is_set():
            self.runtime.request_stop()
        self.join()

    def join(self) -> None:
        """Wait until its thread has ended."""
        if self._thread.ident is not None:
            self._thread.join(timeout=20)
            assert not self._thread.is_alive()


MakeLane = Callable[..., Lane]


@pytest.fixture
def make_lane(tmp_path: Path) -> Iterator[MakeLane]:
    """Makes lanes that share the test's folder; stops afterwards what still runs."""
    lanes: list[Lane] = []

    def make(display: Display, *, queue_max: int = 1_000) -> Lane:
        lanes.append(Lane(tmp_path, display, queue_max))
        return lanes[-1]

    yield make
    for lane in lanes:
        lane.stop()


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


def test_runtime_earns_answers_and_stops_in_order(make_lane: MakeLane) -> None:
    """A tap from elsewhere is earned offline, the socket answers, and stop leaves no thread."""
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
    lane.stop()
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


def fail() -> None:
    """A job that meets a fault of no known kind."""
    raise ZeroDivisionError


def test_runtime_does_not_outlive_its_link(make_lane: MakeLane) -> None:
    """When the link's own thread has died, the agent ends with that fault and does not sit deaf."""
    lane = make_lane(WatchedDisplay())
    lane.start()
    assert lane.ready.wait(20)
    lane.link._failure = ValueError("out of the link's own code")
    lane.join()
    assert [type(fault) for fault in lane.faults] == [LinkError]


def test_runtime_fault_is_shown(make_lane: MakeLane) -> None:
    """The counter is told that the terminal has stopped, and whom to call."""
    display = WatchedDisplay()
    lane = make_lane(display)
    lane.first_job = fail
    lane.start()
    display.wait_for(Screen.FAULT)
    lane.join()
    assert [type(fault) for fault in lane.faults] == [ZeroDivisionError]


def test_runtime_overload_is_a_fault_and_never_silent(make_lane: MakeLane) -> None:
    """Taps that find the queue full stop the agent instead of vanishing."""
    lane = make_lane(WatchedDisplay(), queue_max=2)
    with lane.open():
        lane.reader.start(lane.runtime._on_reader)
        for number in range(4):
            lane.reader.tap(UidCard(bytes([4, number, 3, 4, 5, 6, 7])))
            lane.reader.remove()
        with pytest.raises(OverloadError):
            lane.runtime._do_one(0)
        lane.link.stop()


def test_runtime_overload_drops_deliveries_only(make_lane: MakeLane) -> None:
    """A flood from the broker is dropped, counted and not acknowledged; the agent goes on."""
    lane = make_lane(WatchedDisplay(), queue_max=2)
    with lane.open():
        for packet_id in range(1, 6):
            token = AckToken(generation=1, packet_id=packet_id)
            lane.runtime._on_link(Delivered(topic="t", payload=b"", token=token))
        assert lane.runtime._deliveries_dropped == 3
        assert lane.runtime._do_one(0)
        lane.runtime._on_link(LinkUp(generation=1))
        assert lane.runtime._do_one(0)
        lane.link.stop()


def test_runtime_second_agent_is_refused(make_lane: MakeLane) -> None:
    """Two agents on one data folder would disturb each other; the second says so and ends."""
    first, second = make_lane(WatchedDisplay()), make_lane(WatchedDisplay())
    first.start()
    assert first.ready.wait(20)
    with second.open(), pytest.raises(ControlError, match="another agent"):
        second.runtime.run(lambda: None)
