"""File settings as bytes, and the template of the SUN message."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.crypto.cards.ev2_messages import CommMode
from gateway.errors import WireError
from gateway.readers.cards.ndef import NdefRecord, TypeNameFormat, encode_message
from gateway.readers.cards.ntag424_layout import sun_file_settings
from gateway.readers.cards.ntag424_settings import (
    FREE,
    NEVER,
    AccessRights,
    FileInformation,
    FileSettings,
    SdmSettings,
)
from gateway.readers.cards.sun import SUN_FILE_BYTES_MAX, parse_sun, sun_template

ADDRESS = "https://club.example/c"
GOOD_ACCESS = AccessRights(read=FREE, write=4, read_write=4, change=0)


def test_the_published_settings_are_understood() -> None:
    """AN12196, tables 8 and 19: who may what, and where the mirrors are."""
    read = FileInformation.from_bytes(
        bytes.fromhex("0040EEEE000100D1FE001F00004400004400002000006A0000")
    )
    sdm = read.settings.sdm
    assert sdm is not None
    assert read.size_bytes == 256
    assert (sdm.meta_read, sdm.file_read, sdm.counter_return) == (0, 0, FREE)
    assert (sdm.picc_data_offset, sdm.mac_input_offset, sdm.mac_offset) == (0x1F, 0x44, 0x6A)
    assert (sdm.enc_offset, sdm.enc_length) == (0x44, 0x20)
    written = FileSettings.from_bytes(bytes.fromhex("4000E0C1F121200000430000430000"))
    assert written.access == AccessRights(read=FREE, write=0, read_write=0, change=0)
    assert written.sdm is not None
    assert (written.sdm.meta_read, written.sdm.file_read) == (2, 1)


@settings(max_examples=300)
@given(raw=st.binary(max_size=40) | st.binary(max_size=24).map(b"\x00\x40\x00\xe0".__add__))
def test_settings_are_refused_or_come_back(raw: bytes) -> None:
    """Whatever a card answers is a WireError, or settings that mean the same."""
    with suppress(WireError):
        information = FileInformation.from_bytes(raw)
        assert FileInformation.from_bytes(information.to_bytes()) == information


CONDITION = st.sampled_from([0, 1, 2, 3, 4, FREE, NEVER])
OFFSET = st.integers(0, 255)


@given(
    mode=st.sampled_from(CommMode),
    access=st.builds(
        AccessRights, read=CONDITION, write=CONDITION, read_write=CONDITION, change=CONDITION
    ),
    offsets=st.tuples(OFFSET, OFFSET, OFFSET),
)
def test_settings_survive_the_wire(
    mode: CommMode, access: AccessRights, offsets: tuple[int, int, int]
) -> None:
    """Written and read again, nothing is lost."""
    sdm = SdmSettings(
        meta_read=1,
        file_read=2,
        picc_data_offset=offsets[0],
        mac_input_offset=offsets[1],
        mac_offset=offsets[2],
    )
    for messaging in (None, sdm):
        made = FileSettings(mode=mode, access=access, sdm=messaging)
        assert FileSettings.from_bytes(made.to_bytes()) == made


@pytest.mark.parametrize(
    "wrong",
    [
        {"meta_read": 5, "file_read": 2},
        {"meta_read": 1, "file_read": FREE},
        {"meta_read": 1, "file_read": NEVER},
        {"meta_read": NEVER, "file_read": NEVER, "mac_offset": 3},
        {"meta_read": FREE, "file_read": NEVER, "uid_offset": 3},
    ],
)
def test_settings_that_contradict_themselves_are_not_made(wrong: dict[str, Any]) -> None:
    """An offset too many, one too few, a key that the card does not have."""
    with pytest.raises(WireError):
        SdmSettings(**wrong)


def test_a_template_has_its_places_where_it_says() -> None:
    """The card writes between ``e=`` and ``&c=``, and to the end."""
    template = sun_template(ADDRESS)
    content = template.content
    assert content[template.picc_data_offset - 2 :].startswith(b"e=" + b"0" * 32 + b"&c=")
    assert content[template.mac_offset :] == b"0" * 16
    assert b"club.example/c?e=" in content
    sdm = sun_file_settings(template).sdm
    assert sdm is not None
    assert sdm.mac_input_offset == sdm.mac_offset == template.mac_offset


def test_an_address_may_have_a_query_already() -> None:
    """Then the card's own parameters follow it."""
    assert b"/c?shop=7&e=" in sun_template(ADDRESS + "?shop=7").content


@pytest.mark.parametrize(
    "address", ["http://club.example", "https://باشگاه.example", "https://" + "a" * 68]
)
def test_an_address_that_no_card_can_hold_is_refused(address: str) -> None:
    """Another scheme, other letters, or more than one frame."""
    with pytest.raises(WireError):
        sun_template(address)


def test_the_longest_address_fills_one_frame() -> None:
    """Which is written whole or not at all, and read by one command."""
    assert len(sun_template("https://" + "a" * 67).content) == SUN_FILE_BYTES_MAX


def test_the_message_is_found_among_the_rest_of_the_file() -> None:
    """Zeros after the message are no part of it, and lower case is as good."""
    content = sun_template(ADDRESS).content
    hexed = content.replace(b"0" * 32, b"aB" * 16).replace(b"0" * 16, b"12" * 8)
    for raw in (hexed, hexed.ljust(128, b"\0")):
        message = parse_sun(raw)
        assert message is not None
        assert (message.picc_data, message.mac) == (b"\xab" * 16, b"\x12" * 8)
        assert message.proof == message.picc_data + message.mac


@pytest.mark.parametrize(
    "payload",
    [
        b"\x04club.example/c",
        b"\x04club.example/c?e=" + b"0" * 31 + b"&c=" + b"0" * 16,
        b"\x04club.example/c?c=" + b"0" * 16 + b"&e=" + b"0" * 32,
        b"\x04club.example/c?e=" + b"0" * 32 + b"&c=" + b"0" * 16 + b"\n",
        b"\x04club.example/c?he=" + b"0" * 32 + b"&c=" + b"0" * 16,
    ],
)
def test_other_addresses_hold_no_message(payload: bytes) -> None:
    """Nothing is guessed from an address that is not laid out as ours are."""
    record = NdefRecord(tnf=TypeNameFormat.WELL_KNOWN, type=b"U", payload=payload)
    message = encode_message([record])
    assert parse_sun(len(message).to_bytes(2) + message) is None


@given(raw=st.binary(max_size=140))
def test_no_file_breaks_the_search(raw: bytes) -> None:
    """Any bytes hold a message or none."""
    assert parse_sun(raw) is None
