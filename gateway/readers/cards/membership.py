"""Mohr's own NDEF record: which organisation's member holds this card.

An NFC Forum external type, ``mohr.app:m``. Payload::

    version (1 byte) ‖ organisation (8 bytes) ‖ membership number (1 to 16 bytes)

Version 1 is unsigned: anybody with a phone can write one, so it identifies and proves nothing.
Later versions will add a signature; a terminal that does not know a version refuses the card
rather than read it as if it were the old one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gateway.errors import WireError
from gateway.model.card import Assurance, CardProfile
from gateway.model.checks import check_bytes
from gateway.readers.cards.dialogue import CardIdentity, CardProblem, OtherProfile
from gateway.readers.cards.ndef import NdefRecord, TypeNameFormat, decode_message
from gateway.readers.reader import CardTrouble

MEMBERSHIP_TYPE: Final = b"mohr.app:m"
UNSIGNED_VERSION: Final = 1
ORGANISATION_BYTES: Final = 8
NUMBER_BYTES_MAX: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """What an unsigned membership record says.

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
        """Write the record."""
        return NdefRecord(
            tnf=TypeNameFormat.EXTERNAL,
            type=MEMBERSHIP_TYPE,
            payload=bytes((UNSIGNED_VERSION,)) + self.identity,
        )


def decode_membership(payload: bytes) -> Membership:
    """Read a record's payload.

    Raises:
        WireError: for another version or a wrong length.
    """
    if not payload or payload[0] != UNSIGNED_VERSION:
        raise WireError("the membership record is of a version this terminal does not know")
    organisation = payload[1 : 1 + ORGANISATION_BYTES]
    number = payload[1 + ORGANISATION_BYTES :]
    if len(organisation) != ORGANISATION_BYTES or not 1 <= len(number) <= NUMBER_BYTES_MAX:
        raise WireError("the membership record has a wrong length")
    return Membership(organisation=organisation, number=number)


def judge_message(
    raw: bytes, organisation: bytes | None
) -> CardIdentity | CardProblem | OtherProfile:
    """Find the membership in an NDEF message read from a card.

    Args:
        raw: the whole message.
        organisation: take only this organisation's record; None takes the only one there is.
    """
    try:
        memberships = _memberships(decode_message(raw))
    except WireError as error:
        return CardProblem(trouble=CardTrouble.BAD_RECORD, detail=str(error))
    ours = [one for one in memberships if organisation in {None, one.organisation}]
    if not ours:
        return OtherProfile(detail="the NDEF message holds no membership of ours")
    if len(ours) > 1:
        return CardProblem(
            trouble=CardTrouble.BAD_RECORD, detail="the card holds more than one membership"
        )
    return CardIdentity(
        profile=CardProfile.NDEF, identity=ours[0].identity, assurance=Assurance.IDENTIFIED
    )


def _memberships(records: Sequence[NdefRecord]) -> list[Membership]:
    return [
        decode_membership(record.payload)
        for record in records
        # External type names compare without regard to case (RTD 1.0, 3.3).
        if record.tnf is TypeNameFormat.EXTERNAL and record.type.lower() == MEMBERSHIP_TYPE
    ]
