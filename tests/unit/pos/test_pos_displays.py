"""Customer displays: what they show once they rest, in three languages of displays."""

from __future__ import annotations

from pathlib import Path

import pytest
from escpos.printer import Dummy
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ConfigError
from terminal_agent.pos.interpreters.displays import DisplayMeaning, DisplayShown
from terminal_agent.pos.interpreters.events import SaleClosed
from terminal_agent.pos.interpreters.till_events import TillEvent
from terminal_agent.pos.listener import Listener
from terminal_agent.pos.listeners import listener_of
from terminal_agent.pos.profile_file import load_profile, parse_profile

TOTAL, ITEM, CHANGE, GIVEN = (
    DisplayMeaning.TOTAL,
    DisplayMeaning.ITEM,
    DisplayMeaning.CHANGE,
    DisplayMeaning.GIVEN,
)
EVERY = ("cd5220-eur", "dm-d-eur", "plain-display-eur")


def display(name: str = "cd5220-eur") -> Listener:
    """A display that was just switched on."""
    return listener_of(load_profile(name))


def shown(events: list[TillEvent]) -> list[DisplayShown]:
    """What it showed."""
    return [event for event in events if isinstance(event, DisplayShown)]


def at_rest(listener: Listener, data: bytes) -> list[DisplayShown]:
    """Everything that was shown, the last after a quiet moment."""
    return shown([*listener.feed(data, 0), *listener.idle(60_000)])


def upper_and_lower(upper: str, lower: str) -> bytes:
    """Both rows as CD5220 tills write them."""
    return b"\x1bQA" + upper.encode() + b"\r\x1bQB" + lower.encode() + b"\r"


def in_short(events: list[DisplayShown]) -> list[tuple[DisplayMeaning, int | None]]:
    """Meanings and amounts."""
    return [(one.meaning, one.amount_minor) for one in events]


def test_the_captured_commands_are_read(pos_corpus_folder: Path) -> None:
    """What another program's driver sends: an item above the total, and a place by numbers."""
    rows = (pos_corpus_folder / "frames" / "cd5220_vfd.tsv").read_text("ascii").splitlines()
    said = {name: bytes.fromhex(data) for name, data in (row.split("\t") for row in rows)}
    listener = display()
    told = at_rest(listener, said["INIT"] + said["UPPER"] + said["LOWER"])
    assert in_short(told) == [(TOTAL, 1_895)]
    assert told[0].lines == ("COFFEE        4.20", "TOTAL        18.95")
    told = at_rest(listener, said["CLR"] + said["POS(1,2)"] + said["BRIGHT"] + said["SCROLL"])
    assert told[-1].lines == ("", "TOTAL 18.95")
    assert listener.counters.unknown == 0


@pytest.mark.parametrize(
    ("upper", "lower", "expected"),
    [
        ("SUMME EUR", "18,95", (TOTAL, 1_895)),
        ("COFFEE", "4.20", (ITEM, 420)),
        ("TOTAL       18.95", "", (TOTAL, 1_895)),
        ("CASH        20.00", "CHANGE       1.05", (CHANGE, 105)),
        ("GEGEBEN", "20,00", (GIVEN, 2_000)),
        ("RUECKGELD", "1,05", (CHANGE, 105)),
        ("TOTAL 18.95", "TOTAL 19.95", (TOTAL, None)),
        ("WELCOME", "", (DisplayMeaning.UNKNOWN, None)),
    ],
)
def test_amounts_mean_what_stands_with_them(
    upper: str, lower: str, expected: tuple[DisplayMeaning, int | None]
) -> None:
    """The words beside or above an amount say what it is; totals that differ are none."""
    assert in_short(at_rest(display(), upper_and_lower(upper, lower))) == [expected]


def test_a_persian_total_is_read() -> None:
    """Persian words in CP1256 and rials."""
    text = "جمع کل".replace("ی", "ي").replace("ک", "ك").encode("cp1256")
    told = at_rest(display("cd5220-irr"), b"\x1bQA" + text + b"\r\x1bQB1,250,000\r")
    assert in_short(told) == [(TOTAL, 1_250_000)]
    assert told[0].currency == "IRR"


@pytest.mark.parametrize("profile", EVERY)
def test_text_alone_fills_both_rows(profile: str) -> None:
    """Forty characters in one go, as tills write that know no commands."""
    data = b"\x0c" + b"COFFEE".ljust(20) + b"TOTAL          18.95"
    told = at_rest(display(profile), data)
    assert told[-1].lines == ("COFFEE", "TOTAL          18.95")
    assert in_short(told)[-1] == (TOTAL, 1_895)


@pytest.mark.parametrize("profile", EVERY)
def test_line_ends_part_rows(profile: str) -> None:
    """CR and LF behind each row, the last one too: nothing is lost and nothing moves."""
    told = at_rest(display(profile), b"\x0cCOFFEE  4.20\r\nTOTAL  18.95\r\n")
    assert told[-1].lines == ("COFFEE  4.20", "TOTAL  18.95")


def test_dm_d_moves_its_cursor() -> None:
    """US $ goes to a place, US LF up, US CR to the end, windows and clocks change no text."""
    data = b"\x0c\x1f$\x01\x02TOTAL 18.95\x1f\x0a\rCOFFEE"
    data += b"\x1fX\x04\x1fT\x10\x20\x1bW\x01\x01\x01\x14\x02"
    listener = display("dm-d-eur")
    assert at_rest(listener, data)[-1].lines == ("COFFEE", "TOTAL 18.95")
    assert listener.counters.unknown == 0


def test_rows_move_up_where_scrolling_is_on() -> None:
    """In vertical scroll the row above goes, and the newest stays below."""
    told = at_rest(display(), b"\x0c\x1b\x12A 1.00\r\nB 2.00\r\nC 3.00")
    assert told[-1].lines == ("B 2.00", "C 3.00")


def test_a_total_that_is_cleared_at_once_is_told_all_the_same() -> None:
    """What is taken away before the line rests was shown; the same screen is told once."""
    told = at_rest(display(), upper_and_lower("TOTAL", "18.95") + b"\x0c" + b"THANK YOU")
    assert in_short(told) == [(TOTAL, 1_895), (DisplayMeaning.UNKNOWN, None)]
    again = upper_and_lower("TOTAL", "18.95") * 3
    assert in_short(at_rest(display(), again)) == [(TOTAL, 1_895)]


def test_card_numbers_are_masked() -> None:
    """A display that shows a card number gives it to nobody."""
    told = at_rest(display(), upper_and_lower("4111111111111111", "TOTAL 1.00"))
    assert "4111111111111111" not in repr(told)


@given(
    data=st.lists(
        st.sampled_from(
            [b"\x0c", b"\x1bQATOTAL 1.00\r", b"\x1bQBX\r", b"ab", b"\r\n", b"\x1bl\x01\x02"]
        )
        | st.binary(max_size=6),
        max_size=30,
    ).map(b"".join),
    cuts=st.lists(st.integers(1, 200), max_size=12),
    profile=st.sampled_from(EVERY),
)
def test_any_chunking_shows_the_same(data: bytes, cuts: list[int], profile: str) -> None:
    """However the bytes are split between reads, the very same screens are told."""
    whole, pieces, at = display(profile), display(profile), 0
    told: list[TillEvent] = []
    for cut in sorted({cut for cut in cuts if cut < len(data)} | {len(data)}):
        told += pieces.feed(data[at:cut], 0)
        at = cut
    assert [*told, *pieces.idle(60_000)] == [*whole.feed(data, 0), *whole.idle(60_000)]


@given(data=st.binary(max_size=2_000), profile=st.sampled_from(EVERY))
def test_noise_never_raises_and_a_total_behind_it_is_read(data: bytes, profile: str) -> None:
    """After any noise and a quiet moment, the next screen is what it is."""
    listener = display(profile)
    listener.feed(data, 0)
    told = shown([*listener.feed(b"\x1b@\x0cTOTAL 18.95", 60_000), *listener.idle(120_000)])
    assert told[-1].amount_minor == 1_895


def test_a_lost_line_forgets_the_screen() -> None:
    """What stood there before the cable was pulled is not evidence for what comes after."""
    listener = display()
    at_rest(listener, upper_and_lower("TOTAL", "18.95"))
    listener.lost()
    assert in_short(at_rest(listener, upper_and_lower("TOTAL", "18.95"))) == [(TOTAL, 1_895)]


def test_a_display_of_another_size_is_set_in_the_profile() -> None:
    """Four rows of sixteen; a size that no display has is refused."""
    head = b'name = "mine"\nversion = 1\ndialect = "plain-display"\n'
    tail = b'[currency]\ncode = "EUR"\nexponent = 2\n'
    profile = parse_profile(head + b"[display]\ncolumns = 16\nrows = 4\n" + tail, "mine.toml")
    told = at_rest(listener_of(profile), b"\x0c" + b"A".ljust(48) + b"TOTAL 2.00")
    assert told[-1].lines == ("A", "", "", "TOTAL 2.00")
    with pytest.raises(ConfigError, match="rows"):
        parse_profile(head + b"[display]\nrows = 0\n" + tail, "mine.toml")


def test_a_display_on_the_printers_cable_is_read_beside_the_paper() -> None:
    """Text between ESC = 2 and ESC = 1 is what the display shows, and never on the paper."""
    printer = Dummy(profile="TM-T88V")
    printer.text("Coffee   18.95\n")
    printer.linedisplay("TOTAL          18.95")
    printer.text("TOTAL    18.95\n")
    printer.cut()
    listener = display("generic-escpos-eur")
    events = [*listener.feed(printer.output, 0)]
    (told,) = shown(events)
    assert (told.meaning, told.amount_minor) == (TOTAL, 1_895)
    (sale,) = [event.sale for event in events if isinstance(event, SaleClosed)]
    assert (sale.total_minor, [line.label for line in sale.lines]) == (1_895, ["Coffee"])


def test_a_lost_way_back_to_the_printer_ends_with_silence() -> None:
    """Without ESC = 1 the display is read when the line falls silent, and paper is paper again."""
    listener = display("generic-escpos-eur")
    listener.feed(b"\x1b=\x02\x0cTOTAL 5.00", 0)
    assert in_short(shown([*listener.idle(60_000)])) == [(TOTAL, 500)]
    assert shown([*listener.feed(b"TOTAL 6.00\n", 61_000), *listener.idle(120_000)]) == []
