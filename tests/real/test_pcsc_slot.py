"""The issuing desk's reader beside a real pcscd: cards come, are issued, hang, and leave."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Final

import pytest

from gateway.issuing.ntag424_personaliser import Ntag424Personaliser
from gateway.issuing.personaliser import CardOrder
from gateway.issuing.protocol import Note, drive_issuing
from gateway.readers.cards.keys import StoredCardKeys
from gateway.readers.cards.traits import traits_of
from gateway.readers.cards.uid import read_uid
from gateway.readers.drive import drive
from gateway.readers.errors import CardRemovedError, CardTimeoutError, ReaderUnavailableError
from gateway.readers.pcsc_slot import PcscSlot
from gateway.readers.slot import CardSession
from simulators.card import CardFault, FaultyCard, UidCard, VirtualCard
from simulators.cards.ntag424 import Ntag424Card
from simulators.cards.ntag424_state import Ntag424State
from simulators.memory_keys import MemoryKeyStore
from simulators.pcscd import PcscDaemon, missing_parts
from simulators.vpcd import VpcdSlot

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]

LANE, OTHER_LANE = "Lane 1", "Lane 2"
UID: Final = bytes.fromhex("04a1b2c3d4e5f6")
PATIENCE_MS: Final = 15_000
DEADLINE_MS: Final = 1_000
GET_UID: Final = bytes.fromhex("ffca000000")


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[PcscDaemon]:
    """A real pcscd with two readers."""
    missing = missing_parts()
    if missing is not None:
        if os.environ.get("MOHR_ALLOW_SKIPS") == "1":
            pytest.skip(missing)
        pytest.fail(f"{missing} (or set MOHR_ALLOW_SKIPS=1)")
    daemon = PcscDaemon(tmp_path, [LANE, OTHER_LANE])
    try:
        daemon.start()
        yield daemon
    finally:
        daemon.close()


@pytest.fixture
def slot(daemon: PcscDaemon) -> Iterator[PcscSlot]:
    """The desk's place for cards, on the first reader."""
    name = daemon.reader_name(LANE)
    with PcscSlot(name, answer_timeout_ms=DEADLINE_MS) as opened:
        yield opened


@pytest.fixture
def hand(daemon: PcscDaemon) -> VpcdSlot:
    """The hand that lays cards on the first reader."""
    return daemon.slot(LANE)


def laid(hand: VpcdSlot, slot: PcscSlot, card: VirtualCard) -> CardSession:
    """Lay a card down, and wait for its session."""
    hand.insert(card)
    session = slot.next_card(PATIENCE_MS)
    assert session is not None
    return session


def issue(session: CardSession) -> int | None:
    """Issue an NTAG 424 DNA in this session."""
    keys = StoredCardKeys(organisation=b"ORGANISA", store=MemoryKeyStore.from_seed(6))
    kind = Ntag424Personaliser(
        keys=keys,
        organisation=b"ORGANISA",
        address="https://mohr.invalid/t",
        random_bytes=Random(1).randbytes,
    )
    notes: list[Note] = []
    uid = drive(read_uid(), session.transmit)
    assert isinstance(uid, bytes)
    seen = drive(kind.see(traits_of(session.atr, uid)), session.transmit)
    order = CardOrder(version=1, number="1001")
    return drive_issuing(kind.make(seen, order), session.transmit, notes.append)


def test_a_card_is_issued_through_a_real_daemon(hand: VpcdSlot, slot: PcscSlot) -> None:
    """Torn away in the middle, laid down again, finished; not handed out while it lies there."""
    card = Ntag424Card(Ntag424State(uid=UID))
    torn = FaultyCard(card, {41: CardFault.TEAR_AFTER})
    with laid(hand, slot, torn) as session, pytest.raises(CardRemovedError):
        issue(session)
    with laid(hand, slot, card) as session:
        assert issue(session) == 1
    assert {key.version for key in card.state.keys} == {1}
    assert slot.next_card(DEADLINE_MS) is None


def test_a_card_that_hangs_is_given_up_and_the_next_one_taken(
    hand: VpcdSlot, slot: PcscSlot
) -> None:
    """The deadline ends the session; once the card is gone the reader works on."""
    silent = FaultyCard(UidCard(UID), {1: CardFault.SILENCE})
    with laid(hand, slot, silent) as session:
        with pytest.raises(CardTimeoutError, match="did not answer"):
            session.transmit(GET_UID)
        with pytest.raises(CardRemovedError):
            session.transmit(GET_UID)
    hand.remove()
    # pcscd looks every 400 ms; a card that is changed for another in between raises no event.
    assert slot.next_card(DEADLINE_MS) is None
    with laid(hand, slot, UidCard(UID)) as session:
        assert session.transmit(GET_UID) == UID + b"\x90\x00"


def test_the_reader_must_be_named_where_there_are_several(daemon: PcscDaemon) -> None:
    """A desk does not guess which reader somebody lays a card on."""
    del daemon
    with pytest.raises(ReaderUnavailableError, match="more than one"):
        PcscSlot("", answer_timeout_ms=DEADLINE_MS)
    with pytest.raises(ReaderUnavailableError, match="no reader's name holds"):
        PcscSlot("Omnikey", answer_timeout_ms=DEADLINE_MS)
