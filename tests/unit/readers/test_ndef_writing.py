"""Writing NDEF messages to tags: what is written is read back, and torn writes are no records."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.crypto.file_signer import FileSigner
from gateway.crypto.signer import Algorithm
from gateway.readers.apdu import CommandApdu, ResponseApdu
from gateway.readers.cards.dialogue import CardIdentity
from gateway.readers.cards.membership import Membership, signed_membership
from gateway.readers.cards.ndef import encode_message
from gateway.readers.cards.ndef_writing import write_type2, write_type4
from gateway.readers.cards.ntag21x import SmallCardKind
from gateway.readers.cards.selection import identify, own_profiles
from gateway.readers.cards.writing import (
    WriteDone,
    WriteOutcome,
    WriteRefused,
    WriteUnknown,
    Writing,
)
from gateway.readers.drive import drive
from gateway.readers.native import FrameStyle
from simulators.card import (
    CardFault,
    CardTornError,
    FaultyCard,
    Type2NdefCard,
    Type4NdefCard,
    UidCard,
    VirtualCard,
    WrongStatus,
    page_address,
)
from simulators.cards.ntag21x import Ntag21xCard, blank_ntag21x

UID = bytes.fromhex("04a1b2c3d4e5f6")
OURS = b"ORGANISA"
OLD = Membership(organisation=OURS, number=b"0041")
NEW = Membership(organisation=OURS, number=b"0042-of-the-club")
OLD_MESSAGE = encode_message([OLD.to_record()])
MESSAGE = encode_message([NEW.to_record()])
SIGNED_MESSAGE = encode_message(
    [signed_membership(FileSigner.generate(Algorithm.ED25519), NEW, UID).to_record()]
)
#: An NTAG213 as it comes: the control TLV of its lock bytes, and an empty message.
FACTORY = bytes.fromhex("0103a00c34")


def type2(message: bytes = OLD_MESSAGE, before: bytes = FACTORY) -> Type2NdefCard:
    """A tag that is to be written."""
    return Type2NdefCard(UID, message, before=before)


def straddling() -> Type2NdefCard:
    """A tag on which the block ends between a message's tag byte and its length."""
    return type2(before=3 * FACTORY)


def type4(message: bytes = OLD_MESSAGE) -> Type4NdefCard:
    """A tag that is to be written."""
    return Type4NdefCard(UID, message, file_bytes=256)


def write(writing: Writing, card: VirtualCard) -> WriteOutcome:
    """Write at the desk."""
    card.power_on()
    return drive(writing, card.transmit)


def member_on(card: VirtualCard) -> bytes | None:
    """Which member a terminal reads; None where it reads none from a record."""
    card.power_on()
    profiles = own_profiles(OURS)
    outcome = drive(identify(card.atr, profiles, FrameStyle.NONE), card.transmit).outcome
    if not isinstance(outcome, CardIdentity) or outcome.identity == UID:
        return None
    return outcome.identity


#: Each kind of tag, how it is written, and how many commands that takes.
KINDS: list[tuple[Callable[[], VirtualCard], Callable[[bytes], Writing], int]] = [
    (type2, write_type2, 17),
    (straddling, write_type2, 17),
    (type4, write_type4, 8),
]
TEARS = [(make, writing, at) for make, writing, commands in KINDS for at in range(commands)]


@pytest.mark.parametrize(("make", "writing", "commands"), KINDS)
def test_a_message_is_written_and_read(
    make: Callable[[], VirtualCard], writing: Callable[[bytes], Writing], commands: int
) -> None:
    """A terminal reads the new member; the tearing test walks every one of these commands."""
    card = FaultyCard(make(), {})
    assert write(writing(MESSAGE), card) == WriteDone()
    assert card.command_count == commands
    assert member_on(card) == NEW.identity


@pytest.mark.parametrize("message", [MESSAGE, SIGNED_MESSAGE, b"", bytes(139 - 5)])
@pytest.mark.parametrize("before", [b"", FACTORY])
def test_what_is_written_is_on_the_tag(message: bytes, before: bytes) -> None:
    """The control TLVs stay, the message follows, and its end is marked where there is room."""
    card = type2(before=before)
    assert write(write_type2(message), card) == WriteDone()
    area = before + bytes((3, len(message))) + message
    assert (card.memory[16:] + bytes(8)).startswith(area)
    assert card.memory[16 + len(area)] == 0xFE


@pytest.mark.parametrize("kind", [SmallCardKind.NTAG213, SmallCardKind.ULTRALIGHT_EV1_128])
def test_a_signed_record_is_written_to_real_chips(kind: SmallCardKind) -> None:
    """The frames of the simulated chips take what the reader's UPDATE BINARY sends."""
    card = Ntag21xCard(blank_ntag21x(kind, UID))
    assert write(write_type2(SIGNED_MESSAGE), card) == WriteDone()


def test_a_message_that_fills_the_tag_needs_no_end() -> None:
    """The last byte may be the message's own."""
    card = type2(before=b"")
    message = bytes(142)
    assert write(write_type2(message), card) == WriteDone()
    assert card.memory[16 : 16 + 144] == b"\x03\x8e" + message


@pytest.mark.parametrize("fault", [CardFault.TEAR_BEFORE, CardFault.TEAR_AFTER])
@pytest.mark.parametrize(("make", "writing", "at"), TEARS)
def test_a_torn_write_leaves_the_old_member_the_new_one_or_none(
    make: Callable[[], VirtualCard],
    writing: Callable[[bytes], Writing],
    at: int,
    fault: CardFault,
) -> None:
    """Never a mixture of both, and the next try finishes."""
    card = make()
    with pytest.raises(CardTornError):
        write(writing(MESSAGE), FaultyCard(card, {at: fault}))
    assert member_on(card) in {None, OLD.identity, NEW.identity}
    assert write(writing(MESSAGE), card) == WriteDone()
    assert member_on(card) == NEW.identity


@pytest.mark.parametrize(("make", "writing", "at"), TEARS)
def test_a_refused_command_is_refused_or_unknown(
    make: Callable[[], VirtualCard], writing: Callable[[bytes], Writing], at: int
) -> None:
    """Refused where nothing was changed, unknown from the first write on; reads are tried twice."""
    card = make()
    before = member_on(card)
    outcome = write(writing(MESSAGE), FaultyCard(card, {at: WrongStatus(status=0x6982)}))
    if isinstance(outcome, WriteRefused):
        assert member_on(card) == before
    assert write(writing(MESSAGE), card) == WriteDone()


def test_a_tag_that_lies_about_its_writes_is_found_out() -> None:
    """It says OK and keeps the old bytes: reading back shows it."""

    def forgetful(command: bytes) -> bytes:
        if command[1] == 0xD6:
            return bytes.fromhex("9000")
        return card.transmit(command)

    for card, writing in ((type2(), write_type2(MESSAGE)), (type4(), write_type4(MESSAGE))):
        card.power_on()
        assert isinstance(drive(writing, forgetful), WriteUnknown)


@pytest.mark.parametrize(
    ("card", "message"),
    [
        (type2(), bytes(140)),
        (type2(), bytes(255)),
        (Type2NdefCard(UID, b"", container=bytes(4)), MESSAGE),
        (Type2NdefCard(UID, b"", container=bytes.fromhex("e110120f")), MESSAGE),
        (Type2NdefCard(UID, b"", container=bytes.fromhex("e1100000")), MESSAGE),
        (UidCard(UID), MESSAGE),
    ],
    ids=[
        "too long",
        "length of three bytes",
        "unformatted",
        "write-protected",
        "no room",
        "no tag",
    ],
)
def test_a_type_2_tag_that_cannot_take_it_is_left_alone(card: UidCard, message: bytes) -> None:
    """Said before anything is written."""
    before = card.memory if isinstance(card, Type2NdefCard) else b""
    assert isinstance(write(write_type2(message), card), WriteRefused)
    assert before == (card.memory if isinstance(card, Type2NdefCard) else b"")


def test_a_reserved_area_in_the_way_is_not_written_over() -> None:
    """A control TLV may keep bytes in the middle of the data area for the chip."""
    page, offset = page_address(32)
    control = bytes((0x02, 3, page << 4 | offset, 8, 4))
    card = type2(b"", before=control)
    before = card.memory
    assert isinstance(write(write_type2(MESSAGE), card), WriteRefused)
    assert card.memory == before


@pytest.mark.parametrize(
    ("card", "message"),
    [
        (Type4NdefCard(UID, OLD_MESSAGE), MESSAGE),
        (Type4NdefCard(UID, OLD_MESSAGE, file_bytes=100), bytes(99)),
        (Type4NdefCard(UID, OLD_MESSAGE, file_bytes=100, read_access=0x80), MESSAGE),
        (UidCard(UID), MESSAGE),
    ],
    ids=["read-only", "too long", "not readable", "no tag"],
)
def test_a_type_4_tag_that_cannot_take_it_is_left_alone(card: UidCard, message: bytes) -> None:
    """Said before anything is written."""
    before = dict(card.files) if isinstance(card, Type4NdefCard) else {}
    assert isinstance(write(write_type4(message), card), WriteRefused)
    assert before == (card.files if isinstance(card, Type4NdefCard) else {})


@settings(max_examples=100, deadline=None)
@given(st.data(), st.sampled_from([write_type2, write_type4]))
def test_a_tag_that_talks_nonsense_is_a_value_and_ends(
    data: st.DataObject, writing: Callable[[bytes], Writing]
) -> None:
    """Random answers to everything: done, refused or unknown, after so many commands."""
    commands = 0

    def transmit(command: bytes) -> bytes:
        nonlocal commands
        commands += 1
        assert commands < 500
        CommandApdu.from_bytes(command)
        status = data.draw(st.sampled_from([0x9000, 0x9000, 0x9000, 0x6300, 0x6110, 0x6C02]))
        said = data.draw(st.binary(max_size=16) | st.just(bytes.fromhex("e1101200") + bytes(12)))
        return ResponseApdu(data=said, status=status).to_bytes()

    outcome = drive(writing(MESSAGE), transmit)
    assert isinstance(outcome, WriteDone | WriteRefused | WriteUnknown)
