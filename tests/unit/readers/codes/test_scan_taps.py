"""Scans as the agent hears of them: one tap for one card, every refusal with its own trouble."""

from __future__ import annotations

from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from gateway.crypto.file_signer import FileSigner
from gateway.crypto.membership_signature import issuer_of
from gateway.crypto.public_key import PublicKey
from gateway.crypto.rotating_code import draw_rotating_code
from gateway.model.card import Assurance, CardProfile
from gateway.readers.codes.membership_qr import MembershipCode, write_membership_code
from gateway.readers.codes.scan_line import Scan, ScanFault, ScannedLine
from gateway.readers.codes.settings import CodeSettings
from gateway.readers.codes.stripe import StripeFormat
from gateway.readers.codes.taps import Moment, ScanTaps
from gateway.readers.reader import (
    CardGone,
    CardSeen,
    CardTrouble,
    CardUnreadable,
    ReaderEvent,
    ReceiptScanned,
)
from gateway.wire.code_text import CodeKind, write_code_text

SIGNER = FileSigner(Ed25519PrivateKey.from_private_bytes(sha256(b"issuer").digest()))
OURS = b"ORGANISA"
SECRET = bytes(32)
SETTINGS = CodeSettings(
    issuers=(PublicKey.from_cose_key(SIGNER.public_key),),
    stripe=StripeFormat(prefix="9799", rest_max=12),
)
STATIC = write_membership_code(
    MembershipCode(issuer=issuer_of(SIGNER.key_id), organisation=OURS, number=b"0042"), SIGNER
)
#: Unix seconds at which step 100 of thirty begins.
T_S = 3_000


def taps(organisation: bytes | None = OURS) -> ScanTaps:
    """A terminal's scanner."""
    return ScanTaps("lane", SETTINGS, organisation=organisation, debounce_ms=1_500)


def line(text: str) -> ScannedLine:
    """A whole scan of a text."""
    return ScannedLine(data=text.encode())


def rotating(step: int, number: bytes = b"0042", organisation: bytes = OURS) -> ScannedLine:
    """A member's changing code."""
    return line(draw_rotating_code(organisation, number, SECRET, step))


def at(seconds: float) -> Moment:
    """A moment so long after the step began."""
    return Moment(unix_ms=round((T_S + seconds) * 1000), monotonic_ms=round(seconds * 1000))


def told(events: list[ReaderEvent]) -> list[CardTrouble | tuple[CardProfile, Assurance]]:
    """What was seen or why not; each event is followed by the card's going."""
    assert all(isinstance(event, CardGone) for event in events[1::2])
    found: list[CardTrouble | tuple[CardProfile, Assurance]] = []
    for event in events[::2]:
        if isinstance(event, CardSeen):
            found.append((event.tap.profile, event.tap.assurance))
        else:
            assert isinstance(event, CardUnreadable)
            found.append(event.trouble)
    return found


def test_each_kind_of_scan_is_what_it_is_worth() -> None:
    """A signed code, a changing one that is not verified yet, and a stripe."""
    scans = [line(STATIC), line(STATIC.lower()), rotating(100, b"0043"), line(";97990000042?")]
    desk = taps()
    assert [told(desk.take([scan], at(place * 5))) for place, scan in enumerate(scans)] == [
        [(CardProfile.QR, Assurance.SIGNED)],
        [(CardProfile.QR, Assurance.SIGNED)],
        [(CardProfile.QR, Assurance.IDENTIFIED)],
        [(CardProfile.STRIPE, Assurance.IDENTIFIED)],
    ]


def test_a_static_and_a_changing_code_name_the_same_member() -> None:
    """The card in the drawer and the phone bring points to one account."""
    desk = taps()
    seen = [*desk.take([line(STATIC)], at(0)), *desk.take([rotating(100)], at(5))]
    identities = {event.tap.identity for event in seen if isinstance(event, CardSeen)}
    assert identities == {OURS + b"0042"}


def test_a_changing_code_carries_counter_and_proof() -> None:
    """What the gateway needs to believe it."""
    seen, _ = taps().take([rotating(100)], at(0))
    assert isinstance(seen, CardSeen)
    assert seen.tap.counter == 100
    assert seen.tap.proof is not None
    assert len(seen.tap.proof) == 16


def test_a_code_held_before_the_scanner_is_one_tap() -> None:
    """Read three times a second for ten seconds, while the phone draws the next code: one tap."""
    desk = taps()
    events = desk.take([rotating(100)], at(25))
    for third in range(30):
        events += desk.take([rotating(100 if third < 15 else 101)], at(25 + third / 3))
    assert told(events) == [(CardProfile.QR, Assurance.IDENTIFIED)]


def test_a_screenshot_shown_again_is_refused() -> None:
    """After the tap is over the same picture is used, then out of date, and is told once each."""
    desk = taps()
    assert told(desk.take([rotating(100)], at(0))) == [(CardProfile.QR, Assurance.IDENTIFIED)]
    assert told(desk.take([rotating(100)], at(5))) == [CardTrouble.CODE_USED]
    assert told(desk.take([rotating(100)], at(5.5))) == []
    assert told(desk.take([rotating(100)], at(75))) == [CardTrouble.CODE_EXPIRED]
    assert told(desk.take([rotating(103)], at(78))) == [CardTrouble.CODE_EXPIRED]
    assert told(desk.take([rotating(102)], at(79.5))) == [(CardProfile.QR, Assurance.IDENTIFIED)]


def test_two_members_one_after_the_other_are_two_taps() -> None:
    """Nobody waits for the debouncing of somebody else's card."""
    desk = taps()
    scans: list[Scan] = [rotating(100), rotating(100, b"0043"), line(STATIC)]
    assert len(told(desk.take(scans, at(0)))) == 3


@pytest.mark.parametrize(
    ("scan", "trouble"),
    [
        (line(";4111111111111111=2512101?"), CardTrouble.PAYMENT_CARD),
        (line("https://example.test/menu"), CardTrouble.NOT_SUPPORTED),
        (line(";0000?"), CardTrouble.NOT_SUPPORTED),
        (ScannedLine(data=b"\xff\x00"), CardTrouble.NOT_SUPPORTED),
        (line("MOHR:A"), CardTrouble.MISREAD),
        (line(";9799"), CardTrouble.MISREAD),
        (ScanFault.LOST, CardTrouble.MISREAD),
        (line(write_code_text(CodeKind.MEMBERSHIP, bytes(20))), CardTrouble.BAD_RECORD),
        (line(write_code_text(CodeKind.ROTATING, bytes(5))), CardTrouble.MISREAD),
        (rotating(100, organisation=b"ANOTHER1"), CardTrouble.NOT_SUPPORTED),
    ],
)
def test_a_scan_that_cannot_be_accepted_says_why(scan: Scan, trouble: CardTrouble) -> None:
    """Each refusal has its own trouble, so the customer can be told what to do."""
    assert told(taps().take([scan], at(0))) == [trouble]


def test_the_code_of_a_receipt_is_no_card() -> None:
    """It is handed on as it is, once for as long as it is held there, and nothing goes."""
    desk = taps()
    first, other = (write_code_text(CodeKind.CLAIM, bytes([n]) * 60) for n in (1, 2))
    events = [
        *desk.take([line(first), line(first)], at(0)),
        *desk.take([line(other), line(first.lower())], at(0.5)),
    ]
    assert events == [ReceiptScanned(reader="lane", code=code) for code in (first, other, first)]
    assert first not in repr(events)


def test_without_an_organisation_any_member_counts() -> None:
    """A terminal that is not told whose members count takes them all."""
    assert told(taps(None).take([rotating(100, organisation=b"ANOTHER1")], at(0))) == [
        (CardProfile.QR, Assurance.IDENTIFIED)
    ]


@given(
    data=st.binary(max_size=200)
    | st.text("MOHR:AEI234567%;?=^0123456789", max_size=200).map(str.encode)
    | st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", max_size=160).map(
        lambda text: f"MOHR:{text}".encode()
    ),
)
def test_any_scan_ends_as_an_event(data: bytes) -> None:
    """Ten thousand wrong pictures in front of the scanner stop no lane."""
    events = taps().take([ScannedLine(data=data)], at(0))
    assert len(events) == 2
    seen = events[0]
    if isinstance(seen, CardUnreadable):
        assert len(seen.detail) < 100
