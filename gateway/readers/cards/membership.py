"""Mohr's own NDEF record: which organisation's member holds this card.

An NFC Forum external type, ``mohr.app:m``. Payload of version 1::

    01 ‖ organisation (8 bytes) ‖ membership number (1 to 16 bytes)

It is unsigned: anybody with a phone can write one, so it identifies and proves nothing. Version 2
is signed by an issuer of the organisation, for the tag with this UID alone::

    02 ‖ issuer (4 bytes) ‖ organisation (8) ‖ membership number (1 to 16) ‖ Ed25519 signature (64)

``gateway.crypto.membership_signature`` says what is signed. A terminal that does not know a
version refuses the card rather than read it as if it were the old one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gateway.crypto.membership_signature import (
    ISSUER_BYTES,
    NUMBER_BYTES_MAX,
    ORGANISATION_BYTES,
    SIGNATURE_BYTES,
    MembershipStatement,
    issuer_of,
    sign_membership,
    verify_membership,
)
from gateway.crypto.public_key import PublicKey
from gateway.crypto.signer import Signer
from gateway.errors import ValueRangeError, WireError
from gateway.model.card import Assurance, CardProfile
from gateway.model.checks import check_bytes
from gateway.readers.cards.dialogue import CardIdentity, CardProblem, OtherProfile
from gateway.readers.cards.ndef import NdefRecord, TypeNameFormat, decode_message
from gateway.readers.reader import CardTrouble

__all__ = [
    "MEMBERSHIP_TYPE",
    "NUMBER_BYTES_MAX",
    "ORGANISATION_BYTES",
    "SIGNED_VERSION",
    "UNSIGNED_VERSION",
    "Membership",
    "SignedMembership",
    "decode_membership",
    "judge_message",
    "signed_membership",
]

MEMBERSHIP_TYPE: Final = b"mohr.app:m"
UNSIGNED_VERSION: Final = 1
SIGNED_VERSION: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """What a membership record says.

    Attributes:
        organisation: 8 bytes that name who runs the programme.
        number: the member's number there, 1 to 16 bytes as written on the card.
    """

    organisation: bytes
    number: bytes

    def __post_init__(self) -> None:
        check_bytes("organisation", self.organisation, ORGANISATION_BYTES, ORGANISATION_BYTES)
        check_bytes("number", self.number, 1, NUMBER_BYTES_MAX)

    @property
    def identity(self) -> bytes:
        """Organisation ‖ number: two organisations may give the same number to two people."""
        return self.organisation + self.number

    def to_record(self) -> NdefRecord:
        """Write the unsigned record."""
        return _record(bytes((UNSIGNED_VERSION,)) + self.identity)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedMembership:
    """A membership, and who vouches for it.

    Attributes:
        membership: what is said.
        issuer: 4 bytes that name the issuer's key.
        signature: 64 bytes over the membership and the tag's UID.
    """

    membership: Membership
    issuer: bytes
    signature: bytes

    def __post_init__(self) -> None:
        check_bytes("issuer", self.issuer, ISSUER_BYTES, ISSUER_BYTES)
        check_bytes("signature", self.signature, SIGNATURE_BYTES, SIGNATURE_BYTES)

    def to_record(self) -> NdefRecord:
        """Write the signed record."""
        payload = bytes((SIGNED_VERSION,)) + self.issuer + self.membership.identity
        return _record(payload + self.signature)


def signed_membership(signer: Signer, membership: Membership, uid: bytes) -> SignedMembership:
    """Sign a membership for the tag with this UID.

    Raises:
        KeyStoreError: if the key is not of the curve Ed25519.
        CryptoError: if the key cannot be used now.
        ValueRangeError: if the UID has no or more than 10 bytes.
    """
    return SignedMembership(
        membership=membership,
        issuer=issuer_of(signer.key_id),
        signature=sign_membership(signer, _statement(membership, uid)),
    )


def decode_membership(payload: bytes) -> Membership | SignedMembership:
    """Read a record's payload. A signature is not looked at.

    Raises:
        WireError: for another version or a wrong length.
    """
    version = payload[:1]
    if version == bytes((UNSIGNED_VERSION,)):
        return _membership(payload[1:])
    if version == bytes((SIGNED_VERSION,)):
        said = payload[1 + ISSUER_BYTES : -SIGNATURE_BYTES]
        membership = _membership(said)
        return SignedMembership(
            membership=membership,
            issuer=payload[1 : 1 + ISSUER_BYTES],
            signature=payload[-SIGNATURE_BYTES:],
        )
    raise WireError("the membership record is of a version this terminal does not know")


def judge_message(
    raw: bytes,
    organisation: bytes | None,
    issuers: Sequence[PublicKey] = (),
    uid: bytes | None = None,
) -> CardIdentity | CardProblem | OtherProfile:
    """Find the membership in an NDEF message read from a card.

    Args:
        raw: the whole message.
        organisation: take only this organisation's record; None takes the only one there is.
        issuers: the Ed25519 keys that may vouch for a membership.
        uid: the UID of the tag it was read from; without one no signature can be checked.
    """
    try:
        memberships = _memberships(decode_message(raw))
    except WireError as error:
        return CardProblem(trouble=CardTrouble.BAD_RECORD, detail=str(error))
    ours = [one for one in memberships if organisation in {None, _said(one).organisation}]
    if not ours:
        return OtherProfile(detail="the NDEF message holds no membership of ours")
    if len(ours) > 1:
        return CardProblem(
            trouble=CardTrouble.BAD_RECORD, detail="the card holds more than one membership"
        )
    only = ours[0]
    if isinstance(only, Membership):
        return _identity(only, Assurance.IDENTIFIED)
    fault = _fault_of(only, issuers, uid)
    if fault is not None:
        return CardProblem(trouble=CardTrouble.BAD_RECORD, detail=fault)
    return _identity(only.membership, Assurance.SIGNED)


def _fault_of(
    signed: SignedMembership, issuers: Sequence[PublicKey], uid: bytes | None
) -> str | None:
    """Why a signature does not count; None where it does."""
    keys = [key for key in issuers if issuer_of(key.key_id) == signed.issuer]
    if not keys:
        return f"the record's issuer {signed.issuer.hex()} is not known here"
    if uid is None:
        return "the reader gives no UID, so the record's signature cannot be checked"
    try:
        statement = _statement(signed.membership, uid)
    except ValueRangeError as error:
        return f"no record is signed for such a tag: {error}"
    if any(verify_membership(key, statement, signed.signature) for key in keys):
        return None
    return "the record's signature is wrong: it was changed, or was signed for another tag"


def _identity(membership: Membership, assurance: Assurance) -> CardIdentity:
    return CardIdentity(profile=CardProfile.NDEF, identity=membership.identity, assurance=assurance)


def _said(one: Membership | SignedMembership) -> Membership:
    return one if isinstance(one, Membership) else one.membership


def _statement(membership: Membership, uid: bytes) -> MembershipStatement:
    return MembershipStatement(
        uid=uid, organisation=membership.organisation, number=membership.number
    )


def _membership(said: bytes) -> Membership:
    organisation, number = said[:ORGANISATION_BYTES], said[ORGANISATION_BYTES:]
    if len(organisation) != ORGANISATION_BYTES or not 1 <= len(number) <= NUMBER_BYTES_MAX:
        raise WireError("the membership record has a wrong length")
    return Membership(organisation=organisation, number=number)


def _record(payload: bytes) -> NdefRecord:
    return NdefRecord(tnf=TypeNameFormat.EXTERNAL, type=MEMBERSHIP_TYPE, payload=payload)


def _memberships(records: Sequence[NdefRecord]) -> list[Membership | SignedMembership]:
    return [
        decode_membership(record.payload)
        for record in records
        # External type names compare without regard to case (RTD 1.0, 3.3).
        if record.tnf is TypeNameFormat.EXTERNAL and record.type.lower() == MEMBERSHIP_TYPE
    ]
