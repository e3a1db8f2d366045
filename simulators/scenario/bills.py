"""A story's sale as its bill says it: the same for every executor, because it is the story's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from gateway.model.ids import SaleKey
from gateway.model.sale import Sale, SaleSource, Tender, TenderKind
from gateway.program.evaluation import Discount
from simulators.scenario.steps import Basket

_PROFILE: Final = "scenario"


def sale_of(basket: Basket, key: SaleKey) -> Sale:
    """What lies on the counter, before anything is taken off."""
    return Sale(
        key=key,
        total_minor=basket.amount_minor,
        source=SaleSource.KEYED,
        profile=_PROFILE,
        lines=basket.lines,
        tax_minor=basket.tax_minor,
    )


def lowered(sale: Sale, discounts: Iterable[Discount]) -> Sale:
    """Take discounts off the lines that bear them; the tax in it keeps its share of the total.

    Where a step tells a sale's total and not its goods, only that is lowered.
    """
    for discount in discounts:
        total_minor = sale.total_minor - discount.amount_minor
        tax_minor = sale.tax_minor
        if tax_minor is not None and sale.total_minor:
            tax_minor = tax_minor * total_minor // sale.total_minor
        fits = len(discount.lines) == len(sale.lines)
        off = discount.lines if fits else (0,) * len(sale.lines)
        sale = replace(
            sale,
            total_minor=total_minor,
            tax_minor=tax_minor,
            discount_minor=(sale.discount_minor or 0) + discount.amount_minor,
            lines=tuple(
                replace(line, amount_minor=line.amount_minor - part)
                for line, part in zip(sale.lines, off, strict=True)
            ),
        )
    return sale


def paid(sale: Sale, tenders: Iterable[Tender]) -> Sale:
    """Write down how it was paid; what nobody says was cash."""
    told = tuple(tenders)
    rest_minor = sale.total_minor - sum(tender.amount_minor for tender in told)
    if rest_minor > 0:
        told += (Tender(kind=TenderKind.CASH, amount_minor=rest_minor),)
    return replace(sale, tenders=told)
