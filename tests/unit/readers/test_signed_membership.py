"""Signed membership records: who vouches, for which tag, and what does not count."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.crypto.file_signer import FileSigner
from gateway.crypto.membership_signature import (
    MembershipStatement,
    issuer_of,
    sign_membership,
    verify_membership,
)
from gateway.crypto.public_key import PublicKey
from gateway.crypto.signer import Algorithm
from gateway.errors import KeyStoreError, ValueRangeError, WireError
from gateway.model.card import Assurance, CardProfile
from gateway.readers.cards.dialogue import CardIdentity, CardProblem, OtherProfile
from gateway.readers.cards.membership import (
    Membership,
    SignedMembership,
    decode_membership,
    judge_message,
    signed_membership,
)
from gateway.readers.cards.ndef import encode_message
from gateway.readers.cards.selection import identify, own_profiles
from gateway.readers.drive import drive
from gateway.readers.reader import CardTrouble
from simulators.card import Type2NdefCard, Type4NdefCard, UidCard

UID = bytes.fromhex("04a1b2c3d4e5f6")
OTHER_UID = bytes.fromhex("04a1b2c3d4e5f7")
OURS = b"ORGANISA"
ISSUER = FileSigner.generate(Algorithm.ED25519)
STRANGER = FileSigner.generate(Algorithm.ED25519)
KEYS = (
    PublicKey.from_cose_key(STRANGER.public_key),
    PublicKey.from_cose_key(ISSUER.public_key),
)
OUR_KEYS = KEYS[1:]
MEMBER = Membership(organisation=OURS, number=b"0042")
LONGEST = Membership(organisation=OURS, number=b"0123456789abcdef")
SIGNED = signed_membership(ISSUER, MEMBER, UID)

numbers = st.binary(min_size=1, max_size=16)


def message_of(signed: SignedMembership) -> bytes:
    """An NDEF message with nothing but this record."""
    return encode_message([signed.to_record()])


def judged(
    signed: SignedMembership, uid: bytes | None = UID
) -> CardIdentity | CardProblem | OtherProfile:
    """What a terminal of ours makes of a record on a tag."""
    return judge_message(message_of(signed), OURS, OUR_KEYS, uid)


def fault_of(signed: SignedMembership, uid: bytes | None = UID) -> str:
    """Why a record does not count."""
    found = judged(signed, uid)
    assert isinstance(found, CardProblem), found
    assert found.trouble is CardTrouble.BAD_RECORD
    return found.detail


@pytest.mark.parametrize("member", [MEMBER, LONGEST])
def test_a_signed_record_fits_the_smallest_tag_and_is_taken(member: Membership) -> None:
    """Written on an NTAG213 it names the member, at the assurance of a signature."""
    card = Type2NdefCard(UID, message_of(signed_membership(ISSUER, member, UID)), data_bytes=144)
    profiles = own_profiles(OURS, issuers=KEYS)
    assert drive(identify(card.atr, profiles), card.transmit).outcome == CardIdentity(
        profile=CardProfile.NDEF, identity=member.identity, assurance=Assurance.SIGNED
    )


def test_a_signed_record_is_taken_from_a_type_4_tag() -> None:
    """The same record on the other kind of tag."""
    card = Type4NdefCard(UID, message_of(SIGNED))
    outcome = drive(identify(card.atr, own_profiles(OURS, issuers=KEYS)), card.transmit).outcome
    assert isinstance(outcome, CardIdentity)
    assert outcome.assurance is Assurance.SIGNED


def test_a_record_copied_to_another_tag_is_refused() -> None:
    """Two tags with one signature: the second has another UID."""
    copied = Type2NdefCard(OTHER_UID, message_of(SIGNED))
    outcome = drive(identify(copied.atr, own_profiles(OURS, issuers=KEYS)), copied.transmit).outcome
    assert isinstance(outcome, CardProblem)
    assert outcome.trouble is CardTrouble.BAD_RECORD
    assert "another tag" in outcome.detail


def test_a_record_of_an_issuer_that_is_not_known_is_refused() -> None:
    """It is not taken at the lower assurance of an unsigned one either."""
    strange = signed_membership(STRANGER, MEMBER, UID)
    assert strange.issuer.hex() in fault_of(strange)
    assert isinstance(judge_message(message_of(strange), OURS, KEYS, UID), CardIdentity)


@pytest.mark.parametrize("at", [0, 31, 32, 63])
def test_a_changed_signature_is_refused(at: int) -> None:
    """One bit anywhere in it is enough."""
    raw = bytearray(SIGNED.signature)
    raw[at] ^= 1
    assert "signature is wrong" in fault_of(replace(SIGNED, signature=bytes(raw)))


@given(numbers)
def test_another_number_under_a_signature_is_refused(number: bytes) -> None:
    """The number is what the signature is about."""
    other = replace(SIGNED, membership=Membership(organisation=OURS, number=number))
    if number != MEMBER.number:
        assert "signature is wrong" in fault_of(other)


def test_an_issuer_named_in_anothers_place_is_refused() -> None:
    """The issuer's name is signed too: a key does not vouch under another key's name."""
    statement = MembershipStatement(uid=UID, organisation=OURS, number=MEMBER.number)
    strange = STRANGER.sign(statement.to_bytes(issuer_of(ISSUER.key_id)))
    assert "signature is wrong" in fault_of(replace(SIGNED, signature=strange))


@pytest.mark.parametrize(("uid", "said"), [(None, "no UID"), (bytes(11), "no record is signed")])
def test_without_a_uid_no_signature_counts(uid: bytes | None, said: str) -> None:
    """A reader that gives none, or one that no tag has."""
    assert said in fault_of(SIGNED, uid)


def test_another_organisations_signed_record_is_not_ours() -> None:
    """Its issuer need not be known to leave it alone."""
    theirs = signed_membership(STRANGER, Membership(organisation=b"SOMEBODY", number=b"1"), UID)
    assert isinstance(judged(theirs), OtherProfile)


def test_a_signed_and_an_unsigned_record_of_ours_are_two_memberships() -> None:
    """Nobody may put an unsigned one beside a signed one and be read as either."""
    message = encode_message([SIGNED.to_record(), MEMBER.to_record()])
    found = judge_message(message, OURS, OUR_KEYS, UID)
    assert isinstance(found, CardProblem)
    assert found.trouble is CardTrouble.BAD_RECORD


def test_an_unsigned_record_stays_identified() -> None:
    """Where issuers are known the old record goes on to name its member, and no more."""
    found = judge_message(encode_message([MEMBER.to_record()]), OURS, OUR_KEYS, UID)
    assert isinstance(found, CardIdentity)
    assert found.assurance is Assurance.IDENTIFIED
    assert found.identity == SIGNED.membership.identity


def test_only_ed25519_keys_vouch() -> None:
    """A P-256 key neither signs a record nor verifies one."""
    other = FileSigner.generate(Algorithm.ESP256)
    statement = MembershipStatement(uid=UID, organisation=OURS, number=b"1")
    with pytest.raises(KeyStoreError):
        sign_membership(other, statement)
    assert not verify_membership(PublicKey.from_cose_key(other.public_key), statement, bytes(64))


@given(st.binary(min_size=1, max_size=10), numbers, st.binary(min_size=1, max_size=10), numbers)
def test_no_two_statements_are_signed_by_one_signature(
    uid: bytes, number: bytes, other_uid: bytes, other_number: bytes
) -> None:
    """The signed bytes tell every UID and number from every other."""
    one = MembershipStatement(uid=uid, organisation=OURS, number=number)
    other = MembershipStatement(uid=other_uid, organisation=OURS, number=other_number)
    assert (one.to_bytes(b"0000") == other.to_bytes(b"0000")) is (one == other)


@given(numbers)
def test_a_signed_record_survives_the_way_through_a_tag(number: bytes) -> None:
    """What is written is what is read."""
    member = Membership(organisation=OURS, number=number)
    signed = SignedMembership(membership=member, issuer=b"ISSU", signature=bytes(range(64)))
    assert decode_membership(signed.to_record().payload) == signed


@given(st.binary(max_size=110))
def test_a_signed_payload_is_read_strictly(rest: bytes) -> None:
    """Whatever reads as a signed record is written as the same bytes; the rest is a WireError."""
    payload = b"\x02" + rest
    try:
        read = decode_membership(payload)
    except WireError:
        return
    assert isinstance(read, SignedMembership)
    assert read.to_record().payload == payload


@pytest.mark.parametrize("size", [0, 5, 76, 77, 78, 93, 94])
def test_the_ends_of_a_signed_payload(size: int) -> None:
    """From 78 bytes, with a number of one byte, to 93, with one of sixteen."""
    payload = b"\x02" + bytes(size - 1) if size else b"\x02"
    if size in {78, 93}:
        assert isinstance(decode_membership(payload), SignedMembership)
        return
    with pytest.raises(WireError):
        decode_membership(payload)


def test_a_statement_has_parts_that_cards_have() -> None:
    """An empty UID or number is a mistake of whoever signs."""
    for uid, number in ((b"", b"1"), (UID, b""), (bytes(11), b"1"), (UID, bytes(17))):
        with pytest.raises(ValueRangeError):
            MembershipStatement(uid=uid, organisation=OURS, number=number)


def test_a_uid_card_needs_no_issuer() -> None:
    """Cards without a record are not touched by any of this."""
    card = UidCard(UID)
    outcome = drive(identify(card.atr, own_profiles(OURS, issuers=KEYS)), card.transmit).outcome
    assert isinstance(outcome, CardIdentity)
    assert outcome.profile is CardProfile.UID
