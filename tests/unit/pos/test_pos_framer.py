"""The ESC/POS framer: in step with every command, bounded, indifferent to chunking."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal_agent.pos.framers.escpos import TEXT_RUN_BYTES_MAX, EscPosFramer
from terminal_agent.pos.framers.events import (
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
    PeripheralSelect,
    QrData,
    Style,
    TabStops,
    Text,
    Unknown,
)

#: One sample of every command of the length table, with arguments that look like text and controls.
SILENT_COMMANDS = (
    b"\x1b2",
    b"\x1b<",
    b"\x1bL",
    b"\x1bS",
    b"\x1bv",
    b"\x1b%A",
    b"\x1b-A",
    b"\x1b3\x1b",
    b"\x1b?A",
    b"\x1bRA",
    b"\x1bT\n",
    b"\x1bUA",
    b"\x1bVA",
    b"\x1ba\n",
    b"\x1brA",
    b"\x1buA",
    b"\x1b{A",
    b"\x1bBAB",
    b"\x1bc5A",
    b"\x1bWAAAABBBB",
    b"\x1b(A\x04\x00\n\x1b@A",
    b"\x1b&\x01AB\x02AB\x01A",
    b"\x1c!A",
    b"\x1c-A",
    b"\x1cCA",
    b"\x1cSAB",
    b"\x1cWA",
    b"\x1c?AB",
    b"\x1c2AB" + b"\n" * 72,
    b"\x1c(A\x02\x00\n\n",
    b"\x1cq\x01\x01\x00\x01\x00" + b"\n" * 8,
    b"\x1cg1AAAAA\x02\x00\n\n",
    b"\x1cg2AAAAA\x02\x00",
    b"\x1dBA",
    b"\x1dHA",
    b"\x1dIA",
    b"\x1dTA",
    b"\x1daA",
    b"\x1dbA",
    b"\x1dfA",
    b"\x1dhA",
    b"\x1djA",
    b"\x1drA",
    b"\x1dwA",
    b"\x1d|A",
    b"\x1dE\n",
    b"\x1d:",
    b"\x1dL\x08\x00",
    b"\x1dW\x20\x00",
    b"\x1d$AB",
    b"\x1d\\AB",
    b"\x1dPAB",
    b"\x1d^ABC",
    b"\x1d(E\x03\x00\n\n\n",
    b"\x1d*\x01\x01" + b"\n" * 8,
    b"\x1dC0AB",
    b"\x1dC1AABBCC",
    b"\x1dC2AB",
    b"\x1dg0AB\n",
    b"\x1dg2AB\n",
    b"\x1dD0C0AABBBM\x10\x00\x00\x00" + b"\n" * 10,
    b"\x10\x04\x01",
    b"\x10\x04\x07\x01",
    b"\x10\x05\x01",
    b"\x10\x14\x02\x01\x01",
    b"\x10\x14\x08\x01\x02\x03\x04\x05\x06\x07",
    b"\x00",
    b"\x07",
    b"\x18",
)

PICTURES = (
    b"\x1b*\x00\x03\x00\n\n\n",
    b"\x1b*\x21\x01\x00\n\n\n",
    b"\x1dv0\x00\x02\x00\x03\x00" + b"\n" * 6,
    b"\x1d8L\x05\x00\x00\x00\n\n\n\n\n",
    b"\x1d(L\x02\x0002",
)


def frames(data: bytes) -> list[EscPosEvent]:
    """Everything a fresh framer says about bytes that come at once."""
    return EscPosFramer().feed(data, 0)


def plain(text: bytes) -> Text:
    """Text as at power-on."""
    return Text(data=text)


@pytest.mark.parametrize("command", SILENT_COMMANDS, ids=lambda command: command[:3].hex())
def test_a_command_takes_exactly_its_arguments(command: bytes) -> None:
    """Text before and after a command is whole, and no argument leaks into it."""
    framer = EscPosFramer()
    texts = [event for event in framer.feed(b"X" + command + b"Y\n", 0) if isinstance(event, Text)]
    assert b"".join(text.data for text in texts) == b"XY"
    assert framer.counters.unknown == 0


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture[:3].hex())
def test_a_picture_is_passed_over_and_told(picture: bytes) -> None:
    """Picture bytes never become text or line feeds, and the picture is told once."""
    events = frames(b"X" + picture + b"Y\n")
    assert [type(event) for event in events] == [Text, ImageSkipped, Text, LineFeed]


@pytest.mark.parametrize(
    ("command", "event"),
    [
        (b"\x1b@", Initialise()),
        (b"\x1bi", CutPaper()),
        (b"\x1bm", CutPaper()),
        (b"\x1dV\x00", CutPaper()),
        (b"\x1dV\x41\x03", CutPaper()),
        (b"\x1bp\x00\x32\x32", DrawerPulse()),
        (b"\x10\x14\x01\x00\x01", DrawerPulse()),
        (b"\x1bt\x0f", CodePage(number=15)),
        (b"\x1b$\x50\x01", MoveTo(dots=336)),
        (b"\x1b\\\xff\xff", MoveBy(dots=-1)),
        (b"\x09", HorizontalTab()),
        (b"\x0a", LineFeed()),
        (b"\x0d", LineFeed()),
        (b"\x0c", LineFeed()),
        (b"\x1bd\x05", LineFeed(lines=5)),
        (b"\x1bJ\x10", LineFeed()),
        (b"\x1bD\x08\x10\x00", TabStops(columns=(8, 16))),
        (b"\x1b=\x02", PeripheralSelect(printer=False, display=True)),
        (b"\x1dk\x024006381333931\x00", Barcode(symbology=2, data=b"4006381333931")),
        (b"\x1dkE\x03ABC", Barcode(symbology=69, data=b"ABC")),
        (b"\x1bY", Unknown(command=b"\x1bY")),
        (b"\x1dk\x20", Unknown(command=b"\x1dk")),
    ],
)
def test_a_command_that_matters_has_its_event(command: bytes, event: EscPosEvent) -> None:
    """Every command that bears on reading a receipt gives its event, arguments decoded."""
    assert frames(command)[0] == event


def test_tab_stops_end_where_they_stop_growing() -> None:
    """A list of tab stops without NUL gives the byte that does not grow back as data."""
    assert frames(b"\x1bD\x08\x10 \n")[:2] == [TabStops(columns=(8, 16, 32)), LineFeed()]
    assert frames(b"\x1bD\x30\x10\x09")[:1] == [TabStops(columns=(0x30,))]


def test_a_qr_code_is_told_when_it_is_printed() -> None:
    """Stored data alone is no print, and its bytes never become text."""
    store = b"\x1d(k\x08\x001P0Beleg"
    assert frames(store) == []
    assert frames(store + b"\x1d(k\x03\x001Q0") == [QrData(data=b"Beleg")]


def test_styles_travel_with_the_text() -> None:
    """Size, emphasis, font and spacing are those in force when the text was sent."""
    events = frames(b"\x1b!\x38A\x1d!\x00B\x1bE\x00\x1bM\x01\x1b \x02C\n")
    styles = [event.style for event in events if isinstance(event, Text)]
    assert styles == [
        Style(width=2, height=2, bold=True),
        Style(bold=True),
        Style(font_b=True, spacing_dots=2),
    ]


def test_a_code_page_may_change_within_a_word() -> None:
    """python-escpos switches pages inside words; each run carries its own page."""
    events = frames(b"R\x1bt\x00\x81ck\n")
    assert events == [
        plain(b"R"),
        CodePage(number=0),
        Text(data=b"\x81ck", code_page=0),
        LineFeed(),
    ]


def test_an_unknown_command_swallows_no_text() -> None:
    """Guessing a length could eat an amount: only the command's own two bytes go."""
    assert frames(b"\x1bZ18,95\n") == [Unknown(command=b"\x1bZ"), plain(b"18,95"), LineFeed()]


def test_a_lost_prefix_does_not_take_the_next_command_with_it() -> None:
    """ESC followed by ESC @ is a broken byte and an initialise."""
    assert frames(b"\x1b\x1b@") == [Unknown(command=b"\x1b"), Initialise()]


def test_silence_gives_up_an_unfinished_command() -> None:
    """A command that claims more bytes than come is dropped after the gap, and the line heard."""
    framer = EscPosFramer(idle_gap_ms=1_000)
    assert framer.feed(b"\x1dv0\x00\xff\x00\xff\x00abc", 0) == []
    assert framer.deadline_ms == 1_000
    assert framer.idle(999) == []
    gap = framer.idle(1_000)
    assert [type(event) for event in gap] == [Abandoned, IdleGap]
    assert framer.idle(5_000) == []
    assert framer.feed(b"Hi\n", 5_000) == [plain(b"Hi"), LineFeed()]
    assert framer.counters.abandoned == 1


def test_a_gap_is_noticed_by_the_next_bytes_too() -> None:
    """Nobody needs to call ``idle`` in time: late bytes find the gap before themselves."""
    framer = EscPosFramer(idle_gap_ms=1_000)
    framer.feed(b"A", 0)
    assert framer.feed(b"B\n", 3_000) == [plain(b"A"), IdleGap(), plain(b"B"), LineFeed()]


def test_a_clock_that_steps_back_is_no_gap() -> None:
    """Time that does not pass ends nothing."""
    framer = EscPosFramer(idle_gap_ms=1_000)
    framer.feed(b"A", 10_000)
    assert framer.feed(b"B\n", 5) == [plain(b"AB"), LineFeed()]


def test_reset_forgets_what_was_half_received() -> None:
    """After a lost line neither half a command nor half a text survives, nor its code page."""
    framer = EscPosFramer()
    framer.feed(b"\x1bt\x0fHalf \x1dv0", 0)
    framer.reset()
    assert framer.feed(b"New\n", 10) == [plain(b"New"), LineFeed()]


def test_an_absurd_length_is_refused() -> None:
    """A picture of gigabytes is garbage: it must not deafen the terminal."""
    events = frames(b"\x1d8L\xff\xff\xff\x7fabc\n")
    assert events[0] == Unknown(command=b"\x1d8")
    assert EscPosFramer().feed(b"\x1d(k\xff\xffText\n", 0)[0] == Unknown(command=b"\x1d(")


def test_a_text_run_is_cut_at_its_bound() -> None:
    """A line that never ends is handed over in pieces of the bound."""
    events = frames(b"x" * (2 * TEXT_RUN_BYTES_MAX + 5) + b"\n")
    sizes = [len(event.data) for event in events if isinstance(event, Text)]
    assert sizes == [TEXT_RUN_BYTES_MAX, TEXT_RUN_BYTES_MAX, 5]


#: Bytes that lean towards what a printer sends, so that commands and their cuts are met often.
STREAMS = st.lists(
    st.one_of(
        st.sampled_from(
            (*SILENT_COMMANDS, *PICTURES, b"\x1b@", b"\n", b"Total 18,95", b"\x1dV\x00")
        ),
        st.sampled_from([bytes((value,)) for value in (0x10, 0x1B, 0x1C, 0x1D, 0x28, 0x6B, 0x44)]),
        st.binary(max_size=12),
    ),
    max_size=24,
).map(b"".join)


@given(stream=STREAMS, cuts=st.lists(st.integers(min_value=0, max_value=300), max_size=12))
def test_any_chunking_gives_the_same_events(stream: bytes, cuts: list[int]) -> None:
    """However bytes are split between reads, the same events come in the same order."""
    whole = EscPosFramer()
    expected = whole.feed(stream, 0) + whole.idle(60_000)
    framer, events, at = EscPosFramer(), [], 0
    for cut in sorted({min(cut, len(stream)) for cut in cuts}):
        events += framer.feed(stream[at:cut], 0)
        at = cut
    events += framer.feed(stream[at:], 0)
    assert events + framer.idle(60_000) == expected
    assert framer.counters == whole.counters


@given(stream=STREAMS)
def test_byte_by_byte_gives_the_same_events(stream: bytes) -> None:
    """The hardest chunking of all: a slow line, one byte a read."""
    framer = EscPosFramer()
    events = [event for value in stream for event in framer.feed(bytes((value,)), 0)]
    whole = EscPosFramer()
    assert events + framer.idle(60_000) == whole.feed(stream, 0) + whole.idle(60_000)


@given(garbage=st.binary(max_size=400))
def test_any_garbage_before_a_gap_leaves_the_framer_in_step(garbage: bytes) -> None:
    """Whatever came, after the gap the next paper is framed as if nothing had been before it."""
    paper = b"\x1b@\x1bt\x00Total 18,95\n\x1dV\x00"
    framer = EscPosFramer()
    framer.feed(garbage, 0)
    framer.idle(60_000)
    assert framer.feed(paper, 60_001)[-5:] == frames(paper)
