"""The simulated NTAG 424 DNA: files, who may do what with them, and every refusal."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from gateway.crypto.cards.ev2_messages import CommMode
from gateway.crypto.cards.purpose import KeyPurpose
from gateway.errors import WireError
from gateway.readers.apdu import CommandApdu, read_binary, select_file
from gateway.readers.cards import ntag424_commands as commands
from gateway.readers.cards.ntag424_commands import FilePlace
from gateway.readers.cards.ntag424_settings import (
    NEVER,
    AccessRights,
    FileSettings,
)
from gateway.readers.cards.ntag424_wire import (
    KEY_NUMBERS,
    NDEF_FILE,
    PRIVATE_FILE,
    NativeStatus,
    Ntag424RefusedError,
)
from simulators.cards.ntag424 import Ntag424Card
from simulators.cards.ntag424_state import Ntag424State
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


def test_the_membership_is_read_at_the_counter_and_written_at_the_desk() -> None:
    """File 3: reading under the terminal's key, writing under the desk's."""
    card = Ntag424Card(issued())
    session = open_session(card, KeyPurpose.WRITE)
    talk(card, commands.write_file(session, MEMBERSHIP, b"membership 00042"))
    session = open_session(card, KeyPurpose.TERMINAL)
    content, after = talk(card, commands.read_file(session, MEMBERSHIP))
    assert content == b"membership 00042"
    with pytest.raises(Ntag424RefusedError, match="91AE"):
        talk(card, commands.write_file(after, MEMBERSHIP, bytes(16)))
    card.power_on()
    talk(card, commands.select_ntag424())
    with pytest.raises(Ntag424RefusedError, match="91AE"):
        talk(card, commands.read_file(None, MEMBERSHIP))


def test_a_phone_reads_and_does_not_write_an_issued_card() -> None:
    """READ BINARY is free, UPDATE BINARY is not; on a blank card both are."""
    write = CommandApdu(cla=0x00, ins=0xD6, data=b"\x00\x03abc")
    for state, expected in ((issued(), "6982"), (Ntag424State(uid=UID), "9000")):
        card = selected(state)
        assert statuses(card, write) == ["6985"]
        ask(card, select_file(0xE104))
        assert statuses(card, read_binary(0, 20), write) == ["9000", expected]
    assert card.state.file(NDEF_FILE).content.startswith(b"\x00\x03abc\x00")


def test_short_file_names_select_too() -> None:
    """READ BINARY with a short identifier reads the container and the NDEF file."""
    card = selected(Ntag424State(uid=UID))
    container = CommandApdu(cla=0x00, ins=0xB0, p1=0x83, expected=15)
    assert ask(card, container).data.hex() == "001720010000ff0406e10401000000"
    unknown = CommandApdu(cla=0x00, ins=0xB0, p1=0x9E, expected=15)
    beyond = CommandApdu(cla=0x00, ins=0xB0, p1=0x01, p2=0x00, expected=1)
    assert statuses(card, unknown, select_file(0xE104), beyond) == ["6985", "9000", "6A86"]


def test_nothing_interrupts_a_command_of_several_parts() -> None:
    """Another command aborts an authentication or a GetVersion, and the session with it."""
    card = selected(issued())
    begin = CommandApdu(cla=0x90, ins=0x71, data=b"\x03\x00", expected=256)
    assert statuses(card, begin, READ_SUN, READ_SUN) == ["91AF", "91CA", "9100"]
    assert statuses(card, begin, SELECT, SELECT, GO_ON) == ["91AF", "6985", "9000", "911C"]
    assert statuses(card, GET_VERSION, READ_SUN, GO_ON) == ["91AF", "91CA", "911C"]


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("9099000000", "911C"),
        ("90ad000000", "917E"),
        ("90ad00000704000000000000 00", "91F0"),
        ("90ad00000702000100000000 00", "91BE"),
        ("90ad00000702f00000200000 00", "91BE"),
        ("90ad00010702000000000000 00", "919E"),
        ("90640000010500", "9140"),
        ("9064000001 0300", "9100"),
        ("9071000002 0500 00", "9140"),
        ("9071000002 8000 00", "919E"),
        ("9071000003 000102 00", "919E"),
        ("9071000001 00 00", "917E"),
        ("9077000001 00 00", "919D"),
        ("9051000000", "91AE"),
        ("90c40000020011 00", "91AE"),
        ("90f6000001 02 00", "91AE"),
        ("90f6000001 03 00", "919D"),
        ("903c000001 01 00", "919E"),
        ("908d000008 02000000010000 41 00", "91AE"),
        ("905f000004 0240eeee 00", "91AE"),
        ("00a4000002 e199", "6A82"),
        ("00a4030000", "6A86"),
        ("00a4000001 e1", "6700"),
        ("00c0000000", "6D00"),
        ("80ca000000", "6E00"),
        ("00b0000010", "6985"),
    ],
)
def test_each_refusal_has_its_status(command: str, status: str) -> None:
    """The statuses of the data sheet, tables 23 and 24, outside a session."""
    card = selected(issued())
    answer = card.transmit(bytes.fromhex(command.replace(" ", "")))
    assert answer[-2:].hex().upper() == status


def test_the_whole_card_has_no_files() -> None:
    """Before the application is selected only its version and signature are told."""
    card = Ntag424Card(issued())
    card.power_on()
    begin = CommandApdu(cla=0x90, ins=0x71, data=b"\x00\x00", expected=256)
    assert statuses(card, READ_SUN, begin) == ["919D", "919D"]
    version, _ = talk(card, commands.get_version())
    assert version.uid == UID


def settings_with(**changed: int | None) -> FileSettings:
    """The SUN settings of an issued card, with some offsets changed."""
    issued_ones = issued().file(NDEF_FILE).settings
    assert issued_ones.sdm is not None
    return replace(issued_ones, sdm=replace(issued_ones.sdm, **changed))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong",
    [
        settings_with(mac_offset=250, mac_input_offset=250),
        settings_with(picc_data_offset=60),
        settings_with(mac_input_offset=100),
        settings_with(read_counter_limit=5),
        settings_with(enc_offset=100, enc_length=31, mac_offset=140, mac_input_offset=100),
    ],
    ids=["outside", "overlapping", "input after MAC", "limit passed", "length"],
)
def test_settings_that_make_no_sense_are_refused(wrong: FileSettings) -> None:
    """Data sheet, table 71: wrong parameters, and nothing is changed."""
    card = Ntag424Card(replace(issued(), read_counter=5))
    before = card.state
    session = open_session(card, KeyPurpose.ADMIN)
    with pytest.raises(Ntag424RefusedError, match="919E"):
        talk(card, commands.change_file_settings(session, NDEF_FILE, wrong))
    assert card.state == before


def test_messaging_belongs_to_file_2() -> None:
    """And a file that nobody may change stays as it is."""
    card = Ntag424Card(issued())
    session = open_session(card, KeyPurpose.ADMIN)
    with pytest.raises(Ntag424RefusedError, match="919D") as refused:
        talk(card, commands.change_file_settings(session, PRIVATE_FILE, settings_with()))
    assert refused.value.says(NativeStatus.PERMISSION_DENIED)
    session = open_session(card, KeyPurpose.ADMIN)
    shut = FileSettings(
        mode=CommMode.PLAIN,
        access=AccessRights(read=NEVER, write=NEVER, read_write=NEVER, change=NEVER),
    )
    session = talk(card, commands.change_file_settings(session, PRIVATE_FILE, shut))
    with pytest.raises(Ntag424RefusedError, match="919D"):
        talk(card, commands.change_file_settings(session, PRIVATE_FILE, shut))
    talk(card, commands.select_ntag424())
    with pytest.raises(Ntag424RefusedError, match="919D"):
        talk(card, commands.read_file(None, FilePlace(file_number=PRIVATE_FILE)))


def test_a_session_can_go_on_under_another_key() -> None:
    """AuthenticateEV2NonFirst keeps identifier and counter; a wrong key ends the session."""
    card = Ntag424Card(issued())
    session = open_session(card, KeyPurpose.TERMINAL)
    _, session = talk(card, commands.get_card_uid(session))
    write = KEY_NUMBERS[KeyPurpose.WRITE]
    key = card_key(KeyPurpose.WRITE)
    dialogue = commands.authenticate_non_first(session, write, key, Random(1).randbytes)
    after = talk(card, dialogue)
    assert after.transaction_identifier == session.transaction_identifier
    assert after.command_counter == 1
    talk(card, commands.write_file(after, MEMBERSHIP, bytes(16)))
    dialogue = commands.authenticate_non_first(after, write, WRONG_KEY, Random(1).randbytes)
    with pytest.raises(Ntag424RefusedError, match="91AE"):
        talk(card, dialogue)
    with pytest.raises(Ntag424RefusedError, match="91AE"):
        talk(card, commands.get_card_uid(after.next()))


@pytest.mark.parametrize("mode", list(CommMode))
def test_each_mode_carries_reading_and_writing(mode: CommMode) -> None:
    """Plain, with a MAC, encrypted: the same bytes arrive, and the session goes on."""
    state = issued()
    stored = state.file(PRIVATE_FILE)
    changed = replace(stored, settings=replace(stored.settings, mode=mode))
    card = Ntag424Card(state.with_file(PRIVATE_FILE, changed))
    session = open_session(card, KeyPurpose.WRITE)
    place = replace(MEMBERSHIP, mode=mode, offset=100)
    _, after = talk(card, commands.write_file(session, place, b"0123456789abcdef"))
    content, after = talk(card, commands.read_file(after, place))
    assert content == b"0123456789abcdef"
    assert after is not None
    assert after.command_counter == 2
    version, after = talk(card, commands.get_version(after))
    assert version.is_ntag424
    assert after is not None
    information, _ = talk(card, commands.get_file_settings(after, PRIVATE_FILE))
    assert information.settings == changed.settings


def test_a_write_is_whole_or_not_at_all() -> None:
    """One that would go beyond the file's end, or that lies about its length, writes nothing."""
    card = selected(Ntag424State(uid=UID))
    beyond = CommandApdu(cla=0x90, ins=0x8D, data=bytes.fromhex("02ff00000200004142"), expected=256)
    lying = CommandApdu(cla=0x90, ins=0x8D, data=bytes.fromhex("020000000300004142"), expected=256)
    assert statuses(card, beyond, lying) == ["91BE", "917E"]
    assert card.state == Ntag424State(uid=UID)


def test_a_saved_card_is_the_same_card() -> None:
    """Saving and taking up again loses nothing; other text is refused."""
    card = selected(issued(random_uid=True))
    try_key(card, 3, WRONG_KEY)
    ask(card, READ_SUN)
    assert Ntag424State.from_json(card.state.to_json()) == card.state
    for text in ("", "[]", "{}", '{"uid": "zz"}', card.state.to_json().replace('"keys"', '"kids"')):
        with pytest.raises(WireError):
            Ntag424State.from_json(text)


def test_the_picc_and_the_application_are_selected_by_number_too() -> None:
    """3F00 or nothing for the whole card, E110 for the application."""
    card = selected(issued())
    assert statuses(card, select_file(0x3F00), READ_SUN) == ["9000", "919D"]
    assert statuses(card, select_file(0xE110), READ_SUN) == ["9000", "9100"]
    nothing = CommandApdu(cla=0x00, ins=0xA4)
    assert statuses(card, nothing, select_file(0xE104)) == ["9000", "6A82"]


def test_iso_commands_have_no_place_in_a_session() -> None:
    """What is read and written in plain would pass its MACs by; the session is over."""
    for command in (read_binary(0, 4), CommandApdu(cla=0x00, ins=0xD6, data=b"abc")):
        card = Ntag424Card(issued())
        session = open_session(card, KeyPurpose.WRITE)
        assert statuses(card, select_file(0xE104), command) == ["9000", "6982"]
        with pytest.raises(Ntag424RefusedError, match="91AE"):
            talk(card, commands.get_card_uid(session))


@pytest.mark.parametrize(
    ("option", "data", "status"),
    [
        (0x00, b"\x01", "919E"),
        (0x00, b"\x02\x00", "917E"),
        (0x0A, b"\x01", "917E"),
        (0x0A, b"\x01\x00\x00\x0a\x00", "919E"),
        (0x05, bytes(10), "919E"),
    ],
)
def test_a_configuration_that_is_not_modelled_is_refused(
    option: int, data: bytes, status: str
) -> None:
    """Among them the change to LRP, which a real card never takes back."""
    card = Ntag424Card(issued())
    session = open_session(card, KeyPurpose.ADMIN)
    with pytest.raises(Ntag424RefusedError, match=status):
        talk(card, commands.set_configuration(session, option, data))
    assert card.state == issued()


def test_no_answer_is_longer_than_a_short_frame() -> None:
    """256 bytes with the MAC: a whole file 2 does not fit with one."""
    state = issued()
    stored = state.file(NDEF_FILE)
    access = AccessRights(read=0, write=0, read_write=0, change=0)
    shut = FileSettings(mode=CommMode.MAC, access=access)
    card = Ntag424Card(state.with_file(NDEF_FILE, replace(stored, settings=shut)))
    session = open_session(card, KeyPurpose.ADMIN)
    whole = FilePlace(file_number=NDEF_FILE, mode=CommMode.MAC)
    with pytest.raises(Ntag424RefusedError, match="917E"):
        talk(card, commands.read_file(session, whole))
