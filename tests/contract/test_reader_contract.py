"""One suite for every ``Reader``: the simulated one, and PC/SC behind a real pcscd with vpcd."""

from __future__ import annotations

import os
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from itertools import count
from queue import Empty, Queue
from typing import TypeVar

import pytest

from gateway.model.card import Assurance, CardProfile
from gateway.readers.cards.membership import Membership
from gateway.readers.cards.ndef import NdefRecord, TypeNameFormat, encode_message
from gateway.readers.pcsc import PcscReader
from gateway.readers.reader import (
    CardGone,
    CardSeen,
    CardTrouble,
    CardUnreadable,
    Reader,
    ReaderEvent,
    ReaderState,
    ReaderStateChanged,
)
from gateway.readers.settings import ReaderSettings
from gateway.system_clock import SystemClock
from simulators.card import (
    CardFault,
    FaultyCard,
    Type2NdefCard,
    Type4NdefCard,
    UidCard,
    VirtualCard,
    iso_14443_4_atr,
)
from simulators.clock import VirtualClock
from simulators.pcscd import PcscDaemon, missing_parts
from simulators.reader import SimReader
from simulators.vpcd import VpcdSlot

UID_A = bytes.fromhex("04a1b2c3d4e5f6")
UID_B = bytes.fromhex("9e112233")
MEMBER = Membership(organisation=b"ORGANISA", number=b"0042")
MESSAGE = encode_message([MEMBER.to_record()])
LANES = tuple(f"Lane {number}" for number in range(1, 7))

#: How long a real reader may take for what the simulated one does at once.
PATIENCE_S = 15.0

Kind = TypeVar("Kind", ReaderStateChanged, CardSeen, CardGone, CardUnreadable)


def reader_of(event: ReaderEvent) -> str:
    """Which reader an event is about."""
    return event.tap.reader if isinstance(event, CardSeen) else event.reader


class Bench(ABC):
    """A started reader, and the hand that holds cards to it."""

    name: str
    reader: Reader

    def __init__(self) -> None:
        self.events: Queue[ReaderEvent] = Queue()
        self.stopped = False

    def expect(self, kind: type[Kind]) -> Kind:
        """The next event, which is of this kind and of this reader."""
        try:
            event = self.events.get(timeout=PATIENCE_S)
        except Empty:
            pytest.fail(f"no event came; a {kind.__name__} was expected")
        assert isinstance(event, kind), event
        assert reader_of(event) == self.name
        return event

    def stop(self) -> None:
        """Stop the reader, once."""
        if not self.stopped:
            self.stopped = True
            self.reader.stop()

    @abstractmethod
    def put(self, card: VirtualCard) -> None:
        """Hold a card to the reader."""

    @abstractmethod
    def take(self) -> None:
        """Take the card away."""

    @abstractmethod
    def swap_quickly(self, card: VirtualCard) -> None:
        """Exchange the card so quickly that the driver may not notice."""


class SimBench(Bench):
    """The simulated reader."""

    def __init__(self, settings: ReaderSettings) -> None:
        super().__init__()
        self.clock = VirtualClock(unix_ms=1_700_000_000_000)
        self.settings = settings
        self.sim = SimReader(settings, clock=self.clock)
        self.reader, self.name = self.sim, self.sim.name

    def put(self, card: VirtualCard) -> None:
        """Hold a card to the reader."""
        self.sim.tap(card)

    def take(self) -> None:
        """Take the card away."""
        self.sim.remove()

    def swap_quickly(self, card: VirtualCard) -> None:
        """Exchange it unseen, and let the time of the recheck come."""
        self.sim.swap_unseen(card)
        self.clock.advance(self.settings.recheck_after_ms)
        self.sim.tick()


class PcscBench(Bench):
    """The PC/SC reader on one lane of a real daemon."""

    def __init__(self, settings: ReaderSettings, slot: VpcdSlot) -> None:
        super().__init__()
        self.reader = PcscReader(settings, clock=SystemClock())
        self.name = settings.reader_name
        self.slot = slot

    def put(self, card: VirtualCard) -> None:
        """Hold a card to the reader."""
        self.slot.insert(card)

    def take(self) -> None:
        """Take the card away."""
        self.slot.remove()

    def swap_quickly(self, card: VirtualCard) -> None:
        """Exchange it within the daemon's polling interval."""
        self.slot.insert(card)


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PcscDaemon]:
    """A real pcscd with more lanes than one test needs, so that no card of the last one is left."""
    missing = missing_parts()
    if missing is not None:
        if os.environ.get("MOHR_ALLOW_SKIPS") == "1":
            pytest.skip(missing)
        pytest.fail(f"{missing} (or set MOHR_ALLOW_SKIPS=1)")
    daemon = PcscDaemon(tmp_path_factory.mktemp("pcscd"), LANES)
    try:
        daemon.start()
        yield daemon
    finally:
        daemon.close()


_lane_numbers = count()


@pytest.fixture(params=["sim", pytest.param("pcsc", marks=pytest.mark.real)])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """A reader of each kind, ready."""
    bench: Bench
    before = set(threading.enumerate())
    # The simulated reader takes no lane: a lane rests for five real tests before it is used again.
    lane = LANES[0 if request.param == "sim" else next(_lane_numbers) % len(LANES)]
    settings = ReaderSettings(
        reader_name=PcscDaemon.reader_name(lane), answer_timeout_ms=1_500, debounce_ms=3_000
    )
    if request.param == "sim":
        bench = SimBench(settings)
    else:
        bench = PcscBench(settings, request.getfixturevalue("daemon").slot(lane))
    bench.reader.start(bench.events.put)
    assert bench.expect(ReaderStateChanged).state is ReaderState.READY
    yield bench
    if isinstance(bench, PcscBench):
        bench.take()
    bench.stop()
    left = {one for one in threading.enumerate() if one.name.startswith("mohr-pcsc")}
    assert left <= before


def test_a_uid_card_is_seen_and_gone(bench: Bench) -> None:
    """The plainest tap: the UID as the identity, then the departure."""
    bench.put(UidCard(UID_A))
    tap = bench.expect(CardSeen).tap
    assert (tap.profile, tap.identity) == (CardProfile.UID, UID_A)
    assert tap.assurance is Assurance.IDENTIFIED
    bench.take()
    bench.expect(CardGone)


@pytest.mark.parametrize(
    "card",
    [Type2NdefCard(UID_A, MESSAGE), Type4NdefCard(bytes.fromhex("08112233"), MESSAGE, mle=15)],
    ids=["type 2", "type 4"],
)
def test_an_ndef_card_is_named_by_its_record(bench: Bench, card: VirtualCard) -> None:
    """Both kinds of tag carry the same membership through the whole stack."""
    bench.put(card)
    tap = bench.expect(CardSeen).tap
    assert (tap.profile, tap.identity) == (CardProfile.NDEF, MEMBER.identity)
    bench.take()
    bench.expect(CardGone)


@pytest.mark.parametrize("fault", [CardFault.TEAR_BEFORE, CardFault.TEAR_AFTER])
@pytest.mark.parametrize("command", [0, 4])
def test_a_torn_card_is_a_trouble_and_the_next_card_is_read(
    bench: Bench, fault: CardFault, command: int
) -> None:
    """Whether it left before or after executing, at the first command or later: nothing crashes."""
    bench.put(FaultyCard(Type4NdefCard(UID_A, MESSAGE), {command: fault}))
    assert bench.expect(CardUnreadable).trouble is CardTrouble.REMOVED_EARLY
    bench.expect(CardGone)
    bench.put(UidCard(UID_B))
    assert bench.expect(CardSeen).tap.identity == UID_B


def test_a_second_card_is_a_second_tap(bench: Bench) -> None:
    """One customer after the other, each with a departure."""
    for uid in (UID_A, UID_B):
        bench.put(UidCard(uid))
        assert bench.expect(CardSeen).tap.identity == uid
        bench.take()
        bench.expect(CardGone)


def test_a_quick_swap_is_noticed(bench: Bench) -> None:
    """A card exchanged faster than the driver looks does not earn for the first card's owner."""
    bench.put(UidCard(UID_A))
    assert bench.expect(CardSeen).tap.identity == UID_A
    bench.swap_quickly(UidCard(UID_B))
    bench.expect(CardGone)
    assert bench.expect(CardSeen).tap.identity == UID_B


def test_the_same_card_again_at_once_is_one_tap(bench: Bench) -> None:
    """A trembling hand makes one tap; the next card is heard without anything between."""
    bench.put(UidCard(UID_A))
    bench.expect(CardSeen)
    bench.take()
    bench.expect(CardGone)
    again = FaultyCard(UidCard(UID_A), {})
    bench.put(again)
    wait_until_read(again)
    bench.take()
    bench.put(UidCard(UID_B))
    assert bench.expect(CardSeen).tap.identity == UID_B


def wait_until_read(card: FaultyCard) -> None:
    """Wait until the reader has asked the card something."""
    deadline_s = time.monotonic() + PATIENCE_S
    while card.command_count == 0:
        assert time.monotonic() < deadline_s, "the reader never spoke to the card"
        time.sleep(0.02)


def test_a_hung_card_is_given_up_and_the_next_card_is_read(bench: Bench) -> None:
    """The watchdog frees the lane although the driver's call never returns by itself."""
    bench.put(FaultyCard(UidCard(UID_A), {0: CardFault.SILENCE}))
    assert bench.expect(CardUnreadable).trouble is CardTrouble.NO_ANSWER
    bench.take()
    bench.expect(CardGone)
    bench.put(UidCard(UID_B))
    assert bench.expect(CardSeen).tap.identity == UID_B


@pytest.mark.parametrize(
    ("card", "trouble"),
    [
        (UidCard(bytes.fromhex("08112233")), CardTrouble.RANDOM_UID),
        (UidCard(bytes(8)), CardTrouble.NOT_SUPPORTED),
        (UidCard(b"", atr=iso_14443_4_atr()), CardTrouble.NOT_SUPPORTED),
        (Type2NdefCard(UID_A, MESSAGE[:-1]), CardTrouble.BAD_RECORD),
        (
            Type4NdefCard(
                UID_A,
                encode_message(
                    [
                        NdefRecord(
                            tnf=TypeNameFormat.EXTERNAL,
                            type=b"mohr.app:m",
                            payload=b"\x02ORGANISA0042",
                        )
                    ]
                ),
            ),
            CardTrouble.BAD_RECORD,
        ),
    ],
    ids=["random UID", "UID of 8 bytes", "no UID", "torn record", "record of a later version"],
)
def test_a_card_that_cannot_be_accepted_says_why(
    bench: Bench, card: VirtualCard, trouble: CardTrouble
) -> None:
    """Each refusal has its own trouble, so the customer can be told what to do."""
    bench.put(card)
    assert bench.expect(CardUnreadable).trouble is trouble
    bench.take()
    bench.expect(CardGone)


def test_nothing_is_delivered_after_stop(bench: Bench) -> None:
    """After ``stop`` returns the agent hears no more, whatever is in front of the reader."""
    bench.put(UidCard(UID_A))
    bench.expect(CardSeen)
    bench.stop()
    assert bench.events.empty()
