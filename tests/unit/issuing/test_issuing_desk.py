"""The issuing desk: what it writes down, what it refuses, and how it gets on after a cut."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

import pytest

from gateway.errors import ConfigError, ReaderError
from gateway.issuing.desk import DeskOrder
from gateway.issuing.errors import IssuingError, WrongCardError
from gateway.issuing.record import CardStage, DeskAction, DeskResult
from gateway.model.card import CardProfile
from gateway.model.ids import MemberId
from simulators.card import CardFault, FaultyCard, Type2NdefCard, Type4NdefCard, VirtualCard
from simulators.card_session import SimSession
from simulators.cards.desfire import VirtualDesfire
from simulators.cards.desfire_state import DesfireState, Generation
from simulators.cards.ntag424 import Ntag424Card
from simulators.cards.ntag424_state import KeySlot, Ntag424State
from simulators.cards.ultralight_aes import UltralightAesCard, blank_ultralight_aes

if TYPE_CHECKING:
    from tests.unit.issuing.conftest import DeskBench as Bench

    NewBench = Callable[[], Bench]

UID: Final = bytes.fromhex("04a1b2c3d4e5f6")
OTHER_UID: Final = bytes.fromhex("04a1b2c3d4e5f7")
MEMBER: Final = MemberId("ab" * 16)

NEW_CARDS: Final[dict[str, tuple[CardProfile, Callable[[], VirtualCard]]]] = {
    "ntag424": (CardProfile.NTAG424, lambda: Ntag424Card(Ntag424State(uid=UID))),
    "desfire ev3": (CardProfile.DESFIRE, lambda: VirtualDesfire(DesfireState(uid=UID))),
    "desfire ev1": (
        CardProfile.DESFIRE,
        lambda: VirtualDesfire(DesfireState(uid=UID, generation=Generation.EV1)),
    ),
    "ultralight aes": (
        CardProfile.ULTRALIGHT_AES,
        lambda: UltralightAesCard(blank_ultralight_aes(UID), Random(7).randbytes),
    ),
    "type 2 tag": (CardProfile.NDEF, lambda: Type2NdefCard(UID, b"")),
    "type 4 tag": (CardProfile.NDEF, lambda: Type4NdefCard(UID, b"", file_bytes=256)),
}


def new_card(uid: bytes = UID) -> Ntag424Card:
    """A card as the factory sells it."""
    return Ntag424Card(Ntag424State(uid=uid))


@pytest.mark.parametrize("kind", NEW_CARDS)
@pytest.mark.parametrize("fault", [CardFault.TEAR_BEFORE, CardFault.TEAR_AFTER])
def test_a_card_torn_away_anywhere_is_finished(
    new_bench: NewBench, kind: str, fault: CardFault
) -> None:
    """Of every kind, at every command: the next presentation ends with a card that verifies."""
    profile, make = NEW_CARDS[kind]
    counted = FaultyCard(make(), {})
    new_bench().issue(counted, profile=profile)
    for at in range(counted.command_count):
        bench, card = new_bench(), make()
        with pytest.raises(ReaderError):
            bench.issue(FaultyCard(card, {at: fault}), profile=profile)
        issued = bench.issue(card, profile=profile)
        assert issued.card.stage is CardStage.ISSUED, at
        assert bench.journal.open_intents(issued.card.chip) == []
        with SimSession(card) as session:
            known, check = bench.desk(profile).verify(session)
        assert known == issued.card
        assert check.number in {None, known.number}


def test_a_number_stands_on_one_card(bench: Bench) -> None:
    """A second card for the same number is refused before anything is written to it."""
    bench.issue(new_card(), DeskOrder(number="A1"))
    second = new_card(OTHER_UID)
    with pytest.raises(IssuingError, match="stands on another card"):
        bench.issue(second, DeskOrder(number="A1"))
    assert second.state == Ntag424State(uid=OTHER_UID)


def test_numbers_are_given_in_order(bench: Bench) -> None:
    """Who names no number gets the next one, which no card ever had."""
    numbers = [bench.issue(new_card(uid)).card.number for uid in (UID, OTHER_UID)]
    assert numbers == ["00000001", "00000002"]


def test_an_issued_card_is_recognised(bench: Bench) -> None:
    """Presented again it is neither written nor bound a second time."""
    card = new_card()
    first = bench.issue(card, DeskOrder(member_id=MEMBER))
    before = card.state
    again = bench.issue(card, DeskOrder(member_id=MEMBER))
    assert (again.was_known, again.card) == (True, first.card)
    assert card.state == before
    assert [one.member_id for one in bench.bound] == [MEMBER]


def test_a_card_the_ledger_refused_is_bound_at_the_next_try(bench: Bench) -> None:
    """The same command id goes out again, so that the ledger does it once."""
    card = new_card()
    bench.refusal = ConfigError("the gateway is not there")
    with pytest.raises(ConfigError):
        bench.issue(card, DeskOrder(number="A1", member_id=MEMBER))
    half = bench.journal.with_number("A1")
    assert half is not None
    assert half.stage is CardStage.MADE
    bench.refusal = None
    bench.issue(card, DeskOrder(member_id=MEMBER))
    assert [one.command_id for one in bench.bound] == [half.command_id]


def test_a_card_begun_for_one_member_is_not_finished_for_another(bench: Bench) -> None:
    """Whoever presents a half-made card for somebody else is told so."""
    card = new_card()
    with pytest.raises(ReaderError):
        bench.issue(FaultyCard(card, {25: CardFault.TEAR_AFTER}), DeskOrder(number="A1"))
    with pytest.raises(IssuingError, match="begun for number A1"):
        bench.issue(card, DeskOrder(number="A2"))
    assert bench.issue(card).card.number == "A1"


def test_a_foreign_card_takes_no_number(bench: Bench) -> None:
    """A card with somebody else's keys is left alone, and its number is free for the next."""
    foreign = KeySlot(value=b"somebody's keys!", version=7)
    state = Ntag424State(uid=OTHER_UID).with_key(0, foreign)
    with pytest.raises(WrongCardError, match="not ours"):
        bench.issue(Ntag424Card(state), DeskOrder(number="A1"))
    assert bench.issue(new_card(), DeskOrder(number="A1")).card.number == "A1"


def test_an_imitation_is_refused_unless_one_says_so(bench: Bench) -> None:
    """A chip without its maker's signature is not even claimed."""
    with SimSession(new_card()) as session, pytest.raises(WrongCardError, match="did not sign"):
        bench.desk(any_maker=False).issue(session, DeskOrder(number="A1"))
    assert bench.journal.with_number("A1") is None


@pytest.mark.parametrize("kind", ["ultralight aes", "type 2 tag"])
def test_another_kind_of_card_is_refused(bench: Bench, kind: str) -> None:
    """A desk that issues NTAG 424 DNA does not write what lies there otherwise."""
    with pytest.raises(WrongCardError):
        bench.issue(NEW_CARDS[kind][1]())


def test_a_rekeyed_card_is_of_the_new_version(bench: Bench) -> None:
    """After a new key version a card is rekeyed, torn away, rekeyed again, and verifies."""
    card = new_card()
    number = bench.issue(card).card.number
    bench.store.add_version()
    torn = FaultyCard(card, {30: CardFault.TEAR_AFTER})
    with SimSession(torn) as session, pytest.raises(ReaderError):
        bench.desk().rekey(session)
    assert {slot.version for slot in card.state.keys} == {1, 2}
    with SimSession(card) as session:
        known = bench.desk().rekey(session)
    assert (known.key_version, known.number) == (2, number)
    with SimSession(card) as session:
        assert bench.desk().verify(session)[1].version == 2
    assert sum(slot.failures for slot in card.state.keys) == 0


def test_a_desfire_is_rekeyed_and_wiped(bench: Bench) -> None:
    """New keys, then nothing of ours but its own master key, and then it is issued again."""
    profile, make = NEW_CARDS["desfire ev3"]
    card = make()
    bench.issue(card, profile=profile)
    bench.store.add_version()
    with SimSession(card) as session:
        assert bench.desk(profile).rekey(session).key_version == 2
    with SimSession(card) as session:
        assert bench.desk(profile).verify(session)[1].version == 2
    with SimSession(card) as session:
        assert bench.desk(profile).wipe(session) is not None
    assert bench.journal.with_number("00000001") is None


def test_a_wiped_card_frees_its_number(bench: Bench) -> None:
    """The card is the factory's again, and the number can stand on another one."""
    card = new_card()
    bench.issue(card, DeskOrder(number="A1"))
    with SimSession(card) as session:
        bench.desk().wipe(session)
    assert card.state.keys == (KeySlot(),) * 5
    assert bench.issue(new_card(OTHER_UID), DeskOrder(number="A1")).card.number == "A1"
    assert bench.issue(card, DeskOrder(number="A2")).card.number == "A2"


def test_an_ultralight_aes_is_not_wiped(bench: Bench) -> None:
    """Its locks are for good, and the desk says so."""
    profile, make = NEW_CARDS["ultralight aes"]
    card = make()
    bench.issue(card, profile=profile)
    with SimSession(card) as session, pytest.raises(WrongCardError, match="for good"):
        bench.desk(profile).wipe(session)


def test_a_replacing_card_retires_the_old_one(bench: Bench) -> None:
    """The journal knows the old card as replaced once the ledger has taken the new one."""
    old = bench.issue(new_card(), DeskOrder(number="A1")).card
    new = bench.issue(new_card(OTHER_UID), DeskOrder(replaces=old.token)).card
    assert bench.bound == [replace(new, stage=CardStage.MADE, changed_at_ms=new.changed_at_ms)]
    there = bench.journal.card(old.chip)
    assert there is not None
    assert there.stage is CardStage.REPLACED


def test_everything_done_has_its_row(bench: Bench) -> None:
    """Who did what, and what came of it: done, refused, or unknown for a card that left."""
    card = new_card()
    with pytest.raises(ReaderError):
        bench.issue(FaultyCard(card, {25: CardFault.TEAR_AFTER}))
    bench.issue(card)
    with SimSession(card) as session:
        bench.desk().verify(session)
    with SimSession(NEW_CARDS["type 2 tag"][1]()) as session, pytest.raises(WrongCardError):
        bench.desk().verify(session)
    rows = bench.journal.audit()
    assert [(one.action, one.result) for one in rows] == [
        (DeskAction.ISSUE, DeskResult.UNKNOWN),
        (DeskAction.ISSUE, DeskResult.DONE),
        (DeskAction.VERIFY, DeskResult.DONE),
        (DeskAction.VERIFY, DeskResult.REFUSED),
    ]
    assert {one.actor for one in rows} == {"a test"}
    assert [one.number for one in rows] == ["00000001"] * 3 + [""]


def test_the_journal_holds_no_key_and_no_uid(bench: Bench, tmp_path: Path) -> None:
    """Neither stands in the file, in clear or in hexadecimal."""
    card = new_card()
    bench.issue(card, DeskOrder(number="A1"))
    content = b"".join(one.read_bytes() for one in tmp_path.rglob("issuing.db*"))
    for secret in (UID, *(slot.value for slot in card.state.keys)):
        assert secret not in content
        assert secret.hex().encode() not in content.lower()


def test_a_code_takes_the_place_of_a_card_that_failed(bench: Bench) -> None:
    """The number goes from the broken card to the code, which is signed and bound."""
    with pytest.raises(ReaderError):
        bench.issue(
            FaultyCard(new_card(), {25: CardFault.TEAR_AFTER}),
            DeskOrder(number="A1", member_id=MEMBER),
        )
    press = bench.press()
    card = press.issue(DeskOrder(number="A1", member_id=MEMBER))
    assert (card.profile, card.stage) == (CardProfile.QR, CardStage.ISSUED)
    assert press.issue(DeskOrder(number="A1", member_id=MEMBER)) == card
    assert [one.token for one in bench.bound] == [card.token]
    assert b"<svg" in press.print("A1", "svg")
    assert press.print("A1", "pdf").startswith(b"%PDF")
    with pytest.raises(ConfigError, match="svg or pdf"):
        press.print("A1", "png")
