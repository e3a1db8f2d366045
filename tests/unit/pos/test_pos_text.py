"""Bytes to text in reading order: Persian pages, direction, digits, letter forms."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.strange_shops import cp1256_visual, cp1256_whole_line_turned, iran_system
from terminal_agent.pos.framers.events import LineFeed, Text
from terminal_agent.pos.interpreters.folding import fold
from terminal_agent.pos.interpreters.lines import LineBuilder
from terminal_agent.pos.profile import DigitOrder, TextOrder
from terminal_agent.pos.profile_file import load_profile, parse_profile
from terminal_agent.pos.text.encodings import decode, is_text_encoding
from terminal_agent.pos.text.persian_pages import CP1098, IRAN_SYSTEM
from terminal_agent.pos.text.reading_order import reading_order

PERSIAN = "آبپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی"


def visual(data: bytes, encoding: str, *, turned: bool = False) -> str:
    """Decode a line that is stored as it looks."""
    return reading_order(decode(data, encoding), visual=True, digits_reversed=turned)


def test_iran_system_words_of_a_real_file_are_read(pos_corpus_folder: Path) -> None:
    """Each word of the corpus becomes the word its finder says it is."""
    text = (pos_corpus_folder / "frames/iran_system_dbf.tsv").read_text(encoding="utf-8")
    rows = [row.split("\t") for row in text.splitlines() if row]
    assert len(rows) == 3
    for stored, word in rows:
        assert visual(bytes.fromhex(stored), "iran-system") == word


def test_pages_hold_256_cells_and_every_letter() -> None:
    """Both Persian pages are complete: no letter of the alphabet and no digit is missing."""
    for page in (IRAN_SYSTEM, CP1098):
        assert len(page) == 256
        assert page[:0x80] == "".join(map(chr, range(0x80)))
        plain = reading_order(page, visual=False, digits_reversed=False)
        assert set(PERSIAN + "۰۱۲۳۴۵۶۷۸۹") - {"آ"} <= set(plain)


def test_cp1098_amount_is_read() -> None:
    """Letters by their shape and Persian digits of CP1098, stored as they look."""
    line = b"\xf5\xf6\xf9,\xf4\xf4\xf4 \xe4\xe1"
    assert visual(line, "cp1098") == "كل ۱۲۵,۰۰۰"


def test_lam_alef_keeps_its_order() -> None:
    """A ligature of two letters is turned round as one cell: کالا and not کاال."""
    assert visual(iran_system("کالا"), "iran-system") == "کالا"
    assert visual("\ufefb\ufe8e\ufedb".encode(), "utf-8") == "کالا".replace("ک", "ك")


def test_numbers_are_taken_as_stored() -> None:
    """Letters are turned, digits are not; where whole lines are, digits are as well."""
    line = "جمع كل: 125,000 ريال"
    assert visual(cp1256_visual(line), "cp1256") == line
    assert visual(cp1256_whole_line_turned(line), "cp1256", turned=True) == line
    assert reading_order("جمع 000,521", visual=False, digits_reversed=True) == "جمع 125,000"


def test_dates_and_times_survive_turning() -> None:
    """Runs of digits keep their separators."""
    line = "تاريخ 1404/08/22 ساعت 14:07"
    assert visual(cp1256_visual(line), "cp1256") == line


@given(text=st.text(PERSIAN + " ", max_size=30).map(str.strip))
def test_iran_system_round_trip(text: str) -> None:
    """What an encoder of its own writes in Iran System is read back, letter for letter."""
    assert visual(iran_system(text), "iran-system").strip() == text


@given(data=st.binary(max_size=80))
def test_no_bytes_break_a_page(data: bytes) -> None:
    """Any bytes decode to as many cells, and turning a line loses none of its digits."""
    for encoding in ("iran-system", "cp1098"):
        decoded = decode(data, encoding)
        assert len(decoded) == len(data)
        turned = reading_order(decoded, visual=True, digits_reversed=False)
        assert sorted(filter(str.isdigit, turned)) == sorted(filter(str.isdigit, decoded))


def test_asian_money_signs_are_no_backslashes() -> None:
    """The byte 0x5C is a yen sign in Japan and a won sign in Korea."""
    assert decode(b"\\1,080", "cp932") == "¥1,080"
    assert decode(b"\\1,080", "euc-kr") == "₩1,080"
    assert decode(b"\\1,080", "cp437") == "\\1,080"


@pytest.mark.parametrize("name", ["iran-system", "cp1098", "cp864", "cp720", "big5", "utf-8"])
def test_encodings_that_profiles_may_name(name: str) -> None:
    """Our own pages and Python's are text encodings."""
    assert is_text_encoding(name)


@pytest.mark.parametrize("name", ["hex", "rot13", "no-such-page", ""])
def test_what_is_no_encoding_is_refused(name: str) -> None:
    """Names that Python knows for other things decode no text."""
    assert not is_text_encoding(name)


def test_iran_system_is_visual_unless_a_profile_says_otherwise() -> None:
    """Nobody stores that page in reading order, so a profile need not say it."""
    head = 'name = "shop"\nversion = 1\ndefault_encoding = "iran-system"\n'
    currency = '[currency]\ncode = "IRR"\nexponent = 0\n'
    assert parse_profile((head + currency).encode(), "s").text_order is TextOrder.VISUAL
    explicit = head + 'text_order = "logical"\ndigit_order = "reversed"\n' + currency
    profile = parse_profile(explicit.encode(), "s")
    assert profile.text_order is TextOrder.LOGICAL
    assert profile.digit_order is DigitOrder.REVERSED


def test_direction_marks_are_not_printed() -> None:
    """Marks of the bidirectional algorithm would part an amount from its sign."""
    builder = LineBuilder(load_profile("generic-escpos-irr"))
    builder.feed(Text(data="جمع\u200f 125,000\u200e".encode("cp1256")))
    line = builder.feed(LineFeed())
    assert line is not None
    assert line.text == "جمع 125,000"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("كيك", "کیک"),
        ("مي\u200cشود", "می شود"),
        ("جمـــع كل", "جمع کل"),
        ("\ufe9f\ufee4\ufeca", "جمع"),
        ("S U M M E", "summe"),
    ],
)
def test_forms_of_one_word_fold_alike(one: str, other: str) -> None:
    """Arabic and Farsi letters, half spaces, stretched letters and shapes are one word."""
    assert fold(one) == fold(other)
