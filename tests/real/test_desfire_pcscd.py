"""DESFire cards through a real pcscd: taps of every generation, and a purse torn at its commit."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from random import Random
from secrets import token_bytes

import pytest

from gateway.crypto.cards.purpose import CardKeyName, KeyPurpose
from gateway.errors import ReaderError
from gateway.model.card import Assurance, CardProfile
from gateway.model.ids import CardToken
from gateway.readers.cards.desfire import CardAccess, desfire_profile
from gateway.readers.cards.desfire_creation import TransactionMacKey
from gateway.readers.cards.desfire_layout import CardMembership
from gateway.readers.cards.desfire_value import OperationResult
from gateway.readers.cards.keys import SharedCardKeys
from gateway.readers.cards.uid import UID_PROFILE
from gateway.readers.pcsc import PcscReader
from gateway.readers.pcsc_calls import PcscContext
from gateway.readers.reader import CardGone, CardSeen, CardTrouble, CardUnreadable, ReaderEvent
from gateway.readers.settings import ReaderSettings
from gateway.system_clock import SystemClock
from simulators.card import CardFault, FaultyCard, VirtualCard
from simulators.cards.desfire import VirtualDesfire
from simulators.cards.desfire_issue import IssuedCard, PurseTerms, issued_state
from simulators.cards.desfire_state import DesfireState, Generation
from simulators.pcscd import PcscDaemon, missing_parts
from terminal_agent.card_journal import CardJournal
from terminal_agent.card_purse import CardInHand, CardPurses, PurseOrder

pytestmark = pytest.mark.real

#: One for each tap, so that no card of the last one is still there.
LANES = tuple(f"Desfire {number}" for number in range(1, 8))
PATIENCE_S = 20.0
ORGANISATION = b"ORGANISA"
UID = bytes.fromhex("04a1b2c3d4e5f6")
TOKEN = CardToken(bytes(32))


def keys(seed: int = 1) -> SharedCardKeys:
    """All masters of one organisation."""
    random = Random(seed)
    masters = {CardKeyName(purpose=one, version=1): random.randbytes(16) for one in KeyPurpose}
    return SharedCardKeys(organisation=ORGANISATION, masters=masters)


def state(generation: Generation, *, random_uid: bool = False) -> DesfireState:
    """An issued card with 100 in its purse."""
    terms = PurseTerms(value=100, transaction_mac_key=TransactionMacKey(key=bytes(16), version=1))
    card = IssuedCard(
        uid=UID,
        membership=CardMembership(organisation=ORGANISATION, number=bytes(16)),
        generation=generation,
        random_uid=random_uid,
        purse=terms,
    )
    return issued_state(card, keys())


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PcscDaemon]:
    """A real pcscd."""
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


class Lane:
    """One reader, watched by a terminal that holds some keys."""

    def __init__(self, daemon: PcscDaemon, lane: str, held: SharedCardKeys) -> None:
        self.events: Queue[ReaderEvent] = Queue()
        self.name = PcscDaemon.reader_name(lane)
        self.slot = daemon.slot(lane)
        self.reader = PcscReader(
            ReaderSettings(reader_name=self.name, recheck_after_ms=0, debounce_ms=0),
            clock=SystemClock(),
            profiles=(desfire_profile(held, ORGANISATION, token_bytes), UID_PROFILE),
        )
        self.reader.start(self.events.put)

    def tap(self, card: VirtualCard) -> CardSeen | CardUnreadable:
        """Put a card in and hear what the terminal says."""
        self.slot.insert(card)
        while True:
            event = self.events.get(timeout=PATIENCE_S)
            if isinstance(event, CardSeen | CardUnreadable):
                return event

    def take_away(self) -> None:
        """Take the card out and wait until that was noticed."""
        self.slot.remove()
        while not isinstance(self.events.get(timeout=PATIENCE_S), CardGone):
            pass

    def operate(self, journal: CardJournal, order: PurseOrder) -> OperationResult:
        """Move the purse of the card that is in."""
        context = PcscContext()
        try:
            connected = context.connect(self.name)
            held = CardInHand(uid=UID, token=TOKEN, transmit=connected.transmit)
            access = CardAccess(keys=keys(), random_bytes=token_bytes)
            return CardPurses(access, journal).operate(held, order).result
        finally:
            context.release()

    def close(self) -> None:
        """Take the card out and stop watching."""
        self.slot.remove()
        self.reader.stop()


@pytest.mark.parametrize(
    ("lane", "generation", "random_uid"),
    [
        (0, Generation.EV1, False),
        (1, Generation.EV2, False),
        (2, Generation.EV3, False),
        (3, Generation.EV3, True),
    ],
)
def test_a_card_is_authenticated(
    daemon: PcscDaemon,
    lane: int,
    generation: Generation,
    random_uid: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """Every generation, and one that hides its UID, by its real name."""
    watched = Lane(daemon, LANES[lane], keys())
    try:
        seen = watched.tap(VirtualDesfire(state(generation, random_uid=random_uid)))
    finally:
        watched.close()
    assert isinstance(seen, CardSeen)
    assert (seen.tap.profile, seen.tap.identity) == (CardProfile.DESFIRE, UID)
    assert seen.tap.assurance is Assurance.AUTHENTICATED


def test_another_organisations_keys_open_nothing(daemon: PcscDaemon) -> None:
    """The card refuses, and is no plain UID card either."""
    watched = Lane(daemon, LANES[4], keys(2))
    try:
        seen = watched.tap(VirtualDesfire(state(Generation.EV3)))
    finally:
        watched.close()
    assert isinstance(seen, CardUnreadable)
    assert seen.trouble is CardTrouble.NOT_GENUINE


@pytest.mark.parametrize(("lane", "generation"), [(5, Generation.EV1), (6, Generation.EV3)])
def test_a_purse_torn_at_its_commit_is_settled_at_the_next_tap(
    daemon: PcscDaemon, tmp_path: Path, lane: int, generation: Generation
) -> None:
    """The answer is lost after the card has committed; the next operation finds it done."""
    watched = Lane(daemon, LANES[lane], keys())
    card = VirtualDesfire(state(generation))
    with CardJournal.open(tmp_path / "cards.sqlite3") as journal:
        try:
            faulty = FaultyCard(card, {})
            assert isinstance(watched.tap(faulty), CardSeen)
            last = 8 if generation is Generation.EV1 else 7
            faulty._faults[faulty.command_count + last] = CardFault.TEAR_AFTER
            first = PurseOrder(operation_id=b"first  1", amount=30, ordered_at_ms=1)
            assert watched.operate(journal, first) is OperationResult.UNKNOWN
            assert len(journal.open_intents(TOKEN)) == 1
            watched.take_away()
            assert isinstance(watched.tap(card), CardSeen)
            second = PurseOrder(operation_id=b"second 2", amount=-50, ordered_at_ms=2)
            assert watched.operate(journal, second) is OperationResult.DONE
        except ReaderError as error:
            pytest.fail(f"the purse could not be reached: {error}")
        finally:
            watched.close()
        assert journal.open_intents() == ()
        assert journal.moved(TOKEN) == -20
