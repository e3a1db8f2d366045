"""What the tills of the bench can print at a press: a few baskets, in the programme's currency."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask_babel import LazyString, lazy_gettext

from gateway.model.money import Currency
from gateway.office.test_bench import BenchItem
from gateway.program.templates import shopping_unit_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Basket:
    """A ready basket.

    Attributes:
        name: names it to the form.
        label: what it is called.
        items: what is in it.
    """

    name: str
    label: LazyString
    items: tuple[BenchItem, ...]

    @property
    def total_minor(self) -> int:
        """What it costs."""
        return sum(item.amount_minor for item in self.items)


#: Name, label, and prices in tenths of a shopping unit by what the paper calls the goods.
_GOODS: Final = {
    "coffee": (lazy_gettext("A coffee"), (("Coffee", "قهوه", 42),)),
    "breakfast": (
        lazy_gettext("Breakfast for two"),
        (("Bread", "نان سنگک", 60), ("Tea", "چای", 75), ("Cheese", "پنیر", 115)),
    ),
    "shopping": (
        lazy_gettext("The week's shopping"),
        (("Rice", "برنج", 480), ("Walnuts", "گردو", 325), ("Sweets", "شیرینی", 90)),
    ),
}
#: The tills of this currency print Persian.
_PERSIAN_PAPER: Final = "IRR"
#: What is bought in Iran costs many times the unit that earns a point (prices of 2026).
_PRICE_FACTOR: Final = {"IRR": 25}


def baskets(currency: Currency) -> tuple[Basket, ...]:
    """The baskets, the smallest first."""
    tenth_minor = max(shopping_unit_minor(currency) // 10, 1) * _PRICE_FACTOR.get(currency.code, 1)
    persian = currency.code == _PERSIAN_PAPER
    return tuple(
        Basket(
            name=name,
            label=label,
            items=tuple(
                BenchItem(label=fa if persian else en, amount_minor=tenths * tenth_minor)
                for en, fa, tenths in goods
            ),
        )
        for name, (label, goods) in _GOODS.items()
    )


def own_item(currency: Currency, amount_minor: int) -> BenchItem:
    """One line over an amount that a person typed."""
    label = "کالا" if currency.code == _PERSIAN_PAPER else "Goods"
    return BenchItem(label=label, amount_minor=amount_minor)
