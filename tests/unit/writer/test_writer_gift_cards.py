"""Gift cards in the writer: sold in a sale that comes back, and over when their last day is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gateway.ledger.rows_sales import SaleRow, loads_of
from gateway.model.instrument import Instrument
from gateway.model.outcome import Reason, Status
from gateway.model.rules.expiry import Expiry, ExpiryKind
from gateway.model.rules.rules import Rules
from gateway.model.rules.stored_value import GiftCardPolicy
from simulators.rules_shop import Purse, RulesShop, club
from simulators.rules_till import RulesTill

if TYPE_CHECKING:
    from gateway.ledger.store import LedgerStore

GIFT = Instrument.GIFT


@pytest.fixture
def shop(store: LedgerStore) -> RulesShop:
    """A shop whose gift cards last for thirty days from when money was last put onto them."""
    policy = GiftCardPolicy(
        maximum_minor=50_000,
        reloadable=True,
        expiry=Expiry(kind=ExpiryKind.DAYS, count=30),
    )
    return RulesShop(store, club(Rules(gift_cards=policy)))


@pytest.fixture
def till(shop: RulesShop) -> RulesTill:
    """A till of that shop."""
    return shop.till()


def test_a_card_of_a_sale_without_a_member_comes_back_by_its_receipt(
    shop: RulesShop, till: RulesTill
) -> None:
    """The load alone tells the gateway of the sale, so that it can be called off and empties it."""
    shop.do(till.sell_card("gift", 5_000, "s", 5_000, receipt="0007"))
    (sale,) = shop.rows(SaleRow)
    assert (sale.receipt_number, sale.earn_index, sale.total_minor) == ("0007", None, 5_000)
    assert [one.amount_minor for one in loads_of(sale)] == [5_000]
    assert shop.do(till.call_off_receipt("0007")).status is Status.APPLIED
    assert shop.gift("gift") == Purse()
    assert [one.taken_minor for one in loads_of(shop.rows(SaleRow)[0])] == [5_000]


@pytest.mark.parametrize("first", ["card", "sale"])
def test_a_card_is_known_to_its_sale_in_whatever_order_they_come(
    shop: RulesShop, till: RulesTill, first: str
) -> None:
    """The load may be told before the sale that it was bought in, even in one batch with both."""
    card = [till.sell_card("gift", 5_000, "s", 6_000)] if first == "card" else []
    sale = till.sell("ada", "s", 6_000)
    card = card or [till.sell_card("gift", 5_000, "s", 6_000)]
    told = [*card, sale] if first == "card" else [sale, *card]
    back = till.call_off("s")
    assert shop.do(*told, back).status is Status.APPLIED
    assert (shop.gift("gift"), shop.points("ada")) == (Purse(), Purse())


def test_a_card_is_not_loaded_for_a_sale_that_came_back(shop: RulesShop, till: RulesTill) -> None:
    """Its money went back already, at another till."""
    shop.do(till.sell("ada", "s", 5_000))
    shop.do(till.call_off("s"))
    result = shop.do(till.sell_card("gift", 5_000, "s", 5_000))
    assert (result.status, result.reason) == (Status.REFUSED, Reason.SALE_ALREADY_REFUNDED)


def test_a_load_beside_a_sale_stays_when_that_comes_back(shop: RulesShop, till: RulesTill) -> None:
    """Only what was put onto a card in the sale goes back with it, out of its own lots."""
    shop.do(till.load("gift", 2_000, GIFT))
    shop.do(till.sell_card("gift", 5_000, "s", 5_000))
    shop.do(till.call_off("s"))
    assert shop.gift("gift") == Purse(active=2_000)


@pytest.mark.parametrize("night", [False, True])
def test_an_expired_card_says_so_before_the_night_and_after_it(
    shop: RulesShop, till: RulesTill, *, night: bool
) -> None:
    """To whoever asks after it, pays with it, or would put money onto it."""
    shop.do(till.load("gift", 5_000, GIFT))
    shop.later(days=31)
    if night:
        while shop.writer.night(shop.now_ms, 1_000).left:
            pass
    assert shop.ask(till.inquire("gift")).reason is Reason.GIFT_CARD_EXPIRED
    assert shop.ask(till.reserve("gift", "s", 100, GIFT)).reason is Reason.GIFT_CARD_EXPIRED
    assert shop.do(till.load("gift", 1_000, GIFT)).reason is Reason.GIFT_CARD_EXPIRED


def test_a_card_lasts_as_long_as_the_last_of_its_money(shop: RulesShop, till: RulesTill) -> None:
    """A load in time makes it last longer, and one that was made in time counts when told late."""
    shop.do(till.load("gift", 5_000, GIFT))
    shop.later(days=20)
    shop.do(till.load("gift", 1_000, GIFT))
    shop.later(days=20)
    assert left_on_it(shop, till) == 1_000
    shop.later(days=20)
    till.late_ms = 15 * 86_400_000
    assert shop.do(till.load("gift", 700, GIFT)).status is Status.APPLIED
    assert left_on_it(shop, till) == 700


def left_on_it(shop: RulesShop, till: RulesTill) -> int | None:
    """What a till is told that is left on the card."""
    standing = shop.ask(till.inquire("gift")).standing
    return None if standing is None else standing.credit_minor
