"""Masked recordings of card terminals' lines: the card is gone, the payment is all there."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from simulators.given.card_hearing import heard, payments, turned_bits
from simulators.given.card_talk import CARD, CARD_TALKS
from simulators.tills import zvt_frames as zvt
from terminal_agent.pos.line_protocol.lines import write_line
from terminal_agent.pos.listeners import listener_of
from terminal_agent.pos.masking import MaskRule, StreamMask, TimedMask, mask_bytes, mask_rule
from terminal_agent.pos.profile_file import load_profile

PROFILES = sorted(CARD_TALKS)
#: What no recording may hold of the card, as it stands on the different lines.
CLEAR = (CARD.encode(), CARD.encode("utf-16-le"), bytes.fromhex(CARD), CARD[:12].encode())
RULES = {name: mask_rule(load_profile(name)) for name in (*PROFILES, "mohr-lines-irr")}


def masked(name: str, data: bytes, sizes: list[int] | None = None) -> bytes:
    """What a recording by a shipped profile keeps, heard in pieces of these sizes."""
    mask, out, at, turn = StreamMask(RULES[name]), b"", 0, 0
    while at < len(data):
        size = sizes[turn % len(sizes)] if sizes else len(data)
        out, at, turn = out + mask.feed(data[at : at + size]), at + size, turn + 1
    return out + mask.end()


@pytest.mark.parametrize("name", PROFILES)
@settings(max_examples=40)
@given(
    amount=st.integers(1, 99_999_999), sizes=st.lists(st.integers(1, 60), min_size=1, max_size=5)
)
@example(amount=10_101_010, sizes=[7])
def test_a_masked_recording_tells_the_same_payment(
    name: str, amount: int, sizes: list[int]
) -> None:
    """Amounts, numbers and times survive, whatever digits they have; the card does not."""
    line = b"".join(CARD_TALKS[name](amount, CARD))
    kept = masked(name, line, sizes)
    assert heard(listener_of(load_profile(name)), kept) == heard(
        listener_of(load_profile(name)), line
    )
    assert len(payments(heard(listener_of(load_profile(name)), kept))) == 2
    assert any(clear in line for clear in CLEAR)
    assert not any(clear in kept for clear in CLEAR)


@pytest.mark.parametrize("name", PROFILES)
@settings(max_examples=40)
@given(noise=st.binary(max_size=40), sizes=st.lists(st.integers(1, 60), min_size=1, max_size=5))
def test_any_chunking_masks_the_same(name: str, noise: bytes, sizes: list[int]) -> None:
    """Frames with noise among them are masked alike however they are read."""
    line = noise.join(CARD_TALKS[name](1_895, CARD))
    assert masked(name, line, sizes) == masked(name, line)


@pytest.mark.parametrize("name", PROFILES)
def test_a_broken_frame_hides_its_card_and_is_not_mended(name: str) -> None:
    """A turned bit breaks a frame: its card is masked all the same, and its check stays wrong."""
    for frame in CARD_TALKS[name](1_895, CARD):
        for spoiled in turned_bits(frame):
            kept = masked(name, spoiled)
            assert not any(clear in kept for clear in CLEAR[:3])
            told, again = (
                {
                    (one.kind, one.status, one.amount_minor)
                    for one in payments(heard(listener_of(load_profile(name)), data))
                }
                for data in (spoiled, kept)
            )
            assert again <= told


def test_what_is_no_card_is_left_as_it_is() -> None:
    """A line without a card comes out of its mask as it went in, check by check."""
    for name in PROFILES:
        for amount in range(1, 60_000, 997):
            line = b"".join(CARD_TALKS[name](amount, CARD)[:2])
            if any(clear in line for clear in CLEAR):
                continue
            assert masked(name, line) == line


def test_doubled_bytes_of_a_masked_card_keep_their_time() -> None:
    """A card with a 10 in it makes its serial frame shorter; what follows keeps its own time."""
    card = "4110101010101014"
    line = CARD_TALKS["zvt-serial-eur"](1_895, card)
    mask, kept = TimedMask(RULES["zvt-serial-eur"]), list[tuple[int, bytes]]()
    for at_ms, frame in enumerate(line):
        kept += mask.feed(frame, at_ms)
    kept += mask.end()
    assert bytes.fromhex(card).replace(b"\x10", b"\x10\x10") in b"".join(line)
    assert [b"".join(data for at, data in kept if at == at_ms) for at_ms in (3, 6)] == [
        line[3],
        line[6],
    ]
    told = payments(heard(listener_of(load_profile("zvt-serial-eur")), *(data for _, data in kept)))
    assert [one.amount_minor for one in told] == [1_895, 1_895]


def test_a_track_of_a_card_terminal_is_blotted_out() -> None:
    """Track 2 in a status goes whole, and the amount behind it stays."""
    track = bytes.fromhex(CARD + "D2512101000001234F")
    status = zvt.apdu(
        zvt.STATUS_INFORMATION,
        b"\x27\x00" + zvt.var_field(0x23, 2, track) + zvt.amount(1_895) + zvt.currency(),
    )
    kept = masked("zvt-tcp-eur", status)
    assert zvt.amount(1_895) in kept
    assert track[:6] not in kept
    assert track[9:15] not in kept


def test_a_line_of_our_own_protocol_holds_its_check() -> None:
    """A till that names a sale by a card number has it masked, and its line still counts."""
    line = write_line(
        {"type": "sale", "id": CARD, "total_minor": 125_000_000_000, "currency": "IRR"}
    )
    kept = masked("mohr-lines-irr", b"noise" + line, [9])
    assert CARD.encode() not in kept
    assert b'"total_minor":125000000000' in kept
    assert kept == b"noise" + write_line(
        {
            "type": "sale",
            "id": "*" * 12 + CARD[-4:],
            "total_minor": 125_000_000_000,
            "currency": "IRR",
        }
    )


@pytest.mark.parametrize("name", [*PROFILES, "mohr-lines-irr"])
@settings(max_examples=20)
@given(
    data=st.binary(max_size=300),
    unit=st.sampled_from(
        [
            b"\x02",
            b"\x10\x02",
            b"{",
            b"\x06\xd1\xff\xff\x0f",
            b"CZ0040300AA999",
            b"\x02999000\x1a",
            b"",
        ]
    ),
)
def test_nothing_raises_and_little_is_held(name: str, data: bytes, unit: bytes) -> None:
    """Any bytes go in without an exception, and no more waits inside than the longest frame."""
    mask = StreamMask(RULES[name])
    heard_bytes = told_bytes = 0
    for piece in (unit, data, unit + b"z" * 70_000, data, unit):
        heard_bytes += len(piece)
        told_bytes += sum(count for _, count in mask.pieces(piece))
        assert heard_bytes - told_bytes <= 66_000
    assert told_bytes + sum(count for _, count in mask.last_pieces()) == heard_bytes


@pytest.mark.parametrize(
    "written",
    [
        CARD.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")).encode(),
        CARD.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")).encode(),
        bytes(int(digit) + 0x80 for digit in CARD),
        bytes(int(digit) + 0xB0 for digit in CARD),
        bytes(byte | byte.bit_count() % 2 << 7 for byte in CARD.encode()),
    ],
)
@pytest.mark.parametrize("size", [1, 5, 200])
def test_a_card_in_other_digits_is_masked(written: bytes, size: int) -> None:
    """UTF-8, Iran System, CP864 and a line of seven bits: all but the last four digits go."""
    data = b"Kart: " + written + b"\n"
    mask, out = StreamMask(MaskRule()), b""
    for at in range(0, len(data), size):
        out += mask.feed(data[at : at + size])
    out += mask.end()
    width = len(written) // len(CARD)
    assert out == b"Kart: " + b"*" * 12 * width + written[-4 * width :] + b"\n"


@given(st.lists(st.integers(1, 99_999_999), min_size=2, max_size=6))
def test_a_row_of_amounts_is_no_card(amounts: list[int]) -> None:
    """Amounts side by side on a paper stay, unless they look just like a printed card."""
    paper = " ".join(str(amount) for amount in amounts).encode()
    if any(len(str(amount)) == 4 for amount in amounts):
        return
    assert mask_bytes(paper, packed=False) == paper
