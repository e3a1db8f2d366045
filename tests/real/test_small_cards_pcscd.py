"""Small cards through a real pcscd: raw frames, signed records, and what is refused."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from queue import Queue
from secrets import token_bytes

import pytest

from gateway.crypto.file_signer import FileSigner
from gateway.crypto.public_key import PublicKey
from gateway.crypto.signer import Algorithm
from gateway.model.card import Assurance, CardProfile
from gateway.readers.cards.membership import Membership, signed_membership
from gateway.readers.cards.ndef import encode_message
from gateway.readers.cards.ndef_writing import write_type2
from gateway.readers.cards.ntag21x import SmallCardKind
from gateway.readers.cards.selection import own_profiles
from gateway.readers.cards.ultralight_aes_issuing import issue_ultralight_aes
from gateway.readers.cards.ultralight_aes_layout import CONFIG_PAGE, MARKER_PAGE
from gateway.readers.cards.writing import WriteDone, Writing
from gateway.readers.drive import drive
from gateway.readers.native import frame_style
from gateway.readers.pcsc import PcscReader
from gateway.readers.pcsc_calls import PcscContext
from gateway.readers.reader import CardSeen, CardTrouble, CardUnreadable, ReaderEvent
from gateway.readers.settings import ReaderSettings
from gateway.system_clock import SystemClock
from simulators.card import VirtualCard
from simulators.cards.classic import ClassicCard
from simulators.cards.ntag21x import Ntag21xCard, blank_ntag21x
from simulators.cards.ultralight_aes import UltralightAesCard, blank_ultralight_aes
from simulators.cards.ultralight_c import UltralightCCard, blank_ultralight_c
from simulators.given.small_cards import (
    KEYS,
    ORGANISATION,
    UID,
    issue_of,
    issued_card,
    random_from,
)
from simulators.pcscd import PcscDaemon, missing_parts

pytestmark = pytest.mark.real

#: One for each test, so that no card of the last one is still there.
LANES = tuple(f"Small {number}" for number in range(1, 8))
PATIENCE_S = 20.0
ISSUER = FileSigner.generate(Algorithm.ED25519)
MEMBER = Membership(organisation=ORGANISATION, number=b"0042")


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


def tap(daemon: PcscDaemon, lane: str, card: VirtualCard) -> CardSeen | CardUnreadable:
    """Put a card in front of a terminal that holds our keys, and hear what it says."""
    events: Queue[ReaderEvent] = Queue()
    reader = PcscReader(
        ReaderSettings(reader_name=PcscDaemon.reader_name(lane), recheck_after_ms=0),
        clock=SystemClock(),
        profiles=own_profiles(
            ORGANISATION,
            keys=KEYS,
            random_bytes=token_bytes,
            issuers=(PublicKey.from_cose_key(ISSUER.public_key),),
        ),
    )
    reader.start(events.put)
    slot = daemon.slot(lane)
    try:
        slot.insert(card)
        while True:
            event = events.get(timeout=PATIENCE_S)
            if isinstance(event, CardSeen | CardUnreadable):
                return event
    finally:
        slot.remove()
        reader.stop()


def write(daemon: PcscDaemon, lane: str, card: VirtualCard, writing: Writing) -> object:
    """Write to a card through pcscd, as the issuing desk does."""
    events: Queue[ReaderEvent] = Queue()
    name = PcscDaemon.reader_name(lane)
    watcher = PcscReader(
        ReaderSettings(reader_name=name), clock=SystemClock(), profiles=own_profiles()
    )
    slot = daemon.slot(lane)
    watcher.start(events.put)
    try:
        slot.insert(card)
        while not isinstance(events.get(timeout=PATIENCE_S), CardSeen):
            pass
        context = PcscContext()
        try:
            connected = context.connect(name)
            connected.begin()
            outcome: object = drive(writing, connected.transmit)
            connected.disconnect()
            return outcome
        finally:
            context.release()
    finally:
        slot.remove()
        watcher.stop()


def test_an_ultralight_aes_is_issued_and_authenticated(daemon: PcscDaemon) -> None:
    """From a blank card to a tap at the highest assurance, all of it through pcscd."""
    card = UltralightAesCard(blank_ultralight_aes(UID), random_from("card"))
    style = frame_style(PcscDaemon.reader_name(LANES[0]))
    writing = issue_ultralight_aes(issue_of(), style, token_bytes)
    assert write(daemon, LANES[0], card, writing) == WriteDone()
    seen = tap(daemon, LANES[1], card)
    assert isinstance(seen, CardSeen), seen
    assert (seen.tap.profile, seen.tap.identity) == (CardProfile.ULTRALIGHT_AES, UID)
    assert seen.tap.assurance is Assurance.AUTHENTICATED


def test_a_signed_record_is_written_and_read(daemon: PcscDaemon) -> None:
    """On a simulated NTAG213, by the reader's own UPDATE BINARY."""
    card = Ntag21xCard(blank_ntag21x(SmallCardKind.NTAG213, UID))
    message = encode_message([signed_membership(ISSUER, MEMBER, UID).to_record()])
    assert write(daemon, LANES[2], card, write_type2(message)) == WriteDone()
    seen = tap(daemon, LANES[3], card)
    assert isinstance(seen, CardSeen), seen
    assert (seen.tap.identity, seen.tap.assurance) == (MEMBER.identity, Assurance.SIGNED)


def downgraded() -> VirtualCard:
    """An Ultralight AES of ours whose CMAC somebody turned off."""
    card = issued_card()
    card.state = card.state.with_page(CONFIG_PAGE, bytes((0, 0, 0, MARKER_PAGE)))
    return card


@pytest.mark.parametrize(
    ("lane", "make", "trouble"),
    [
        (LANES[4], downgraded, CardTrouble.NOT_GENUINE),
        (LANES[5], lambda: ClassicCard(UID), CardTrouble.BROKEN_CIPHER),
        (
            LANES[6],
            lambda: UltralightCCard(blank_ultralight_c(UID), random_from("card")),
            CardTrouble.BROKEN_CIPHER,
        ),
    ],
    ids=["CMAC off", "Classic", "Ultralight C"],
)
def test_a_card_that_can_be_copied_is_refused(
    daemon: PcscDaemon, lane: str, make: Callable[[], VirtualCard], trouble: CardTrouble
) -> None:
    """Each says why."""
    refused = tap(daemon, lane, make())
    assert isinstance(refused, CardUnreadable), refused
    assert refused.trouble is trouble
    assert refused.detail
