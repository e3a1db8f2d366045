"""Sales as the engine sees them, made of what lies on the counter."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from gateway.model.programme import Programme
from gateway.model.sale import Sale, SaleSource, Tender, TenderKind
from gateway.program.evaluation import Discount
from simulators.scenario.pure.books import Spent, sale_key_of
from simulators.scenario.steps import Basket

_PROFILE: Final = "scenario"


def sale_of(basket: Basket, name: str) -> Sale:
    """What lies on the counter, before anything is taken off."""
    return Sale(
        key=sale_key_of(name),
        total_minor=basket.amount_minor,
        source=SaleSource.KEYED,
        profile=_PROFILE,
        lines=basket.lines,
        tax_minor=basket.tax_minor,
    )


def in_its_currency(basket: Basket, programme: Programme) -> bool:
    """Whether the amounts are in the programme's currency."""
    return basket.currency in (None, programme.currency.code)


def less_discounts(sale: Sale, discounts: Iterable[Discount]) -> Sale:
    """Take discounts off, from the lines that bear them; tax keeps its share of the total.

    Where a step tells a sale's total and not its goods, only that is lowered.
    """
    for discount in discounts:
        total_minor = sale.total_minor - discount.amount_minor
        tax_minor = sale.tax_minor
        if tax_minor is not None and sale.total_minor:
            tax_minor = tax_minor * total_minor // sale.total_minor
        fits = len(discount.lines) == len(sale.lines)
        off = discount.lines if fits else (0,) * len(sale.lines)
        lines = tuple(
            replace(line, amount_minor=line.amount_minor - part)
            for line, part in zip(sale.lines, off, strict=True)
        )
        sale = replace(
            sale,
            total_minor=total_minor,
            lines=lines,
            tax_minor=tax_minor,
            discount_minor=(sale.discount_minor or 0) + discount.amount_minor,
        )
    return sale


def with_tenders(sale: Sale, spent: Iterable[Spent], others: tuple[Tender, ...]) -> Sale:
    """Write down how it was paid; what nobody says was cash."""
    tenders = [
        Tender(kind=one.tender, amount_minor=one.money_minor)
        for one in spent
        if one.tender is not None and one.money_minor
    ]
    tenders += others
    rest = sale.total_minor - sum(tender.amount_minor for tender in tenders)
    if rest > 0:
        tenders.append(Tender(kind=TenderKind.CASH, amount_minor=rest))
    return replace(sale, tenders=tuple(tenders))
