"""Persian shops whose receipts nobody has seen: an encoder and layouts of their own.

Independent of the product: nothing of it is imported. Letters become bytes by tables written down
here, and the words of the layouts are none that a reader could know beforehand. Calibration is
tested against them.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

_PERSIAN_DIGITS: Final = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
#: Iran System: for each letter the byte at the end of a joined run or alone, and the byte before
#: another letter. Letters with one byte in both places do not join to the left.
_SHAPES: Final = {
    "آ": (0x8D, 0x8D), "ا": (0x90, 0x90), "ب": (0x92, 0x93), "پ": (0x94, 0x95), "ت": (0x96, 0x97),
    "ث": (0x98, 0x99), "ج": (0x9A, 0x9B), "چ": (0x9C, 0x9D), "ح": (0x9E, 0x9F), "خ": (0xA0, 0xA1),
    "د": (0xA2, 0xA2), "ذ": (0xA3, 0xA3), "ر": (0xA4, 0xA4), "ز": (0xA5, 0xA5), "ژ": (0xA6, 0xA6),
    "س": (0xA7, 0xA8), "ش": (0xA9, 0xAA), "ص": (0xAB, 0xAC), "ض": (0xAD, 0xAE), "ط": (0xAF, 0xAF),
    "ظ": (0xE0, 0xE0), "ع": (0xE1, 0xE4), "غ": (0xE5, 0xE8), "ف": (0xE9, 0xEA), "ق": (0xEB, 0xEC),
    "ک": (0xED, 0xEE), "گ": (0xEF, 0xF0), "ل": (0xF1, 0xF3), "م": (0xF4, 0xF5), "ن": (0xF6, 0xF7),
    "و": (0xF8, 0xF8), "ه": (0xF9, 0xFB), "ی": (0xFD, 0xFE),
}  # fmt: skip
_LEFT_OPEN: Final = "آادذرزژو"


def _iran_system_logical(text: str) -> list[int]:
    """Bytes in reading order; lam-alef is one cell."""
    cells: list[int] = []
    at = 0
    while at < len(text):
        letter, after = text[at], text[at + 1 : at + 2]
        if letter + after == "لا":
            cells.append(0xF2)
            at += 2
            continue
        if letter in _SHAPES:
            joins = after in _SHAPES and letter not in _LEFT_OPEN
            cells.append(_SHAPES[letter][1 if joins else 0])
            if letter == "ا" and at and text[at - 1] in _SHAPES and text[at - 1] not in _LEFT_OPEN:
                cells[-1] = 0x91
        elif letter in "۰۱۲۳۴۵۶۷۸۹":
            cells.append(0x80 + "۰۱۲۳۴۵۶۷۸۹".index(letter))
        else:
            cells.append(ord(letter))
        at += 1
    return cells


def _turned(text: str) -> str:
    """A line as it looks on paper: words from the right, numbers as they are read."""
    turned: list[str] = []
    number = ""
    for character in reversed(text):
        if character.isdigit() or (number and character in ",./:"):
            number = character + number
            continue
        if number:
            turned.append(number)
            number = ""
        turned.append(character)
    return "".join([*turned, number])


def cp1256(text: str) -> bytes:
    """CP1256 in reading order."""
    return text.replace("ی", "ي").encode("cp1256")


def cp1256_visual(text: str) -> bytes:
    """CP1256 as it looks."""
    return _turned(text.replace("ی", "ي")).encode("cp1256")


def cp1256_whole_line_turned(text: str) -> bytes:
    """CP1256 with the whole line turned round, numbers too."""
    return text.replace("ی", "ي").encode("cp1256")[::-1]


def iran_system(text: str) -> bytes:
    """Iran System as it looks, Persian digits as they are read."""
    cells = _iran_system_logical(text.translate(_PERSIAN_DIGITS))
    number: list[int] = []
    turned: list[int] = []
    for cell in reversed(cells):
        if 0x80 <= cell <= 0x89 or (number and chr(cell) in ",./:"):
            number.insert(0, cell)
            continue
        turned += [*number, cell]
        number = []
    return bytes([*turned, *number])


def iran_system_turned(text: str) -> bytes:
    """Iran System with the whole line turned round, numbers too."""
    return bytes(_iran_system_logical(text.translate(_PERSIAN_DIGITS))[::-1])


def utf_8(text: str) -> bytes:
    """UTF-8 with Persian digits and the Arabic thousands separator."""
    return text.translate(_PERSIAN_DIGITS).replace(",", "٬").encode()


#: Every way in which these tills store text.
ENCODERS: Final[dict[str, Callable[[str], bytes]]] = {
    "cp1256": cp1256,
    "cp1256 visual": cp1256_visual,
    "cp1256 turned": cp1256_whole_line_turned,
    "iran system": iran_system,
    "iran system turned": iran_system_turned,
    "utf-8": utf_8,
}


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How a shop's paper looks.

    ``columns`` names the cells of an item's line from left to right of the text as read.
    """

    shop: str
    total: str
    columns: tuple[str, ...] = ("name", "count", "price", "amount")
    subtotal: str | None = None
    discount: str | None = None
    tax: str | None = None
    given: str | None = None
    back: str | None = None
    headers: tuple[str, ...] = ()
    unit: str = ""
    in_toman: bool = False
    big_total: bool = False
    rules: bool = True
    separator: str = ","
    end: bytes = b"\x1dV\x00"
    start: bytes = b"\x1b@"
    page: int | None = None


#: By what makes each of them hard.
LAYOUTS: Final = {
    "corner grocery": Layout(
        shop="بقالی سر کوچه",
        total="سرجمع صورتحساب",
        subtotal="بهای اجناس",
        discount="مرحمتی فروشنده",
        headers=("صندوقدار 3", "نوبت {n}"),
        unit=" ریال",
    ),
    "bazaar": Layout(
        shop="بازارچه لاله",
        total="واریزی شما",
        columns=("name", "amount"),
        given="اخذ گردید",
        back="عودت وجه",
        headers=("ردیف {n}    {d}",),
        page=22,
    ),
    "invoice": Layout(
        shop="تعاونی کارمندان",
        total="مبلغ نهایی فاکتور",
        columns=("name", "count", "price", "amount"),
        tax="سهم شهرداری",
        headers=("کد مشترک: 77", "{d}    {t}"),
        in_toman=True,
        unit=" تومان",
    ),
    "no rules, big total": Layout(
        shop="شیرینی سرای ناز",
        total="حساب میز",
        columns=("amount", "price", "count", "name"),
        rules=False,
        big_total=True,
        start=b"",
        headers=("میز    12", "{d} {t}"),
    ),
    "toman without saying so": Layout(
        shop="نان داغ",
        total="بهای کل سفارش",
        columns=("name", "count", "amount"),
        subtotal="بهای اقلام سفارش",
        discount="هدیه باشگاه",
        in_toman=True,
        headers=("سفارش {n}",),
        separator=".",
    ),
}
_GOODS: Final = (
    "نان سنگک", "پنیر لیقوان", "گردو", "چای سیاه", "کره محلی", "مربای به", "عسل", "خرما",
    "برنج هاشمی", "روغن کنجد", "لوبیا چیتی", "عدس", "نخود", "ماکارونی", "رب گوجه", "دوغ",
    "ماست چکیده", "شیر پرچرب", "تخم مرغ", "سیب زمینی", "پیاز", "گوجه", "خیار", "کاهو",
)  # fmt: skip


@dataclass(kw_only=True)
class Printed:
    """A paper and what its customer owes in rials."""

    data: bytes
    total_rial: int


@dataclass(kw_only=True)
class Shop:
    """Prints receipts of one layout in one encoding; everything else follows from the seed."""

    layout: Layout
    encode: Callable[[str], bytes]
    chance: random.Random
    number: int = 100
    _data: bytearray = field(default_factory=bytearray)

    def receipt(self) -> Printed:
        """The next customer's paper."""
        layout, chance = self.layout, self.chance
        self._data = bytearray(layout.start)
        if layout.page is not None:
            self._data += b"\x1bt" + bytes((layout.page,))
        self.number += chance.randint(1, 9)
        date = f"1404/{chance.randint(1, 12):02d}/{chance.randint(1, 29):02d}"
        time = f"{chance.randint(8, 22):02d}:{chance.randint(0, 59):02d}"
        self._line(layout.shop)
        for header in layout.headers:
            self._line(header.format(n=self.number, d=date, t=time))
        self._rule()
        owed = self._items()
        self._rule()
        owed = self._changes(owed)
        if layout.big_total:
            self._data += b"\x1d!\x11"
        self._two(layout.total, self._money(owed) + layout.unit)
        if layout.big_total:
            self._data += b"\x1d!\x00"
        if layout.given and layout.back:
            note = 50_000
            given = -(-owed // note) * note + note * chance.randint(0, 2)
            self._two(layout.given, self._money(given))
            self._two(layout.back, self._money(given - owed))
        self._line("به امید دیدار")
        self._data += b"\n\n" + layout.end
        return Printed(data=bytes(self._data), total_rial=owed * (10 if layout.in_toman else 1))

    def _items(self) -> int:
        owed = 0
        for name in self.chance.sample(_GOODS, self.chance.randint(2, 6)):
            count = self.chance.choice((1, 1, 2, 3, 4))
            price = self.chance.randint(12, 990) * (500 if self.layout.in_toman else 5_000)
            cells = {
                "name": f"{name:<14}",
                "count": f"{count:>3}",
                "price": f"{self._money(price):>11}",
                "amount": f"{self._money(price * count):>11}",
            }
            self._line("  ".join(cells[column] for column in self.layout.columns))
            owed += price * count
        return owed

    def _changes(self, owed: int) -> int:
        layout = self.layout
        if layout.subtotal:
            self._two(layout.subtotal, self._money(owed))
        if layout.discount and self.chance.random() < 0.8:
            off = owed * self.chance.randint(3, 15) // 100
            self._two(layout.discount, self._money(off))
            owed -= off
        if layout.tax:
            tax = owed * 10 // 100
            self._two(layout.tax, self._money(tax))
            owed += tax
        return owed

    def _money(self, amount: int) -> str:
        return f"{amount:,}".replace(",", self.layout.separator)

    def _rule(self) -> None:
        if self.layout.rules:
            self._data += b"-" * 42 + b"\n"

    def _two(self, left: str, right: str) -> None:
        self._line(f"{left:<24}{right:>18}")

    def _line(self, text: str) -> None:
        self._data += self.encode(text) + b"\n"
