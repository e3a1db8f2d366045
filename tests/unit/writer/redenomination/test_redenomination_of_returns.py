"""Sales in the old currency that come back in the new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gateway.ledger.kinds import SystemAccount
from gateway.ledger.rows_sales import SaleRow
from gateway.model.money import IRR
from gateway.model.outcome import Reason, Status
from gateway.model.programme import RefundPolicy
from simulators.given.teheran import CREDIT, IRT, Teheran, till_of
from simulators.rules_shop import HOUR_MS, Purse
from simulators.rules_till import RulesTill, line

if TYPE_CHECKING:
    from gateway.ledger.store import LedgerStore


def test_a_sale_in_rials_comes_back_in_tomans(shop: Teheran, till: RulesTill) -> None:
    """The paper says tomans, rounded; a rest below the smallest unit is all that is left."""
    shop.do(till.load("ada", 1_000_000))
    answer = shop.ask(till.reserve("ada", "sale", 123_456, CREDIT, 123_456))
    shop.do(till.post("ada", "sale", answer, 123_456), till.sell("ada", "sale", 123_456))
    earned = 12_345
    assert shop.rials("ada") == Purse(active=1_000_000 - 123_456 + earned)
    shop.change_over()
    till.currency = IRT
    assert shop.do(till.take_back("sale", "back", 1_235)).status is Status.APPLIED
    (sale,) = shop.rows(SaleRow)
    assert (sale.returned_minor, sale.refund_index is not None) == (123_456, True)
    # 888,889 were 8,889; of the 123,456 that come back 12,345 are taken, and the rest is 1,111.
    assert shop.tomans("ada") == Purse(active=8_889 + 1_111)


def test_parts_of_a_sale_in_rials_add_up_to_it_once(shop: Teheran, till: RulesTill) -> None:
    """Three parts that a till rounds up, one after the other, are the whole sale and no more."""
    goods = [line(f"item {number}", 33_350) for number in range(3)]
    shop.do(till.sell("ada", "sale", 100_050, lines=goods))
    shop.change_over()
    till.currency = IRT
    for number in range(3):
        back = [line(f"item {number}", 334)]
        assert shop.do(till.take_back("sale", f"back {number}", 334, back)).reason is Reason.NONE
    (sale,) = shop.rows(SaleRow)
    assert (sale.returned_minor, sale.refund_index is not None) == (100_050, True)
    # Of the 10,005 rials of credit a hundred units were made; three times 33 were taken back.
    assert shop.balance("CR:IRR", SystemAccount.CLAWED_BACK) == 10_005
    assert shop.tomans("ada") == Purse(active=1)
    assert shop.do(till.take_back("sale", "more", 1)).reason is Reason.SALE_ALREADY_REFUNDED


def test_too_much_stays_too_much(shop: Teheran, till: RulesTill) -> None:
    """More than the rounding of one till can be is refused, whatever the currency."""
    shop.do(till.sell("ada", "sale", 100_000))
    shop.change_over()
    till.currency = IRT
    assert shop.do(till.take_back("sale", "back", 1_001)).reason is Reason.RETURN_TOO_LARGE
    assert shop.do(till.take_back("sale", "back", 1_000)).status is Status.APPLIED


def test_a_late_return_in_rials_works_as_before(shop: Teheran, till: RulesTill) -> None:
    """What came back before the change and is told after it is reckoned in rials."""
    shop.do(till.sell("ada", "sale", 100_000))
    shop.later(hours=1)
    shop.change_over()
    till.late_ms = HOUR_MS + 1
    shop.do(till.take_back("sale", "back", 40_000))
    assert shop.tomans("ada") == Purse(active=60)
    (sale,) = shop.rows(SaleRow)
    assert sale.returned_minor == 40_000


def test_a_sale_in_tomans_does_not_come_back_in_rials(shop: Teheran, till: RulesTill) -> None:
    """Nobody sold in a currency that was to come; such a return is refused."""
    shop.change_over()
    till.currency = IRT
    shop.do(till.sell("ada", "sale", 100_000))
    till.currency = IRR
    assert shop.do(till.take_back("sale", "back", 100)).reason is Reason.CURRENCY_MISMATCH


@pytest.mark.parametrize(
    ("refund", "left"), [(RefundPolicy.ALLOW_NEGATIVE, -10), (RefundPolicy.CLAMP, 0)]
)
def test_what_is_taken_back_is_taken_from_the_successor(
    store: LedgerStore, refund: RefundPolicy, left: int
) -> None:
    """The credit of a sale in rials is tomans by now, and those are taken, into debt or not."""
    shop = Teheran(store, refund)
    till = till_of(shop)
    shop.do(till.sell("ada", "sale", 100_000))
    shop.change_over()
    till.currency = IRT
    answer = shop.ask(till.reserve("ada", "paid", 10, CREDIT))
    shop.do(till.post("ada", "paid", answer))
    shop.do(till.call_off("sale"))
    assert shop.tomans("ada") == Purse(active=left)
    shop.do(till.load("ada", 500))
    assert shop.tomans("ada") == Purse(active=500 + left)
