"""What scanners send: every terminator, framing, symbology, silence and garbage."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ValueRangeError
from gateway.readers.codes.scan_line import (
    Scan,
    ScanFault,
    ScanFramer,
    ScannedLine,
    ScanSettings,
    Terminator,
)

TEXT = b"MOHR:AEAQ"


def line(data: bytes = TEXT, symbology: str = "") -> ScannedLine:
    """A whole scan."""
    return ScannedLine(data=data, symbology=symbology)


def framed(settings: ScanSettings, *pieces: bytes) -> list[Scan]:
    """What comes of pieces one millisecond apart."""
    framer = ScanFramer(settings)
    scans: list[Scan] = []
    for now_ms, piece in enumerate(pieces):
        scans += framer.feed(piece, now_ms)
    return scans


@pytest.mark.parametrize(
    ("terminator", "end"),
    [
        (Terminator.ANY, b"\r"),
        (Terminator.ANY, b"\n"),
        (Terminator.ANY, b"\r\n"),
        (Terminator.ANY, b"\t"),
        (Terminator.CR, b"\r"),
        (Terminator.CR, b"\r\n"),
        (Terminator.LF, b"\n"),
        (Terminator.LF, b"\r\n"),
        (Terminator.TAB, b"\t"),
    ],
)
def test_each_terminator_ends_a_scan(terminator: Terminator, end: bytes) -> None:
    """Two scans one after the other are two scans, also where CR and LF come together."""
    settings = ScanSettings(terminator=terminator)
    assert framed(settings, TEXT + end + TEXT + end) == [line(), line()]


def test_without_a_terminator_silence_ends_a_scan() -> None:
    """A scan is told once nothing came for as long as is set, and not before."""
    framer = ScanFramer(ScanSettings(terminator=Terminator.NONE, gap_ms=50))
    due_ms = [framer.next_due_ms]
    assert framer.feed(TEXT[:4], 1_000) == []
    assert framer.feed(TEXT[4:], 1_040) == []
    due_ms.append(framer.next_due_ms)
    assert framer.pass_time(1_089) == []
    assert framer.pass_time(1_090) == [line()]
    due_ms.append(framer.next_due_ms)
    assert due_ms == [None, 1_090, None]


def test_bytes_that_waited_for_their_reader_are_no_silence() -> None:
    """On a busy machine the second half of a scan may be read a second late."""
    framer = ScanFramer(ScanSettings(gap_ms=50))
    framer.feed(TEXT[:4], 1_000)
    assert framer.feed(TEXT[4:] + b"\r", 2_000) == [line()]


def test_a_scan_without_its_terminator_is_given_up() -> None:
    """The integrator is told what to look at, and the next scan is not glued to it."""
    framer = ScanFramer(ScanSettings(gap_ms=50))
    framer.feed(TEXT, 0)
    assert framer.pass_time(50) == [ScanFault.NO_TERMINATOR]
    assert framer.feed(TEXT + b"\r", 60) == [line()]


@given(
    text=st.binary(min_size=1, max_size=40).map(
        lambda data: bytes(0x21 + value % 0x5E for value in data)
    ),
    cuts=st.lists(st.integers(0, 45)),
)
def test_it_does_not_matter_how_bytes_come(text: bytes, cuts: list[int]) -> None:
    """One byte at a time or all at once: the same scan."""
    stream = text + b"\r"
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    pieces = [stream[start:end] for start, end in pairwise(places)]
    assert framed(ScanSettings(), *pieces) == framed(ScanSettings(), stream)


def test_symbology_and_framing_are_taken_off() -> None:
    """AIM's identifier may come before or behind the shop's prefix."""
    settings = ScanSettings(prefix=b"\x02", suffix=b"\x03")
    assert framed(settings, b"\x02]Q1" + TEXT + b"\x03\r") == [line(symbology="Q1")]
    assert framed(settings, b"]Q1\x02" + TEXT + b"\x03\r") == [line(symbology="Q1")]
    assert framed(ScanSettings(), b"]E0" + TEXT + b"\n") == [line(symbology="E0")]
    assert framed(ScanSettings(), b"]?0\n") == [line(b"]?0")]


@pytest.mark.parametrize("sent", [TEXT, b"\x02" + TEXT, TEXT + b"\x03", b"\x02"])
def test_a_scan_without_its_frame_is_refused(sent: bytes) -> None:
    """Somebody else's device on the line, or half a scan."""
    settings = ScanSettings(prefix=b"\x02", suffix=b"\x02" if sent == b"\x02" else b"\x03")
    assert framed(settings, sent + b"\r") == [ScanFault.NO_FRAME]


def test_a_scan_without_end_is_refused_once() -> None:
    """A device gone mad fills no memory, and is told of when it stops."""
    framer = ScanFramer(ScanSettings(bytes_max=8))
    for now_ms in range(1_000):
        assert framer.feed(b"0" * 100, now_ms) == []
        assert len(framer._held) <= 8
    assert framer.feed(b"\r" + TEXT[:8] + b"\r", 1_000) == [ScanFault.TOO_LONG, line(TEXT[:8])]
    framer.feed(b"0" * 100, 2_000)
    assert framer.pass_time(2_200) == [ScanFault.TOO_LONG]


def test_lost_characters_spoil_their_scan_alone() -> None:
    """What is not whole is not read, and the next scan is."""
    framer = ScanFramer(ScanSettings())
    framer.feed(TEXT[:3], 0)
    framer.lose(1)
    assert framer.feed(TEXT[3:] + b"\r" + TEXT + b"\r", 2) == [ScanFault.LOST, line()]


def test_an_unplugged_scanner_leaves_nothing_behind() -> None:
    """Half a scan of before does not begin the next one."""
    framer = ScanFramer(ScanSettings())
    framer.feed(TEXT, 0)
    framer.drop()
    assert framer.next_due_ms is None
    assert framer.feed(TEXT + b"\r", 1) == [line()]


@given(
    settings=st.builds(
        ScanSettings,
        terminator=st.sampled_from(Terminator),
        gap_ms=st.integers(1, 50),
        prefix=st.binary(max_size=2),
        suffix=st.binary(max_size=2),
        bytes_max=st.integers(1, 40),
    ),
    pieces=st.lists(st.tuples(st.binary(max_size=60), st.integers(0, 80))),
)
def test_any_garbage_ends_in_scans_and_faults(
    settings: ScanSettings, pieces: list[tuple[bytes, int]]
) -> None:
    """Nothing raises, no scan is longer than allowed, and silence leaves nothing under way."""
    framer = ScanFramer(settings)
    now_ms, scans = 0, []
    for piece, later_ms in pieces:
        now_ms += later_ms
        scans += framer.pass_time(now_ms)
        scans += framer.feed(piece, now_ms)
    scans += framer.pass_time(now_ms + settings.gap_ms)
    assert framer.next_due_ms is None
    for scan in scans:
        assert isinstance(scan, ScanFault) or len(scan.data) <= settings.bytes_max


def test_what_was_scanned_stands_in_no_repr() -> None:
    """It may be a bank card's number."""
    assert "4111" not in repr(line(b"4111111111111111"))
    assert "4111" not in repr(framed(ScanSettings(), b"4111111111111111\r"))


@pytest.mark.parametrize(
    "wrong", [{"gap_ms": 0}, {"prefix": bytes(17)}, {"suffix": "\x03"}, {"bytes_max": 0}]
)
def test_settings_outside_their_range_are_refused(wrong: dict[str, object]) -> None:
    """A mistyped setting is told at the start."""
    with pytest.raises(ValueRangeError):
        ScanSettings(**wrong)  # type: ignore[arg-type]
