"""Card numbers and tracks never leave a mask, however they are written and cut into pieces."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal_agent.pos.masking import MaskRule, StreamMask, TimedMask, mask_bytes, packs_digits
from terminal_agent.pos.profile import Dialect

VISA = "4111111111111111"
AMEX = "371449635398431"
#: A card of an Iranian bank, 16 digits with a good Luhn digit.
SHETAB = "6037991234567893"


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1, annex B, written another way than the product's."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value // 10 + value % 10
    return total % 10 == 0


def numbers_in(digits: str) -> Iterator[str]:
    """Every 13 to 19 neighbouring digits that can be a card number."""
    for start in range(len(digits)):
        for length in range(13, 20):
            part = digits[start : start + length]
            if len(part) == length and luhn(part):
                yield part


def with_check(digits: str) -> str:
    """Digits with their Luhn digit behind them."""
    return next(digits + last for last in "0123456789" if luhn(digits + last))


pans = st.text("0123456789", min_size=12, max_size=18).map(with_check)
Pieces = Callable[[bytes], list[bytes]]


def cut(data: bytes, sizes: list[int]) -> list[bytes]:
    """The same bytes in pieces of these sizes, over and over."""
    pieces, at, turn = [], 0, 0
    while at < len(data):
        size = sizes[turn % len(sizes)]
        pieces.append(data[at : at + size])
        at, turn = at + size, turn + 1
    return pieces


def masked(data: bytes, sizes: list[int], *, packed: bool) -> bytes:
    """What comes out of a mask that is fed in pieces."""
    mask = StreamMask(MaskRule(packed=packed))
    return b"".join(mask.feed(piece) for piece in cut(data, sizes)) + mask.end()


def group(pan: str, sign: str) -> str:
    """A number in groups of four, as cards print it."""
    return sign.join(pan[at : at + 4] for at in range(0, len(pan), 4))


def bcd(digits: str) -> bytes:
    """Two digits a byte, an odd last one filled up with F."""
    return bytes.fromhex(digits + "F" * (len(digits) % 2))


sizes_strategy = st.lists(st.integers(1, 40), min_size=1, max_size=6)
#: What is mixed with numbers: text, digits, signs, control bytes, noise.
other_bytes = st.one_of(
    st.binary(max_size=30),
    st.text("0123456789 .-=^?", max_size=40).map(str.encode),
    st.text("0123456789", max_size=60).map(lambda text: text.encode("utf-16-le")),
    st.text("0123456789", max_size=40).map(bcd),
)


@given(pans, other_bytes, other_bytes, sizes_strategy)
def test_no_number_in_text_survives(
    pan: str, before: bytes, after: bytes, sizes: list[int]
) -> None:
    """In ASCII, together: no 13 to 19 digits with a good Luhn digit are left anywhere."""
    out = masked(before + pan.encode() + after, sizes, packed=False)
    for run in re.findall(rb"[0-9]{13,}", out):
        assert list(numbers_in(run.decode())) == []


@given(pans, st.sampled_from(" .-"), st.sampled_from(["", "Card: ", "\n"]), sizes_strategy)
def test_no_number_in_groups_survives(pan: str, sign: str, before: str, sizes: list[int]) -> None:
    """As cards print it, with blanks, dots or dashes: only the last four digits are left."""
    out = masked((before + group(pan, sign) + "\n").encode(), sizes, packed=False).decode()
    assert re.sub("[^0-9]", "", out) == pan[-4:]


@given(
    pans, other_bytes, sizes_strategy, st.sampled_from(["0123456789", "۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩"])
)
def test_no_number_in_utf16_survives(
    pan: str, before: bytes, sizes: list[int], script: str
) -> None:
    """In UTF-16LE, at any offset and in three scripts, the number is not there any more."""
    written = pan.translate(str.maketrans("0123456789", script)).encode("utf-16-le")
    out = masked(before + written, sizes, packed=False)
    assert written not in out
    assert out.count(b"*\x00") + out.count(b"*") >= len(pan) - 4


@given(pans, other_bytes, other_bytes, sizes_strategy)
def test_no_packed_number_survives(pan: str, before: bytes, after: bytes, sizes: list[int]) -> None:
    """Two digits a byte: in no run of packed digits is a number left."""
    out = masked(before + bcd(pan) + after, sizes, packed=True)
    for run in re.findall(r"[0-9]{13,}", out.hex()):
        assert list(numbers_in(run)) == []


@given(
    st.lists(st.one_of(other_bytes, pans.map(str.encode), pans.map(bcd)), max_size=6),
    sizes_strategy,
    st.booleans(),
)
def test_any_chunking_gives_the_same(parts: list[bytes], sizes: list[int], packed: bool) -> None:  # noqa: FBT001 - hypothesis passes values
    """Masked in pieces or as a whole the bytes are the same, and as many."""
    data = b"".join(parts)
    out = masked(data, sizes, packed=packed)
    assert out == mask_bytes(data, packed=packed)
    assert len(out) == len(data)


@pytest.mark.parametrize(
    ("data", "kept"),
    [
        (
            b";4111111111111111=25121010000012345678?\n",
            b";************1111=********************?\n",
        ),
        (b"%B4111111111111111^DOE/J^2512101?", b"%B************1111^*************?"),
        (b"PAN 4111 1111 1111 1111 ok", b"PAN **** **** **** 1111 ok"),
        (b"AMEX 3714-496353-98431.", b"AMEX ****-******-*8431."),
    ],
)
def test_tracks_and_groups(data: bytes, kept: bytes) -> None:
    """A track is blotted out to its end, a printed number keeps its signs and last four."""
    assert mask_bytes(data, packed=False) == kept


def test_a_packed_track_is_blotted_out() -> None:
    """Track 2 of a card terminal: number, D, expiry and the rest; the filling stays."""
    track = bytes.fromhex("4111111111111111D2512101000001234F")
    out = mask_bytes(b"\xff\xfa" + track + b"\xff", packed=True).hex()
    assert out == "fffa" + "e" * 12 + "1111d" + "e" * 16 + "fff"


def test_a_number_with_doubled_bytes_is_found() -> None:
    """ZVT's serial frames send every 0x10 twice: the number behind that is found all the same."""
    pan = with_check("41110101010101")
    sent = bcd(pan + "0" * (len(pan) % 2)).replace(b"\x10", b"\x10\x10")
    assert b"\x10\x10" in sent
    out = mask_bytes(b"\x22" + sent + b"\xff", packed=True)
    assert out[1:5] != sent[:4]


def test_a_receipt_is_left_alone() -> None:
    """Amounts, dates, a receipt number and rows of sums keep every digit in a printer's stream."""
    paper = (
        b"Beleg-Nr 2025-004711  12.04.2025 13:22\n"
        b"19.00 3.03 15.92 18.95\n1 125000 125000\nTOTAL 1,234,567.00\n"
        b"\x1dv0\x00\x08\x00\x30\x00" + bytes(384) + b"\x1dV\x00"
    )
    assert mask_bytes(paper, packed=False) == paper


def test_what_is_held_back_is_bounded() -> None:
    """However many digits come, no more than 80 bytes wait inside."""
    mask = StreamMask(MaskRule(packed=True))
    told = fed = 0
    for _ in range(500):
        told, fed = told + len(mask.feed(b"4111111111")), fed + 10
        assert fed - told <= 80


def test_held_bytes_keep_their_own_time() -> None:
    """Digits that waited for what follows come out under the time at which they came."""
    mask = TimedMask(MaskRule())
    told = mask.feed(b"TOTAL 18.95", 10) + mask.feed(b"\r\n", 5_000)
    assert [at for at, _ in told] == [10, 10, 5_000]
    assert b"".join(data for _, data in told) == b"TOTAL 18.95\r\n"


def test_unknown_dialects_may_pack_digits() -> None:
    """Only a dialect that is known to be text is spared the search for packed digits."""
    assert not packs_digits(Dialect.ESCPOS)
    assert not packs_digits(Dialect.MOHR_LINES)
