"""Managing a DESFire card: our application, its keys and files, and what the card refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.crypto.cards.ev2_messages import CommMode
from gateway.crypto.cards.originality import OriginalityProduct, verify_originality
from gateway.crypto.cards.purpose import KeyPurpose
from gateway.crypto.cards.transaction_mac import verify_transaction_mac
from gateway.errors import ValueRangeError
from gateway.readers.cards.desfire_card import (
    PICC_AID,
    DesfireCard,
    authenticate,
    select_application,
)
from gateway.readers.cards.desfire_commands import (
    abort_transaction,
    change_key,
    commit_transaction,
    commit_with_mac,
    credit,
    debit,
    get_key_version,
    get_value,
    get_version,
    read_data,
    read_signature,
    write_data,
)
from gateway.readers.cards.desfire_creation import (
    FREE,
    NEVER,
    AccessRights,
    FileSettings,
    TransactionMacKey,
    ValueLimits,
    create_application,
    create_backup_file,
    create_standard_file,
    create_transaction_mac_file,
    create_value_file,
)
from gateway.readers.cards.desfire_layout import (
    HISTORY_BYTES,
    HISTORY_FILE,
    KEY_NUMBERS,
    KEY_SETTINGS,
    MEMBERSHIP_ACCESS,
    MEMBERSHIP_BYTES,
    MEMBERSHIP_FILE,
    MOHR_AID,
    PURSE_ACCESS,
    PURSE_FILE,
    TRANSACTION_MAC_ACCESS,
    TRANSACTION_MAC_FILE,
    CardMembership,
)
from gateway.readers.cards.desfire_session import KeyChange
from gateway.readers.cards.desfire_tmi import data_input, value_input
from gateway.readers.cards.desfire_wire import DesfireStatus, Instruction
from gateway.readers.drive import drive
from gateway.readers.errors import AnswerNotGenuineError, CardRefusedError
from simulators.cards.desfire_state import DesfireState, Generation

if TYPE_CHECKING:
    from tests.unit.readers.desfire.conftest import Bench, Hand

UID = bytes.fromhex("04a1b2c3d4e5f6")
MAC_KEY = TransactionMacKey(key=bytes(range(16)), version=1)
FULL = CommMode.FULL
DATA = Path(__file__).parents[3] / "data" / "cards"

Result = TypeVar("Result")


def file_settings(number: int, access: AccessRights, mode: CommMode = FULL) -> FileSettings:
    """A file's settings."""
    return FileSettings(number=number, mode=mode, access=access)


def personalise(bench: Bench, hand: Hand, *, with_mac: bool) -> None:
    """What issuing does: application, files, membership, keys 1 to 4, and key 0 last."""
    card = DesfireCard()
    hand.drive(select_application(card, PICC_AID))
    hand.drive(create_application(card, MOHR_AID, key_settings=KEY_SETTINGS, key_count=5))
    hand.drive(select_application(card, MOHR_AID))
    hand.drive(authenticate(card, 0, bytes(16), bench.random.randbytes(16)))
    hand.drive(create_standard_file(card, file_settings(1, MEMBERSHIP_ACCESS), MEMBERSHIP_BYTES))
    limits = ValueLimits(lower=0, upper=500, value=100)
    hand.drive(create_value_file(card, file_settings(PURSE_FILE, PURSE_ACCESS), limits))
    hand.drive(create_backup_file(card, file_settings(HISTORY_FILE, PURSE_ACCESS), HISTORY_BYTES))
    if with_mac:
        file = file_settings(TRANSACTION_MAC_FILE, TRANSACTION_MAC_ACCESS)
        hand.drive(create_transaction_mac_file(card, file, MAC_KEY))
    for number in (1, 2, 3, 4, 0):
        purpose = next(one for one, at in KEY_NUMBERS.items() if at == number)
        new_key = bench.keys().key(purpose, 2, UID, MOHR_AID, number)
        assert new_key is not None
        change = KeyChange(
            number=number,
            new_key=new_key,
            new_version=2,
            old_key=None if number == 0 else bytes(16),
        )
        hand.drive(change_key(card, change))
    card = bench.log_in(hand, KeyPurpose.WRITE)
    membership = CardMembership(organisation=b"ORGANISA", number=b"member-number-42")
    hand.drive(write_data(card, MEMBERSHIP_FILE, 0, membership.to_bytes(), FULL))


def test_a_new_card_becomes_one_of_ours(bench: Bench, generation: Generation) -> None:
    """Personalisation by commands leaves what the simulated issuing makes at once."""
    hand = bench.hold(DesfireState(uid=UID, generation=generation))
    personalise(bench, hand, with_mac=generation is not Generation.EV1)
    made = hand.inside.state
    wanted = bench.state(generation, value=100)
    assert made.applications[0].keys == wanted.applications[0].keys
    files = {one.settings.number: one for one in made.applications[0].files}
    assert files == {one.settings.number: one for one in wanted.applications[0].files}


def test_the_version_tells_the_generation(bench: Bench, generation: Generation) -> None:
    """Three frames, one value; with a session also a MAC over all of them."""
    hand = bench.hold(bench.state(generation))
    card = DesfireCard()
    hand.drive(select_application(card, PICC_AID))
    version = hand.drive(get_version(card))
    assert (version.hardware_major, version.uid) == (int(generation), UID)
    assert hand.instructions == ["5a", "60", "af", "af"]
    card = bench.log_in(hand, KeyPurpose.TERMINAL)
    assert hand.drive(get_version(card)) == version


def test_an_original_card_shows_its_makers_signature(bench: Bench) -> None:
    """A published EV3 signature comes through and verifies for its UID alone; EV1 has none."""
    vectors = json.loads((DATA / "originality.json").read_text())["signatures"]
    vector = next(one for one in vectors if one["product"] == "desfire_ev3")
    uid, signature = bytes.fromhex(vector["uid"]), bytes.fromhex(vector["signature"])
    hand = bench.hold(DesfireState(uid=uid, signature=signature))
    shown = hand.drive(read_signature())
    assert verify_originality(OriginalityProduct.DESFIRE_EV3, uid, shown)
    assert not verify_originality(OriginalityProduct.DESFIRE_EV3, UID, shown)
    hand = bench.hold(DesfireState(uid=uid, generation=Generation.EV1))
    assert hand.refused(read_signature()) is DesfireStatus.ILLEGAL_COMMAND


def test_long_data_travel_in_many_frames(bench: Bench, generation: Generation) -> None:
    """200 bytes written and read enciphered, with a MAC, and in plain."""
    state = bench.state(generation)
    hand = bench.hold(state)
    data = bench.random.randbytes(200)
    rights = AccessRights(read=0, write=0, read_write=0, change=0)
    for number, mode in enumerate(CommMode, start=10):
        card = bench.log_in(hand, KeyPurpose.ADMIN)
        hand.drive(create_standard_file(card, file_settings(number, rights, mode), 200))
        hand.drive(write_data(card, number, 0, data, mode))
        assert hand.drive(read_data(card, number, 0, 200, mode)) == data
        assert hand.drive(read_data(card, number, 7, 16, mode)) == data[7:23]


def test_a_free_file_is_read_by_anybody(bench: Bench) -> None:
    """Access right E needs no key; F lets nobody in."""
    hand = bench.hold(bench.state())
    card = bench.log_in(hand, KeyPurpose.ADMIN)
    free = AccessRights(read=FREE, write=NEVER, read_write=NEVER, change=0)
    hand.drive(create_standard_file(card, file_settings(9, free, CommMode.PLAIN), 4))
    assert hand.refused(write_data(card, 9, 0, b"1234", CommMode.PLAIN)) is (
        DesfireStatus.AUTHENTICATION_ERROR
    )
    card = DesfireCard()
    hand.drive(select_application(card, MOHR_AID))
    assert hand.drive(read_data(card, 9, 0, 4, CommMode.PLAIN)) == bytes(4)


def test_value_changes_at_the_commit_and_not_before(bench: Bench, generation: Generation) -> None:
    """Credit and debit add up; an abort, a lost power and a new selection drop them."""
    hand = bench.hold(bench.state(generation, value=100))
    card = bench.log_in(hand, KeyPurpose.VALUE)
    hand.drive(credit(card, PURSE_FILE, 50, FULL))
    hand.drive(debit(card, PURSE_FILE, 20, FULL))
    assert hand.drive(get_value(card, PURSE_FILE, FULL)) == 100
    hand.drive(commit_transaction(card))
    assert hand.drive(get_value(card, PURSE_FILE, FULL)) == 130
    hand.drive(credit(card, PURSE_FILE, 50, FULL))
    hand.drive(abort_transaction(card))
    hand.drive(credit(card, PURSE_FILE, 1, FULL))
    hand.card.power_on()
    card = bench.log_in(hand, KeyPurpose.VALUE)
    assert hand.drive(get_value(card, PURSE_FILE, FULL)) == 130


def test_a_purse_keeps_its_limits(bench: Bench, generation: Generation) -> None:
    """Neither below nothing nor above the most: the card refuses, and the session is over."""
    for change, amount in ((debit, 101), (credit, 401)):
        hand = bench.hold(bench.state(generation, value=100))
        card = bench.log_in(hand, KeyPurpose.VALUE)
        status = hand.refused(change(card, PURSE_FILE, amount, FULL))
        assert status is DesfireStatus.BOUNDARY_ERROR
        with pytest.raises(AnswerNotGenuineError):
            hand.drive(get_value(card, PURSE_FILE, FULL))


def test_a_commit_of_nothing_is_refused(bench: Bench) -> None:
    """NO_CHANGES, as an abort of nothing."""
    for dialogue in (commit_transaction, abort_transaction):
        hand = bench.hold(bench.state(Generation.EV1, value=100))
        card = bench.log_in(hand, KeyPurpose.VALUE)
        assert hand.refused(dialogue(card)) is DesfireStatus.NO_CHANGES


def test_the_card_signs_what_was_committed(bench: Bench) -> None:
    """TMC counts up, and TMV is a MAC over exactly what was read and written."""
    hand = bench.hold(bench.state(Generation.EV2, value=100))
    card = bench.log_in(hand, KeyPurpose.VALUE)
    for counter in (1, 2):
        hand.drive(credit(card, PURSE_FILE, counter, FULL))
        hand.drive(write_data(card, HISTORY_FILE, 4, b"abc", FULL))
        mac = hand.drive(commit_with_mac(card))
        said = value_input(Instruction.CREDIT, PURSE_FILE, counter)
        said += data_input(Instruction.WRITE_DATA, HISTORY_FILE, 4, b"abc")
        assert mac.counter == counter
        assert verify_transaction_mac(MAC_KEY.key, UID, counter, said, mac.value)
        assert not verify_transaction_mac(MAC_KEY.key, UID, counter, said + said, mac.value)
    shown = hand.drive(read_data(card, TRANSACTION_MAC_FILE, 0, 12, FULL))
    assert shown == (2).to_bytes(4, "little") + mac.value


def test_a_second_of_the_same_name_is_refused(bench: Bench) -> None:
    """Applications and files keep their names."""
    hand = bench.hold(bench.state())
    card = DesfireCard()
    hand.drive(select_application(card, PICC_AID))
    again = create_application(card, MOHR_AID, key_settings=KEY_SETTINGS, key_count=5)
    assert hand.refused(again) is DesfireStatus.DUPLICATE_ERROR
    card = bench.log_in(hand, KeyPurpose.ADMIN)
    again = create_standard_file(card, file_settings(1, MEMBERSHIP_ACCESS), 25)
    assert hand.refused(again) is DesfireStatus.DUPLICATE_ERROR


def test_nothing_is_found_outside_a_file(bench: Bench, generation: Generation) -> None:
    """Reading past the end, and files that are not there."""
    for number, offset, status in (
        (1, 1, DesfireStatus.BOUNDARY_ERROR),
        (8, 0, DesfireStatus.FILE_NOT_FOUND),
    ):
        hand = bench.hold(bench.state(generation))
        card = bench.log_in(hand, KeyPurpose.TERMINAL)
        dialogue = read_data(card, number, offset, MEMBERSHIP_BYTES, FULL)
        assert hand.refused(dialogue) is status


def test_an_answer_without_end_is_cut_off() -> None:
    """A card that always says "more" is given up after a bounded number of frames."""
    count = 0

    def transmit(_command: bytes) -> bytes:
        nonlocal count
        count += 1
        return b"\0\x91\xaf"

    with pytest.raises(CardRefusedError, match="does not end"):
        drive(get_version(DesfireCard()), transmit)
    assert count < 40


def test_arguments_out_of_range_are_refused_here() -> None:
    """No command is made of a number that does not fit into it."""
    card = DesfireCard()
    for dialogue in (
        credit(card, PURSE_FILE, 0, FULL),
        debit(card, PURSE_FILE, 2**31, FULL),
        read_data(card, 32, 0, 1, FULL),
        read_data(card, 1, 0, 0, FULL),
        write_data(card, 1, 2**24, b"1", FULL),
        select_application(card, b"1234"),
        get_key_version(card, 16),
    ):
        with pytest.raises(ValueRangeError):
            next(dialogue)


def test_access_rights_survive_their_encoding() -> None:
    """Four digits, two bytes, LSB first."""
    rights = AccessRights(read=3, write=4, read_write=NEVER, change=0)
    assert rights.to_bytes() == bytes.fromhex("f034")
    assert AccessRights.from_bytes(rights.to_bytes()) == rights


@settings(max_examples=200)
@given(
    commands=st.lists(
        st.one_of(
            st.binary(max_size=20),
            st.builds(
                lambda one, data: bytes((0x90, one, 0, 0, len(data))) + data + b"\0",
                st.sampled_from([int(one) for one in Instruction]),
                st.one_of(st.binary(max_size=3), st.binary(max_size=54)),
            ),
        ),
        max_size=12,
    ),
    which=st.sampled_from(Generation),
    logged_in=st.booleans(),
)
def test_the_simulated_card_answers_anything(
    commands: list[bytes],
    which: Generation,
    logged_in: bool,  # noqa: FBT001 - drawn by the test
    request: pytest.FixtureRequest,
) -> None:
    """Nonsense is refused with a status, as a real card does, and the files stay as they are."""
    bench: Bench = request.getfixturevalue("bench")
    before = bench.state(which, value=100)
    hand = bench.hold(before)
    if logged_in:
        bench.log_in(hand, KeyPurpose.ADMIN)
    else:
        hand.transmit(bytes.fromhex("905a000003f54d4800"))
    for command in commands:
        assert len(hand.transmit(command)) >= 2
    after = hand.inside.state.application(MOHR_AID)
    assert after == before.application(MOHR_AID)
