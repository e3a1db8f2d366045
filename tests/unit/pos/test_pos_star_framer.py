"""The Star framer: Star's own table, the same events, raster mode, any chunking."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal_agent.pos.framers.events import (
    UTF_8_PAGE,
    Abandoned,
    Barcode,
    CodePage,
    CutPaper,
    DrawerPulse,
    EscPosEvent,
    HorizontalTab,
    IdleGap,
    ImageSkipped,
    Initialise,
    LineFeed,
    MoveBy,
    MoveTo,
    QrData,
    Style,
    TabStops,
    Text,
    Unknown,
)
from terminal_agent.pos.framers.star import StarFramer
from terminal_agent.pos.framers.star_lengths import measure

#: Letters behind ESC by number of arguments (Star line mode command specifications, chapter 2).
_FIXED = {
    0: b"@MP:gEF4501O\x0e\x14pq",
    1: b" R/Wh-_aJIzNlQ%$\x06\x0c",
    2: b"ist\x07",
}
_COMMANDS = [
    *(bytes((0x1B, letter)) + b"\x05" * n for n, letters in _FIXED.items() for letter in letters),
    b"\x1bC\x20",
    b"\x1bC\x00\x05",
    b"\x1bB\x05\x0a\x00",
    b"\x1bD\x08\x10\x00",
    b"\x1bd3",
    b"\x1bb621H20250047\x1e",
    b"\x1bK\x02\x00ab",
    b"\x1bL\x02\x00ab",
    b"\x1bX\x02\x00abcdef",
    b"\x1bk\x02\x00" + b"x" * 48,
    b"\x1b^\x01\x02\x00abcd",
    b"\x1b&11A" + b"d" * 48,
    b"\x1b&10A",
    b"\x1br\x76\x21" + b"d" * 72,
    b"\x1b?\n\x00",
    b"\x1b#@\n\x00",
    b"\x1b#2,0001\n\x00",
    b"\x1b\x1cp\x01\x00",
    b"\x1b\x1cq\x01\x01\x00\x01\x00" + b"d" * 8,
    *(b"\x1b\x1e" + bytes((letter, 1)) for letter in b"FaAdErLcCm"),
    b"\x1b\x1dt\x01",
    b"\x1b\x1da\x01",
    b"\x1b\x1dA\x10\x00",
    b"\x1b\x1dR\x10\x00",
    b"\x1b\x1dc11",
    b"\x1b\x1d\x03\x01\x00\x00",
    b"\x1b\x1d\x07\x01\x02\x02",
    b"\x1b\x1d\x19\x11\x01\x02\x02",
    b"\x1b\x1d\x19\x12\x01\x02\x02",
    b"\x1b\x1d#W\x320001\n\x00",
    b"\x1b\x1dg0\x00\x00",
    b"\x1b\x1dS\x01\x02\x00\x03\x00\x00abcdef",
    b"\x1b\x1dyS0\x02",
    b"\x1b\x1dyS1\x00",
    b"\x1b\x1dyS2\x05",
    b"\x1b\x1dyD1\x00\x03\x00abc",
    b"\x1b\x1dyD2\x02\x01\x02\x0012\x03\x01\x00x",
    b"\x1b\x1dyP",
    b"\x1b\x1dyI",
    b"\x1b\x1dxS0\x01\x00\x00",
    b"\x1b\x1dxS1\x02",
    b"\x1b\x1dxD\x03\x00abc",
    b"\x1b\x1dxP",
    b"\x1b\x1d*0003123",
    b"\x1b\x1d*1016032",
    b"\x1b\x1d*201080",
    b"\x1b\x1d*W",
    b"\x1b\x1d/W",
    b"\x1b\x1d/1\x01",
    b"\x1b\x1d/3\x04\x00\x1b\x1da\x01",
    b"\x1b\x1d+\x01\x00\x02\x00ab",
    b"\x1b\x1dP0",
    b"\x1b\x1dP1",
    b"\x1b\x1dP20",
    b"\x1b\x1dP3" + b"\x01" * 8,
    b"\x1b\x1dP4\x01\x00",
    b"\x1b\x1dP5\x01\x00",
    b"\x1b\x1dP6",
    b"\x1b\x1dP7",
    b"\x1b\x1d)U\x02\x000\x01",
    b"\x1b\x1d)B\x03\x00abc",
    b"\x1b*rR",
    b"\x1b*rP100\x00",
    b"\x1b*rE9\x00",
    b"\x1b*rml10\x00",
    b"\x1b*rY24\x00",
]

RECEIPT = (
    b"\x1b@\x1b\x1eF\x00\x1b\x1dt\x20\x1bW1\x1bhBON\n\x1bW0\x1bh0\x1bETOTAL\x1bF"
    b"\x1b\x1dA\x50\x016.00\n\x1bb621H20250047\x1e\x1b\x1dyS02\x1b\x1dyD1\x00\x05\x0018.95\x1b\x1dyP"
    b"\x1b*rA\x1b*rP0\x00b\x02\x00\xff\x0ak\x01\x00b\x1b*rB\x07\x1bk\x01\x00"
    + b"x" * 24
    + b"\n\x1bd3"
)


def frames(data: bytes) -> list[EscPosEvent]:
    """The events of one uninterrupted stream."""
    return StarFramer().feed(data, 0)


def name(value: object) -> str:
    """A test's name that shows the bytes."""
    return repr(value)[:40]


@pytest.mark.parametrize("command", _COMMANDS, ids=name)
def test_each_command_takes_what_is_its_own(command: bytes) -> None:
    """Each command takes its arguments and data, and not a byte of the text behind."""
    span = measure(bytearray(command + b"TEXT" * 4), 0)
    assert span is not None
    assert (span.head + span.skip, span.known) == (len(command), True)


@pytest.mark.parametrize("command", _COMMANDS, ids=name)
def test_each_command_waits_for_its_last_byte(command: bytes) -> None:
    """However a command is cut in two, it and the line behind it give the same events."""
    whole = frames(command + b"TEXT\n")
    for at in range(1, len(command)):
        framer = StarFramer()
        assert framer.feed(command[:at], 0) + framer.feed(command[at:] + b"TEXT\n", 1) == whole


@pytest.mark.parametrize(
    ("command", "event"),
    [
        (b"\n", LineFeed()),
        (b"\r", LineFeed()),
        (b"\x0b", LineFeed()),
        (b"\x0c", LineFeed()),
        (b"\t", HorizontalTab()),
        (b"\x07", DrawerPulse()),
        (b"\x1c", DrawerPulse()),
        (b"\x19", DrawerPulse()),
        (b"\x1a", DrawerPulse()),
        (b"\x18", Initialise()),
        (b"\x1b@", Initialise()),
        (b"\x1bd\x02", CutPaper()),
        (b"\x1ba\x04", LineFeed(lines=4)),
        (b"\x1bJ\x04", LineFeed()),
        (b"\x1b\x1dt\x20", CodePage(number=32)),
        (b"\x1b\x1d)U\x02\x000\x01", CodePage(number=UTF_8_PAGE)),
        (b"\x1b\x1dA\x50\x01", MoveTo(dots=336)),
        (b"\x1b\x1dR\xf4\xff", MoveBy(dots=-12)),
        (b"\x1bD\x08\x10\x00", TabStops(columns=(8, 16))),
        (b"\x1bb621H2025\x1e", Barcode(symbology=0x36, data=b"2025")),
        (b"\x1bX\x01\x00abc", ImageSkipped(byte_count=3)),
        (b"\x1b\x1dS1\x01\x00\x02\x00\x00ab", ImageSkipped(byte_count=2)),
        (b"\x1b\x1cp\x01\x00", ImageSkipped(byte_count=0)),
        (b"\x1b\x1dyD1\x00\x02\x0012\x1b\x1dyP", QrData(data=b"12")),
        (b"\x1b\x1dyD2\x02\x01\x02\x0012\x03\x01\x00x\x1b\x1dyP", QrData(data=b"12x")),
        (b"\x1b*rD1\x00", DrawerPulse()),
        (b"\x1b~", Unknown(command=b"\x1b~")),
        (b"\x1b\x1d~", Unknown(command=b"\x1b\x1d~")),
        (b"\x1bp", Unknown(command=b"\x1bp")),
    ],
    ids=name,
)
def test_a_command_that_matters_has_its_event(command: bytes, event: EscPosEvent) -> None:
    """Every command that bears on reading a receipt gives its event, arguments decoded."""
    assert frames(command)[0] == event


@pytest.mark.parametrize(
    ("command", "style"),
    [
        (b"\x1bE", Style(bold=True)),
        (b"\x1bE\x1bF", Style()),
        (b"\x1bi\x01\x02", Style(height=2, width=3)),
        (b"\x1bi10", Style(height=2)),
        (b"\x1bi\x09\x00", Style()),
        (b"\x1bW1", Style(width=2)),
        (b"\x1bh\x01", Style(height=2)),
        (b"\x0e", Style(width=2)),
        (b"\x0e\x14", Style()),
        (b"\x1b\x0e", Style(height=2)),
        (b"\x1b\x0e\x1b\x14", Style()),
        (b"\x1b\x1eF1", Style(font_b=True)),
        (b"\x1bP", Style(spacing_dots=3)),
        (b"\x1b A", Style(spacing_dots=10)),
        (b"\x1bE\x1b@", Style()),
    ],
    ids=name,
)
def test_styles(command: bytes, style: Style) -> None:
    """Weight, size, font and pitch are Star's, in numbers or ASCII digits."""
    assert frames(command + b"TEXT\n")[-2] == Text(data=b"TEXT", style=style)


def test_raster_mode_is_one_picture() -> None:
    """Rows whose dots look like text and commands are passed over and told as one picture."""
    rows = b"b\x03\x00SUM" + b"k\x02\x00\x1bd" + b"\x00" + b"b\x01\x00\x0a"
    assert frames(b"\x1b*rA\x1b*rE9\x00" + rows + b"\x1b*rBTOTAL\n") == [
        ImageSkipped(byte_count=6),
        Text(data=b"TOTAL"),
        LineFeed(),
    ]


def test_a_raster_document_ends_with_a_cut() -> None:
    """``ESC FF EOT`` ends a printed document, ``ESC FF NUL`` only a page of it."""
    assert frames(b"\x1b*rAb\x01\x00x\x1b\x0c\x00b\x01\x00x\x1b\x0c\x04\x1b*rB") == [
        ImageSkipped(byte_count=1),
        LineFeed(),
        ImageSkipped(byte_count=1),
        CutPaper(),
    ]


@pytest.mark.parametrize("between", [b"", b"\x1b@"])
def test_a_lost_end_of_raster_mode_costs_no_receipt(between: bytes) -> None:
    """Text cannot stand in raster mode: it, or ``ESC @``, ends the mode."""
    events = frames(b"\x1b*rAb\x01\x00x" + between + b"TOTAL 6.00\n")
    assert events[-2:] == [Text(data=b"TOTAL 6.00"), LineFeed()]


def test_silence_ends_raster_mode_and_a_pending_command() -> None:
    """After the gap, rows half received are given up and the next line is read as text."""
    framer = StarFramer(idle_gap_ms=1_000)
    framer.feed(b"\x1b*rAb\x10\x00x", 0)
    assert framer.idle(1_000) == [
        Abandoned(byte_count=15),
        ImageSkipped(byte_count=16),
        IdleGap(),
    ]
    assert framer.feed(b"bk 6.00\n", 2_000) == [Text(data=b"bk 6.00"), LineFeed()]


@given(cuts=st.lists(st.integers(min_value=1, max_value=len(RECEIPT) - 1), max_size=30))
def test_any_chunking_gives_the_same_events(cuts: list[int]) -> None:
    """However a stream with every kind of command is split between reads, the events are equal."""
    framer, events, at = StarFramer(), [], 0
    for cut in sorted({*cuts, len(RECEIPT)}):
        events += framer.feed(RECEIPT[at:cut], 0)
        at = cut
    assert events == frames(RECEIPT)


def test_the_sample_holds_no_unknown_command() -> None:
    """The chunking test runs on a stream that the table knows whole."""
    framer = StarFramer()
    framer.feed(RECEIPT, 0)
    assert (framer.counters.unknown, framer.deadline_ms) == (0, 2_000)


_PIECES = st.sampled_from(
    [
        b"\x1b*rA",
        b"\x1b*r",
        b"b\x02\x00",
        b"\x1b\x1dyD",
        b"\x1bb6",
        b"\x1b\x1d)",
        b"\x1bX\xff",
        b"\n",
    ]
)


@given(pieces=st.lists(st.one_of(st.binary(max_size=40), _PIECES), max_size=30))
def test_random_bytes_never_raise_and_a_line_after_silence_is_read(pieces: list[bytes]) -> None:
    """Whatever came before, one gap later the next line is read, and nothing waits for ever."""
    framer, whole = StarFramer(), StarFramer()
    events = [event for piece in pieces for event in framer.feed(piece, 0)]
    assert events == whole.feed(b"".join(pieces), 0)
    framer.idle(10_000)
    texts = [event for event in framer.feed(b"\x1b@TOTAL\n", 10_000) if isinstance(event, Text)]
    assert [text.data for text in texts] == [b"TOTAL"]
