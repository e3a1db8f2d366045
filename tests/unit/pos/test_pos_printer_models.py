"""Page numbers by printer model: the same number means other things on other printers."""

from __future__ import annotations

import pytest
from escpos.printer import Dummy

from gateway.errors import ConfigError
from terminal_agent.pos.framers.events import UTF_8_PAGE, LineFeed, MoveTo, Text
from terminal_agent.pos.interpreters.events import SaleClosed
from terminal_agent.pos.interpreters.lines import LineBuilder
from terminal_agent.pos.listeners import listener_of
from terminal_agent.pos.printer_models import code_pages_of, printer_models
from terminal_agent.pos.profile import ShopProfile
from terminal_agent.pos.profile_file import load_profile, parse_profile, shipped_names

PROFILE = """
name = "shop"
version = 1
dialect = "{dialect}"
{lines}
[currency]
code = "EUR"
exponent = 2
"""


def profile(*lines: str, dialect: str = "escpos", pages: str = "") -> ShopProfile:
    """A profile with some lines of its own."""
    content = PROFILE.format(dialect=dialect, lines="\n".join(lines)) + pages
    return parse_profile(content.encode(), "test")


@pytest.mark.parametrize(
    ("printer", "number", "codec"),
    [
        ("default", 50, "cp1256"),
        ("TM-T88V", 50, "cp1256"),
        ("TM-T88V", 37, "cp864"),
        ("TM-T88V", 15, "iso8859_7"),
        ("TM-T88II", 50, "cp1256"),
        ("TM-T88III", 18, "cp862"),
        ("TM-T20II", 19, "cp858"),
        ("TM-P80", 37, "cp864"),
        ("TM-U220", 0, "cp437"),
        ("NT-5890K", 92, "cp1256"),
        ("NT-5890K", 63, "cp864"),
        ("NT-5890K", 52, "cp437"),
        ("POS-5890", 10, "iran-system"),
        ("CT-S651", 40, "cp864"),
        ("SP2000", 14, "cp864"),
        ("TSP600", 3, "cp437"),
        ("TSP100", 4, "cp858"),
        ("TEP-200M", 50, "cp1256"),
        ("TH230", 22, "cp864"),
        ("TH230", 24, "cp1256"),
        ("KR-306", 70, "cp1256"),
        ("KR-306", 30, "cp437"),
        ("RP326", 34, "cp1256"),
        ("P822D", 34, "cp1256"),
        ("Sunmi-V2", 37, "cp864"),
        ("TM-T88V", 1, "ascii"),
        ("default", 42, "ascii"),
    ],
)
def test_a_page_number_means_what_the_model_says(printer: str, number: int, codec: str) -> None:
    """CP1256 is 50, 92, 70, 34 or 24; what nothing here decodes is read as ASCII."""
    assert profile(f'printer = "{printer}"').codec(number, multi_byte=False) == codec


def test_the_profile_s_own_pages_are_stronger() -> None:
    """``[code_pages]`` replaces the model's page of the same number and leaves the others."""
    own = profile('printer = "TM-T88V"', pages='[code_pages]\n50 = "cp864"\n200 = "cp1251"\n')
    codecs = [own.codec(number, multi_byte=False) for number in (50, 200, 37)]
    assert codecs == ["cp864", "cp1251", "cp864"]


def test_an_unknown_model_is_refused_with_the_known_ones() -> None:
    """A typing error in the model's name does not pass as the default encoding."""
    with pytest.raises(ConfigError, match=r"printer = 'TM-T99'; write one of .*TM-T88V"):
        profile('printer = "TM-T99"')


def test_a_model_is_found_in_any_case_of_letters() -> None:
    """People write model names as they stand on the box or as they please."""
    assert code_pages_of("tm-t88v", "test") == code_pages_of("TM-T88V", "test")


def test_every_model_prints_digits_on_every_page() -> None:
    """Whatever page a till chose, digits and separators of an amount are what they are."""
    for printer in printer_models():
        known = profile(f'printer = "{printer}"')
        for number in code_pages_of(printer, "test"):
            codec = known.codec(number, multi_byte=False)
            if codec not in ("iran-system", "star-standard", "cp1098"):
                assert b"12.345,67".decode(codec) == "12.345,67"


@pytest.mark.parametrize("cell_dots", [3, 49])
def test_a_character_width_beyond_reason_is_refused(cell_dots: int) -> None:
    """Columns made of positions need the width of a character; a slip of the pen is named."""
    with pytest.raises(ConfigError, match="cell_dots"):
        profile(f"cell_dots = {cell_dots}")


@pytest.mark.parametrize(("cell_dots", "gaps"), [(12, (3, 11)), (24, (0, 5)), (6, (9, 23))])
def test_positions_become_columns_by_the_character_width(
    cell_dots: int, gaps: tuple[int, int]
) -> None:
    """The same dots are more columns where characters are narrow, and fewer where they are wide."""
    builder = LineBuilder(profile(f"cell_dots = {cell_dots}"))
    for event in (Text(data=b"Tea"), MoveTo(dots=72), Text(data=b"2"), MoveTo(dots=216)):
        builder.feed(event)
    builder.feed(Text(data=b"5.00"))
    line = builder.feed(LineFeed())
    assert line is not None
    assert line.text == "Tea" + " " * gaps[0] + "2" + " " * gaps[1] + "5.00"


def test_utf_8_needs_no_table() -> None:
    """A printer that was told to read UTF-8 is read so, whatever its pages are."""
    for shop in (profile(), profile('printer = "TM-U220"')):
        assert shop.codec(UTF_8_PAGE, multi_byte=False) == "utf-8"


def test_every_shipped_profile_loads_and_names_a_known_model() -> None:
    """Shipped profiles name shipped models, and printers of each family are there."""
    named = {load_profile(name).printer for name in shipped_names()}
    assert named - {None} <= set(printer_models())
    assert {"TM-T88V", "NT-5890K", "TSP100", "CT-S651", "Sunmi-V2"} <= named


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("TM-T88V", "epson-tm-t88-eur"),
        ("TM-T20II", "epson-tm-t20-eur"),
        ("default", "epson-tm-m30-eur"),
        ("NT-5890K", "pos-58-eur"),
        ("POS-5890", "pos-58-eur"),
        ("CT-S651", "citizen-ct-s-eur"),
        ("RP326", "rongta-rp326-eur"),
        ("Sunmi-V2", "sunmi-eur"),
    ],
)
def test_python_escpos_and_the_profile_mean_the_same_pages(model: str, name: str) -> None:
    """Umlauts and the euro sign that python-escpos sends to a model are read by its profile."""
    printer = Dummy(profile=model)
    printer.text(f"BÄCKEREI GRÖßE\nKäsebrötchen {'6,80':>12}\nTürkçe Çay {'1,20':>12}\n")
    printer.text(f"SUMME € {'8,00':>12}\nGegeben {'10,00':>12}\nRückgeld {'2,00':>12}\n")
    listener = listener_of(load_profile(name))
    events = [*listener.feed(bytes(printer.output), 0), *listener.idle(60_000)]
    closed = [event.sale for event in events if isinstance(event, SaleClosed)]
    assert [(line.label, line.amount_minor) for line in closed[0].lines] == [
        ("Käsebrötchen", 680),
        ("Türkçe Çay", 120),
    ]
