"""Membership codes that stay the same: printed on a card, on paper, or kept on a phone.

Body, after the kind byte of ``gateway.wire.code_text``::

    issuer key (4) ‖ organisation (8) ‖ first day (2) ‖ last day (2) ‖ number (1 to 16)
    ‖ Ed25519 signature (64)

Days count from 1970-01-01 UTC, both included; a last day of FFFF never ends. The signature proves
who issued the code and nothing about who shows it: a photograph of it is as good as the code. That
is why it is worth ``signed`` and no more, and why the signature stays at the terminal: membership
numbers are short, so whoever has the signature finds the number by trying them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gateway.crypto.membership_qr import sign_membership_code, verify_membership_code
from gateway.crypto.membership_signature import ISSUER_BYTES, SIGNATURE_BYTES, issuer_of
from gateway.crypto.public_key import PublicKey
from gateway.crypto.signer import Signer
from gateway.errors import KeyStoreError, WireError
from gateway.model.card import Assurance, CardProfile
from gateway.model.checks import check_bytes, check_int
from gateway.readers.cards.dialogue import CardIdentity, CardProblem
from gateway.readers.cards.membership import NUMBER_BYTES_MAX, ORGANISATION_BYTES
from gateway.readers.reader import CardTrouble
from gateway.wire.code_text import CodeKind, write_code_text

DAY_MS: Final = 86_400_000
#: A last day that never comes.
FOR_EVER: Final = 0xFFFF
_DAY_BYTES: Final = 2
_HEAD_BYTES: Final = ISSUER_BYTES + ORGANISATION_BYTES + 2 * _DAY_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipCode:
    """What a static code says, before its signature.

    Attributes:
        issuer: the first 4 bytes of the issuer key's id.
        organisation: 8 bytes that name who runs the programme.
        number: the member's number there, 1 to 16 bytes.
        first_day: the code holds from this day on, in days since 1970-01-01 UTC.
        last_day: the last day on which it holds; ``FOR_EVER`` for no last day.

    Raises:
        ValueRangeError: if a part is outside its range.
    """

    issuer: bytes
    organisation: bytes
    number: bytes
    first_day: int = 0
    last_day: int = FOR_EVER

    def __post_init__(self) -> None:
        check_bytes("issuer", self.issuer, ISSUER_BYTES, ISSUER_BYTES)
        check_bytes("organisation", self.organisation, ORGANISATION_BYTES, ORGANISATION_BYTES)
        check_bytes("number", self.number, 1, NUMBER_BYTES_MAX)
        check_int("first_day", self.first_day, 0, FOR_EVER)
        check_int("last_day", self.last_day, self.first_day, FOR_EVER)

    @property
    def identity(self) -> bytes:
        """Organisation ‖ number, as in a membership record on a card."""
        return self.organisation + self.number

    @property
    def body(self) -> bytes:
        """What is signed."""
        days = self.first_day.to_bytes(_DAY_BYTES) + self.last_day.to_bytes(_DAY_BYTES)
        return self.issuer + self.organisation + days + self.number


def write_membership_code(code: MembershipCode, signer: Signer) -> str:
    """Sign a code and write it as the text of a QR code.

    Args:
        code: what it says.
        signer: the issuer's Ed25519 key, the one that ``code.issuer`` names.

    Raises:
        KeyStoreError: if the code names another key.
        CryptoError: if the key cannot sign.
    """
    if issuer_of(signer.key_id) != code.issuer:
        raise KeyStoreError("the code names another issuer's key than the one that signs")
    signature = sign_membership_code(signer, code.body)
    return write_code_text(CodeKind.MEMBERSHIP, code.body + signature)


def decode_membership_code(body: bytes) -> tuple[MembershipCode, bytes]:
    """Read a code's body; the signature is not looked at.

    Returns:
        what it says, and its signature.

    Raises:
        WireError: if it is no such body.
    """
    number = body[_HEAD_BYTES:-SIGNATURE_BYTES]
    if not 1 <= len(number) <= NUMBER_BYTES_MAX:
        raise WireError("the membership code has a wrong length")
    at = ISSUER_BYTES + ORGANISATION_BYTES
    first_day = int.from_bytes(body[at : at + _DAY_BYTES])
    last_day = int.from_bytes(body[at + _DAY_BYTES : _HEAD_BYTES])
    if last_day < first_day:
        raise WireError("the membership code ends before it begins")
    code = MembershipCode(
        issuer=body[:ISSUER_BYTES],
        organisation=body[ISSUER_BYTES:at],
        number=number,
        first_day=first_day,
        last_day=last_day,
    )
    return code, body[-SIGNATURE_BYTES:]


def judge_membership_code(
    body: bytes, issuers: Sequence[PublicKey], organisation: bytes | None, unix_ms: int
) -> CardIdentity | CardProblem:
    """Say whose code it is, or why it does not count.

    Args:
        body: what follows the kind byte.
        issuers: the keys whose codes count.
        organisation: whose members count; None takes any that an issuer vouches for.
        unix_ms: the time of the reading, for the code's first and last day.
    """
    try:
        code, signature = decode_membership_code(body)
    except WireError as error:
        return CardProblem(trouble=CardTrouble.BAD_RECORD, detail=str(error))
    if organisation not in {None, code.organisation}:
        return _refused(CardTrouble.NOT_SUPPORTED, "the code is another organisation's")
    known = [one for one in issuers if issuer_of(one.key_id) == code.issuer]
    if not known:
        return _refused(CardTrouble.NOT_SUPPORTED, "the code's issuer is not known here")
    if not any(verify_membership_code(one, code.body, signature) for one in known):
        return _refused(CardTrouble.BAD_RECORD, "the code's signature is not its issuer's")
    today = unix_ms // DAY_MS
    if today < code.first_day or (code.last_day != FOR_EVER and today > code.last_day):
        return _refused(CardTrouble.CODE_EXPIRED, "the code does not hold today")
    return CardIdentity(profile=CardProfile.QR, identity=code.identity, assurance=Assurance.SIGNED)


def _refused(trouble: CardTrouble, detail: str) -> CardProblem:
    return CardProblem(trouble=trouble, detail=detail)
