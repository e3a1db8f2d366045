"""The signature on a membership record: an issuer says which member's record lies on which tag.

Ed25519 over a message that names this use, so that no other signature of the key fits, and the
tag's UID, so that the record copied to another tag does not fit either. It can still be copied
together with the UID, by hardware that plays any UID: it signs the card, it does not make it one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.crypto.public_key import PublicKey
from gateway.crypto.signer import Algorithm, Signer
from gateway.errors import KeyStoreError, SealError
from gateway.model.checks import check_bytes
from gateway.model.ids import KeyId

ISSUER_BYTES: Final = 4
SIGNATURE_BYTES: Final = 64
ORGANISATION_BYTES: Final = 8
NUMBER_BYTES_MAX: Final = 16
UID_BYTES_MAX: Final = 10

_DOMAIN: Final = b"mohr card membership v2\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipStatement:
    """What an issuer signs.

    Attributes:
        uid: the UID of the tag that carries the record, 1 to 10 bytes.
        organisation: 8 bytes that name who runs the programme.
        number: the member's number there, 1 to 16 bytes.

    Raises:
        ValueRangeError: if a part is outside its range.
    """

    uid: bytes
    organisation: bytes
    number: bytes

    def __post_init__(self) -> None:
        check_bytes("uid", self.uid, 1, UID_BYTES_MAX)
        check_bytes("organisation", self.organisation, ORGANISATION_BYTES, ORGANISATION_BYTES)
        check_bytes("number", self.number, 1, NUMBER_BYTES_MAX)

    def to_bytes(self, issuer: bytes) -> bytes:
        """The signed bytes; lengths go before what varies, so no two statements share them."""
        uid = bytes((len(self.uid),)) + self.uid
        number = bytes((len(self.number),)) + self.number
        return _DOMAIN + uid + issuer + self.organisation + number


def issuer_of(key_id: KeyId) -> bytes:
    """How a record names its issuer's key: the first 4 bytes of the key's id.

    Short, because a tag is small; two keys that share it are both tried.
    """
    return key_id[:ISSUER_BYTES]


def sign_membership(signer: Signer, statement: MembershipStatement) -> bytes:
    """Sign for one tag: 64 bytes.

    Raises:
        KeyStoreError: if the key is not of the curve Ed25519.
        CryptoError: if the key cannot be used now.
    """
    if signer.algorithm is not Algorithm.ED25519:
        raise KeyStoreError("membership records are signed by Ed25519 keys alone")
    return signer.sign(statement.to_bytes(issuer_of(signer.key_id)))


def verify_membership(key: PublicKey, statement: MembershipStatement, signature: bytes) -> bool:
    """Whether this key signed this statement."""
    if key.algorithm is not Algorithm.ED25519:
        return False
    try:
        key.verify(signature, statement.to_bytes(issuer_of(key.key_id)))
    except SealError:
        return False
    return True
