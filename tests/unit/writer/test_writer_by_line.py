"""What comes off which goods, as the answer to a reservation tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gateway.errors import ValueRangeError
from gateway.ledger.rows_intake import AuthRow
from gateway.model.rules.offer import Offer
from gateway.model.rules.reward import Gift, GiftKind
from gateway.model.rules.rules import Rules
from gateway.model.rules.scope import ItemFilter, ItemSet
from gateway.model.sale import LINES_MAX
from gateway.model.standing import GrantedDiscount
from gateway.wire.auth import can_be_told, decode_auth_answer, encode_auth_answer
from simulators.rules_shop import RulesShop, club
from simulators.rules_till import Basket, RulesTill, line

if TYPE_CHECKING:
    from gateway.ledger.store import LedgerStore

TEA = ItemFilter(only=ItemSet(label_words=("tea",)))


@pytest.fixture
def shop(store: LedgerStore) -> RulesShop:
    """A shop where tea costs ten percent less, and every sale a euro."""
    tea = Gift(kind=GiftKind.PERCENT_OFF, percent_bp=1_000, items=TEA)
    whole = Gift(kind=GiftKind.MONEY_OFF, amount_minor=100)
    shop = RulesShop(
        store, club(Rules(offers=(Offer(id="tea", gift=tea), Offer(id="whole", gift=whole))))
    )
    shop.do(shop.till("opening").sell("ada", "before", 1_000))
    return shop


@pytest.fixture
def till(shop: RulesShop) -> RulesTill:
    """A till of that shop."""
    return shop.till()


def test_an_answer_says_what_comes_off_which_goods(shop: RulesShop, till: RulesTill) -> None:
    """Each discount by itself, to the last cent; and the same again to the same question."""
    goods = Basket(total_minor=4_000, lines=(line("Coffee", 1_000), line("Tea", 3_000)))
    request = till.reserve_offers("ada", "s", goods)
    answer = shop.ask(request)
    assert answer.standing is not None
    assert answer.standing.discounts == (
        GrantedDiscount(source="tea", amount_minor=300, lines=(0, 300)),
        GrantedDiscount(source="whole", amount_minor=100, lines=(27, 73)),
    )
    assert shop.ask(request) == answer
    assert decode_auth_answer(encode_auth_answer(answer)) == answer


def test_a_sale_of_which_only_the_total_is_known_has_no_goods(
    shop: RulesShop, till: RulesTill
) -> None:
    """There is nothing to share a discount out among."""
    answer = shop.ask(till.reserve_offers("ada", "s", Basket(total_minor=4_000)))
    assert answer.standing is not None
    assert answer.standing.discounts == (GrantedDiscount(source="whole", amount_minor=100),)


def test_goods_that_are_too_many_for_an_answer_are_left_out(
    shop: RulesShop, till: RulesTill
) -> None:
    """The discounts themselves are told in any case, and the ledger keeps everything."""
    goods = tuple(line(f"Tea {nth}", 3_000_000) for nth in range(LINES_MAX))
    basket = Basket(total_minor=3_000_000 * LINES_MAX, lines=goods)
    answer = shop.ask(till.reserve_offers("ada", "s", basket))
    assert answer.standing is not None
    assert [one.lines for one in answer.standing.discounts] == [(), ()]
    assert can_be_told(answer.standing)
    assert decode_auth_answer(encode_auth_answer(answer)) == answer
    assert '"lines"' in shop.hold(answer).terms
    assert '"lines"' not in shop.rows(AuthRow)[0].standing


@pytest.mark.parametrize("lines", [(100,), (150, 51), (-1, 201), (0,) * (LINES_MAX + 1)])
def test_lines_that_are_not_those_of_a_discount_are_refused(lines: tuple[int, ...]) -> None:
    """They add up to it, none is below zero, and there are no more than a sale has."""
    with pytest.raises(ValueRangeError):
        GrantedDiscount(source="tea", amount_minor=200, lines=lines)
