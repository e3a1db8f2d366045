"""NDEF messages and Mohr's membership record."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import WireError
from gateway.model.card import Assurance, CardProfile
from gateway.readers.cards.dialogue import CardIdentity, CardProblem, OtherProfile
from gateway.readers.cards.membership import (
    MEMBERSHIP_TYPE,
    Membership,
    decode_membership,
    judge_message,
)
from gateway.readers.cards.ndef import (
    NdefRecord,
    TypeNameFormat,
    decode_message,
    encode_message,
)
from gateway.readers.reader import CardTrouble

OURS = b"ORGANISA"
MEMBER = Membership(organisation=OURS, number=b"0042")

named = st.sampled_from(
    [
        TypeNameFormat.WELL_KNOWN,
        TypeNameFormat.MEDIA,
        TypeNameFormat.URI,
        TypeNameFormat.EXTERNAL,
    ]
)
records = st.one_of(
    st.just(NdefRecord(tnf=TypeNameFormat.EMPTY)),
    st.builds(
        NdefRecord,
        tnf=named,
        type=st.binary(min_size=1, max_size=20),
        payload=st.binary(max_size=400),
        id=st.binary(max_size=10),
    ),
    st.builds(NdefRecord, tnf=st.just(TypeNameFormat.UNKNOWN), payload=st.binary(max_size=20)),
)


@given(st.lists(records, min_size=1, max_size=5))
def test_every_message_decodes_to_itself(message: list[NdefRecord]) -> None:
    """Encoding loses nothing, in short and in long records."""
    assert decode_message(encode_message(message)) == tuple(message)


@given(st.lists(records, min_size=1, max_size=3), st.data())
def test_no_part_of_a_message_is_a_message(message: list[NdefRecord], data: st.DataObject) -> None:
    """A torn write never decodes to fewer records."""
    whole = encode_message(message)
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(WireError):
        decode_message(whole[:cut])


@given(st.binary(max_size=60))
def test_garbage_is_refused_and_never_crashes(raw: bytes) -> None:
    """Any bytes give records or one kind of fault."""
    try:
        decoded = decode_message(raw)
    except WireError:
        return
    assert decoded


def test_a_uri_record_is_read_as_the_specification_prints_it() -> None:
    """The classic example of NFC Forum RTD URI 1.0: https://www.nfc.com in one short record."""
    raw = bytes.fromhex("d1010855016e66632e636f6d")
    (record,) = decode_message(raw)
    assert record == NdefRecord(tnf=TypeNameFormat.WELL_KNOWN, type=b"U", payload=b"\x01nfc.com")
    assert encode_message([record]) == raw


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "510108" + "55016e66632e636f6d",  # no message begin
        "910108" + "55016e66632e636f6d",  # no message end
        "d1010855016e66632e636f6d00",  # a byte after the end
        "f1010855016e66632e636f6d",  # chunked
        "d60000",  # unchanged outside a chunk
        "d70000",  # reserved
        "d00100" + "55",  # empty record with a type
        "d10000",  # well-known record without a type
        "d50100" + "55",  # unknown record with a type
    ],
)
def test_a_broken_rule_of_the_framing_is_refused(raw: str) -> None:
    """Each rule of NDEF 1.0 that the reader knows is enforced."""
    with pytest.raises(WireError):
        decode_message(bytes.fromhex(raw))


def test_a_message_without_records_cannot_be_written() -> None:
    """An empty card holds one empty record, not an empty message."""
    with pytest.raises(WireError):
        encode_message([])


@given(st.binary(min_size=8, max_size=8), st.binary(min_size=1, max_size=16))
def test_every_membership_survives_its_record(organisation: bytes, number: bytes) -> None:
    """What is written on a card is what is read from it."""
    member = Membership(organisation=organisation, number=number)
    assert decode_membership(member.to_record().payload) == member
    judged = judge_message(encode_message([member.to_record()]), organisation)
    assert judged == CardIdentity(
        profile=CardProfile.NDEF,
        identity=organisation + number,
        assurance=Assurance.IDENTIFIED,
    )


@pytest.mark.parametrize("payload", [b"", b"\x01", b"\x01ORGANISA", b"\x01ORGANISA" + bytes(17)])
def test_a_membership_of_a_wrong_length_is_a_bad_record(payload: bytes) -> None:
    """A cut or stretched record identifies nobody."""
    with pytest.raises(WireError):
        decode_membership(payload)


def external(payload: bytes, type_: bytes = MEMBERSHIP_TYPE) -> NdefRecord:
    """A record of an external type."""
    return NdefRecord(tnf=TypeNameFormat.EXTERNAL, type=type_, payload=payload)


def test_a_later_version_is_refused_rather_than_misread() -> None:
    """A record of a version to come must not pass for one of today's on an old terminal."""
    judged = judge_message(encode_message([external(b"\x03ORGANISA0042")]), None)
    assert isinstance(judged, CardProblem)
    assert judged.trouble is CardTrouble.BAD_RECORD
    assert "version" in judged.detail


def test_another_organisation_is_not_ours() -> None:
    """A shop takes no other shop's member number for one of its own."""
    message = encode_message([MEMBER.to_record()])
    assert isinstance(judge_message(message, b"SOMEBODY"), OtherProfile)


def test_the_organisation_is_part_of_the_identity() -> None:
    """The same number at two organisations names two people even where no filter is set."""
    other = Membership(organisation=b"SOMEBODY", number=MEMBER.number)
    assert other.identity != MEMBER.identity


def test_two_memberships_are_told_apart_by_the_filter_only() -> None:
    """A card shared by two organisations is read by each; without a filter nobody guesses."""
    other = Membership(organisation=b"SOMEBODY", number=b"7")
    message = encode_message([other.to_record(), MEMBER.to_record()])
    judged = judge_message(message, OURS)
    assert isinstance(judged, CardIdentity)
    assert judged.identity == MEMBER.identity
    unfiltered = judge_message(message, None)
    assert isinstance(unfiltered, CardProblem)
    assert unfiltered.trouble is CardTrouble.BAD_RECORD


def test_the_record_type_compares_without_case() -> None:
    """External types are case-insensitive (RTD 1.0, 3.3), and other types are not ours."""
    payload = MEMBER.to_record().payload
    assert isinstance(
        judge_message(encode_message([external(payload, b"MOHR.app:M")]), None), (CardIdentity)
    )
    assert isinstance(
        judge_message(encode_message([external(payload, b"mohr.app:x")]), None), (OtherProfile)
    )
