"""Receipts as a till prints them, in ESC/POS or Star's commands, and a seeded shop.

Not modelled: pictures, bar codes, line wrapping and printers that shape Persian themselves. Tests
use python-escpos beside it, so that this encoder never judges the reader alone.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from gateway.model.money import EUR, IRR, Currency

COLUMNS: Final = 42
_WINDOW_MINUTES: Final = 12 * 60


class ReceiptLanguage(StrEnum):
    """In which words a till prints."""

    ENGLISH = "english"
    GERMAN = "german"
    PERSIAN = "persian"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptItem:
    """One line of goods; ``amount_minor`` is the whole line's price."""

    label: str
    amount_minor: int
    quantity: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TillReceipt:
    """What is printed.

    Attributes:
        shop: the shop's name.
        items: the goods; their sum is the total.
        receipt_number: the till's number.
        printed_at: date and time as printed (Gregorian or Jalali, the till's business).
        currency: what amounts are counted in.
        language: in which words it is printed.
        cash_given_minor: cash given, None for payment by card.
        tax_percent: tax contained in the prices.
        fiscal_qr: print the German TSE code (euro only).
        reprint: say that it is a copy.
        refund_of: number of the sale it takes back; its items are printed negative.
    """

    shop: str
    items: tuple[ReceiptItem, ...]
    receipt_number: str
    printed_at: str
    currency: Currency = EUR
    language: ReceiptLanguage = ReceiptLanguage.GERMAN
    cash_given_minor: int | None = None
    tax_percent: int = 19
    fiscal_qr: bool = False
    reprint: bool = False
    refund_of: str | None = None

    @property
    def total_minor(self) -> int:
        """What the customer owes; positive for a refund too."""
        return sum(item.amount_minor for item in self.items)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    number: str
    total: str
    tax: str
    given: str
    change: str
    card: str
    copy: str
    refund: str
    original: str
    thanks: str


class Paper(StrEnum):
    """Whose commands a receipt is printed by."""

    EPSON = "epson"
    STAR = "star"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Commands:
    """How one maker's printers are told what these receipts need.

    Attributes:
        page: selects the code page whose number follows.
        pages: number and codec by language; None where text is of that codec without a choice.
        end: lines forward, drawer pulse and cut.
    """

    centred: bytes
    left: bytes
    big: bytes
    small: bytes
    page: bytes
    pages: dict[ReceiptLanguage, tuple[int | None, str]]
    end: bytes


@dataclass(slots=True)
class _Printer:
    """Collects bytes; text in the code page that was last chosen."""

    commands: _Commands
    codec: str
    data: bytearray = field(default_factory=bytearray)

    def line(self, text: str = "") -> None:
        # CP1256 has no Farsi yeh: tills send the Arabic one.
        fitting = text.replace("ی", "ي") if self.codec == "cp1256" else text
        self.data += fitting.encode(self.codec, "replace") + b"\n"

    def columns(self, left: str, right: str) -> None:
        self.line(left + " " * max(1, COLUMNS - len(left) - len(right)) + right)

    def big(self, left: str, right: str) -> None:
        self.data += self.commands.big
        self.columns(left, right)
        self.data += self.commands.small

    def qr(self, payload: str) -> None:
        if self.commands is _STAR:
            data = payload.encode("ascii")
            self.data += b"\x1b\x1dyS0\x02\x1b\x1dyS1\x01\x1b\x1dyS2\x04"
            self.data += b"\x1b\x1dyD1\x00" + len(data).to_bytes(2, "little") + data + b"\x1b\x1dyP"
            return
        body = b"1P0" + payload.encode("ascii")
        self.data += b"\x1d(k\x04\x001A2\x00\x1d(k\x03\x001C\x04\x1d(k\x03\x001E1"
        self.data += b"\x1d(k" + len(body).to_bytes(2, "little") + body + b"\x1d(k\x03\x001Q0"


def render_receipt(receipt: TillReceipt, paper: Paper = Paper.EPSON) -> bytes:
    """Encode a receipt, from ``ESC @`` to drawer pulse and cut.

    Args:
        receipt: what is printed.
        paper: whose commands; Star's are those of line mode.
    """
    words = _WORDS[receipt.language]
    commands = _PAPERS[paper]
    page, codec = commands.pages[receipt.language]
    printer = _Printer(commands, codec)
    printer.data += b"\x1b@" + (b"" if page is None else commands.page + bytes((page,)))
    printer.data += commands.centred
    printer.line(receipt.shop)
    if receipt.reprint:
        printer.line(f"*** {words.copy} ***")
    if receipt.refund_of is not None:
        printer.line(f"*** {words.refund} ***")
        printer.line(f"{words.original}: {receipt.refund_of}")
    printer.data += commands.left
    printer.line(f"{words.number}: {receipt.receipt_number}")
    printer.line(receipt.printed_at)
    printer.line("-" * COLUMNS)
    sign = 1 if receipt.refund_of is None else -1
    for item in receipt.items:
        amount = _money(sign * item.amount_minor, receipt)
        printer.columns(f"{item.quantity} x {item.label}", amount)
    printer.line("-" * COLUMNS)
    total = words.total.format(code=receipt.currency.code)
    printer.big(total, _money(sign * receipt.total_minor, receipt))
    tax = receipt.total_minor * receipt.tax_percent // (100 + receipt.tax_percent)
    printer.columns(f"{words.tax} {receipt.tax_percent}%", _money(sign * tax, receipt))
    _print_payment(printer, receipt, words, sign)
    if receipt.fiscal_qr:
        printer.qr(_tse_payload(receipt, sign))
    printer.line(words.thanks)
    printer.data += commands.end
    return bytes(printer.data)


def _print_payment(printer: _Printer, receipt: TillReceipt, words: _Words, sign: int) -> None:
    if receipt.cash_given_minor is None or sign < 0:
        printer.columns(words.card, _money(sign * receipt.total_minor, receipt))
        return
    printer.columns(words.given, _money(receipt.cash_given_minor, receipt))
    change = receipt.cash_given_minor - receipt.total_minor
    printer.columns(words.change, _money(change, receipt))


def _tse_payload(receipt: TillReceipt, sign: int) -> str:
    cents = sign * receipt.total_minor
    total = f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"
    kind = "Unbar" if receipt.cash_given_minor is None else "Bar"
    data = f"Beleg^{total}_0.00_0.00_0.00_0.00^{total}:{kind}"
    return f"V0;SIM-1;Kassenbeleg-V1;{data};{receipt.receipt_number};1"


def _money(minor: int, receipt: TillReceipt) -> str:
    exponent = receipt.currency.exponent
    whole, part = divmod(abs(minor), 10**exponent)
    german = receipt.language is ReceiptLanguage.GERMAN
    text = f"{whole:,}".replace(",", "." if german else ",")
    if exponent:
        text += f"{',' if german else '.'}{part:0{exponent}d}"
    return f"-{text}" if minor < 0 else text


def seeded_receipts(
    seed: int, count: int, language: ReceiptLanguage = ReceiptLanguage.GERMAN
) -> tuple[TillReceipt, ...]:
    """A day at a shop: ``count`` receipts that follow from ``seed`` alone.

    German and English shops print euro, a Persian one rials.
    """
    chance = random.Random(seed)
    minutes = sorted(chance.randrange(_WINDOW_MINUTES) for _ in range(count))
    return tuple(
        _seeded_receipt(chance, at, minute, language) for at, minute in enumerate(minutes, start=1)
    )


def _seeded_receipt(
    chance: random.Random, number: int, minute: int, language: ReceiptLanguage
) -> TillReceipt:
    persian = language is ReceiptLanguage.PERSIAN
    items = []
    for label, price in chance.sample(_GOODS[language], chance.randint(1, 5)):
        quantity = chance.choice((1, 1, 1, 2, 3))
        items.append(ReceiptItem(label=label, amount_minor=price * quantity, quantity=quantity))
    total = sum(item.amount_minor for item in items)
    note = 500_000 if persian else 1_000
    cash = -(-total // note) * note if chance.random() < 0.5 else None
    time = f"{9 + minute // 60:02d}:{minute % 60:02d}"
    return TillReceipt(
        shop=_SHOPS[language],
        items=tuple(items),
        receipt_number=f"{1000 + number}",
        printed_at=f"{'1404/09/02' if persian else '23.11.2025'} {time}",
        currency=IRR if persian else EUR,
        language=language,
        cash_given_minor=cash,
        tax_percent=10 if persian else 19,
        fiscal_qr=language is ReceiptLanguage.GERMAN,
    )


_EPSON: Final = _Commands(
    centred=b"\x1ba\x01",
    left=b"\x1ba\x00",
    big=b"\x1bE\x01\x1b!\x18",
    small=b"\x1b!\x00\x1bE\x00",
    page=b"\x1bt",
    pages={
        ReceiptLanguage.ENGLISH: (19, "cp858"),
        ReceiptLanguage.GERMAN: (19, "cp858"),
        ReceiptLanguage.PERSIAN: (50, "cp1256"),
    },
    end=b"\x1bd\x05\x1bp\x00\x32\x32\x1dV\x41\x03",
)
#: Star has no page of Persian letters: tills there send UTF-8, which needs no choice.
_STAR: Final = _Commands(
    centred=b"\x1b\x1da\x01",
    left=b"\x1b\x1da\x00",
    big=b"\x1bE\x1bh\x01",
    small=b"\x1bh\x00\x1bF",
    page=b"\x1b\x1dt",
    pages={
        ReceiptLanguage.ENGLISH: (4, "cp858"),
        ReceiptLanguage.GERMAN: (4, "cp858"),
        ReceiptLanguage.PERSIAN: (None, "utf-8"),
    },
    end=b"\x1ba\x05\x07\x1bd\x03",
)
_PAPERS: Final = {Paper.EPSON: _EPSON, Paper.STAR: _STAR}
_WORDS: Final = {
    ReceiptLanguage.ENGLISH: _Words(
        number="Receipt No",
        total="TOTAL {code}",
        tax="incl. VAT",
        given="Cash given",
        change="Change",
        card="Card",
        copy="REPRINT",
        refund="REFUND",
        original="Original receipt",
        thanks="Thank you!",
    ),
    ReceiptLanguage.GERMAN: _Words(
        number="Beleg-Nr",
        total="SUMME {code}",
        tax="inkl. MwSt",
        given="Gegeben BAR",
        change="Rückgeld",
        card="Kartenzahlung",
        copy="KOPIE",
        refund="RETOURE",
        original="Ursprungsbeleg",
        thanks="Vielen Dank!",
    ),
    ReceiptLanguage.PERSIAN: _Words(
        number="شماره فاکتور",
        total="مبلغ قابل پرداخت (ریال)",
        tax="مالیات",
        given="دریافتی",
        change="باقی",
        card="کارتخوان",
        copy="المثنی",
        refund="مرجوعی",
        original="شماره فاکتور اصلی",
        thanks="از خرید شما سپاسگزاریم",
    ),
}
_SHOPS: Final = {
    ReceiptLanguage.ENGLISH: "Corner Café",
    ReceiptLanguage.GERMAN: "CAFÉ AM ECK",
    ReceiptLanguage.PERSIAN: "کافه گوشه",
}
_GOODS: Final = {
    ReceiptLanguage.ENGLISH: (
        ("Cappuccino", 420),
        ("Croissant", 290),
        ("Orange juice", 450),
        ("Cheese roll", 340),
        ("Carrot cake", 480),
        ("Espresso", 260),
    ),
    ReceiptLanguage.GERMAN: (
        ("Cappuccino groß", 420),
        ("Käsebrötchen", 340),
        ("Öl 0,5 l", 795),
        ("Apfelkuchen", 380),
        ("Milchkaffee", 390),
        ("Mineralwasser", 250),
    ),
    ReceiptLanguage.PERSIAN: (
        ("نان سنگک", 150_000),
        ("چای", 250_000),
        ("پنیر", 1_850_000),
        ("گردو", 4_200_000),
        ("قهوه", 950_000),
        ("کیک", 680_000),
    ),
}
