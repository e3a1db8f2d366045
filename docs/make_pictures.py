#!/usr/bin/env python3
"""Draws docs/demo.svg and docs/demo-fa.svg: the demonstration's own screen, at one moment.

    .venv/bin/python docs/make_pictures.py

A short visit is played in the real demonstration shop (embedded broker, gateway, two tills), and
its screen is drawn with the displays in English and once more in Persian. rich writes the SVG. Two
things are changed in it: its template loads a font from the network, so ours names local ones; and
it stretches each run of text from the left to a length that it counts by characters, which tears
Persian letters apart and leaves right-to-left lines at the wrong side, so those are set from the
display's right edge, at their natural length.
"""

from __future__ import annotations

import html
import io
import logging
import re
import tempfile
from pathlib import Path
from typing import Final

import structlog
from rich.cells import cell_len
from rich.console import Console, RenderableType

from gateway.formatting.numbers import Language
from gateway.system_clock import SystemClock
from simulators.card import UidCard
from simulators.demo.house import DemoHouse
from simulators.demo.show import draw
from simulators.demo.words import DemoWords, Happening, News
from simulators.receipts import ReceiptItem, ReceiptLanguage, TillReceipt, render_receipt
from simulators.test_bench.counter import SimCounter
from terminal_agent.control import Redeem, Total
from terminal_agent.session.view import Screen

FOLDER: Final = Path(__file__).resolve().parent
PICTURES: Final = {Language.EN: FOLDER / "demo.svg", Language.FA: FOLDER / "demo-fa.svg"}

_COLUMNS: Final = 92
_BAUD: Final = 19_200
_MARA: Final = UidCard(bytes.fromhex("04a1b2c3d4e5f6"))
_NIMA: Final = UidCard(bytes.fromhex("04b1b2c3d4e5f7"))

# rich's own template (rich._export_format) without its @font-face, whose files are on the network.
_TEMPLATE: Final = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" xml:space="preserve">
<style>
.{unique_id}-matrix {{
  font-family: "DejaVu Sans Mono", Menlo, Consolas, "Liberation Mono", Vazirmatn, monospace;
  font-size: {char_height}px; line-height: {line_height}px;
}}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: arial, sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""

_RUN: Final = re.compile(
    r'<text class="(?P<style>[^"]+)" x="(?P<x>[0-9.]+)" y="(?P<y>[0-9.]+)"'
    r' textLength="(?P<length>[0-9.]+)" clip-path="(?P<clip>[^"]+)">(?P<text>[^<]*)</text>'
)
_RIGHT_TO_LEFT: Final = re.compile("[\u0590-\u08ff]")


def main() -> None:
    """Play the visit and write both pictures."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with (
        tempfile.TemporaryDirectory(prefix="mohr-pictures-") as folder,
        DemoHouse(Path(folder), SystemClock(), baud=_BAUD) as house,
    ):
        news = _play(house)
        screens = {language: draw(house, news, DemoWords(language)) for language in PICTURES}
    for language, path in PICTURES.items():
        path.write_text(picture(screens[language]), encoding="utf-8")


def picture(screen: RenderableType) -> str:
    """Draw a screen as SVG, with Persian set as it is read."""
    console = Console(record=True, width=_COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(screen)
    return set_right_to_left(
        console.export_svg(title="./run demo", code_format=_TEMPLATE, unique_id="mohr")
    )


def set_right_to_left(svg: str) -> str:
    """Give each run of text the place it has on the screen, and Persian its own direction."""

    def reset(run: re.Match[str]) -> str:
        text = html.unescape(run["text"])
        # rich counts marks without a width, such as the isolates around a figure, as columns.
        length = float(run["length"]) / len(text) * cell_len(text)
        if _RIGHT_TO_LEFT.search(text):
            place = f'x="{float(run["x"]) + length:g}" y="{run["y"]}" direction="rtl"'
            # A line of a display is padded with spaces, which would push it off its edge.
            text = text.strip()
        else:
            place = f'x="{run["x"]}" y="{run["y"]}" textLength="{length:g}"'
        kept = html.escape(text).replace(" ", "&#160;")
        return f'<text class="{run["style"]}" {place} clip-path="{run["clip"]}">{kept}</text>'

    return _RUN.sub(reset, svg)


def _play(house: DemoHouse) -> list[News]:
    """Two customers at two tills; leaves one with points just earned, one about to pay with them.

    Returns:
        what happened, as the demonstration tells it.
    """
    first, second = house.tills
    breakfast = _paper("0001", ReceiptItem(label="Breakfast for two", amount_minor=2_900))
    coffee = _paper("7001", ReceiptItem(label="Cappuccino", amount_minor=390))
    cake = _paper("7002", ReceiptItem(label="Cheesecake", amount_minor=785))
    lunch = _paper("0002", ReceiptItem(label="Lunch", amount_minor=1_450))
    news = [
        _sell(first, _MARA, breakfast),
        _sell(second, _NIMA, coffee),
    ]
    second.wait_view(lambda view: view.screen is Screen.READY, "the second till to be free")
    second.tap(_MARA)
    second.wait_view(lambda view: view.balance_points is not None, "the balance")
    second.tell(Total(total_minor=cake.total_minor))
    second.tell(Redeem(points=10))
    second.wait_view(lambda view: view.screen is Screen.RESERVED, "the reserved points")
    news.append(News(what=Happening.PAYS_WITH_POINTS, till=second.name))
    first.wait_view(lambda view: view.screen is Screen.READY, "the first till to be free")
    news.append(_sell(first, _NIMA, lunch))
    return news


def _sell(till: SimCounter, card: UidCard, receipt: TillReceipt) -> News:
    till.tap(card)
    till.wait_view(lambda view: view.balance_points is not None, "the balance")
    till.print(render_receipt(receipt))
    till.wait_view(lambda view: view.screen is Screen.APPLIED, "the gateway's receipt")
    return News(what=Happening.SOLD, till=till.name, amount_minor=receipt.total_minor)


def _paper(number: str, item: ReceiptItem) -> TillReceipt:
    return TillReceipt(
        shop="Corner Café",
        items=(item,),
        receipt_number=number,
        printed_at="23.11.2026 10:15",
        language=ReceiptLanguage.ENGLISH,
    )


if __name__ == "__main__":
    main()
