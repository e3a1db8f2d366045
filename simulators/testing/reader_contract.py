"""The contract suite of ``Reader``: what every backend does, ours and those of other packages.

A driver's own tests hold three things: a bench, a fixture named ``bench``, and a subclass::

    class TestBoxReader(ReaderContract):
        @pytest.fixture
        def bench(self) -> Iterator[ReaderBench]:
            with BoxBench() as bench:
                yield bench

A bench is a reader and the hand that holds virtual cards to it. How that hand works is the driver's
own affair: a simulated device on a pseudo-terminal or a socket, a daemon with virtual readers, or a
robot. The suite knows no more of it than three movements.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from queue import Empty, Queue
from typing import Final, Self, TypeVar

import pytest

from gateway.model.card import Assurance, CardProfile
from gateway.readers.cards.membership import Membership
from gateway.readers.cards.ndef import NdefRecord, TypeNameFormat, encode_message
from gateway.readers.reader import (
    CardGone,
    CardSeen,
    CardTrouble,
    CardUnreadable,
    Reader,
    ReaderEvent,
    ReaderState,
    ReaderStateChanged,
    ReceiptScanned,
)
from gateway.readers.settings import ReaderSettings
from simulators.card import (
    CardFault,
    FaultyCard,
    Type2NdefCard,
    Type4NdefCard,
    UidCard,
    VirtualCard,
    iso_14443_4_atr,
)

UID_A: Final = bytes.fromhex("04a1b2c3d4e5f6")
UID_B: Final = bytes.fromhex("9e112233")
MEMBER: Final = Membership(organisation=b"ORGANISA", number=b"0042")
MESSAGE: Final = encode_message([MEMBER.to_record()])
_LATER_VERSION: Final = NdefRecord(
    tnf=TypeNameFormat.EXTERNAL, type=b"mohr.app:m", payload=b"\x7fORGANISA0042"
)

#: How long a real reader may take for what the simulated one does at once.
PATIENCE_S: Final = 15.0

Kind = TypeVar("Kind", ReaderStateChanged, CardSeen, CardGone, CardUnreadable, ReceiptScanned)


def contract_settings(reader_name: str) -> ReaderSettings:
    """The settings with which the suite expects a reader to be made.

    Args:
        reader_name: see ``ReaderSettings``.
    """
    return ReaderSettings(reader_name=reader_name, answer_timeout_ms=1_500, debounce_ms=3_000)


class ReaderBench(ABC):
    """A reader, and the hand that holds cards to it. As a context manager it starts and stops it.

    Args:
        reader: made with ``contract_settings``, not yet started.
        name: the reader's name, as its events give it.

    Attributes:
        events: what the reader said and nobody has looked at yet.
        stopped: whether ``stop`` was called.
    """

    def __init__(self, reader: Reader, name: str) -> None:
        self.reader = reader
        self.name = name
        self.events: Queue[ReaderEvent] = Queue()
        self.stopped = False

    @abstractmethod
    def put(self, card: VirtualCard) -> None:
        """Hold a card to the reader: ``power_on`` it, then let ``transmit`` answer each command.

        ``CardTornError`` from ``transmit`` means that the card left at that moment, and
        ``CardSilentError`` that it stays and will never answer.
        """

    @abstractmethod
    def take(self) -> None:
        """Take the card away, if one is there."""

    @abstractmethod
    def swap_quickly(self, card: VirtualCard) -> None:
        """Exchange the card so quickly that the device may not notice that one left."""

    def start(self) -> None:
        """Start the reader and wait until it is ready."""
        self.reader.start(self.events.put)
        assert self.expect(ReaderStateChanged).state is ReaderState.READY

    def stop(self) -> None:
        """Stop the reader, once."""
        if not self.stopped:
            self.stopped = True
            self.reader.stop()

    def expect(self, kind: type[Kind]) -> Kind:
        """The next event, which is of this kind and of this reader."""
        try:
            event = self.events.get(timeout=PATIENCE_S)
        except Empty:
            pytest.fail(f"no event came; a {kind.__name__} was expected")
        assert isinstance(event, kind), event
        assert _reader_of(event) == self.name
        return event

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.take()
        self.stop()


def _reader_of(event: ReaderEvent) -> str:
    return event.tap.reader if isinstance(event, CardSeen) else event.reader


def _wait_until_read(card: FaultyCard) -> None:
    """Wait until the reader has asked the card something."""
    deadline_s = time.monotonic() + PATIENCE_S
    while card.command_count == 0:
        assert time.monotonic() < deadline_s, "the reader never spoke to the card"
        time.sleep(0.02)


class ReaderContract:
    """What every reader does. Subclass it under a name that begins with ``Test``."""

    def test_a_uid_card_is_seen_and_gone(self, bench: ReaderBench) -> None:
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
    def test_an_ndef_card_is_named_by_its_record(
        self, bench: ReaderBench, card: VirtualCard
    ) -> None:
        """Both kinds of tag carry the same membership through the whole stack."""
        bench.put(card)
        tap = bench.expect(CardSeen).tap
        assert (tap.profile, tap.identity) == (CardProfile.NDEF, MEMBER.identity)
        bench.take()
        bench.expect(CardGone)

    @pytest.mark.parametrize("fault", [CardFault.TEAR_BEFORE, CardFault.TEAR_AFTER])
    @pytest.mark.parametrize("command", [0, 4])
    def test_a_torn_card_is_a_trouble_and_the_next_card_is_read(
        self, bench: ReaderBench, fault: CardFault, command: int
    ) -> None:
        """Whether it left before or after executing, at once or later: nothing crashes."""
        bench.put(FaultyCard(Type4NdefCard(UID_A, MESSAGE), {command: fault}))
        assert bench.expect(CardUnreadable).trouble is CardTrouble.REMOVED_EARLY
        bench.expect(CardGone)
        bench.put(UidCard(UID_B))
        assert bench.expect(CardSeen).tap.identity == UID_B

    def test_a_second_card_is_a_second_tap(self, bench: ReaderBench) -> None:
        """One customer after the other, each with a departure."""
        for uid in (UID_A, UID_B):
            bench.put(UidCard(uid))
            assert bench.expect(CardSeen).tap.identity == uid
            bench.take()
            bench.expect(CardGone)

    def test_a_quick_swap_is_noticed(self, bench: ReaderBench) -> None:
        """A card exchanged faster than the driver looks does not earn for the first's owner."""
        bench.put(UidCard(UID_A))
        assert bench.expect(CardSeen).tap.identity == UID_A
        bench.swap_quickly(UidCard(UID_B))
        bench.expect(CardGone)
        assert bench.expect(CardSeen).tap.identity == UID_B

    def test_the_same_card_again_at_once_is_one_tap(self, bench: ReaderBench) -> None:
        """A trembling hand makes one tap; the next card is heard without anything between."""
        bench.put(UidCard(UID_A))
        bench.expect(CardSeen)
        bench.take()
        bench.expect(CardGone)
        again = FaultyCard(UidCard(UID_A), {})
        bench.put(again)
        _wait_until_read(again)
        bench.take()
        bench.put(UidCard(UID_B))
        assert bench.expect(CardSeen).tap.identity == UID_B

    def test_a_hung_card_is_given_up_and_the_next_card_is_read(self, bench: ReaderBench) -> None:
        """The lane is free again although the card never answers."""
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
            (Type4NdefCard(UID_A, encode_message([_LATER_VERSION])), CardTrouble.BAD_RECORD),
        ],
        ids=["random UID", "UID of 8 bytes", "no UID", "torn record", "record of a later version"],
    )
    def test_a_card_that_cannot_be_accepted_says_why(
        self, bench: ReaderBench, card: VirtualCard, trouble: CardTrouble
    ) -> None:
        """Each refusal has its own trouble, so the customer can be told what to do."""
        bench.put(card)
        assert bench.expect(CardUnreadable).trouble is trouble
        bench.take()
        bench.expect(CardGone)

    def test_nothing_is_delivered_after_stop(self, bench: ReaderBench) -> None:
        """After ``stop`` returns the agent hears no more, whatever is in front of the reader."""
        bench.put(UidCard(UID_A))
        bench.expect(CardSeen)
        bench.stop()
        assert bench.events.empty()
