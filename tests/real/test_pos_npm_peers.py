"""Receipts that two npm packages encode, in every printer dialect they know, read by our listener.

receiptline writes columns as positions; receipt-printer-encoder switches code pages within words.
Neither knows anything of our reader. The versions are pinned by ``tests/data/npm``.
"""

from __future__ import annotations

import base64
import json
import os
import random
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

import pytest

from terminal_agent.pos.framers.framer import FramerCounters
from terminal_agent.pos.interpreters.events import SaleClosed, TotalSeen
from terminal_agent.pos.interpreters.till_events import TillEvent
from terminal_agent.pos.listeners import listener_of
from terminal_agent.pos.profile_file import load_profile

DATA: Final = Path(__file__).parents[1] / "data" / "npm"
COLUMNS: Final = 42
_SEEDS: Final = range(40) if os.environ.get("MOHR_SOAK") == "1" else range(4)
_INSTALL_TIMEOUT_S: Final = 180
_PRINT_TIMEOUT_S: Final = 120

#: receiptline's dialects, each with the dialect of ours that reads it. Raster-only ones are apart.
ESCPOS_COMMANDS: Final = (
    "escpos",
    "epson",
    "sii",
    "citizen",
    "fit",
    "impact",
    "impactb",
    "generic",
)
STAR_COMMANDS: Final = (
    *("starsbcs", "starlinesbcs", "emustarlinesbcs", "starmbcs"),
    *("starimpact", "starimpact2", "starimpact3"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """In which words and numbers a shop prints.

    Attributes:
        name: what to call it.
        words: subtotal, total, tax, given, change and receipt number.
        goods: what it sells.
        decimal: decimal separator; empty where the currency has none.
        sign: currency sign behind the total.
        escpos: profile of its ESC/POS printer.
        star: profile of its Star printer, None where none ships.
        encoding: receiptline's name of its text encoding.
        codepage: receipt-printer-encoder's; None: that package has none for it.
        star_codepage: the same for Star.
    """

    name: str
    words: tuple[str, str, str, str, str, str]
    goods: tuple[str, ...]
    decimal: str
    sign: str
    escpos: str
    star: str | None
    encoding: str | None = "multilingual"
    codepage: str | None = "auto"
    star_codepage: str | None = "auto"

    def amount(self, minor: int) -> str:
        """An amount as the shop prints it."""
        if not self.decimal:
            return f"{minor:,}"
        return f"{minor // 100}{self.decimal}{minor % 100:02}"


SHOPS: Final = (
    Shop(
        name="german",
        words=("Zwischensumme", "SUMME", "MwSt 19%", "Gegeben", "Rückgeld", "Beleg-Nr"),
        goods=("Käsebrötchen", "Öl 0,5 l", "Weißwürste", "Cappuccino groß", "Äpfel", "Tee"),
        decimal=",",
        sign="EUR",
        escpos="epson-tm-t88-eur",
        star="generic-star-eur",
    ),
    Shop(
        name="french",
        words=("Sous-total", "TOTAL TTC", "TVA 20%", "Espèces", "Rendu", "Ticket n°"),
        goods=("Pâté de forêt", "Thé glacé", "Crème brûlée", "Noël", "Fenêtre", "Vin"),
        decimal=",",
        sign="€",
        escpos="generic-escpos-eur",
        star="star-tsp100-eur",
    ),
    Shop(
        name="english",
        words=("Subtotal", "TOTAL", "Tax 8.25%", "Cash", "Change", "Receipt #"),
        goods=("Asparagus", "Broccoli", "Carrot", "Bagel, sesame", "Coffee 12 oz", "Muffin"),
        decimal=".",
        sign="USD",
        escpos="epson-tm-t88-usd",
        star="generic-star-usd",
    ),
    Shop(
        name="persian",
        words=("جمع جزء", "جمع کل", "ماليات", "دريافتي", "باقي", "شماره فاکتور"),
        goods=("چاي", "گردو", "نان بربري", "پنير", "ژله", "کره"),
        decimal="",
        sign="ريال",
        escpos="epson-tm-t88-irr",
        star=None,
        encoding=None,
        codepage="windows1256",
        star_codepage=None,
    ),
    Shop(
        name="korean",
        words=("소계", "합계", "부가세", "받은금액", "거스름", "영수증번호"),
        goods=("커피", "빵", "우유", "김밥", "라면", "사과"),
        decimal="",
        sign="원",
        escpos="generic-escpos-krw",
        star=None,
        encoding="ksc5601",
        codepage=None,
        star_codepage=None,
    ),
    Shop(
        name="chinese",
        words=("小计", "合计", "税", "收现金", "找零", "单号"),
        goods=("咖啡", "面包", "牛奶", "苹果", "米饭", "绿茶"),
        decimal=".",
        sign="",
        escpos="generic-escpos-cny",
        star=None,
        encoding="gb18030",
        codepage=None,
        star_codepage=None,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A seeded receipt: goods and their prices, and what is paid, in minor units."""

    shop: Shop
    goods: tuple[tuple[str, int], ...]
    number: str
    given_minor: int

    @property
    def total_minor(self) -> int:
        """What the goods cost together."""
        return sum(price for _, price in self.goods)

    def money(self) -> tuple[tuple[str, int], ...]:
        """The lines below the goods but for the total, as word and amount."""
        _, _, tax, given, change, _ = self.shop.words
        return (
            (tax, self.total_minor // 9),
            (given, self.given_minor),
            (change, self.given_minor - self.total_minor),
        )


def seeded(shop: Shop, seed: int) -> Receipt:
    """A receipt with two to five goods; decimals are as the currency has them."""
    random_ = random.Random(f"{shop.name} {seed}")
    unit = 1 if shop.decimal else 10
    names = random_.sample(shop.goods, random_.randint(2, 5))
    goods = tuple((name, random_.randint(150, 4_999) * unit) for name in names)
    total = sum(price for _, price in goods)
    note = 5_000 if shop.decimal else 100_000
    return Receipt(
        shop=shop,
        goods=goods,
        number=f"{random_.randint(1, 99_999):06}",
        given_minor=(total // note + 1) * note,
    )


def document(receipt: Receipt) -> str:
    """The receipt as receiptline writes receipts; columns are its own."""
    shop = receipt.shop
    lines = [f"^^^{shop.goods[0]}", "", f"{shop.words[5]}: {receipt.number}|", "23.11.2025 14:07|"]
    lines += ["{width:* 14}", "-"]
    lines += [f"|{name}|{shop.amount(price)}|" for name, price in receipt.goods]
    lines += ["-", f"|{shop.words[1]} {shop.sign}|^{shop.amount(receipt.total_minor)}|"]
    lines += [f"|{word}|{shop.amount(minor)}|" for word, minor in receipt.money()]
    lines += ["{width:*}", f"{{code:{receipt.number};option:code128,2,60,8,hri}}"]
    lines += ["{code:https://shop.example/r?total=99.99;option:qrcode,3,l}"]
    return "\n".join(lines) + "\n"


def lines(receipt: Receipt) -> list[dict[str, Any]]:
    """The receipt as steps for receipt-printer-encoder."""
    shop = receipt.shop

    def table(word: str, minor: int) -> dict[str, Any]:
        return {"cells": [word, shop.amount(minor)], "columns": [COLUMNS - 14, 14]}

    return [
        {"text": shop.goods[0], "bold": True, "width": 2, "height": 2},
        {"text": f"{shop.words[5]}: {receipt.number}"},
        {"text": "23.11.2025 14:07"},
        *(table(name, price) for name, price in receipt.goods),
        {"text": "-" * COLUMNS},
        table(f"{shop.words[1]} {shop.sign}".rstrip(), receipt.total_minor),
        *(table(word, minor) for word, minor in receipt.money()),
        {"qr": "https://shop.example/r?total=99.99"},
        {"barcode": "3130630574613", "symbology": "ean13"},
        {"pulse": True},
        {"cut": True},
    ]


def give_up(reason: str) -> NoReturn:
    """Fail for want of the packages, or skip where that was allowed."""
    if os.environ.get("MOHR_ALLOW_SKIPS") == "1":
        pytest.skip(reason)
    pytest.fail(f"{reason} (or set MOHR_ALLOW_SKIPS=1)")


@pytest.fixture(scope="session")
def encoders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both packages, as the lock has them."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        give_up("node or npm not found: apt-get install nodejs npm")
    folder = tmp_path_factory.mktemp("npm")
    for file in ("package.json", "package-lock.json", "receipts.cjs"):
        shutil.copy(DATA / file, folder)
    done = subprocess.run(
        [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
        timeout=_INSTALL_TIMEOUT_S,
    )
    if done.returncode:
        give_up(f"npm ci: {done.stderr.strip()[-500:]}")
    return folder


def printed(folder: Path, orders: list[dict[str, Any]]) -> list[bytes]:
    """What the encoders give for the orders, in one process for all of them."""
    node = shutil.which("node") or "node"
    done = subprocess.run(
        [node, "receipts.cjs"],
        cwd=folder,
        input=json.dumps(orders).encode(),
        check=True,
        capture_output=True,
        timeout=_PRINT_TIMEOUT_S,
    )
    return [base64.b64decode(content) for content in json.loads(done.stdout)]


def listen(profile: str, data: bytes) -> tuple[list[TillEvent], FramerCounters]:
    """What the profile's listener says of a recording with silence behind it."""
    listener = listener_of(load_profile(profile))
    return [*listener.feed(data, 0), *listener.idle(60_000)], listener.counters


def check(receipt: Receipt, profile: str, data: bytes) -> None:
    """The bytes give this very sale, once, and nothing besides; the table knows every command."""
    events, counters = listen(profile, data)
    assert (counters.unknown, counters.abandoned) == (0, 0)
    ends = [event for event in events if not isinstance(event, TotalSeen)]
    assert len(ends) == 1
    closed = ends[0]
    assert isinstance(closed, SaleClosed), closed
    sale = closed.sale
    assert sale.total_minor == receipt.total_minor
    assert [(line.label, line.amount_minor) for line in sale.lines] == list(receipt.goods)
    assert sale.receipt_number == receipt.number
    # A total that was told early and turned out otherwise would have asked for the wrong points.
    last = [event.total_minor for event in events if isinstance(event, TotalSeen)][-1:]
    assert last in ([], [receipt.total_minor])


def order_of(receipt: Receipt, command: str, encoding: str) -> dict[str, Any]:
    """An order to receiptline."""
    options = {"cpl": COLUMNS, "encoding": encoding, "command": command, "cutting": True}
    return {"encoder": "receiptline", "document": document(receipt), "options": options}


@pytest.mark.parametrize("shop", SHOPS, ids=lambda shop: shop.name)
def test_receiptline_in_every_dialect(encoders: Path, shop: Shop) -> None:
    """Each of receiptline's text dialects, with columns by position, gives total and goods."""
    if shop.encoding is None:
        # receiptline has no right-to-left encoding: it says so by printing question marks.
        data = printed(encoders, [order_of(seeded(shop, 0), "escpos", "multilingual")])[0]
        assert shop.goods[0].encode("cp1256") not in data
        return
    commands = [(command, shop.escpos) for command in ESCPOS_COMMANDS]
    if shop.star is not None:
        commands += [(command, shop.star) for command in STAR_COMMANDS]
    receipts = [seeded(shop, seed) for seed in _SEEDS]
    cases = [(receipt, *command) for receipt in receipts for command in commands]
    orders = [order_of(receipt, command, shop.encoding) for receipt, command, _ in cases]
    for (receipt, _, profile), data in zip(cases, printed(encoders, orders), strict=True):
        check(receipt, profile, data)


@pytest.mark.parametrize("shop", SHOPS, ids=lambda shop: shop.name)
def test_receipt_printer_encoder_in_every_dialect(encoders: Path, shop: Shop) -> None:
    """ESC/POS, Star line mode and StarPRNT of the other package give total and goods too."""
    languages = [("esc-pos", shop.escpos, shop.codepage)]
    if shop.star is not None:
        languages += [(star, shop.star, shop.star_codepage) for star in ("star-line", "star-prnt")]
    cases = [
        (seeded(shop, seed), language, profile, codepage)
        for seed in _SEEDS
        for language, profile, codepage in languages
        if codepage is not None
    ]
    orders = [
        {
            "encoder": "rpe",
            "options": {"language": language, "columns": COLUMNS},
            "codepage": codepage,
            "lines": lines(receipt),
        }
        for receipt, language, _, codepage in cases
    ]
    for (receipt, _, profile, _), data in zip(cases, printed(encoders, orders), strict=True):
        check(receipt, profile, data)


def test_the_wrong_dialect_gives_no_other_total(encoders: Path) -> None:
    """A receipt under a profile of the other dialect is lost or right, never another amount."""
    receipts = [seeded(shop, seed) for shop in SHOPS[:3] for seed in _SEEDS]
    cases = [
        (receipt, command, profile)
        for receipt in receipts
        for command, profile in (
            ("starsbcs", receipt.shop.escpos),
            ("starlinesbcs", receipt.shop.escpos),
            ("escpos", receipt.shop.star or ""),
            ("generic", receipt.shop.star or ""),
        )
    ]
    orders = [order_of(receipt, command, "multilingual") for receipt, command, _ in cases]
    for (receipt, _, profile), data in zip(cases, printed(encoders, orders), strict=True):
        events, _ = listen(profile, data)
        totals = {event.sale.total_minor for event in events if isinstance(event, SaleClosed)}
        assert totals <= {receipt.total_minor}


def test_a_raster_only_star_printer_gives_no_sale(encoders: Path) -> None:
    """Star graphic mode holds dots and no text: nothing is read from it, and nothing invented."""
    orders = [order_of(seeded(SHOPS[0], seed), "stargraphic", "multilingual") for seed in _SEEDS]
    for data in printed(encoders, orders):
        events, counters = listen("generic-star-eur", data)
        assert counters.unknown == 0
        assert not [event for event in events if isinstance(event, SaleClosed | TotalSeen)]
