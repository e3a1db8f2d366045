"""Sales as the engine sees them, made of what lies on the counter."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.model.programme import Programme
from gateway.model.sale import Sale, Tender
from simulators.scenario import bills
from simulators.scenario.pure.books import Spent, sale_key_of
from simulators.scenario.steps import Basket


def sale_of(basket: Basket, name: str) -> Sale:
    """What lies on the counter, before anything is taken off."""
    return bills.sale_of(basket, sale_key_of(name))


def in_its_currency(basket: Basket, programme: Programme) -> bool:
    """Whether the amounts are in the programme's currency."""
    return basket.currency in (None, programme.currency.code)


def with_tenders(sale: Sale, spent: Iterable[Spent], others: tuple[Tender, ...]) -> Sale:
    """Write down how it was paid."""
    tenders = [
        Tender(kind=one.tender, amount_minor=one.money_minor)
        for one in spent
        if one.tender is not None and one.money_minor
    ]
    return bills.paid(sale, (*tenders, *others))
