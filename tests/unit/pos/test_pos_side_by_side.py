"""Lines that hold more than one thing: two labelled values, and tables whose headings count."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal_agent.pos.interpreters.events import SaleClosed
from terminal_agent.pos.interpreters.lines import PrintedLine
from terminal_agent.pos.interpreters.side_by_side import parted
from terminal_agent.pos.paper_listener import PaperListener
from terminal_agent.pos.profile_file import load_profile


@pytest.mark.parametrize(
    ("text", "halves"),
    [
        ("实收：100            找零：40", ["实收：100", "            找零：40"]),
        ("现价：80  支付：:80;", ["现价：80", "  支付：:80;"]),
        ("Cash: 20.00   Change: $1.05", ["Cash: 20.00", "   Change: $1.05"]),
        ("مبلغ: ۱۲۰٬۰۰۰ ریال   تخفیف: ۵٬۰۰۰ ریال", ["مبلغ: ۱۲۰٬۰۰۰ ریال", "   تخفیف: ۵٬۰۰۰ ریال"]),
    ],
)
def test_two_labelled_values_are_two_lines(text: str, halves: list[str]) -> None:
    """Each half is read by its own label, and the second is drawn where it stood."""
    left, right = parted(PrintedLine(text=text, scale=2, bold=True))
    assert [left.text, right.text.removeprefix(" " * len(left.text))] == halves
    assert (left.scale, right.bold) == (2, True)


@pytest.mark.parametrize(
    "text",
    [
        "Cash: 20.00",
        "Datum: 12.03.2026   Zeit: 18:42",
        "A 19%   10.00   1.90   11.90",
        "Milk          2   1.19   2.38",
        "Cash: 20.00 Change: 1.05",
        "Net: 10.00   VAT: 1.90   Gross: 11.90",
        "Table: A   Waiter: Bo",
    ],
)
def test_other_lines_stay_whole(text: str) -> None:
    """Times, tables, three values and words are not parted."""
    assert parted(PrintedLine(text=text)) == (PrintedLine(text=text),)


@given(st.text(max_size=120))
def test_nothing_printed_is_lost(text: str) -> None:
    """Whatever is on a line is on its parts, in order."""
    assert "".join(part.text for part in parted(PrintedLine(text=text))).split() == text.split()


@pytest.mark.parametrize(
    ("profile", "paper", "goods"),
    [
        (
            "generic-escpos-cny",
            "商品名称   单价  数量  小计\n肥皂     20   4   80\n合计：80\n",
            [("肥皂", 4_000, 8_000)],
        ),
        (
            "generic-escpos-usd",
            "Name        Price   Qty    Sum\nGreen tea    3.50     2    7.00\nTotal: 7.00\n",
            [("Green tea", 2_000, 700)],
        ),
        (
            "generic-escpos-irr",
            "کالا     تعداد   فی    مبلغ\nچای سبز   3  50,000  150,000\nجمع کل 150,000\n",
            [("چای سبز", 3_000, 150_000)],
        ),
    ],
)
def test_the_heading_tells_which_column_counts(
    profile: str, paper: str, goods: list[tuple[str, int, int]]
) -> None:
    """Quantity and unit price may stand in either order: the words above them tell."""
    shop = load_profile(profile)
    codec = {"generic-escpos-cny": "gb18030", "generic-escpos-irr": "cp1256"}.get(profile, "ascii")
    page = b"\x1bt\x32" if codec == "cp1256" else b""
    data = (
        page + paper.replace("ی", "ي").encode(codec) if codec == "cp1256" else paper.encode(codec)
    )
    closed = PaperListener(shop).feed(data + b"\x1dV\x00", 0)[-1]
    assert isinstance(closed, SaleClosed)
    lines = [
        (one.label.replace("ي", "ی"), one.quantity_milli, one.amount_minor)
        for one in closed.sale.lines
    ]
    assert lines == goods
