"""Issuers that a terminal is told of while its reader runs count for codes as for tags."""

from __future__ import annotations

from gateway.crypto.file_signer import FileSigner
from gateway.crypto.membership_signature import issuer_of
from gateway.crypto.public_key import PublicKey
from gateway.crypto.signer import Algorithm
from gateway.model.card import Assurance
from gateway.readers.cards.membership import Membership, signed_membership
from gateway.readers.cards.ndef import encode_message
from gateway.readers.codes.membership_qr import MembershipCode, write_membership_code
from gateway.readers.reader import CardSeen, CardTrouble, CardUnreadable, ReaderEvent
from gateway.readers.registry import open_reader
from gateway.readers.settings import ReaderSettings
from simulators.card import Type2NdefCard
from simulators.clock import VirtualClock
from simulators.reader import SimReader
from terminal_agent.card_keys import HeldIssuers

ORGANISATION = b"ORGANISA"
UID = bytes.fromhex("04a1b2c3d4e5f6")
SIGNER = FileSigner.generate(Algorithm.ED25519)


def scanned(reader: SimReader, clock: VirtualClock, heard: list[ReaderEvent]) -> ReaderEvent:
    """What a printed code of the issuer's is taken for, long after the last one."""
    code = MembershipCode(
        issuer=issuer_of(SIGNER.key_id), organisation=ORGANISATION, number=b"0042"
    )
    clock.advance(60_000)
    reader.scan(write_membership_code(code, SIGNER).encode())
    return [one for one in heard if isinstance(one, CardSeen | CardUnreadable)][-1]


def tapped(reader: SimReader, clock: VirtualClock, heard: list[ReaderEvent]) -> CardSeen:
    """What a tag with the issuer's record is taken for."""
    said = Membership(organisation=ORGANISATION, number=b"0043")
    record = signed_membership(SIGNER, said, UID).to_record()
    clock.advance(60_000)
    reader.tap(Type2NdefCard(UID, encode_message([record])))
    (seen,) = [one for one in heard if isinstance(one, CardSeen)][-1:]
    reader.remove()
    return seen


def test_what_a_configuration_brings_counts_at_once_for_codes_and_tags() -> None:
    """The scanner's judge looks at the issuers anew at each scan, as the dialogues do."""
    clock, issuers, heard = VirtualClock(unix_ms=0), HeldIssuers(), list[ReaderEvent]()
    reader = open_reader("sim", ReaderSettings(organisation=ORGANISATION), clock, None, issuers)
    assert isinstance(reader, SimReader)
    reader.start(heard.append)
    before = scanned(reader, clock, heard)
    assert isinstance(before, CardUnreadable)
    assert before.trouble is CardTrouble.NOT_SUPPORTED
    issuers.exchange([PublicKey.from_cose_key(SIGNER.public_key)])
    after = scanned(reader, clock, heard)
    assert isinstance(after, CardSeen)
    assert after.tap.assurance is Assurance.SIGNED
    assert tapped(reader, clock, heard).tap.assurance is Assurance.SIGNED
    issuers.exchange([])
    assert isinstance(scanned(reader, clock, heard), CardUnreadable)
    reader.stop()
