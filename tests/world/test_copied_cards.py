"""A copied NTAG 424 between two terminals: real cards, readers, sealed configuration and ledger."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.audit.auditor import audit
from gateway.crypto.card_token import card_token, organisation_of
from gateway.crypto.file_signer import FileSigner
from gateway.crypto.public_key import PublicKey
from gateway.crypto.sealed_box import AgreementKey
from gateway.intake.card_proof import CardProofs
from gateway.intake.key_ring import KeyRing
from gateway.intake.open_message import open_message
from gateway.ledger.memory_store import MemoryLedgerStore
from gateway.ledger.store import LedgerStore
from gateway.model.authorisation import AuthAnswer
from gateway.model.card import Assurance, CardEvidence, Tap
from gateway.model.ids import BranchId, MemberId, TerminalId
from gateway.model.outcome import Reason, Status
from gateway.readers.cards.keys import StoredCardKeys
from gateway.readers.cards.selection import own_profiles
from gateway.readers.reader import CardSeen, ReaderEvent
from gateway.readers.settings import ReaderSettings
from gateway.service.configurations import Configurations
from gateway.service.told import CardOffice, tell
from gateway.writer.decision import AlarmKind, Decision
from gateway.writer.settings import WriterSettings
from gateway.writer.writer import Writer
from mqtt.topics import topic_auth, topic_tx
from simulators.cards.ntag424 import Ntag424Card
from simulators.cards.ntag424_state import issued_state
from simulators.clock import VirtualClock
from simulators.memory_keys import MemoryKeyStore
from simulators.reader import SimReader
from simulators.rules_shop import club
from simulators.sealed_terminal import SealedTerminal, sale_key
from terminal_agent.card_keys import HeldCardKeys
from terminal_agent.gateway_messages import open_configuration

CARD_KEY = bytes(range(32))
PHONE_KEY = bytes(reversed(CARD_KEY))
UID = bytes.fromhex("04a1b2c3d4e5f6")
START_MS = 1_800_000_000_000
HOUR_MS = 3_600_000


@dataclass
class Lane:
    """A terminal with its reader: what it reads it seals, and sends when it has a network."""

    box: SealedTerminal
    reader: SimReader
    clock: VirtualClock
    seen: list[ReaderEvent] = field(default_factory=list)
    queue: list[bytes] = field(default_factory=list)

    def tap(self, card: Ntag424Card) -> CardEvidence:
        """Hold a card before the reader and take it away."""
        self.seen.clear()
        self.reader.tap(card)
        self.reader.remove()
        self.clock.advance(5_000)
        (tap,) = [event.tap for event in self.seen if isinstance(event, CardSeen)]
        return _evidence(tap)


def _evidence(tap: Tap) -> CardEvidence:
    return CardEvidence(
        profile=tap.profile,
        token=card_token(CARD_KEY, tap.profile, tap.identity),
        assurance=tap.assurance,
        counter=tap.counter,
        proof=tap.proof,
    )


class House:
    """A gateway's ledger and keys, and lanes that got theirs in a sealed configuration."""

    def __init__(self) -> None:
        self.keys = MemoryKeyStore.from_seed(11)
        self.store: LedgerStore = MemoryLedgerStore()
        self.store.add_programme(club())
        self.signer = FileSigner.generate()
        chance = random.Random(3)
        self.stored = StoredCardKeys(organisation=organisation_of(CARD_KEY), store=self.keys)
        self.writer = Writer(
            self.store,
            new_member_id=lambda: MemberId(chance.randbytes(16).hex()),
            settings=WriterSettings(),
            check_card=CardProofs(self.stored, CARD_KEY, PHONE_KEY),
        )
        self.now_ms = START_MS
        self.card_state = issued_state(UID, self.stored, 1, "https://mohr.example/t")

    def lane(self, name: str) -> Lane:
        """Register a terminal and configure it as a gateway does."""
        box = SealedTerminal(TerminalId(name), agreement=AgreementKey.generate())
        self.store.add_terminal(box.registration, BranchId("main"), self.now_ms)
        office = CardOffice(keys=self.keys)
        told = tell(self.store, office, authenticate=True, now_ms=self.now_ms)
        (row,) = [one for one in self.store.terminals() if one.terminal == name]
        made = Configurations(self.signer, CARD_KEY).publish(
            row, self.store.programmes(), self.now_ms, told
        )
        opened = open_configuration(
            made.payload,
            PublicKey.from_cose_key(self.signer.public_key),
            TerminalId(name),
            box.agreement,
        )
        held = HeldCardKeys()
        held.exchange(opened.shared_keys)
        clock = VirtualClock(unix_ms=self.now_ms)
        chance = random.Random(name)
        profiles = own_profiles(keys=held, random_bytes=chance.randbytes)
        reader = SimReader(ReaderSettings(reader_name=name), clock=clock, profiles=profiles)
        lane = Lane(box=box, reader=reader, clock=clock)
        reader.start(lane.seen.append)
        return lane

    def take(self, topic: Callable[[str], str], lane: Lane, *sealed: bytes) -> Decision:
        """What the gateway makes of messages that came from a lane."""
        ring = KeyRing.of(self.store.terminal_keys())
        arrivals = [
            one for message in sealed for one in open_message(topic(lane.box.name), message, ring)
        ]
        return self.writer.apply(arrivals, self.now_ms)

    def online(self, lane: Lane, hours: int = 0) -> None:
        """Let time pass for everybody."""
        self.now_ms += hours * HOUR_MS
        lane.box.now_ms = self.now_ms

    def audited(self) -> None:
        """The auditor comes to the same."""
        with self.store.batch() as batch:
            assert audit(batch).findings == ()


def _ask(house: House, lane: Lane, card: Ntag424Card) -> AuthAnswer:
    sealed = lane.box.inquire(lane.tap(card))
    return house.take(topic_auth, lane, sealed).answers[0]


def test_a_terminal_knows_a_genuine_card_by_the_keys_it_was_told() -> None:
    """Keys of a sealed configuration authenticate a card, and its proof convinces the gateway."""
    house = House()
    lane = house.lane("till-1")
    card = Ntag424Card(house.card_state)
    evidence = lane.tap(card)
    assert evidence.assurance is Assurance.AUTHENTICATED
    assert (evidence.counter, len(evidence.proof or b"")) == (1, 24)
    sealed = lane.box.earn(evidence, sale_key(1), 1_000)
    decision = house.take(topic_tx, lane, sealed)
    assert decision.receipts[0].results[0].status is Status.APPLIED
    assert decision.alarms == ()
    house.audited()


def test_a_clone_is_refused_at_a_second_terminal_online() -> None:
    """The same keys and an old counter: no answer, an alarm, and the card is blocked for good."""
    house = House()
    north, south = house.lane("till-1"), house.lane("till-2")
    genuine = Ntag424Card(house.card_state)
    for _ in range(3):
        north.tap(genuine)
    clone = Ntag424Card(house.card_state)  # copied before those taps
    sealed = north.box.earn(north.tap(genuine), sale_key(1), 1_000)
    assert house.take(topic_tx, north, sealed).receipts[0].results[0].status is Status.APPLIED
    house.online(south, hours=1)
    answer = _ask(house, south, clone)
    assert (answer.status, answer.reason) == (Status.REFUSED, Reason.CARD_COPIED)
    house.online(north)
    assert _ask(house, north, genuine).reason is Reason.CARD_BLOCKED
    assert [card.token for card in house.store.denied_cards(8)] == [north.tap(genuine).token]
    house.audited()


def test_a_clone_is_caught_when_both_terminals_were_offline() -> None:
    """Whichever queue comes first, the other one sets off the alarm with both places in it."""
    for first, second in ((0, 1), (1, 0)):
        house = House()
        lanes = house.lane("till-1"), house.lane("till-2")
        cards = Ntag424Card(house.card_state), Ntag424Card(house.card_state)
        for lane, card in zip(lanes, cards, strict=True):
            for number in range(3):
                lane.box.now_ms += HOUR_MS
                key = sale_key(number + 10 * (lane is lanes[1]))
                lane.queue.append(lane.box.earn(lane.tap(card), key, 1_000))
        house.now_ms += 24 * HOUR_MS
        fine = house.take(topic_tx, lanes[first], *lanes[first].queue)
        assert {one.status for one in fine.receipts[0].results} == {Status.APPLIED}
        caught = house.take(topic_tx, lanes[second], *lanes[second].queue)
        assert Status.APPLIED not in {one.status for one in caught.receipts[0].results}
        alarm = caught.alarms[0]
        assert alarm.kind is AlarmKind.CARD_COPIED
        assert "till-1" in alarm.detail
        assert "till-2" in alarm.detail
        house.audited()


def test_a_forged_message_is_refused() -> None:
    """A proof with one wrong bit, or another card's, earns nothing and sets off the alarm."""
    house = House()
    lane = house.lane("till-1")
    card = Ntag424Card(house.card_state)
    evidence = lane.tap(card)
    proof = bytearray(evidence.proof or b"")
    proof[-1] ^= 1
    forged = CardEvidence(
        profile=evidence.profile,
        token=evidence.token,
        assurance=evidence.assurance,
        counter=evidence.counter,
        proof=bytes(proof),
    )
    decision = house.take(topic_tx, lane, lane.box.earn(forged, sale_key(1), 1_000))
    assert decision.receipts[0].results[0].reason is Reason.CARD_PROOF_WRONG
    assert [alarm.kind for alarm in decision.alarms] == [AlarmKind.CARD_PROOF_WRONG]
    house.audited()


def test_a_replayed_message_is_refused_later() -> None:
    """What somebody recorded of a tap is worth nothing after the tap is over."""
    house = House()
    lane = house.lane("till-1")
    evidence = lane.tap(Ntag424Card(house.card_state))
    house.take(topic_tx, lane, lane.box.earn(evidence, sale_key(1), 1_000))
    house.online(lane, hours=1)
    decision = house.take(topic_tx, lane, lane.box.earn(evidence, sale_key(2), 1_000))
    assert decision.receipts[0].results[0].reason is Reason.CARD_COPIED
    house.audited()
