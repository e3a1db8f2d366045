"""Ultralight AES at the counter: the tap, the downgrade, wrong keys, torn and malformed answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.crypto.cards.ultralight_aes import challenge_answer
from gateway.model.card import Assurance, CardProfile
from gateway.readers.apdu import CommandApdu, ResponseApdu
from gateway.readers.cards.dialogue import CardIdentity, CardProblem
from gateway.readers.cards.selection import identify, own_profiles
from gateway.readers.cards.ultralight_aes import authenticate
from gateway.readers.cards.ultralight_aes_layout import (
    ACCESS,
    ACCESS_OPEN,
    ACCESS_PAGE,
    AUTH_LIMIT,
    CONFIG_PAGE,
    DATA_KEY,
    DATA_KEY_PAGE,
    KEY_LOCK_PAGE,
    MARKER_PAGE,
    Marker,
    decode_marker,
    key_pages,
)
from gateway.readers.drive import drive
from gateway.readers.native import FrameStyle
from gateway.readers.native_carrier import carried_frame, carry_answer
from gateway.readers.reader import CardTrouble
from simulators.card import (
    CardFault,
    CardTornError,
    FaultyCard,
    UidCard,
    WrongStatus,
    storage_atr,
)
from simulators.cards.layer3 import ACK, Said
from simulators.cards.ultralight_aes import (
    UltralightAesCard,
    UltralightAesState,
    blank_ultralight_aes,
)
from simulators.cards.ultralight_c import UltralightCCard, blank_ultralight_c
from simulators.given.small_cards import (
    KEY_VERSION,
    KEYS,
    ORGANISATION,
    UID,
    data_key,
    issued_card,
    random_from,
    read_card,
)

DATA = Path(__file__).parents[2] / "data" / "cards"
BOTH = [FrameStyle.TRANSPARENT, FrameStyle.ACR122]
#: CMAC off, and everything else as issued.
PLAIN_CONFIG = bytes((0, 0, 0, MARKER_PAGE))


def trouble_of(card: UltralightAesCard) -> tuple[CardTrouble, str]:
    """Why the terminal does not take a card."""
    outcome = read_card(card).outcome
    assert isinstance(outcome, CardProblem), outcome
    return outcome.trouble, outcome.detail


def changed(change: Callable[[UltralightAesState], UltralightAesState]) -> UltralightAesCard:
    """An issued card whose memory was changed by somebody who could."""
    card = issued_card()
    card.state = change(card.state)
    return card


@pytest.mark.parametrize("style", BOTH)
def test_a_card_of_ours_is_authenticated(style: FrameStyle) -> None:
    """Named by its real UID, at the highest assurance, on both kinds of reader."""
    reading = read_card(issued_card(), style)
    assert reading.outcome == CardIdentity(
        profile=CardProfile.ULTRALIGHT_AES, identity=UID, assurance=Assurance.AUTHENTICATED
    )


@pytest.mark.parametrize(("style", "commands"), [(BOTH[0], 9), (BOTH[1], 6)])
def test_a_tap_sends_no_more_than_it_must(style: FrameStyle, commands: int) -> None:
    """UID, marker, two frames of authentication, two READs; the session's frame is the reader's."""
    card = FaultyCard(issued_card(), {})
    read_card(card, style)
    assert card.command_count == commands


def test_the_published_authentication_is_what_the_dialogue_sends() -> None:
    """G1: the trace of a real card, frame by frame; its answer is taken."""
    vector = json.loads((DATA / "ultralight_aes.json").read_text("utf-8"))["authentication"][0]
    raw = {name: bytes.fromhex(vector[name]) for name in vector if name != "name"}
    frames: list[bytes] = []
    answers = [b"\xaf" + raw["rnd_b_enc"], b"\x00" + raw["answer"]]

    def play(command: bytes) -> bytes:
        carried = carried_frame(CommandApdu.from_bytes(command))
        assert carried is not None
        assert carried.frame is not None
        frames.append(carried.frame)
        return carry_answer(carried.style, answers[len(frames) - 1]).to_bytes()

    session = drive(authenticate(FrameStyle.TRANSPARENT, DATA_KEY, raw["key"], raw["rnd_a"]), play)
    assert not isinstance(session, CardProblem)
    assert frames == [b"\x1a\x00", b"\xaf" + raw["cryptogram"]]


def test_a_card_with_cmac_off_is_refused_although_it_holds_the_key() -> None:
    """The published downgrade starts from such a card, so authentication alone is not enough."""
    card = changed(lambda state: state.with_page(CONFIG_PAGE, PLAIN_CONFIG))
    trouble, detail = trouble_of(card)
    assert trouble is CardTrouble.NOT_GENUINE
    assert "CMAC is off" in detail


class Relay:
    """Somebody between a card and a genuine terminal, who goes on in the card's session."""

    def __init__(self, card: UltralightAesCard) -> None:
        card.power_on()
        terminal_rnd_a = random_from("terminal")(16)
        challenge = card.send(b"\x1a\x00")
        assert isinstance(challenge, bytes)
        # What the terminal answers is all that the relay sees of the key.
        cryptogram, _rnd_b = challenge_answer(data_key(), terminal_rnd_a, challenge[1:])
        card.send(b"\xaf" + cryptogram)
        self.card = card

    def write(self, page: int, block: bytes) -> bool:
        """Whether a page could be overwritten without the key."""
        return self.card.send(bytes((0xA2, page)) + block) == ACK


def test_a_relay_takes_over_a_card_with_cmac_off() -> None:
    """BREAKMEIFYOUCAN: AUTH0 and the key are overwritten in the victim's session."""
    card = changed(
        lambda state: (
            state.with_page(CONFIG_PAGE, PLAIN_CONFIG)
            .with_page(ACCESS_PAGE, ACCESS_OPEN)
            .with_page(KEY_LOCK_PAGE, bytes(4))
        )
    )
    relay = Relay(card)
    assert relay.write(CONFIG_PAGE, bytes((0, 0, 0, 0x3C)))
    for offset, block in enumerate(key_pages(bytes(16))):
        assert relay.write(DATA_KEY_PAGE + offset, block)
    assert card.state.key(DATA_KEY_PAGE) == bytes(16)
    assert card.state.auth0 == 0x3C


@pytest.mark.parametrize(
    ("page", "block"), [(CONFIG_PAGE, bytes((0, 0, 0, 0x3C))), (DATA_KEY_PAGE, bytes(4))]
)
def test_a_relay_gets_nowhere_with_cmac_on(page: int, block: bytes) -> None:
    """Not even on a card whose locks were forgotten: a frame without a MAC ends the session."""
    card = changed(
        lambda state: state.with_page(ACCESS_PAGE, ACCESS_OPEN).with_page(KEY_LOCK_PAGE, bytes(4))
    )
    before = card.state
    relay = Relay(card)
    assert not relay.write(page, block)
    assert card.state == before


@pytest.mark.parametrize(
    ("page", "block", "said"),
    [
        (CONFIG_PAGE, bytes((2, 0, 0, 0x3C)), "page 29"),
        (CONFIG_PAGE, bytes((3, 0, 0, MARKER_PAGE)), "page 29"),
        (ACCESS_PAGE, ACCESS_OPEN, "page 2A"),
        (ACCESS_PAGE, ACCESS[:2] + bytes(2), "page 2A"),
        (KEY_LOCK_PAGE, bytes((0xC0, 0, 0, 0)), "keys are not locked"),
        (KEY_LOCK_PAGE, bytes(4), "keys are not locked"),
    ],
    ids=["AUTH0 moved", "random UID on", "settings open", "no limit", "locks open", "keys open"],
)
def test_a_card_that_is_not_as_issued_is_refused(page: int, block: bytes, said: str) -> None:
    """It holds the key and answers under MAC, and still is not what left the issuing desk."""
    trouble, detail = trouble_of(changed(lambda state: state.with_page(page, block)))
    assert trouble is CardTrouble.NOT_GENUINE
    assert said in detail


def test_a_copy_without_the_key_is_refused_and_counts_on_its_own_limit() -> None:
    """A blank with the same UID and marker cannot answer the challenge."""
    state = blank_ultralight_aes(UID)
    marker = Marker(organisation=ORGANISATION, key_version=KEY_VERSION).to_bytes()
    for offset in range(3):
        state = state.with_page(MARKER_PAGE + offset, marker[4 * offset :][:4])
    copy = UltralightAesCard(state, random_from("copy"))
    trouble, _detail = trouble_of(copy)
    assert trouble is CardTrouble.NOT_GENUINE
    assert copy.state.failures == 1


def test_a_card_with_the_key_of_another_version_is_tried_once() -> None:
    """The marker names the version, so a tap can cost the card one failure at most."""
    card = changed(
        lambda state: state.with_page(MARKER_PAGE, b"MU\x01\x02"),
    )
    assert trouble_of(card)[0] is CardTrouble.NOT_GENUINE
    assert card.state.failures == 1
    card.state = card.state.with_page(MARKER_PAGE, bytes((*b"MU", 1, KEY_VERSION)))
    assert isinstance(read_card(card).outcome, CardIdentity)
    assert card.state.failures == 0


def test_a_card_locked_by_failures_is_refused() -> None:
    """After its limit the card answers no challenge, not even the right key's."""
    card = changed(lambda state: replace(state, failures=AUTH_LIMIT))
    assert trouble_of(card)[0] is CardTrouble.NO_ANSWER


def test_a_version_this_terminal_does_not_hold_is_said() -> None:
    """No key is tried that could count against the card."""
    card = changed(lambda state: state.with_page(MARKER_PAGE, b"MU\x01\x07"))
    trouble, detail = trouble_of(card)
    assert trouble is CardTrouble.NOT_SUPPORTED
    assert "version 7" in detail
    assert card.state.failures == 0


@pytest.mark.parametrize("marker", [b"XX\x01\x03", b"MU\x02\x03", b"MU\x01\x00"])
def test_a_card_without_our_marker_is_only_a_uid(marker: bytes) -> None:
    """It is not spoken to by keys: the UID may identify, which is all that it is worth."""
    outcome = read_card(changed(lambda state: state.with_page(MARKER_PAGE, marker))).outcome
    assert isinstance(outcome, CardIdentity)
    assert (outcome.profile, outcome.assurance) == (CardProfile.UID, Assurance.IDENTIFIED)


def test_another_organisations_card_is_not_tried() -> None:
    """A wrong key would run up the failures of somebody else's card."""
    card = changed(lambda state: state.with_page(MARKER_PAGE + 1, b"ELSE"))
    outcome = read_card(card).outcome
    assert isinstance(outcome, CardIdentity)
    assert outcome.profile is CardProfile.UID
    assert card.state.failures == 0


@pytest.mark.parametrize("times", [1, 2])
def test_a_marker_that_cannot_be_read_is_a_card_that_is_leaving(times: int) -> None:
    """One lost READ is tried again; after two the card is not taken for one without a marker."""
    lost = WrongStatus(status=0x6300)
    outcome = read_card(FaultyCard(issued_card(), dict.fromkeys(range(1, 1 + times), lost))).outcome
    if times == 1:
        assert isinstance(outcome, CardIdentity)
        return
    assert isinstance(outcome, CardProblem)
    assert outcome.trouble is CardTrouble.NO_ANSWER


def test_a_memory_card_without_pages_is_not_ours() -> None:
    """A card that the reader cannot name and that has no such memory is a UID."""
    card = UidCard(UID, atr=storage_atr(name=0))
    outcome = read_card(card).outcome
    assert isinstance(outcome, CardIdentity)
    assert outcome.profile is CardProfile.UID


class Terse(UltralightAesCard):
    """A chip that holds the key and answers one page under MAC where four are asked for."""

    def _read(self, page: int) -> Said:
        said = super()._read(page)
        return said[:4] if isinstance(said, bytes) and page == CONFIG_PAGE else said


def test_a_short_answer_under_a_good_mac_is_refused() -> None:
    """Holding the key does not make half an answer a whole one."""
    trouble, detail = trouble_of(Terse(issued_card().state, random_from("card")))
    assert trouble is CardTrouble.NOT_GENUINE
    assert "4 bytes under MAC" in detail


def test_an_ultralight_c_with_our_marker_is_refused_for_what_it_is() -> None:
    """Its eight-byte challenge gives it away before any key is used."""
    state = blank_ultralight_c(UID)
    marker = Marker(organisation=ORGANISATION, key_version=KEY_VERSION).to_bytes()
    start = MARKER_PAGE * 4
    memory = state.memory[:start] + marker + state.memory[start + len(marker) :]
    outcome = read_card(UltralightCCard(replace(state, memory=memory), random_from("c"))).outcome
    assert isinstance(outcome, CardProblem)
    assert outcome.trouble is CardTrouble.BROKEN_CIPHER


def test_a_reader_without_raw_frames_says_so() -> None:
    """Our card is not taken for a UID card there: a copy of the UID would then pass for it."""

    def without_frames(command: bytes) -> bytes:
        if command[1] == 0xC2:
            return bytes.fromhex("6a81")
        return card.transmit(command)

    card = issued_card()
    profiles = own_profiles(ORGANISATION, keys=KEYS, random_bytes=random_from("reader"))
    outcome = drive(identify(card.atr, profiles), without_frames).outcome
    assert isinstance(outcome, CardProblem)
    assert outcome.trouble is CardTrouble.NOT_SUPPORTED


@pytest.mark.parametrize("fault", [CardFault.TEAR_BEFORE, CardFault.TEAR_AFTER])
@pytest.mark.parametrize("at", range(9))
def test_torn_at_every_apdu_the_card_is_none_the_worse(at: int, fault: CardFault) -> None:
    """Nothing is written and nothing is counted: the next tap reads it as ever."""
    card = issued_card()
    before = card.state
    with pytest.raises(CardTornError):
        read_card(FaultyCard(card, {at: fault}))
    assert card.state == before
    assert isinstance(read_card(card).outcome, CardIdentity)


@settings(max_examples=150, deadline=None)
@given(st.integers(4, 7), st.binary(max_size=40), st.sampled_from([*BOTH, None]))
def test_a_malformed_answer_never_becomes_an_authenticated_card(
    at: int, answer: bytes, wrapping: FrameStyle | None
) -> None:
    """Whatever replaces the card's word to one frame, however wrapped, there is a plain refusal."""
    card = issued_card()
    card.power_on()
    count = 0

    def transmit(command: bytes) -> bytes:
        nonlocal count
        count += 1
        true = card.transmit(command)
        if count - 1 != at:
            return true
        if wrapping is None:
            return answer + bytes.fromhex("9000")
        return carry_answer(wrapping, answer).to_bytes()

    profiles = own_profiles(ORGANISATION, keys=KEYS, random_bytes=random_from("reader"))
    outcome = drive(identify(card.atr, profiles), transmit).outcome
    assert isinstance(outcome, CardProblem)
    assert outcome.trouble in {
        CardTrouble.NOT_GENUINE,
        CardTrouble.NO_ANSWER,
        CardTrouble.NOT_SUPPORTED,
        CardTrouble.BROKEN_CIPHER,
    }


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_card_that_talks_nonsense_is_a_value_and_ends(data: st.DataObject) -> None:
    """Random answers to everything: an identity at most identified, or a named problem."""
    raw = st.binary(max_size=40)
    commands = 0

    def transmit(command: bytes) -> bytes:
        nonlocal commands
        commands += 1
        assert commands < 200
        said = data.draw(raw)
        carried = carried_frame(CommandApdu.from_bytes(command))
        if carried is not None and carried.frame is not None and data.draw(st.booleans()):
            return carry_answer(carried.style, said).to_bytes()
        status = data.draw(st.sampled_from([0x9000, 0x6300, 0x6A82, 0x6108, 0x6C10]))
        return ResponseApdu(data=said, status=status).to_bytes()

    profiles = own_profiles(ORGANISATION, keys=KEYS, random_bytes=random_from("reader"))
    style = data.draw(st.sampled_from(list(FrameStyle)))
    outcome = drive(identify(issued_card().atr, profiles, style), transmit).outcome
    assert isinstance(outcome, CardIdentity | CardProblem)
    assert not isinstance(outcome, CardIdentity) or outcome.assurance is not Assurance.AUTHENTICATED


@given(st.binary(max_size=20))
def test_a_marker_is_read_strictly(raw: bytes) -> None:
    """Whatever reads as a marker is written as the same bytes."""
    marker = decode_marker(raw)
    assert marker is None or marker.to_bytes() == raw


def test_keys_are_not_shown() -> None:
    """A simulated card that is logged shows no key."""
    assert "memory" not in repr(issued_card().state)
