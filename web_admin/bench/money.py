"""The money that the pages of the bench speak of: the programme's, in the organisation's unit."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.formatting.digits import read_money
from gateway.formatting.numbers import MoneyUnit
from gateway.model.money import Currency
from web_admin.context import current_house


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseMoney:
    """In what a house counts, and how it writes that.

    Attributes:
        currency: of the programme.
        unit: whether rials are shown as tomans.
    """

    currency: Currency
    unit: MoneyUnit

    def read(self, text: str) -> int | None:
        """Read an amount that a person typed; None where it is none."""
        return read_money(text, self.currency, self.unit)


def house_money() -> HouseMoney:
    """The money of the house that serves this request.

    Raises:
        LedgerError: if the ledger cannot be read.
    """
    house = current_house()
    with house.ledger.batch() as batch:
        currency = batch.programmes()[-1].currency
    return HouseMoney(currency=currency, unit=house.office.organisation.read().money_unit)
