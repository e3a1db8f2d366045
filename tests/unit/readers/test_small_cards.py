"""Classic, Ultralight C, NTAG21x and Ultralight EV1: recognised, refused or named by the UID."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.card import Assurance, CardProfile
from gateway.readers.apdu import CommandApdu, ResponseApdu
from gateway.readers.cards.dialogue import CardIdentity, CardProblem, OtherProfile
from gateway.readers.cards.ntag21x import (
    SmallCardKind,
    classify_version,
    ntag21x_profile,
    probe_kind,
    read_originality,
)
from gateway.readers.cards.traits import CardTraits, traits_of
from gateway.readers.cards.ultralight_c import is_ultralight_c
from gateway.readers.drive import drive
from gateway.readers.native import FrameStyle
from gateway.readers.native_carrier import carried_frame, carry_answer
from gateway.readers.reader import CardSeen, CardTrouble, CardUnreadable, ReaderEvent
from gateway.readers.settings import ReaderSettings
from simulators.card import CardFault, CardTornError, FaultyCard, VirtualCard, storage_atr
from simulators.cards.classic import ClassicCard
from simulators.cards.ntag21x import Ntag21xCard, blank_ntag21x
from simulators.cards.ultralight_aes import UltralightAesCard, blank_ultralight_aes
from simulators.cards.ultralight_c import UltralightCCard, blank_ultralight_c
from simulators.clock import VirtualClock
from simulators.given.small_cards import UID, random_from, read_card
from simulators.reader import SimReader

DATA = Path(__file__).parents[2] / "data" / "cards"
BOTH = [FrameStyle.TRANSPARENT, FrameStyle.ACR122]
KINDS = [kind for kind in SmallCardKind if kind is not SmallCardKind.ULTRALIGHT_AES]
CLASSIC_NAMES = [0x0001, 0x0002, 0x0026, 0x0036, 0x0037, 0xFF08, 0xFF09, 0xFF18, 0xFF88]
SIGNATURES = json.loads((DATA / "originality.json").read_text("utf-8"))["signatures"]


def by_uid(uid: bytes) -> CardIdentity:
    """A card named by its UID."""
    return CardIdentity(profile=CardProfile.UID, identity=uid, assurance=Assurance.IDENTIFIED)


def refusal(card: VirtualCard, style: FrameStyle = FrameStyle.TRANSPARENT) -> str:
    """Why a card is refused for what it is."""
    outcome = read_card(card, style).outcome
    assert isinstance(outcome, CardProblem), outcome
    assert outcome.trouble is CardTrouble.BROKEN_CIPHER
    return outcome.detail


@pytest.mark.parametrize("name", CLASSIC_NAMES)
@pytest.mark.parametrize("uid", [bytes.fromhex("9e112233"), UID])
def test_a_classic_is_refused_and_says_why(name: int, uid: bytes) -> None:
    """By the reader's name for it, or by its SAK where the reader has no name."""
    assert "Crypto1" in refusal(ClassicCard(uid, name=name))


@pytest.mark.parametrize("name", CLASSIC_NAMES)
def test_a_legacy_classic_is_a_uid_where_the_policy_says_so(name: int) -> None:
    """It identifies, and is worth no more than any other UID."""
    assert read_card(ClassicCard(UID, name=name), legacy_classic=True).outcome == by_uid(UID)


def test_the_policy_reaches_a_reader_by_its_settings() -> None:
    """The same card, refused by one lane and taken by another."""
    said: list[ReaderEvent] = []
    for legacy in (False, True):
        reader = SimReader(ReaderSettings(legacy_classic=legacy), clock=VirtualClock(unix_ms=0))
        reader.start(said.append)
        reader.tap(ClassicCard(UID))
        reader.stop()
    refused, taken = (one for one in said if isinstance(one, CardSeen | CardUnreadable))
    assert isinstance(refused, CardUnreadable)
    assert refused.trouble is CardTrouble.BROKEN_CIPHER
    assert isinstance(taken, CardSeen)


@pytest.mark.parametrize("legacy", [False, True])
def test_a_random_uid_of_a_classic_names_nobody(*, legacy: bool) -> None:
    """The policy is about copies; a number drawn for this tap is no name at all."""
    card = ClassicCard(bytes.fromhex("08112233"))
    outcome = read_card(card, legacy_classic=legacy).outcome
    assert isinstance(outcome, CardProblem)
    assert outcome.trouble is CardTrouble.RANDOM_UID


@pytest.mark.parametrize("name", [0xFF00, 0xFF20, 0x0003, 0x0000])
def test_other_names_are_no_classic(name: int) -> None:
    """An Ultralight's and a DESFire's SAK do not have the bit."""
    assert not traits_of(storage_atr(name=name), UID).is_classic


def test_an_ultralight_c_is_refused_by_name() -> None:
    """Nothing is asked of a card that the reader names."""
    card = FaultyCard(
        UltralightCCard(blank_ultralight_c(UID), random_from("card"), name=0x003A), {}
    )
    assert "Ultralight C" in refusal(card)
    assert card.command_count == 1


@pytest.mark.parametrize("style", BOTH)
def test_an_ultralight_c_is_refused_by_its_answer(style: FrameStyle) -> None:
    """Shown as a plain Ultralight, it gives itself away by an 8-byte challenge."""
    card = UltralightCCard(blank_ultralight_c(UID), random_from("card"))
    assert "Ultralight C" in refusal(card, style)


def test_an_ultralight_c_on_a_reader_without_frames_is_only_a_uid() -> None:
    """Its UID identifies, which is all that anything of it is worth."""
    card = UltralightCCard(blank_ultralight_c(UID), random_from("card"))
    assert read_card(card, FrameStyle.NONE).outcome == by_uid(UID)


@given(st.binary(max_size=40))
def test_only_a_challenge_of_eight_bytes_is_an_ultralight_c(answer: bytes) -> None:
    """AF and a block of 3DES, nothing else."""
    assert is_ultralight_c(answer) is (len(answer) == 9 and answer[0] == 0xAF)


@pytest.mark.parametrize("style", [*BOTH, FrameStyle.NONE])
@pytest.mark.parametrize("kind", KINDS)
def test_an_ntag_is_named_by_its_uid(kind: SmallCardKind, style: FrameStyle) -> None:
    """Identified and no more, on every kind of reader."""
    assert read_card(Ntag21xCard(blank_ntag21x(kind, UID)), style).outcome == by_uid(UID)


@pytest.mark.parametrize("kind", KINDS)
def test_a_chip_says_what_it_is(kind: SmallCardKind) -> None:
    """GET_VERSION tells the products and sizes apart."""
    card = Ntag21xCard(blank_ntag21x(kind, UID))
    assert drive(probe_kind(FrameStyle.ACR122), card.transmit) is kind


@pytest.mark.parametrize(
    "raw", ["", "00", "0004040201000f", "0004040201000f04", "0104040201000f03", "0005040201000f03"]
)
def test_other_versions_are_not_known(raw: str) -> None:
    """Cut short, of another protocol, or of another maker."""
    assert classify_version(bytes.fromhex(raw)) is None


@given(st.binary(max_size=12))
def test_no_version_is_an_error(raw: bytes) -> None:
    """Whatever a chip answers, it is a kind or none."""
    assert classify_version(raw) in {None, *SmallCardKind}


def kind_of(product: str) -> SmallCardKind | None:
    """The chip whose signature a vector holds, where a small card has one."""
    return {
        "ntag_21x": SmallCardKind.NTAG213,
        "ultralight_ev1": SmallCardKind.ULTRALIGHT_EV1_48,
        "ultralight_aes": SmallCardKind.ULTRALIGHT_AES,
    }.get(product)


SMALL_SIGNATURES = [one for one in SIGNATURES if kind_of(one["product"]) is not None]


@pytest.mark.parametrize("vector", SMALL_SIGNATURES, ids=lambda one: one["name"])
def test_the_published_signatures_are_read_from_a_tag(vector: dict[str, Any]) -> None:
    """G6: a tag with a published UID and signature is the maker's; with another UID it is not."""
    kind = kind_of(vector["product"])
    assert kind is not None
    uid, signature = bytes.fromhex(vector["uid"]), bytes.fromhex(vector["signature"])
    card: VirtualCard = (
        UltralightAesCard(blank_ultralight_aes(uid, signature), random_from("card"))
        if kind is SmallCardKind.ULTRALIGHT_AES
        else Ntag21xCard(blank_ntag21x(kind, uid, signature=signature))
    )
    assert drive(read_originality(FrameStyle.TRANSPARENT, kind, uid), card.transmit)
    assert not drive(read_originality(FrameStyle.TRANSPARENT, kind, UID), card.transmit)


def judge(card: Ntag21xCard, *, original_only: bool) -> CardIdentity | CardProblem | OtherProfile:
    """What the profile alone says."""
    profile = ntag21x_profile(original_only=original_only)
    traits = traits_of(card.atr, card.uid, FrameStyle.TRANSPARENT)
    assert profile.accepts(traits)
    return drive(profile.read(traits), card.transmit)


def test_an_imitation_is_refused_where_originals_are_asked_for() -> None:
    """Without the question its UID identifies like any other."""
    card = Ntag21xCard(blank_ntag21x(SmallCardKind.NTAG213, UID))
    found = judge(card, original_only=True)
    assert isinstance(found, CardProblem)
    assert found.trouble is CardTrouble.NOT_GENUINE
    assert judge(card, original_only=False) == by_uid(UID)


def test_the_published_password_is_answered_and_never_asked_for() -> None:
    """G5: a sniffed password opens the tag, so no profile takes it for a proof."""
    vector = json.loads((DATA / "ntag21x.json").read_text("utf-8"))["password"][0]
    command, answer = bytes.fromhex(vector["command"]), bytes.fromhex(vector["answer"])
    state = blank_ntag21x(SmallCardKind.NTAG213, UID)
    card = Ntag21xCard(state)
    last = len(state.memory) // 4 - 1
    assert card.send(bytes((0xA2, last - 1)) + command[1:]) == 0x0A
    assert card.send(bytes((0xA2, last)) + answer + bytes(2)) == 0x0A
    assert card.send(command) == answer
    log: list[bytes] = []
    read_card(Logging(card, log))
    assert log
    assert not any(command.startswith(b"\x1b") for command in log)


class Logging(VirtualCard):
    """A card whose commands are kept."""

    def __init__(self, card: VirtualCard, log: list[bytes]) -> None:
        self.atr = card.atr
        self._card, self._log = card, log

    def power_on(self) -> None:
        """Power the card inside."""
        self._card.power_on()

    def transmit(self, command: bytes) -> bytes:
        """Keep the frame, or the command where it carries none, and hand it on."""
        carried = carried_frame(CommandApdu.from_bytes(command))
        self._log.append(command if carried is None or carried.frame is None else carried.frame)
        return self._card.transmit(command)


def test_a_reader_that_begins_a_session_and_carries_nothing_leaves_the_uid() -> None:
    """Some readers know the session and not the exchange."""
    card = Ntag21xCard(blank_ntag21x(SmallCardKind.NTAG213, UID))

    def without_exchange(command: bytes) -> bytes:
        if command[:4] == bytes.fromhex("ffc20001"):
            return bytes.fromhex("6a81")
        return card.transmit(command)

    found = drive(
        ntag21x_profile().read(traits_of(card.atr, UID, FrameStyle.TRANSPARENT)), without_exchange
    )
    assert isinstance(found, OtherProfile)
    assert "6A81" in found.detail


@pytest.mark.parametrize("fault", [CardFault.TEAR_BEFORE, CardFault.TEAR_AFTER])
@pytest.mark.parametrize("at", range(6))
def test_a_small_card_torn_away_is_read_at_the_next_tap(at: int, fault: CardFault) -> None:
    """Reading changes nothing on it, wherever it is torn away."""
    card = Ntag21xCard(blank_ntag21x(SmallCardKind.NTAG216, UID))
    before = card.state
    with pytest.raises(CardTornError):
        read_card(FaultyCard(card, {at: fault}))
    assert card.state == before
    assert read_card(card).outcome == by_uid(UID)


@given(st.data())
def test_a_small_card_that_talks_nonsense_is_a_value(data: st.DataObject) -> None:
    """The profile ends with a value whatever the reader or the card says."""
    profile = ntag21x_profile(original_only=data.draw(st.booleans()))
    style = data.draw(st.sampled_from(list(FrameStyle)))

    def transmit(_command: bytes) -> bytes:
        said = data.draw(st.binary(max_size=40))
        if data.draw(st.booleans()):
            return carry_answer(style, said).to_bytes()
        status = data.draw(st.sampled_from([0x9000, 0x6300, 0x6400, 0x6110, 0x6C04]))
        return ResponseApdu(data=said, status=status).to_bytes()

    traits = CardTraits(kind=traits_of(storage_atr(), UID).kind, uid=UID, frames=style)
    found = drive(profile.read(traits), transmit)
    assert isinstance(found, CardIdentity | CardProblem | OtherProfile)
