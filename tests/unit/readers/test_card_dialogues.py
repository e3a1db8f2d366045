"""The dialogues run against virtual cards: UID, Type 2, Type 4, and their order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.card import Assurance, CardProfile
from gateway.readers.apdu import CommandApdu, ResponseApdu
from gateway.readers.cards.dialogue import (
    CardIdentity,
    CardProblem,
    OtherProfile,
    ProfileDialogue,
    ProfileReader,
)
from gateway.readers.cards.membership import Membership
from gateway.readers.cards.ndef import (
    MESSAGE_BYTES_MAX,
    NdefRecord,
    TypeNameFormat,
    encode_message,
)
from gateway.readers.cards.selection import CardReading, identify, own_profiles, recheck
from gateway.readers.cards.traits import CardTraits
from gateway.readers.drive import drive
from gateway.readers.errors import CardRemovedError
from gateway.readers.reader import CardTrouble
from simulators.card import (
    FaultyCard,
    Type2NdefCard,
    Type4NdefCard,
    UidCard,
    VirtualCard,
    WrongStatus,
    page_address,
    storage_atr,
)

UID7 = bytes.fromhex("04a1b2c3d4e5f6")
UID4 = bytes.fromhex("9e112233")
RANDOM_UID = bytes.fromhex("08112233")
MEMBER = Membership(organisation=b"ORGANISA", number=b"0042")
MESSAGE = encode_message([MEMBER.to_record()])
URI = encode_message(
    [NdefRecord(tnf=TypeNameFormat.WELL_KNOWN, type=b"U", payload=b"\x01example.org")]
)


def read(card: VirtualCard, organisation: bytes | None = None) -> CardReading:
    """Put the card on a perfect reader and identify it."""
    card.power_on()
    return drive(identify(card.atr, own_profiles(organisation)), card.transmit)


def expect_member(reading: CardReading, uid: bytes) -> None:
    """The reading names the one member of these tests, on the connection with this UID."""
    assert reading.uid == uid
    assert reading.outcome == CardIdentity(
        profile=CardProfile.NDEF, identity=MEMBER.identity, assurance=Assurance.IDENTIFIED
    )


def expect_uid(reading: CardReading, uid: bytes) -> None:
    """The reading names the card by its UID."""
    assert reading == CardReading(
        uid=uid,
        outcome=CardIdentity(profile=CardProfile.UID, identity=uid, assurance=Assurance.IDENTIFIED),
    )


def expect_trouble(reading: CardReading, trouble: CardTrouble) -> str:
    """The reading names this trouble; its detail is handed back."""
    assert isinstance(reading.outcome, CardProblem)
    assert reading.outcome.trouble is trouble
    return reading.outcome.detail


@pytest.mark.parametrize("uid", [UID4, UID7, bytes(range(10))])
def test_a_card_with_nothing_but_a_uid_is_named_by_it(uid: bytes) -> None:
    """Single, double and triple size UIDs identify."""
    expect_uid(read(UidCard(uid)), uid)


def test_a_random_uid_names_nobody() -> None:
    """A UID drawn for this tap would enrol a new member at each tap."""
    expect_trouble(read(UidCard(RANDOM_UID)), CardTrouble.RANDOM_UID)


@pytest.mark.parametrize("uid", [b"\x01", bytes(8)])
def test_a_uid_of_another_length_is_not_supported(uid: bytes) -> None:
    """FeliCa and ISO 15693 numbers are not taken for ISO 14443 UIDs."""
    assert str(len(uid)) in expect_trouble(read(UidCard(uid)), CardTrouble.NOT_SUPPORTED)


def test_a_pseudo_uid_of_type_b_is_not_supported() -> None:
    """A PUPI may change at each tap, so it names nobody."""
    card = UidCard(UID4, atr=storage_atr(standard=0x07, name=0))
    expect_trouble(read(card), CardTrouble.NOT_SUPPORTED)


def test_a_reader_that_gives_no_uid_says_why() -> None:
    """The log tells a reader without GET DATA from a card without UID."""
    card = FaultyCard(UidCard(UID4), {0: WrongStatus(status=0x6A81)})
    detail = expect_trouble(read(card), CardTrouble.NOT_SUPPORTED)
    assert "6A81 function not supported" in detail


def test_a_type_2_tag_names_its_member() -> None:
    """The membership is read from an NTAG213-like tag."""
    expect_member(read(Type2NdefCard(UID7, MESSAGE)), UID7)


def test_a_type_4_tag_names_its_member() -> None:
    """The membership is read from a Type 4 tag, even where its UID is random, as on a phone."""
    expect_member(read(Type4NdefCard(RANDOM_UID, MESSAGE)), RANDOM_UID)


@given(
    number=st.binary(min_size=1, max_size=16),
    mle=st.integers(15, 65_535),
    padding=st.integers(0, 200),
)
def test_any_membership_is_read_from_both_kinds_of_tag(
    number: bytes, mle: int, padding: int
) -> None:
    """Whatever the number, the chunk size and the record beside it, the reading is the same."""
    member = Membership(organisation=b"ORGANISA", number=number)
    beside = NdefRecord(tnf=TypeNameFormat.MEDIA, type=b"a/b", payload=bytes(padding))
    message = encode_message([beside, member.to_record()])
    cards = [Type2NdefCard(UID7, message, data_bytes=496), Type4NdefCard(UID7, message, mle=mle)]
    for card in cards:
        outcome = read(card).outcome
        assert isinstance(outcome, CardIdentity)
        assert outcome.identity == member.identity


def test_the_factory_tlvs_of_an_ntag213_are_skipped() -> None:
    """The lock control TLV that NXP delivers before the message takes no part in it."""
    card = Type2NdefCard(UID7, MESSAGE, before=bytes.fromhex("0103a00c34"))
    expect_member(read(card), UID7)


def test_null_and_proprietary_tlvs_are_skipped() -> None:
    """Padding and other makers' blocks before the message take no part in it."""
    before = bytes.fromhex("0000") + bytes.fromhex("fd03aabbcc") + bytes.fromhex("00")
    expect_member(read(Type2NdefCard(UID7, MESSAGE, before=before)), UID7)


def test_reserved_bytes_inside_the_data_area_are_left_out() -> None:
    """A memory control TLV's bytes may lie in the middle of the message and are not part of it."""
    page, offset = page_address(12)
    control = bytes((0x02, 3, page << 4 | offset, 4, 0x04))
    plain = control + b"\x03" + bytes((len(MESSAGE),)) + MESSAGE + b"\xfe"
    card = Type2NdefCard(UID7, b"")
    head = card.memory[:16]
    card.memory = head + (plain[:12] + b"\xee" * 4 + plain[12:]).ljust(164, b"\x00")
    expect_member(read(card), UID7)


@pytest.mark.parametrize(
    "card",
    [
        Type2NdefCard(UID7, b""),
        Type2NdefCard(UID7, URI),
        Type2NdefCard(UID7, MESSAGE, container=bytes(4)),
        Type2NdefCard(UID7, MESSAGE, container=bytes.fromhex("e1101210")),
        Type2NdefCard(UID7, MESSAGE, before=b"\xfe"),
        Type2NdefCard(UID7, bytes(MESSAGE_BYTES_MAX + 1), data_bytes=872),
        Type4NdefCard(UID7, b""),
        Type4NdefCard(UID7, URI),
        Type4NdefCard(UID7, MESSAGE, read_access=0x80),
        Type4NdefCard(UID7, bytes(MESSAGE_BYTES_MAX + 1)),
    ],
    ids=[
        "type 2 empty",
        "type 2 with a web address",
        "type 2 unformatted",
        "type 2 locked against reading",
        "type 2 terminated before the message",
        "type 2 with a huge message",
        "type 4 empty",
        "type 4 with a web address",
        "type 4 locked against reading",
        "type 4 with a huge message",
    ],
)
def test_a_tag_without_a_membership_is_named_by_its_uid(card: VirtualCard) -> None:
    """Migration badges go on working whatever else is stored on them."""
    expect_uid(read(card), UID7)


def test_a_membership_of_another_organisation_leaves_the_uid() -> None:
    """Another shop's card can be enrolled here by its UID."""
    expect_uid(read(Type2NdefCard(UID7, MESSAGE), b"SOMEBODY"), UID7)


@pytest.mark.parametrize(
    "card",
    [
        Type2NdefCard(UID7, MESSAGE[:-1]),
        Type4NdefCard(UID7, MESSAGE[:-1]),
        Type2NdefCard(UID7, MESSAGE, container=bytes.fromhex("e1100200")),
        Type2NdefCard(UID7, MESSAGE, before=bytes.fromhex("010200000000")),
    ],
    ids=["type 2 cut", "type 4 cut", "type 2 past its data area", "type 2 odd control TLV"],
)
def test_a_broken_record_is_not_taken_for_a_uid_card(card: VirtualCard) -> None:
    """A torn write must not turn a member into an unknown card."""
    expect_trouble(read(card), CardTrouble.BAD_RECORD)


def test_a_broken_container_of_a_type_4_tag_is_a_bad_record() -> None:
    """An NDEF application without a usable container is said to be broken."""
    card = Type4NdefCard(UID7, MESSAGE)
    card.files[0xE103] = bytes(15)
    expect_trouble(read(card), CardTrouble.BAD_RECORD)


def test_a_type_4_tag_without_its_file_is_a_bad_record() -> None:
    """A container that names a file the card has not got is said to be broken."""
    card = Type4NdefCard(UID7, MESSAGE)
    del card.files[0xE104]
    assert "6A82" in expect_trouble(read(card), CardTrouble.BAD_RECORD)


def test_one_lost_read_of_a_type_2_tag_is_repeated() -> None:
    """Layer 3 has no retransmission, so the dialogue reads once more itself."""
    card = FaultyCard(Type2NdefCard(UID7, MESSAGE), {1: WrongStatus(status=0x6300)})
    expect_member(read(card), UID7)


@pytest.mark.parametrize("first", [1, 3])
def test_a_type_2_tag_that_stops_answering_is_not_taken_for_a_uid_card(first: int) -> None:
    """Container or data: twice unreadable on an Ultralight means the tag is leaving."""
    lost = WrongStatus(status=0x6300)
    card = FaultyCard(Type2NdefCard(UID7, MESSAGE), {first: lost, first + 1: lost})
    assert "6300" in expect_trouble(read(card), CardTrouble.NO_ANSWER)


def test_a_reader_that_cannot_read_memory_cards_still_gives_the_uid() -> None:
    """Nothing is wrong with the card where the reader does not know FF B0."""
    expect_uid(read(UidCard(UID7, atr=storage_atr())), UID7)


def test_an_nfc_application_that_is_missing_leaves_the_uid() -> None:
    """A DESFire card without NDEF is named by its UID."""
    card = FaultyCard(Type4NdefCard(UID7, MESSAGE), {1: WrongStatus(status=0x6A82)})
    expect_uid(read(card), UID7)


def test_outside_profiles_go_first() -> None:
    """A profile that somebody installed sees the card before our own do."""
    asked: list[CardTraits] = []

    def read_outside(traits: CardTraits) -> ProfileDialogue:
        asked.append(traits)
        yield CommandApdu(cla=0x90, ins=0x60)
        return OtherProfile(detail="not mine")

    outside = ProfileReader(name="outside", accepts=lambda _traits: True, read=read_outside)
    card = Type4NdefCard(UID7, MESSAGE)
    reading = drive(identify(card.atr, own_profiles(outside=[outside])), card.transmit)
    expect_member(reading, UID7)
    assert [traits.uid for traits in asked] == [UID7]


def test_a_card_no_profile_accepts_tells_all_reasons() -> None:
    """The log says what each profile thought of the card."""
    reading = drive(identify(storage_atr(), ()), UidCard(UID7).transmit)
    assert expect_trouble(reading, CardTrouble.NOT_SUPPORTED) == "no profile accepts it"


def test_a_recheck_reads_the_uid_and_nothing_else() -> None:
    """Looking whether the same card is there costs one command."""
    card = FaultyCard(Type4NdefCard(UID7, MESSAGE), {})
    assert drive(recheck(), card.transmit).uid == UID7
    assert card.command_count == 1


@pytest.mark.parametrize("answer", [b"", b"\x90"])
def test_an_empty_answer_is_a_removed_card(answer: bytes) -> None:
    """PC/SC says success with no bytes for a card torn in mid-command; that is no success."""
    with pytest.raises(CardRemovedError):
        drive(recheck(), lambda _command: answer)


def test_a_dialogue_is_closed_when_its_card_fails() -> None:
    """No generator is left hanging after a fault of the transport."""
    closed: list[bool] = []

    def read_and_note(_traits: CardTraits) -> ProfileDialogue:
        try:
            yield CommandApdu(cla=0, ins=0)
        finally:
            closed.append(True)
        return OtherProfile(detail="never reached")

    profile = ProfileReader(name="noting", accepts=lambda _traits: True, read=read_and_note)
    answers = iter([ResponseApdu(data=UID7, status=0x9000).to_bytes(), b""])
    # Held here, so that it is not the garbage collector that closes it.
    dialogue = identify(storage_atr(), (profile,))
    with pytest.raises(CardRemovedError):
        drive(dialogue, lambda _command: next(answers))
    assert closed == [True]
    dialogue.close()
