"""A sale as the till prints it: goods, what is taken off them, and how it is paid."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from gateway.model.authorisation import AuthAnswer
from gateway.model.card import CardEvidence
from gateway.model.ids import HoldId
from gateway.model.instrument import Instrument
from gateway.model.sale import Sale, SaleSource, Tender, TenderKind
from gateway.program.evaluation import Discount
from simulators.scenario.gateway.names import sale_key_of
from simulators.scenario.gateway.till import Till
from simulators.scenario.port import LotPart
from simulators.scenario.steps import Basket

_PROFILE: Final = "scenario"
_TENDERS: Final = {
    Instrument.POINTS: TenderKind.POINTS,
    Instrument.CREDIT: TenderKind.STORE_CREDIT,
    Instrument.GIFT: TenderKind.GIFT_CARD,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A reservation that the gateway granted, as its terminal remembers it.

    Attributes:
        till: which terminal.
        hold_id: its id.
        instrument: what it is of.
        card: whose, or the gift card itself.
        units: of its wallet.
        amount_minor: the money that it stands for.
        discounts: what that money is made of, where it lowers the price.
        held_out: offers that the member's lot kept from giving.
        taken: the lots it came from.
        sale: the sale it was asked for, lowered by it.
    """

    till: Till
    hold_id: HoldId
    instrument: Instrument
    card: CardEvidence
    units: int
    amount_minor: int
    discounts: tuple[Discount, ...]
    held_out: tuple[str, ...]
    taken: tuple[LotPart, ...]
    sale: Sale

    @property
    def tender(self) -> Tender | None:
        """How it pays; None where it lowers the price instead."""
        kind = _TENDERS.get(self.instrument)
        return None if kind is None else Tender(kind=kind, amount_minor=self.amount_minor)

    @property
    def takes_points(self) -> bool:
        """Whether its units are points."""
        return self.instrument in (Instrument.POINTS, Instrument.REWARD) and self.units > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A reservation that the gateway refused."""

    answer: AuthAnswer


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


def paid(sale: Sale, grants: Iterable[Grant], others: tuple[Tender, ...]) -> Sale:
    """Print how it was paid; what nobody says was cash."""
    tenders = [one.tender for one in grants if one.tender is not None and one.amount_minor]
    tenders += others
    rest_minor = sale.total_minor - sum(tender.amount_minor for tender in tenders)
    if rest_minor > 0:
        tenders.append(Tender(kind=TenderKind.CASH, amount_minor=rest_minor))
    return replace(sale, tenders=tuple(tenders))
