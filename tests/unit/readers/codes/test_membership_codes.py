"""Static membership codes: signed by an issuer, bound to days, never believed otherwise."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from gateway.crypto.file_signer import FileSigner
from gateway.crypto.membership_qr import sign_membership_code, verify_membership_code
from gateway.crypto.membership_signature import (
    MembershipStatement,
    issuer_of,
    sign_membership,
)
from gateway.crypto.public_key import PublicKey
from gateway.errors import KeyStoreError, ValueRangeError, WireError
from gateway.model.card import Assurance, CardProfile
from gateway.readers.cards.dialogue import CardIdentity, CardProblem
from gateway.readers.codes.membership_qr import (
    DAY_MS,
    FOR_EVER,
    MembershipCode,
    decode_membership_code,
    judge_membership_code,
    write_membership_code,
)
from gateway.readers.reader import CardTrouble
from gateway.wire.code_text import CodeKind, read_code_text

SIGNER = FileSigner(Ed25519PrivateKey.from_private_bytes(sha256(b"issuer").digest()))
OTHER = FileSigner(Ed25519PrivateKey.from_private_bytes(sha256(b"another").digest()))
ISSUER = PublicKey.from_cose_key(SIGNER.public_key)
OURS = b"ORGANISA"
CODE = MembershipCode(
    issuer=issuer_of(SIGNER.key_id), organisation=OURS, number=b"0042", first_day=100, last_day=102
)
NOON_MS = 101 * DAY_MS + DAY_MS // 2

codes = st.builds(
    lambda number, days: MembershipCode(
        issuer=issuer_of(SIGNER.key_id),
        organisation=OURS,
        number=number,
        first_day=min(days),
        last_day=max(days),
    ),
    st.binary(min_size=1, max_size=16),
    st.tuples(st.integers(0, FOR_EVER), st.integers(0, FOR_EVER)),
)


def body_of(code: MembershipCode, signer: FileSigner = SIGNER) -> bytes:
    """A code's body with its signature."""
    kind, body = read_code_text(write_membership_code(code, signer))
    assert kind is CodeKind.MEMBERSHIP
    return body


def judged(body: bytes, unix_ms: int = NOON_MS) -> CardIdentity | CardProblem:
    """What our terminal says of a body."""
    return judge_membership_code(body, (ISSUER,), OURS, unix_ms)


@given(code=codes)
def test_a_code_reads_back(code: MembershipCode) -> None:
    """Number and days survive, and the signature is the issuer's."""
    read, signature = decode_membership_code(body_of(code))
    assert read == code
    assert verify_membership_code(ISSUER, read.body, signature)


def test_a_code_of_today_names_its_member() -> None:
    """Signed and no more: a photograph of it is as good. The signature goes no further."""
    assert judged(body_of(CODE)) == CardIdentity(
        profile=CardProfile.QR, identity=OURS + b"0042", assurance=Assurance.SIGNED
    )


def test_the_code_of_a_member_fits_a_small_picture() -> None:
    """An eight-digit number makes a code for version 6 with medium correction: 154 characters."""
    assert len(write_membership_code(replace(CODE, number=b"12345678"), SIGNER)) <= 154


@given(body=st.binary(max_size=120))
def test_any_body_ends_as_a_value(body: bytes) -> None:
    """Nothing that is no code of our issuer's is believed, and nothing raises but ``WireError``."""
    assert isinstance(judged(body), CardProblem)
    try:
        decode_membership_code(body)
    except WireError:
        return


@given(place=st.integers(0), bit=st.integers(0, 7))
def test_a_code_with_one_bit_changed_is_refused(place: int, bit: int) -> None:
    """Number, days, issuer, organisation and signature all stand under the signature."""
    body = bytearray(body_of(CODE))
    body[place % len(body)] ^= 1 << bit
    assert isinstance(judged(bytes(body)), CardProblem)


@pytest.mark.parametrize(
    ("unix_ms", "good"),
    [
        (100 * DAY_MS - 1, False),
        (100 * DAY_MS, True),
        (103 * DAY_MS - 1, True),
        (103 * DAY_MS, False),
    ],
)
def test_a_code_holds_from_its_first_day_through_its_last(unix_ms: int, *, good: bool) -> None:
    """Both days count whole, and before and after the customer is told that it has run out."""
    found = judged(body_of(CODE), unix_ms)
    if good:
        assert isinstance(found, CardIdentity)
    else:
        assert isinstance(found, CardProblem)
        assert found.trouble is CardTrouble.CODE_EXPIRED


def test_a_code_for_ever_never_runs_out() -> None:
    """A plastic card is printed once."""
    endless = body_of(replace(CODE, last_day=FOR_EVER))
    assert isinstance(judged(endless, 80_000 * DAY_MS), CardIdentity)


def test_codes_of_others_are_not_ours() -> None:
    """An unknown issuer, another organisation, and a terminal that knows no issuer at all."""
    theirs = replace(CODE, issuer=issuer_of(OTHER.key_id))
    found = [
        judged(body_of(theirs, OTHER)),
        judged(body_of(replace(CODE, organisation=b"ANOTHER1"))),
        judge_membership_code(body_of(CODE), (), OURS, NOON_MS),
    ]
    assert [one.trouble for one in found if isinstance(one, CardProblem)] == [
        CardTrouble.NOT_SUPPORTED
    ] * 3


def test_another_key_cannot_sign_under_our_issuers_name() -> None:
    """A forged code is refused as damaged, also where the forger knows the issuer's id."""
    forged = CODE.body + sign_membership_code(OTHER, CODE.body)
    found = judged(forged)
    assert isinstance(found, CardProblem)
    assert found.trouble is CardTrouble.BAD_RECORD


def test_a_signature_made_for_a_tag_signs_no_code() -> None:
    """The issuer's key signs tags as well; the two uses cannot pass for one another."""
    statement = MembershipStatement(uid=b"\4abcdef", organisation=OURS, number=b"0042")
    assert not verify_membership_code(ISSUER, CODE.body, sign_membership(SIGNER, statement))
    assert not verify_membership_code(ISSUER, CODE.body, SIGNER.sign(CODE.body))


def test_only_the_named_ed25519_key_writes_a_code() -> None:
    """A code that names another key, or a key of another kind, is not written at all."""
    with pytest.raises(KeyStoreError, match="another issuer"):
        write_membership_code(CODE, OTHER)
    of_p256 = FileSigner.generate()
    with pytest.raises(KeyStoreError, match="Ed25519"):
        sign_membership_code(of_p256, CODE.body)
    public = PublicKey.from_cose_key(of_p256.public_key)
    assert not verify_membership_code(public, CODE.body, bytes(64))


@pytest.mark.parametrize(
    "wrong",
    [{"issuer": b"abc"}, {"number": b""}, {"number": bytes(17)}, {"first_day": 103}],
)
def test_a_code_outside_its_range_is_not_made(wrong: dict[str, bytes | int]) -> None:
    """What could not be read is not written."""
    with pytest.raises(ValueRangeError):
        replace(CODE, **wrong)  # type: ignore[arg-type]
