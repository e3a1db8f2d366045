"""The claim on a receipt: what a terminal wrote is read, and nothing else."""

from __future__ import annotations

import hmac
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.crypto.receipt_claim import ReceiptClaim, claim_key, read_claim, write_claim
from gateway.errors import KeyStoreError, ValueRangeError, WireError
from gateway.model.ids import BranchId, SaleKey, TerminalId
from gateway.model.money import EUR, Currency
from gateway.wire.code_text import CodeKind, read_code_text, write_code_text

KEY = claim_key(bytes(range(32)))
CLAIM = ReceiptClaim(
    sale_key=SaleKey(bytes(range(16))),
    total_minor=12_345,
    currency=EUR,
    closed_at_s=1_700_000_000,
    branch=BranchId("main"),
    terminal=TerminalId("till-1"),
    tax_minor=1_029,
    receipt_number="۱۲/34",
)
NAMES = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?", fullmatch=True)
#: Printable, as a till prints its numbers in any script.
NUMBERS = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=32)

claims = st.builds(
    ReceiptClaim,
    sale_key=st.binary(min_size=16, max_size=16).map(SaleKey),
    total_minor=st.integers(0, 2**63 - 1),
    currency=st.builds(
        Currency,
        code=st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=3, max_size=3),
        exponent=st.integers(0, 4),
    ),
    closed_at_s=st.integers(0, 2**40 - 1),
    branch=NAMES.map(BranchId),
    terminal=NAMES.map(TerminalId),
    tax_minor=st.none() | st.integers(0, 2**63 - 1),
    receipt_number=st.none() | NUMBERS,
)


@given(claim=claims)
def test_a_claim_reads_back(claim: ReceiptClaim) -> None:
    """Every part survives, in either case."""
    text = write_claim(claim, KEY)
    assert read_claim(text, KEY) == read_claim(text.lower(), KEY) == claim


@given(place=st.integers(0), bit=st.integers(0, 7))
def test_a_claim_with_one_bit_changed_is_refused(place: int, bit: int) -> None:
    """A customer cannot write a zero behind the total, nor another day."""
    _, body = read_code_text(write_claim(CLAIM, KEY))
    changed = bytearray(body)
    changed[place % len(body)] ^= 1 << bit
    with pytest.raises(WireError, match="not made by a terminal"):
        read_claim(write_code_text(CodeKind.CLAIM, bytes(changed)), KEY)


@given(body=st.binary(min_size=1, max_size=120))
def test_any_body_is_refused(body: bytes) -> None:
    """Without the key nobody makes a claim."""
    with pytest.raises(WireError):
        read_claim(write_code_text(CodeKind.CLAIM, body), KEY)


@given(told=st.binary(max_size=80))
def test_whatever_stands_under_a_right_mac_ends_as_a_claim_or_an_error(told: bytes) -> None:
    """A terminal of another version makes no exception of another kind."""
    mac = hmac.digest(KEY, b"mohr receipt claim 1\0" + told, "sha256")[:16]
    text = write_code_text(CodeKind.CLAIM, told + mac)
    try:
        claim = read_claim(text, KEY)
    except WireError:
        return
    assert write_claim(claim, KEY) == text


def test_a_claim_has_one_form() -> None:
    """A number with a nought before it, or anything behind the last part, is not read."""
    told = bytes(21) + b"EUR\x02" + b"\x01\x05" + b"\x00" + b"\x01b" + b"\x01t" + b"\x00"
    longer = told.replace(b"\x01\x05", b"\x02\x00\x05")
    for body, match in ((longer, "one form"), (told + b"\0", "one form"), (told[:-1], "one form")):
        mac = hmac.digest(KEY, b"mohr receipt claim 1\0" + body, "sha256")[:16]
        with pytest.raises(WireError, match=match):
            read_claim(write_code_text(CodeKind.CLAIM, body + mac), KEY)
    mac = hmac.digest(KEY, b"mohr receipt claim 1\0" + told, "sha256")[:16]
    assert read_claim(write_code_text(CodeKind.CLAIM, told + mac), KEY).total_minor == 5


def test_a_claim_of_usual_length_is_an_easy_code() -> None:
    """A few dozen modules a side, which a cheap scanner reads from a screen or thermal paper."""
    assert len(write_claim(CLAIM, KEY)) <= 128


def test_other_codes_and_other_programmes_are_refused() -> None:
    """A membership code is no claim, and another programme's claim is not ours."""
    with pytest.raises(WireError, match="no receipt"):
        read_claim(write_code_text(CodeKind.MEMBERSHIP, bytes(60)), KEY)
    with pytest.raises(WireError, match="not made by"):
        read_claim(write_claim(CLAIM, claim_key(bytes(32))), KEY)


def test_the_key_is_made_of_a_whole_card_key() -> None:
    """And is not the card key itself."""
    assert len(KEY) == 32
    assert claim_key(bytes(32)) != bytes(32)
    with pytest.raises(KeyStoreError, match="32 bytes"):
        claim_key(b"short")


@pytest.mark.parametrize(
    "wrong",
    [
        {"sale_key": b"x"},
        {"total_minor": -1},
        {"closed_at_s": 2**40},
        {"terminal": "Till 1"},
        {"branch": ""},
        {"tax_minor": -1},
        {"receipt_number": ""},
    ],
)
def test_a_claim_outside_its_range_is_not_made(wrong: dict[str, object]) -> None:
    """What could not be read is not written."""
    with pytest.raises(ValueRangeError):
        replace(CLAIM, **wrong)  # type: ignore[arg-type]


def test_macs_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison is the library's, and a false claim is refused by it alone."""
    asked: list[int] = []
    compare = hmac.compare_digest

    def counting(one: bytes, other: bytes) -> bool:
        asked.append(len(one))
        return compare(one, other)

    monkeypatch.setattr(hmac, "compare_digest", counting)
    read_claim(write_claim(CLAIM, KEY), KEY)
    assert asked == [16]
