"""Bank cards are recognised and refused, and nothing of them is ever kept, said or logged."""

from __future__ import annotations

import re
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.readers.cards.dialogue import CardProblem
from gateway.readers.codes.judge import CodeJudge
from gateway.readers.codes.payment import is_payment, may_become_payment, passes_luhn
from gateway.readers.codes.scan_line import ScanFramer, ScannedLine, ScanSettings
from gateway.readers.codes.settings import CodeSettings
from gateway.readers.codes.stripe import StripeFormat, parse_tracks
from gateway.readers.codes.taps import Moment, ScanTaps
from gateway.readers.reader import CardGone, CardTrouble, CardUnreadable

#: Numbers that the schemes publish for tests, and two made up in Shetab's ranges.
TEST_NUMBERS = (
    "4111111111111111", "4222222222222", "4012888888881881", "5555555555554444",
    "2223003122003222", "378282246310005", "30569309025904", "3530111333300000",
    "6011111111111117", "6200000000000005", "6759649826438453", "6037990000000006",
    "6104330000000000",
)  # fmt: skip
SETTINGS = CodeSettings(stripe=StripeFormat(prefix="9799", rest_max=12))


def with_check_digit(body: str) -> str:
    """A number that passes Luhn's check."""
    return next(body + digit for digit in "0123456789" if passes_luhn(body + digit))


bank_numbers = st.builds(
    lambda beginning, rest: with_check_digit(beginning + rest),
    st.sampled_from(["34", "37", "4", "51", "55", "2221", "2720", "58", "603799", "62", "9704"]),
    st.text("0123456789", min_size=10, max_size=12),
)
months = st.integers(1, 12).map("{:02d}".format)
names = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ /.", min_size=2, max_size=26)


def swipes(number: str, name: str, month: str) -> list[str]:
    """The ways in which readers send one bank card."""
    blanks = f"{number[:4]} {number[4:10]} {number[10:]}"
    one = f"%B{number}^{name}^30{month}201000000000?"
    two = f";{number}=30{month}201000000?"
    three = f";01{number}=724724000000000?"
    return [
        one, two, three, one + two, one + two + f"+01{number}=7247?", one[:-1], two[1:-1],
        one + "5" + two + "0", f"%B{blanks}^{name}^30{month}201?", f"5E%{two[1:]}",
        two.replace("=", "D"), number, blanks, f"{number}30{month}201000000", f"pan: {number}.",
    ]  # fmt: skip


@given(number=bank_numbers, name=names, month=months)
def test_every_way_of_sending_a_bank_card_is_recognised(number: str, name: str, month: str) -> None:
    """Tracks 1 to 3, together, torn, in other separators, and the bare number."""
    for text in swipes(number, name, month):
        assert is_payment(text.upper())


@pytest.mark.parametrize("number", TEST_NUMBERS)
def test_the_schemes_test_cards_are_recognised(number: str) -> None:
    """Visa of 13 and 16 digits, Mastercard's two ranges, Amex, Diners, JCB, UnionPay, Shetab."""
    assert is_payment(f";{number}=25121010000012345?")
    if passes_luhn(number):
        assert is_payment(number)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "MOHR",
        ";979900000042=99121010000?",
        "9799000000000001",
        "00000000000000000000",
        "4111111111111112",
        "41111111111",
        "1234567890123456",
    ],
)
def test_what_is_none_is_not_taken_for_one(text: str) -> None:
    """Our own stripes, too few digits, a wrong check digit and no track layout."""
    assert not is_payment(text)


def test_a_misread_bank_card_is_still_a_bank_card() -> None:
    """Its check digit is wrong, its track's layout says enough."""
    assert is_payment(";4111111111111112=25121010000012345?")


@pytest.mark.parametrize(
    ("prefix", "answer"),
    [
        ("4", True),
        ("22", True),
        ("2", True),
        ("2221", True),
        ("603799", True),
        ("97", True),
        ("979", True),
        ("9799", False),
        ("23", True),
        ("28", False),
        ("1", False),
        ("CLUB", False),
    ],
)
def test_prefixes_that_bank_cards_could_have_are_known(prefix: str, *, answer: bool) -> None:
    """A prefix counts from both ends: it may be longer or shorter than an issuer's."""
    assert may_become_payment(prefix) is answer


@pytest.mark.parametrize(
    ("digits", "good"), [("79927398713", True), ("79927398710", False), ("0", True), ("59", True)]
)
def test_luhns_published_example(digits: str, *, good: bool) -> None:
    """ISO/IEC 7812-1 annex B's way of counting, on the textbook number."""
    assert passes_luhn(digits) is good


@given(number=bank_numbers, name=names, month=months)
def test_nothing_of_a_bank_card_is_in_anything_that_is_told(
    number: str, name: str, month: str
) -> None:
    """No event, value, error or traceback holds five digits in a row of its number."""
    pieces = {number[at : at + 5] for at in range(len(number) - 4)}
    taps = ScanTaps("lane", SETTINGS, organisation=None, debounce_ms=0)
    judge = CodeJudge(SETTINGS, None)
    for at, text in enumerate(swipes(number, name, month)):
        framer = ScanFramer(ScanSettings())
        scans = framer.feed(text.encode() + b"\r", at)
        told = repr((scans, framer, vars(framer), judge.identify(scans[0], 0)))
        events = taps.take(scans, Moment(unix_ms=0, monotonic_ms=at))
        assert [type(event) for event in events] == [CardUnreadable, CardGone]
        told += repr((events, vars(taps), vars(judge)))
        try:
            parse_tracks(text)
        except ValueError as error:
            told += "".join(traceback.format_exception(error)) + repr(error.__context__)
        # An object's address may hold any digits.
        told = re.sub(r"0x[0-9a-f]+", "", told)
        assert not [piece for piece in pieces if piece in told]


def test_a_bank_card_with_our_number_beside_it_is_refused() -> None:
    """A card of two masters is a bank card: nothing of it is read."""
    text = b"%B4111111111111111^DOE/JO^2512101?;979900000042?"
    found = CodeJudge(SETTINGS, None).identify(ScannedLine(data=text), 0)
    assert isinstance(found, CardProblem)
    assert found.trouble is CardTrouble.PAYMENT_CARD
