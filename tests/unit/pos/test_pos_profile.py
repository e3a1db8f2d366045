"""Shop profiles: the shipped ones load, and a wrong one says what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.errors import ConfigError
from gateway.model.money import Currency
from terminal_agent.pos.interpreters.events import SaleClosed
from terminal_agent.pos.paper_listener import PaperListener
from terminal_agent.pos.profile import AmountSide, Boundary, ExtraWords, ShopProfile, TextOrder
from terminal_agent.pos.profile_file import load_profile, parse_profile, shipped_names
from terminal_agent.pos.words import WordKind

HEAD = 'name = "shop"\nversion = 3\n'
CURRENCY = '[currency]\ncode = "EUR"\nexponent = 2\n'


@pytest.mark.parametrize("name", shipped_names())
def test_shipped_profiles_load_under_their_own_name(name: str) -> None:
    """Every profile that comes with Mohr is valid and says its file's name."""
    assert load_profile(name).name == name


def test_profiles_are_shipped() -> None:
    """The euro, dollar and rial profiles are there."""
    assert {"generic-escpos-eur", "generic-escpos-usd", "generic-escpos-irr"} <= set(
        shipped_names()
    )


def test_every_key_arrives(tmp_path: Path) -> None:
    """A file with every key gives a profile with every field."""
    path = tmp_path / "shop.toml"
    path.write_text(
        HEAD
        + """
dialect = "escpos"
default_encoding = "cp1256"
multi_byte_encoding = "gb18030"
decimal_separators = ["/"]
thousands_separators = [",", "."]
printed_unit_minor = 10
amount_side = "start"
text_order = "visual"
boundaries = ["cut", "idle"]
idle_gap_ms = 1500
auto_award_ceiling_minor = 1000000
[currency]
code = "IRR"
exponent = 0
words = ["تومان"]
[code_pages]
50 = "cp1256"
[words]
total = ["جمع نهایی فاکتور"]
only = ["total"]
""",
        encoding="utf-8",
    )
    profile = load_profile(str(path))
    assert profile.version == 3
    assert profile.currency == Currency(code="IRR", exponent=0)
    assert profile.currency_words == ("تومان",)
    assert profile.codec(50, multi_byte=False) == "cp1256"
    assert profile.codec(7, multi_byte=False) == "ascii"
    assert profile.codec(7, multi_byte=True) == "gb18030"
    assert profile.codec(None, multi_byte=False) == "cp1256"
    assert (profile.decimal_separators, profile.thousands_separators) == ("/", ",.")
    assert profile.printed_unit_minor == 10
    assert profile.amount_side is AmountSide.START
    assert profile.text_order is TextOrder.VISUAL
    assert profile.boundaries == {Boundary.CUT, Boundary.IDLE}
    assert profile.idle_gap_ms == 1500
    assert profile.auto_award_ceiling_minor == 1000000
    assert profile.words == (
        ExtraWords(kind=WordKind.TOTAL, words=("جمع نهایی فاکتور",), only=True),
    )


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("name = ", "not a TOML file"),
        ("version = 1\n" + CURRENCY, "name is missing; write a string"),
        ('name = "shop"\n' + CURRENCY, "version is missing; write a whole number"),
        (HEAD, "currency is missing"),
        (HEAD + '[currency]\ncode = "EUR"\n', "currency.exponent is missing"),
        (HEAD + '[currency]\ncode = "euro"\nexponent = 2\n', "three capital letters"),
        (HEAD + "idle_gap = 5\n" + CURRENCY, "unknown key idle_gap; known are"),
        (HEAD + "idle_gap_ms = 5\n" + CURRENCY, "idle_gap_ms must be a whole number in"),
        (HEAD + "idle_gap_ms = true\n" + CURRENCY, "idle_gap_ms = True; write a whole number"),
        (HEAD + 'dialect = "telex"\n' + CURRENCY, "dialect = 'telex'; write one of 'escpos'"),
        (HEAD + 'default_encoding = "cp774"\n' + CURRENCY, "no text encoding Python has"),
        (HEAD + 'default_encoding = "hex"\n' + CURRENCY, "no text encoding Python has"),
        (HEAD + 'decimal_separators = ","\n' + CURRENCY, "write a list of strings"),
        (HEAD + "decimal_separators = []\n" + CURRENCY, "decimal_separators is empty"),
        (HEAD + 'decimal_separators = ["x"]\n' + CURRENCY, "write characters out of"),
        (HEAD + 'thousands_separators = [",,"]\n' + CURRENCY, "single characters"),
        (HEAD + 'boundaries = ["initialise"]\n' + CURRENCY, "boundaries must hold cut or idle"),
        (HEAD + 'boundaries = ["paper"]\n' + CURRENCY, "write a list out of"),
        (HEAD + CURRENCY + '[code_pages]\nx = "cp437"\n', "a page number from 0 to 255"),
        (HEAD + CURRENCY + '[words]\nsumm = ["X"]\n', "words.summ = ['X']; write one of"),
        ('name = "Shop 1"\nversion = 1\n' + CURRENCY, "name must be 1 to 32 of a-z"),
    ],
)
def test_a_wrong_profile_says_what_to_write(content: str, says: str) -> None:
    """Every message names the key and what is expected there."""
    with pytest.raises(ConfigError, match="profile") as caught:
        parse_profile(content.encode(), "shop.toml")
    assert says in str(caught.value)


def test_a_missing_profile_names_the_shipped_ones(tmp_path: Path) -> None:
    """A typing error in a name or path is answered with what there is."""
    with pytest.raises(ConfigError, match="generic-escpos-eur"):
        load_profile("generic-escpos-euro")
    with pytest.raises(ConfigError, match="No such file"):
        load_profile(str(tmp_path / "none.toml"))


def test_words_of_a_shop_are_heard() -> None:
    """A till with its own word for the total is read once the profile names it."""
    paper = b"Brot     3,00\nMilch    3,30\nUNTERM STRICH   6,30\n\x1dV\x00"
    content = (HEAD + 'decimal_separators = [","]\n' + CURRENCY).encode()
    without = PaperListener(parse_profile(content, "without"))
    words = b'[words]\ntotal = ["Unterm Strich"]\n'
    with_words = PaperListener(parse_profile(content + words, "with"))
    assert not [event for event in without.feed(paper, 0) if isinstance(event, SaleClosed)]
    closed = [event for event in with_words.feed(paper, 0) if isinstance(event, SaleClosed)]
    assert [event.sale.total_minor for event in closed] == [630]
    assert closed[0].sale.profile_version == 3


def test_a_meaning_can_be_switched_off() -> None:
    """A shop whose name reads as a reprint notice is read once its profile drops those words."""
    paper = b"Copy Shop\nKopien A4  3,00\nSUMME   3,00\n\x1dV\x00"
    content = (HEAD + 'decimal_separators = [","]\n' + CURRENCY).encode()
    profile = parse_profile(content + b'[words]\nonly = ["reprint"]\n', "shop.toml")
    assert not [
        event
        for event in PaperListener(parse_profile(content, "shop.toml")).feed(paper, 0)
        if isinstance(event, SaleClosed)
    ]
    closed = PaperListener(profile).feed(paper, 0)[-1]
    assert isinstance(closed, SaleClosed)
    assert closed.sale.total_minor == 300


def test_amounts_may_stand_first() -> None:
    """A right-to-left table printed from the left has its amounts at the line's start."""
    profile = ShopProfile(
        name="shop",
        version=1,
        currency=Currency(code="IRR", exponent=0),
        default_encoding="cp1256",
        amount_side=AmountSide.START,
    )
    paper = "300,000   2   150,000   نان\n300,000   جمع کل\n".replace("ی", "ي").encode("cp1256")
    closed = PaperListener(profile).feed(paper + b"\x1dV\x00", 0)[-1]
    assert isinstance(closed, SaleClosed)
    assert closed.sale.total_minor == 300_000
