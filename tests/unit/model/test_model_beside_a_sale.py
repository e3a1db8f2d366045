"""What may stand beside a sale in a message, and what may not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.errors import ValueRangeError
from gateway.model.ids import TerminalId
from gateway.model.instrument import STORED_MONEY, Instrument
from gateway.model.transaction import Load
from simulators.rules_till import RulesTill


@pytest.fixture
def till() -> RulesTill:
    """A till whose clock stands still."""
    return RulesTill(TerminalId("till-1"), lambda: 1)


def test_only_a_gift_card_is_sold_in_a_sale(till: RulesTill) -> None:
    """Credit that is paid in belongs to a member and to no goods."""
    sold = till.sell_card("gift", 500, "s", 1_000).transaction
    with pytest.raises(ValueRangeError, match="gift card"):
        replace(sold, load=Load(instrument=Instrument.CREDIT, amount_minor=500))


@pytest.mark.parametrize("instrument", sorted({*STORED_MONEY, Instrument.POINTS}))
def test_what_pays_does_not_look_at_tax(till: RulesTill, instrument: Instrument) -> None:
    """Only what lowers a price is asked for with goods and with the tax in them."""
    request = till.reserve("ada", "s", 5, instrument).request
    with pytest.raises(ValueRangeError, match="tax"):
        replace(request, tax_minor=10)


@pytest.mark.parametrize("tax_minor", [0, 2_000])
def test_offers_are_asked_for_with_the_tax(till: RulesTill, tax_minor: int) -> None:
    """No tax is another thing than a tax that nobody knows."""
    request = till.reserve_offers("ada", "s").request
    assert request.tax_minor is None
    assert replace(request, tax_minor=tax_minor).tax_minor == tax_minor
    with pytest.raises(ValueRangeError, match="tax_minor"):
        replace(request, tax_minor=-1)
