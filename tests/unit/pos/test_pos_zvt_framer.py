"""ZVT 700 on the line: other people's frames, spoiled frames, noise, silence, and TCP."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from simulators.given.card_hearing import LONG_AFTER, heard, payments, told, turned_bits
from simulators.tills import zvt_frames as zvt
from terminal_agent.pos.card_line import CardLineSettings
from terminal_agent.pos.framers.checks import crc16_kermit, xor_lrc
from terminal_agent.pos.framers.zvt_apdu import ZvtApdu
from terminal_agent.pos.framers.zvt_fields import AMOUNT, read_fields
from terminal_agent.pos.framers.zvt_serial import ZvtSerialFramer
from terminal_agent.pos.framers.zvt_tcp import ZvtTcpFramer
from terminal_agent.pos.listeners import listener_of
from terminal_agent.pos.payments import PaymentKind, PaymentSeen, PaymentStatus
from terminal_agent.pos.profile_file import load_profile

SERIAL = load_profile("zvt-serial-eur")
TCP = load_profile("zvt-tcp-eur")
#: The vectors of ecrterm that hold amounts, as they stand in the corpus too.
DOUBLED = bytes.fromhex("1002060 10A0400000001101000490978 1003F2FF".replace(" ", ""))
STATUS = bytes.fromhex(
    "1002040F3727000400000000400049097 80C0938480D042522F1F15966666666D200212201001700018701750B"
    "61399519402960099914 0E05128A0210 03908C".replace(" ", "")
)
COMPLETED = zvt.serial_frame(zvt.apdu(zvt.COMPLETION))

REQUESTED, APPROVED, FAILED = PaymentStatus
PURCHASE = PaymentKind.PURCHASE


def framer() -> ZvtSerialFramer:
    """A serial framer with the usual times."""
    return ZvtSerialFramer(character_timeout_ms=1_000, frame_timeout_ms=30_000)


def corpus(folder: Path) -> list[bytes]:
    """The frames of ecrterm, one a line."""
    text = (folder / "frames/zvt_serial_ecrterm.hex").read_text()
    return [bytes.fromhex(line) for line in text.splitlines() if line.strip()]


def test_checks_agree_with_their_catalogue() -> None:
    """The sum is the one that the catalogue of CRCs gives for its test text, and XOR is XOR."""
    assert crc16_kermit(b"123456789") == 0x2189
    assert xor_lrc(b"\x01\x02\x07") == 0x04
    assert xor_lrc(b"\x01", initial=0x7F) == 0x7E


def test_every_frame_of_the_corpus_is_read(pos_corpus_folder: Path) -> None:
    """All thirteen frames hold, two of them with an 03 where others look for the end."""
    frames = corpus(pos_corpus_folder)
    assert len(frames) == 13
    reader = framer()
    controls = [apdu.control_field for apdu in reader.feed(b"".join(frames), 0)]
    assert controls == [
        *(0x0600, 0x0693, 0x0601, 0x0670, 0x06D1, 0x8000, 0x849C, 0x0618, 0x06E0, 0x0501),
        *(0x060F, 0x06D1, 0x040F),
    ]
    assert reader.counters.skipped == reader.counters.bad_checks == 0


def test_the_amounts_of_the_corpus_are_told(pos_corpus_folder: Path) -> None:
    """110.00 euro are asked for, never approved; 40.00 euro are known before they are completed."""
    events = payments(heard(listener_of(SERIAL), *corpus(pos_corpus_folder)))
    assert told(list(events)) == [
        (PURCHASE, REQUESTED, 11_000),
        (PURCHASE, FAILED, 11_000),
        (PaymentKind.UNKNOWN, REQUESTED, 4_000),
    ]
    alone = events[-1]
    assert (alone.currency, alone.amount_answered) == ("EUR", True)
    assert (alone.receipt_number, alone.occurred_at) == ("0175", "--04-25T09:38:48")


def test_an_acknowledgement_between_frames_is_no_noise() -> None:
    """Single bytes of acknowledgement and refusal are passed over without being counted."""
    reader = framer()
    assert len(reader.feed(b"\x06" + DOUBLED + b"\x15\x06" + STATUS + b"\x06", 0)) == 2
    assert reader.counters.skipped == 0
    assert reader.deadline_ms is None


@given(
    cuts=st.lists(st.integers(0, 400), max_size=30),
    garbage=st.binary(max_size=30),
)
def test_any_chunking_gives_the_same_apdus(cuts: list[int], garbage: bytes) -> None:
    """However a stream with noise in it is split between reads, the very same APDUs come."""
    stream = DOUBLED + garbage + STATUS + b"\x06" + garbage + COMPLETED
    reader, found, at = framer(), list[ZvtApdu](), 0
    for cut in sorted({*cuts, len(stream)}):
        found += reader.feed(stream[at:cut], 0)
        at = cut
    whole = framer()
    assert found == whole.feed(stream, 0)
    assert reader.counters == whole.counters


@given(garbage=st.binary(max_size=80))
@example(garbage=b"\x10\x02")
@example(garbage=b"\x10\x02\x06\x01\x10")
@example(garbage=b"\x10\x02\x06\x00\x00\x10")
@example(garbage=b"\x10\x02\x10\x02\x10\x10\x02\x10")
@example(garbage=b"\x10\x02abc\x10\x03")
@example(garbage=b"\x10\x02abc\x10\x03\xff")
@example(garbage=b"\x10\x02\x06\xd1\xff\xff\xff")
@example(garbage=b"\x10\x02\x04\x0f\xff\xff\xffabc\x10")
@example(garbage=b"\x10\x10\x10")
@example(garbage=DOUBLED[:-1])
@example(garbage=STATUS[:20])
def test_noise_before_a_frame_loses_none(garbage: bytes) -> None:
    """Whatever comes before, at once and without a pause, the good frame behind it is found."""
    apdus = framer().feed(garbage + DOUBLED, 0)
    assert apdus
    assert apdus[-1].control_field == 0x0601
    assert apdus[-1].field(AMOUNT) == bytes.fromhex("000000011000")


@given(
    pieces=st.lists(
        st.sampled_from(
            [b"\x10", b"\x02", b"\x03", b"\x10\x02", b"\x06\x01\x00", b"\xff", b"a", b"\x00"]
        ),
        max_size=40,
    )
)
def test_noise_of_control_bytes_loses_none(pieces: list[bytes]) -> None:
    """Even noise made of nothing but beginnings, ends and doubled bytes costs only itself."""
    apdus = framer().feed(b"".join(pieces) + STATUS, 0)
    assert apdus
    assert apdus[-1].field(AMOUNT) == bytes.fromhex("000000004000")


@pytest.mark.parametrize("frame", [DOUBLED, STATUS])
def test_no_turned_bit_changes_an_amount(frame: bytes) -> None:
    """Each single bit of a frame turned gives the true amount or none, with a completion behind."""
    true = {11_000} if frame == DOUBLED else {4_000}
    for spoiled in turned_bits(frame):
        events = heard(listener_of(SERIAL), spoiled, COMPLETED, frame, COMPLETED)
        assert {seen.amount_minor for seen in payments(events)} <= true


def test_no_turned_bit_of_the_corpus_makes_a_payment(pos_corpus_folder: Path) -> None:
    """No single turned bit makes one of the other frames a payment."""
    for frame in corpus(pos_corpus_folder):
        if frame in (DOUBLED, STATUS):
            continue
        for spoiled in turned_bits(frame):
            assert not heard(listener_of(SERIAL), spoiled)


@given(data=st.binary(max_size=600), times=st.lists(st.integers(0, 100_000), max_size=6))
def test_nothing_raises(data: bytes, times: list[int]) -> None:
    """Any bytes at any times, on either kind of line, are read without an exception."""
    for profile in (SERIAL, TCP):
        listener = listener_of(profile)
        for at, now_ms in enumerate(times):
            listener.feed(data[at::6], now_ms)
        listener.idle(LONG_AFTER)
        listener.lost()
        assert listener.deadline_ms is None


@given(body=st.binary(max_size=120), control=st.sampled_from([0x0601, 0x0631, 0x040F, 0x061E]))
def test_any_contents_are_read(body: bytes, control: int) -> None:
    """A frame that holds, with any contents, gives at most an amount of twelve digits."""
    for event in heard(listener_of(SERIAL), zvt.serial_frame(zvt.apdu(control, body)), COMPLETED):
        assert isinstance(event, PaymentSeen)
        assert event.amount_minor is None or 0 < event.amount_minor < 10**12


@pytest.mark.parametrize(
    "make",
    [
        lambda chance: chance.randbytes(300_000),
        lambda _: b"\x10\x02\x06\xd1\xff\xff\xff" + b"a" * 300_000,
        lambda _: b"\x10\x10\x02" * 100_000,
        lambda _: b"\x10\x02" * 150_000,
        lambda _: b"\x06\xd1\xff\xff\xff" * 60_000,
    ],
)
@pytest.mark.parametrize("profile", [SERIAL, TCP])
def test_memory_stays_bounded(make: Callable[[random.Random], bytes], profile: object) -> None:
    """Whatever comes, no more is held than the longest APDU that the protocol has."""
    data = make(random.Random(7))
    line = (
        framer()
        if profile is SERIAL
        else ZvtTcpFramer(character_timeout_ms=1_000, frame_timeout_ms=30_000)
    )
    for at in range(0, len(data), 1_000):
        line.feed(data[at : at + 1_000], 0)
        held = line._body if isinstance(line, ZvtSerialFramer) else line._held
        assert sys.getsizeof(held) < 200_000
    assert line.counters.bytes_in == len(data)


def test_a_frame_that_does_not_go_on_is_given_up() -> None:
    """A frame that stops is dropped after the profile's time, and the next one is read."""
    patient = replace(SERIAL, card_line=CardLineSettings(character_timeout_ms=400))
    listener = listener_of(patient)
    listener.feed(DOUBLED[:10], 0)
    assert listener.deadline_ms == 400
    listener.feed(DOUBLED[10:12], 399)
    assert listener.deadline_ms == 799
    assert not listener.idle(798)
    listener.idle(799)
    assert listener.counters.abandoned == 1
    assert told(listener.feed(DOUBLED[12:] + DOUBLED, 800)) == [(PURCHASE, REQUESTED, 11_000)]


def test_a_frame_may_not_drip_for_ever() -> None:
    """Bytes that come one by one, each in time, do not keep a frame beyond its own time."""
    reader = framer()
    reader.feed(b"\x10\x02\x06\xd1\xff\xff\xff", 0)
    for count in range(1, 33):
        reader.feed(b"a", count * 900)
        assert reader.deadline_ms == min(count * 900 + 1_000, 30_000)
    reader.feed(b"a", 30_600)
    assert (reader.counters.abandoned, reader.deadline_ms) == (1, None)


def test_time_that_steps_back_is_no_time() -> None:
    """A clock that steps back gives nothing up."""
    reader = framer()
    reader.feed(DOUBLED[:10], 5_000)
    assert len(reader.feed(DOUBLED[10:], 1)) == 1


@pytest.mark.parametrize(
    ("data", "count", "whole"),
    [
        ("2700 04000000004000 490978", 3, True),
        ("2700 3CF0F1F4" + "41" * 14 + "00", 2, True),
        ("06820005" + "41" * 5, 1, True),
        ("06820500" + "41" * 5, 1, True),
        ("068105" + "41" * 5 + "2700", 2, True),
        ("2700 99 04000000004000", 1, False),
        ("2700 0400", 1, False),
        ("22F1FA59", 0, False),
        ("0680", 0, False),
    ],
)
def test_bitmaps_are_cut_by_their_lengths(data: str, count: int, whole: bool) -> None:  # noqa: FBT001 - a case
    """Fixed lengths, digits before the data and TLV lengths; what is unknown ends the reading."""
    fields, is_whole = read_fields(bytes.fromhex(data.replace(" ", "")))
    assert (len(fields), is_whole) == (count, whole)


def test_tcp_carries_the_same_payments() -> None:
    """Bare APDUs give the same events, also long ones, in pieces, and mixed into one stream."""
    long_line = zvt.apdu(zvt.PRINT_LINE, b"x" * 700)
    pieces = [
        zvt.authorisation(11_000),
        zvt.apdu(zvt.DONE),
        zvt.status_information(11_000),
        zvt.apdu(zvt.DONE),
        long_line,
        zvt.apdu(zvt.DONE),
        zvt.apdu(zvt.COMPLETION),
    ]
    whole = heard(listener_of(TCP), b"".join(pieces))
    assert told(whole) == [(PURCHASE, REQUESTED, 11_000), (PURCHASE, APPROVED, 11_000)]
    stream = b"".join(pieces)
    assert heard(listener_of(TCP), *(bytes((byte,)) for byte in stream)) == whole


@given(garbage=st.binary(max_size=300))
@example(garbage=b"\x06\xd1\xff\xff\xff")
def test_tcp_is_in_step_again_after_silence(garbage: bytes) -> None:
    """A stream joined in the middle costs nothing once it was silent for the profile's time."""
    listener = listener_of(TCP)
    listener.feed(garbage, 0)
    listener.idle(5_000)
    listener.lost()
    events = list(listener.feed(zvt.authorisation(11_000), 10_000))
    assert told(events) == [(PURCHASE, REQUESTED, 11_000)]


def test_tcp_finds_what_stands_behind_a_broken_apdu() -> None:
    """An APDU that never becomes whole is given up by time, and what came behind it is told."""
    listener = listener_of(TCP)
    assert not listener.feed(b"\x06\xd1\xff\xff\xff" + zvt.authorisation(11_000), 0)
    assert told(listener.idle(1_000)) == [(PURCHASE, REQUESTED, 11_000)]
