"""A sale as the till prints it: goods, what is taken off them, and how it is paid."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from gateway.model.authorisation import AuthAnswer
from gateway.model.card import CardEvidence
from gateway.model.ids import HoldId
from gateway.model.instrument import Instrument
from gateway.model.sale import Sale, Tender, TenderKind
from gateway.program.evaluation import Discount
from simulators.scenario import bills
from simulators.scenario.gateway.names import sale_key_of
from simulators.scenario.gateway.till import Till
from simulators.scenario.port import LotPart
from simulators.scenario.steps import Basket

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
    return bills.sale_of(basket, sale_key_of(name))


def paid(sale: Sale, grants: Iterable[Grant], others: tuple[Tender, ...]) -> Sale:
    """Print how it was paid."""
    tenders = [one.tender for one in grants if one.tender is not None and one.amount_minor]
    return bills.paid(sale, (*tenders, *others))
