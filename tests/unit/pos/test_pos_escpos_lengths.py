"""The ESC/POS command table, command by command: how many bytes each takes with it."""

from __future__ import annotations

import pytest

from terminal_agent.pos.framers.escpos import EscPosFramer
from terminal_agent.pos.framers.escpos_lengths import measure
from terminal_agent.pos.framers.events import (
    UTF_8_PAGE,
    EscPosEvent,
    QrData,
    Text,
    Unknown,
)

#: Letters by number of arguments behind ESC, FS and GS (reference notes, section 2.2).
_FIXED = {
    (0x1B, 0): b"@2<LSimv\x0c",
    (0x1B, 1): b" !%-3=?EGJKMRTUVaderut{",
    (0x1B, 2): b"$\\Bc",
    (0x1B, 3): b"p",
    (0x1B, 8): b"W",
    (0x1C, 0): b"&.",
    (0x1C, 1): b"!-CW",
    (0x1C, 2): b"Sp?",
    (0x1C, 74): b"2",
    (0x1D, 0): b":",
    (0x1D, 1): b"!/BEHITabfhjrw|",
    (0x1D, 2): b"LW$\\P",
    (0x1D, 3): b"^",
}
_FIXED_COMMANDS = [
    (bytes((prefix, letter)) + b"\x05" * count)
    for (prefix, count), letters in _FIXED.items()
    for letter in letters
]

#: Whole commands whose length hangs on what is in them: the command, and its bulk data apart.
_VARIABLE_COMMANDS = [
    (b"\x10\x04\x01", b""),
    *((b"\x10\x04" + bytes((n, 1)), b"") for n in (7, 8, 18)),
    (b"\x10\x05\x02", b""),
    (b"\x10\x14\x01\x00\x05", b""),
    (b"\x10\x14\x02\x01\x08", b""),
    (b"\x10\x14\x03\x00\x00\x00\x01\x01", b""),
    (b"\x10\x14\x07\x01", b""),
    (b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08", b""),
    (b"\x12q\x00", b""),
    (b"\x12#\x10", b""),
    (b"\x12T", b""),
    (b"\x1bD\x08\x10\x18\x00", b""),
    (b"\x1bD\x00", b""),
    (b"\x1b&\x03AB\x02" + b"x" * 6 + b"\x01" + b"y" * 3, b""),
    (b"\x1b*\x00\x03\x00", b"ddd"),
    (b"\x1b*\x01\x03\x00", b"ddd"),
    (b"\x1b*\x20\x02\x00", b"dddddd"),
    (b"\x1b*\x21\x02\x00", b"dddddd"),
    (b"\x1b(A\x04\x00", b"abcd"),
    (b"\x1b(Y\x02\x00", b"ab"),
    (b"\x1bZ\x00L\x04\x03\x00abc", b""),
    (b"\x1c(A\x02\x00", b"0\x01"),
    (b"\x1c(C\x02\x0002", b""),
    (b"\x1c(L\x02\x00", b"A0"),
    (b"\x1cq\x00", b""),
    (b"\x1cq\x01\x01\x00\x02\x00", b"d" * 16),
    (b"\x1cq\x02\x01\x00\x01\x00" + b"d" * 8 + b"\x01\x00\x01\x00", b"e" * 8),
    (b"\x1cg1\x00\x00\x00\x00\x00\x03\x00", b"abc"),
    (b"\x1cg2\x00\x00\x00\x00\x00\x50\x00", b""),
    *((b"\x1d(" + bytes((letter,)) + b"\x03\x00", b"abc") for letter in b"ACDEFHJKLMNPQVYz"),
    (b"\x1d(k\x04\x00\x31\x41\x32\x00", b""),
    (b"\x1d(k\x03\x001Q0", b""),
    (b"\x1d8L\x0b\x00\x00\x00", b"d" * 11),
    (b"\x1d*\x02\x03", b"d" * 48),
    (b"\x1dv0\x00\x02\x00\x03\x00", b"d" * 6),
    (b"\x1dQ0\x00\x02\x00\x03\x00", b"d" * 6),
    *((b"\x1dV" + bytes((mode,)), b"") for mode in (0, 1, 48, 49)),
    *((b"\x1dV" + bytes((mode, 3)), b"") for mode in (65, 66, 97, 98, 103, 104)),
    *((b"\x1dk" + bytes((kind,)) + b"12345\x00", b"") for kind in range(7)),
    *((b"\x1dk" + bytes((kind, 5)) + b"12345", b"") for kind in range(65, 80)),
    (b"\x1dC0\x05\x01", b""),
    (b"\x1dC1\x01\x00\x09\x00\x01\x01", b""),
    (b"\x1dC2\x01\x00", b""),
    (b"\x1dg0\x00\x14\x00", b""),
    (b"\x1dg2\x00\x14\x00", b""),
    (b"\x1dz0\x05\x05", b""),
    (b"\x1dD0C\x30AA01BM\x10\x00\x00\x00", b"d" * 10),
]


def frames(data: bytes) -> list[EscPosEvent]:
    """The events of one uninterrupted stream."""
    return EscPosFramer().feed(data, 0)


def name(value: object) -> str:
    """A test's name that shows the bytes."""
    return repr(value)[:40]


@pytest.mark.parametrize("command", _FIXED_COMMANDS, ids=name)
def test_a_command_of_fixed_length_takes_its_arguments(command: bytes) -> None:
    """Each command of the table takes exactly its arguments, and the text behind stays whole."""
    span = measure(bytearray(command + b"TEXT"), 0)
    assert span is not None
    assert (span.head + span.skip, span.known) == (len(command), True)
    texts = [event.data for event in frames(command + b"TEXT\n") if isinstance(event, Text)]
    assert texts == [b"TEXT"]


@pytest.mark.parametrize(("head", "bulk"), _VARIABLE_COMMANDS, ids=name)
def test_a_command_of_variable_length_takes_its_data(head: bytes, bulk: bytes) -> None:
    """Each command that tells its own length takes that: its head is kept, its bulk passed over."""
    span = measure(bytearray(head + bulk + b"TEXT" * 4), 0)
    assert span is not None
    assert (span.head, span.skip, span.known) == (len(head), len(bulk), True)
    texts = [event.data for event in frames(head + bulk + b"TEXT\n") if isinstance(event, Text)]
    assert texts == [b"TEXT"]


@pytest.mark.parametrize(("head", "bulk"), _VARIABLE_COMMANDS, ids=name)
def test_a_command_waits_for_its_last_byte(head: bytes, bulk: bytes) -> None:
    """However a command is cut in two, it and the text behind it are the same."""
    whole = frames(head + bulk + b"TEXT\n")
    for at in range(1, len(head)):
        framer = EscPosFramer()
        assert framer.feed(head[:at], 0) + framer.feed(head[at:] + bulk + b"TEXT\n", 1) == whole


@pytest.mark.parametrize(
    "command",
    [
        b"\x1bY",
        b"\x1b~",
        b"\x1c~",
        b"\x1d~",
        b"\x10\x14",
        b"\x12~",
        b"\x1dk",
        b"\x1dV",
        b"\x1b*",
        b"\x1dg",
        b"\x1dz",
    ],
    ids=name,
)
def test_an_unknown_command_takes_nothing_with_it(command: bytes) -> None:
    """What no table holds is told by its two bytes, and the digits behind it stay text."""
    events = frames(command + b"~12345\n")
    assert events[0] == Unknown(command=command)
    assert [event.data for event in events if isinstance(event, Text)] == [b"~12345"]


def test_utf_8_can_be_selected() -> None:
    """Later Epson printers read UTF-8 once told, until they are told to use a page again."""
    stream = "\x1c(C\x02\x0002جمع\n\x1c(C\x02\x0001abc\n".encode()
    pages = [event.code_page for event in frames(stream) if isinstance(event, Text)]
    assert pages == [UTF_8_PAGE, 0]


def test_a_small_printer_s_qr_code_is_no_text() -> None:
    """``ESC Z`` of the 58 mm printers is told as a QR code, not as a line full of digits."""
    assert frames(b"\x1bZ\x00L\x06\x05\x0018,95") == [QrData(data=b"18,95")]
