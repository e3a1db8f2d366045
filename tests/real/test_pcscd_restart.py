"""The PC/SC reader and ``mohr reader`` beside a real pcscd that dies, comes back and changes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, Queue
from typing import TypeVar

import pytest

from gateway.readers.cards.dialogue import ProfileDialogue, ProfileReader
from gateway.readers.cards.traits import CardTraits
from gateway.readers.pcsc import PcscReader
from gateway.readers.reader import (
    CardGone,
    CardSeen,
    CardTrouble,
    CardUnreadable,
    ReaderEvent,
    ReaderState,
    ReaderStateChanged,
)
from gateway.readers.settings import ReaderSettings
from gateway.system_clock import SystemClock
from simulators.card import CardFault, FaultyCard, UidCard
from simulators.pcscd import PcscDaemon, PcscdError, missing_parts

pytestmark = pytest.mark.real

UID_A = bytes.fromhex("04a1b2c3d4e5f6")
UID_B = bytes.fromhex("9e112233")
LANE, OTHER_LANE = "Lane 1", "Lane 2"
PATIENCE_S = 20.0

Kind = TypeVar("Kind", ReaderStateChanged, CardSeen, CardGone, CardUnreadable)


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[PcscDaemon]:
    """A real pcscd with two lanes, not started yet."""
    missing = missing_parts()
    if missing is not None:
        if os.environ.get("MOHR_ALLOW_SKIPS") == "1":
            pytest.skip(missing)
        pytest.fail(f"{missing} (or set MOHR_ALLOW_SKIPS=1)")
    daemon = PcscDaemon(tmp_path, [LANE, OTHER_LANE])
    try:
        yield daemon
    finally:
        daemon.close()


class Watcher:
    """A reader of one lane and what it says."""

    def __init__(self, lane: str = LANE) -> None:
        settings = ReaderSettings(reader_name=PcscDaemon.reader_name(lane), answer_timeout_ms=1_500)
        self.reader = PcscReader(settings, clock=SystemClock())
        self.events: Queue[ReaderEvent] = Queue()
        self.reader.start(self.events.put)

    def expect(self, kind: type[Kind]) -> Kind:
        """The next event, which is of this kind."""
        try:
            event = self.events.get(timeout=PATIENCE_S)
        except Empty:
            pytest.fail(f"no event came; a {kind.__name__} was expected")
        assert isinstance(event, kind), event
        return event

    def expect_state(self, state: ReaderState) -> ReaderStateChanged:
        """The next event, which is this state."""
        event = self.expect(ReaderStateChanged)
        assert event.state is state, event
        return event


@pytest.fixture
def lane_watcher() -> Iterator[Watcher]:
    """A watcher of the lane, started whether or not there is a daemon."""
    watcher = Watcher()
    yield watcher
    watcher.reader.stop()


def test_a_killed_daemon_is_survived(daemon: PcscDaemon, lane_watcher: Watcher) -> None:
    """SIGKILL and a restart over stale files: lost, ready again, and cards are read."""
    lane_watcher.expect_state(ReaderState.SERVICE_LOST)
    daemon.start()
    lane_watcher.expect_state(ReaderState.READY)
    slot = daemon.slot(LANE)
    slot.insert(UidCard(UID_A))
    assert lane_watcher.expect(CardSeen).tap.identity == UID_A
    for uid in (UID_B, UID_A):
        daemon.kill()
        lane_watcher.expect(CardGone)
        lane_watcher.expect_state(ReaderState.SERVICE_LOST)
        slot.remove()
        daemon.start()
        lane_watcher.expect_state(ReaderState.READY)
        slot.insert(UidCard(uid))
        assert lane_watcher.expect(CardSeen).tap.identity == uid


def test_an_unplugged_reader_is_told_and_comes_back(
    daemon: PcscDaemon, lane_watcher: Watcher
) -> None:
    """Without its reader the lane says so and names the others; with it, cards are read."""
    lane_watcher.expect_state(ReaderState.SERVICE_LOST)
    daemon.start()
    lane_watcher.expect_state(ReaderState.READY)
    daemon.stop()
    lane_watcher.expect_state(ReaderState.SERVICE_LOST)
    daemon.start([OTHER_LANE])
    assert OTHER_LANE in lane_watcher.expect_state(ReaderState.READER_LOST).detail
    daemon.stop()
    lane_watcher.expect_state(ReaderState.SERVICE_LOST)
    daemon.start()
    lane_watcher.expect_state(ReaderState.READY)
    slot = daemon.slot(LANE)
    slot.insert(UidCard(UID_A))
    assert lane_watcher.expect(CardSeen).tap.identity == UID_A
    slot.remove()
    lane_watcher.expect(CardGone)


def test_a_conversation_that_hangs_ends_with_its_daemon(
    daemon: PcscDaemon, lane_watcher: Watcher
) -> None:
    """A thread blocked by a silent card is freed by the daemon's death and is counted no more."""
    lane_watcher.expect_state(ReaderState.SERVICE_LOST)
    daemon.start()
    lane_watcher.expect_state(ReaderState.READY)
    slot = daemon.slot(LANE)
    slot.insert(FaultyCard(UidCard(UID_A), {0: CardFault.SILENCE}))
    assert lane_watcher.expect(CardUnreadable).trouble is CardTrouble.NO_ANSWER
    assert lane_watcher.reader.abandoned_count == 1
    daemon.kill()
    lane_watcher.expect(CardGone)
    lane_watcher.expect_state(ReaderState.SERVICE_LOST)
    slot.remove()
    daemon.start()
    lane_watcher.expect_state(ReaderState.READY)
    slot.insert(UidCard(UID_B))
    assert lane_watcher.expect(CardSeen).tap.identity == UID_B
    assert lane_watcher.reader.abandoned_count == 0


def test_stopping_beside_a_hung_card_does_not_hang(daemon: PcscDaemon) -> None:
    """``stop`` leaves behind the one thread that a hung card blocks, and nothing else."""
    daemon.start()
    watcher = Watcher()
    watcher.expect_state(ReaderState.READY)
    slot = daemon.slot(LANE)
    slot.insert(FaultyCard(UidCard(UID_A), {0: CardFault.SILENCE}))
    watcher.expect(CardUnreadable)
    watcher.reader.stop()
    names = [one.name for one in threading.enumerate() if one.name.startswith("mohr-")]
    assert [name.rpartition("-")[0] for name in names] == ["mohr-card"]
    slot.remove()


def test_an_idle_reader_asks_seldom(daemon: PcscDaemon, lane_watcher: Watcher) -> None:
    """Neither an absent daemon nor an empty reader nor a resting card makes a busy loop."""
    idle = threading.Event()
    lane_watcher.expect_state(ReaderState.SERVICE_LOST)
    asked = [lane_watcher.reader.status_call_count]
    idle.wait(2)
    asked.append(lane_watcher.reader.status_call_count)
    daemon.start()
    lane_watcher.expect_state(ReaderState.READY)
    asked.append(lane_watcher.reader.status_call_count)
    idle.wait(2)
    asked.append(lane_watcher.reader.status_call_count)
    daemon.slot(LANE).insert(UidCard(UID_A))
    lane_watcher.expect(CardSeen)
    idle.wait(2)
    asked.append(lane_watcher.reader.status_call_count)
    absent, empty, resting = asked[1] - asked[0], asked[3] - asked[2], asked[4] - asked[3]
    assert absent <= 8
    assert empty <= 6
    assert resting <= 12


def test_a_lane_is_bound_by_its_readers_name(daemon: PcscDaemon) -> None:
    """Each lane hears its own cards, whatever order the daemon lists its readers in."""
    daemon.start()
    watchers = [Watcher(LANE), Watcher(OTHER_LANE)]
    for watcher in watchers:
        watcher.expect_state(ReaderState.READY)
    slots = [daemon.slot(LANE), daemon.slot(OTHER_LANE)]
    for slot, uid in zip(slots, (UID_A, UID_B), strict=True):
        slot.insert(UidCard(uid))
    taps = [watcher.expect(CardSeen).tap for watcher in watchers]
    assert [(tap.reader, tap.identity) for tap in taps] == [
        (PcscDaemon.reader_name(LANE), UID_A),
        (PcscDaemon.reader_name(OTHER_LANE), UID_B),
    ]
    for watcher, slot in zip(watchers, slots, strict=True):
        slot.remove()
        watcher.expect(CardGone)
        watcher.reader.stop()


def test_somebody_elses_faults_do_not_blind_the_lane(daemon: PcscDaemon) -> None:
    """A card profile that raises and a listener that raises are logged, and the lane goes on."""

    def fail(traits: CardTraits) -> ProfileDialogue:
        raise RuntimeError(f"a mistake with {traits.kind}")

    daemon.start()
    heard: Queue[ReaderEvent] = Queue()

    def listen(event: ReaderEvent) -> None:
        heard.put(event)
        raise RuntimeError("a mistake of the listener's")

    profile = ProfileReader(name="theirs", accepts=lambda _traits: True, read=fail)
    settings = ReaderSettings(reader_name=PcscDaemon.reader_name(LANE))
    reader = PcscReader(settings, clock=SystemClock(), profiles=(profile,))
    reader.start(listen)
    slot = daemon.slot(LANE)
    slot.insert(UidCard(UID_A))
    events = [heard.get(timeout=PATIENCE_S) for _ in range(2)]
    slot.remove()
    events.append(heard.get(timeout=PATIENCE_S))
    reader.stop()
    assert [type(event) for event in events] == [ReaderStateChanged, CardUnreadable, CardGone]
    assert isinstance(events[1], CardUnreadable)
    assert events[1].trouble is CardTrouble.NOT_SUPPORTED
    assert "a mistake with storage" in events[1].detail


def mohr_reader(*arguments: str) -> list[str]:
    """The command line of ``mohr reader`` in this environment."""
    return [sys.executable, "-c", "from gateway.cli.main import main; main()", "reader", *arguments]


def test_the_readers_are_listed_on_the_command_line(daemon: PcscDaemon) -> None:
    """``mohr reader list`` names the readers there are, and says what is wrong where none is."""
    before = subprocess.run(mohr_reader("list"), capture_output=True, text=True, check=True)
    daemon.start()
    after = subprocess.run(mohr_reader("list"), capture_output=True, text=True, check=True)
    assert "0x8010001D" in before.stdout
    for name in (LANE, OTHER_LANE):
        assert PcscDaemon.reader_name(name) in after.stdout
    assert "Simulated reader" in after.stdout


@pytest.mark.parametrize("shown", [True, False])
def test_a_card_is_watched_on_the_command_line(daemon: PcscDaemon, *, shown: bool) -> None:
    """``mohr reader watch`` prints one object a line, with the whole UID only when asked."""
    daemon.start()
    arguments = ["watch", "--name", LANE, "--taps", "1", "--seconds", str(PATIENCE_S), "--json"]
    arguments += ["--show-identity"] if shown else []
    daemon.slot(LANE).insert(UidCard(UID_A))
    done = subprocess.run(mohr_reader(*arguments), capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    (card,) = [line for line in lines if line["event"] == "card"]
    assert card["reader"] == PcscDaemon.reader_name(LANE)
    assert card["identity"] == (UID_A.hex() if shown else "…e5f6")


def test_a_watching_command_ends_in_good_order(daemon: PcscDaemon) -> None:
    """SIGTERM stops the reader like Ctrl-C does, without a traceback."""
    daemon.start()
    with subprocess.Popen(
        mohr_reader("watch", "--name", LANE),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("ready")
        process.send_signal(signal.SIGTERM)
        _out, errors = process.communicate(timeout=PATIENCE_S)
    assert "Traceback" not in errors
    assert process.returncode == 130


def test_a_second_daemon_is_refused(daemon: PcscDaemon) -> None:
    """A pcscd that somebody else runs is neither used nor disturbed."""
    daemon.start()
    with pytest.raises(PcscdError, match="another pcscd"):
        daemon.start()
