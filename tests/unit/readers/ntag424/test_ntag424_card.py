"""The simulated NTAG 424 DNA keeps the data sheet's rules."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.crypto.cards.ev2_messages import CommMode
from gateway.crypto.cards.purpose import KeyPurpose
from gateway.readers.apdu import CommandApdu, read_binary, select_file
from gateway.readers.cards import ntag424_commands as commands
from gateway.readers.cards.ntag424_commands import FilePlace
from gateway.readers.cards.ntag424_settings import (
    FREE,
    NEVER,
    SdmSettings,
)
from gateway.readers.cards.ntag424_wire import (
    NDEF_FILE,
    PRIVATE_FILE,
    Ntag424RefusedError,
)
from gateway.readers.cards.selection import recheck
from gateway.readers.cards.sun import parse_sun
from simulators.cards.ntag424 import Ntag424Card
from simulators.cards.ntag424_login import DELAY_FROM
from simulators.cards.ntag424_state import FAILURE_LIMIT, KeySlot, Ntag424State
from simulators.given.ntag424_desk import (
    GET_VERSION,
    GO_ON,
    READ_SUN,
    SELECT,
    UID,
    ask,
    card_key,
    issued,
    open_session,
    selected,
    statuses,
    talk,
    try_key,
)

MEMBERSHIP = FilePlace(file_number=PRIVATE_FILE, length=16, mode=CommMode.FULL)
WRONG_KEY = b"\xee" * 16


def test_a_run_of_readings_counts_once() -> None:
    """Further readings of the same kind belong to the first; anything between begins another."""
    card = selected(issued())
    first, second = ask(card, READ_SUN), ask(card, READ_SUN)
    assert first == second
    assert card.state.read_counter == 1
    ask(card, GET_VERSION)
    ask(card, GO_ON)
    ask(card, GO_ON)
    ask(card, READ_SUN)
    assert card.state.read_counter == 2


def test_another_kind_of_reading_is_another_run() -> None:
    """A phone reads by READ BINARY in pieces; all of them show one message."""
    card = selected(issued())
    ask(card, READ_SUN)
    ask(card, select_file(0xE104))
    pieces = [ask(card, read_binary(at, 59)).data for at in range(0, 118, 59)]
    assert card.state.read_counter == 2
    message = parse_sun(b"".join(pieces))
    assert message is not None
    assert parse_sun(ask(card, READ_SUN).data) != message
    assert card.state.read_counter == 3


def test_reading_in_a_session_neither_counts_nor_mirrors() -> None:
    """Who is authenticated sees what is stored."""
    card = Ntag424Card(issued())
    session = open_session(card, KeyPurpose.TERMINAL)
    content, _ = talk(card, commands.read_file(session, FilePlace(file_number=2, length=128)))
    assert content == card.state.file(NDEF_FILE).content[:128]
    assert card.state.read_counter == 0


def test_an_authentication_ends_a_run() -> None:
    """And so does a new selection."""
    card = selected(issued())
    ask(card, READ_SUN)
    assert try_key(card, 0, card_key(KeyPurpose.ADMIN)) == "OK"
    ask(card, SELECT)
    ask(card, READ_SUN)
    assert card.state.read_counter == 2


def test_turning_messaging_on_again_counts_from_0() -> None:
    """Off and on resets; a change while it is on does not."""
    card = Ntag424Card(replace(issued(), read_counter=77))
    session = open_session(card, KeyPurpose.ADMIN)
    on = card.state.file(NDEF_FILE).settings
    session = talk(card, commands.change_file_settings(session, NDEF_FILE, on))
    assert card.state.read_counter == 77
    off = replace(on, sdm=None)
    session = talk(card, commands.change_file_settings(session, NDEF_FILE, off))
    talk(card, commands.change_file_settings(session, NDEF_FILE, on))
    assert card.state.read_counter == 0


def test_the_counter_is_told_to_who_may_know_it() -> None:
    """GetFileCounters under the right key, and to nobody else."""
    card = Ntag424Card(replace(issued(), read_counter=0x010203))
    session = open_session(card, KeyPurpose.ADMIN)
    counter, _ = talk(card, commands.get_file_counters(session, NDEF_FILE))
    assert counter == 0x010203
    session = open_session(card, KeyPurpose.TERMINAL)
    with pytest.raises(Ntag424RefusedError, match="91AE"):
        talk(card, commands.get_file_counters(session, NDEF_FILE))


def test_a_limit_and_the_last_number_end_the_readings() -> None:
    """From the limit on the file is not read, and the counter never starts over."""
    state = issued()
    stored = state.file(NDEF_FILE)
    assert stored.settings.sdm is not None
    limited = replace(stored.settings, sdm=replace(stored.settings.sdm, read_counter_limit=1))
    card = selected(state.with_file(NDEF_FILE, replace(stored, settings=limited)))
    assert statuses(card, READ_SUN, SELECT, READ_SUN) == ["9100", "9000", "919D"]
    used_up = selected(replace(state, read_counter=0xFFFFFF))
    assert statuses(used_up, READ_SUN) == ["911E"]


def test_a_plain_mirror_is_most_significant_first() -> None:
    """UID and counter as text, where the settings say so."""
    sdm = SdmSettings(meta_read=FREE, file_read=NEVER, uid_offset=0, read_counter_offset=14)
    state = replace(Ntag424State(uid=UID), read_counter=0x0102)
    stored = state.file(NDEF_FILE)
    card = selected(
        state.with_file(NDEF_FILE, replace(stored, settings=replace(stored.settings, sdm=sdm)))
    )
    assert ask(card, READ_SUN).data[:20] == b"04A1B2C3D4E5F6000103"


def test_wrong_keys_are_counted_and_forgiven() -> None:
    """One per failure, ten forgiven per success, each key for itself."""
    card = selected(issued())
    assert [try_key(card, 3, WRONG_KEY) for _ in range(12)] == ["91AE"] * 12
    slot = card.state.keys[3]
    assert (slot.failures, slot.failures_in_a_row) == (12, 12)
    assert try_key(card, 3, card_key(KeyPurpose.TERMINAL)) == "OK"
    slot = card.state.keys[3]
    assert (slot.failures, slot.failures_in_a_row) == (2, 0)
    assert card.state.keys[0].failures == 0


def test_after_fifty_wrong_keys_the_card_delays() -> None:
    """Without power too: it wants to be asked more often each time."""
    slot = KeySlot(
        value=card_key(KeyPurpose.TERMINAL), version=1, failures_in_a_row=49, failures=49
    )
    card = selected(issued().with_key(3, slot))
    assert [try_key(card, 3, WRONG_KEY) for _ in range(4)] == ["91AE", "91AD", "91AE", "91AD"]
    assert card.state.keys[3].failures_in_a_row == DELAY_FROM + 1
    again = selected(Ntag424State.from_json(card.state.to_json()))
    right = card_key(KeyPurpose.TERMINAL)
    assert [try_key(again, 3, right) for _ in range(2)] == ["91AD", "OK"]


def test_a_thousand_wrong_keys_lock_a_key_for_ever() -> None:
    """The right key is refused from then on; only a change of the key brings it back."""
    slot = KeySlot(value=card_key(KeyPurpose.TERMINAL), version=1, failures=FAILURE_LIMIT)
    card = selected(issued().with_key(3, slot))
    right = card_key(KeyPurpose.TERMINAL)
    assert try_key(card, 3, right) == "919D"
    session = open_session(card, KeyPurpose.ADMIN)
    talk(card, commands.change_other_key(session, 3, right, right, 1))
    talk(card, commands.select_ntag424())
    assert try_key(card, 3, right) == "OK"


def test_failures_need_not_be_counted() -> None:
    """SetConfiguration option 0A turns the counters off, or changes limit and forgiveness."""
    card = Ntag424Card(issued())
    session = open_session(card, KeyPurpose.ADMIN)
    data = b"\x01" + (5).to_bytes(2, "little") + (1).to_bytes(2, "little")
    session = talk(card, commands.set_configuration(session, 0x0A, data))
    assert (card.state.failure_limit, card.state.failure_decrement) == (5, 1)
    talk(card, commands.set_configuration(session, 0x0A, bytes(5)))
    ask(card, SELECT)
    assert try_key(card, 3, WRONG_KEY) == "91AE"
    assert card.state.keys[3].failures == 0


def test_a_random_uid_is_drawn_at_each_activation() -> None:
    """Four bytes from 08; the real one by GetCardUID, and in no other way."""
    card = Ntag424Card(issued())
    session = open_session(card, KeyPurpose.ADMIN)
    talk(card, commands.enable_random_uid(session))
    shown = set()
    for _ in range(4):
        card.power_on()
        uid = talk(card, recheck()).uid
        assert uid is not None
        assert (len(uid), uid[0]) == (4, 0x08)
        shown.add(uid)
    assert len(shown) == 4
    talk(card, commands.select_ntag424())
    version, _ = talk(card, commands.get_version())
    assert version.uid == bytes(7)
    with pytest.raises(Ntag424RefusedError, match="910B"):
        talk(card, commands.read_signature())
    session = open_session(card, KeyPurpose.TERMINAL)
    uid, session = talk(card, commands.get_card_uid(session))
    assert uid == UID
    signature, _ = talk(card, commands.read_signature(session))
    assert signature == card.state.signature


def test_a_session_ends_with_the_key_it_stands_on() -> None:
    """After ChangeKey of key 0 the old session is worth nothing."""
    card = Ntag424Card(issued())
    session = open_session(card, KeyPurpose.ADMIN)
    talk(card, commands.change_own_key(session, WRONG_KEY, 9))
    with pytest.raises(Ntag424RefusedError, match="91AE"):
        talk(card, commands.get_card_uid(session.next()))
    assert try_key(card, 0, WRONG_KEY) == "OK"
    assert talk(card, commands.select_ntag424()) is None
    assert talk(card, commands.get_key_version(None, 0)) == (9, None)


def test_an_old_key_that_does_not_fit_changes_nothing() -> None:
    """The checksum of the new key saves the card from a key that nobody knows."""
    card = Ntag424Card(issued())
    before = card.state
    session = open_session(card, KeyPurpose.ADMIN)
    with pytest.raises(Ntag424RefusedError, match="911E"):
        talk(card, commands.change_other_key(session, 1, WRONG_KEY, bytes(16), 2))
    assert card.state == before
    with pytest.raises(Ntag424RefusedError, match="91AE"):
        talk(card, commands.get_card_uid(session.next()))


@pytest.mark.parametrize("purpose", [KeyPurpose.TERMINAL, KeyPurpose.WRITE])
def test_only_the_master_key_changes_keys_and_settings(purpose: KeyPurpose) -> None:
    """Neither the counter's key nor the writing one can take a card over."""
    card = Ntag424Card(issued())
    before = card.state
    as_it_is = card.state.file(PRIVATE_FILE).settings
    for make in (
        lambda session: commands.change_other_key(session, 1, bytes(16), bytes(16), 2),
        lambda session: commands.change_file_settings(session, PRIVATE_FILE, as_it_is),
        commands.enable_random_uid,
    ):
        session = open_session(card, purpose)
        with pytest.raises(Ntag424RefusedError, match="91AE"):
            talk(card, make(session))
    assert card.state == before


NATIVE_COMMANDS = st.builds(
    lambda ins, data: CommandApdu(cla=0x90, ins=ins, data=data, expected=256),
    st.sampled_from([0x71, 0x77, 0xAF, 0x5F, 0xC4, 0x51, 0xF6, 0xF5, 0x64, 0x60, 0xAD, 0x3C, 0x5C]),
    st.binary(max_size=40) | st.sampled_from([b"\x02", b"\x03\x00", bytes(32), b"\x02" + bytes(6)]),
)
ISO_COMMANDS = st.builds(
    lambda ins, p1, p2, data: CommandApdu(cla=0x00, ins=ins, p1=p1, p2=p2, data=data),
    st.sampled_from([0xA4, 0xB0, 0xD6]),
    st.integers(0, 255),
    st.integers(0, 255),
    st.binary(max_size=8) | st.sampled_from([SELECT.data, b"\xe1\x04"]),
)


@settings(max_examples=200, deadline=None)
@given(sent=st.lists(NATIVE_COMMANDS | ISO_COMMANDS | st.just(SELECT), max_size=12))
def test_the_card_answers_anything_and_gives_nothing_away(sent: list[CommandApdu]) -> None:
    """No sequence of commands without a key crashes it, changes it or opens it."""
    card = selected(issued())
    for command in sent:
        answer = ask(card, command)
        assert not any(slot.value in answer.data for slot in card.state.keys)
    before, after = issued(), card.state
    assert after.files == before.files
    assert [slot.value for slot in after.keys] == [slot.value for slot in before.keys]
    assert after.random_uid is False


@given(raw=st.binary(max_size=20))
def test_the_card_answers_what_is_no_command(raw: bytes) -> None:
    """Any bytes get a status word."""
    assert len(selected(issued()).transmit(raw)) >= 2
