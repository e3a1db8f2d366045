"""Stored credit and gift cards: what they pay, what may be paid in, and in which order."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model.money import EUR, IRR
from gateway.model.outcome import Reason
from gateway.model.programme import Programme
from gateway.model.rules.rules import Rules
from gateway.model.rules.stored_value import CreditPolicy, GiftCardPolicy
from gateway.program.redeem import Quote, quote_cover, quote_redemption
from gateway.program.stored import (
    GiftCard,
    Payment,
    Wanted,
    gift_card_load_refusal,
    order_of_payment,
    quote_credit,
    quote_gift_card,
    top_up_refusal,
)

_NOW = 1_000


def _rules(
    points: int = 1,
    value_minor: int = 1,
    minimum: int = 1,
    share: int = 100,
    *,
    credit: CreditPolicy = CreditPolicy(),
    cards: GiftCardPolicy = GiftCardPolicy(),
) -> Programme:
    return Programme(
        name="club",
        version=1,
        effective_from_ms=0,
        currency=EUR,
        earn_points=1,
        earn_per_minor=100,
        redeem_points=points,
        redeem_value_minor=value_minor,
        redeem_minimum_points=minimum,
        redeem_share_percent=share,
        rules=Rules(credit=credit, gift_cards=cards),
    )


def _card(balance_minor: int) -> GiftCard:
    return GiftCard(balance_minor=balance_minor, currency=EUR)


def _pay(total_minor: int, programme: Programme | None = None, **wanted: object) -> Payment:
    return order_of_payment(
        programme or _rules(),
        total_minor=total_minor,
        wanted=Wanted(**wanted),  # type: ignore[arg-type]
        at_ms=_NOW,
    )


def test_a_discount_found_late_lowers_what_a_card_pays() -> None:
    """100 with a card of 50 and 10 % off leaves 40 to pay, whatever was scanned first."""
    payment = _pay(9_000, cards=(_card(5_000),))
    assert (payment.cards, payment.due_minor) == ((5_000,), 4_000)


@pytest.mark.parametrize(
    ("total_minor", "balances", "paid", "due_minor"),
    [
        pytest.param(11_500, [10_000], (10_000,), 1_500, id="O-41"),
        pytest.param(575, [10_000], (575,), 0, id="O-41 more than enough"),
        pytest.param(230_000, [10_000, 10_000], (10_000, 10_000), 210_000, id="O-41 two cards"),
        pytest.param(9_000, [10_000], (9_000,), 0, id="O-43 after 10 % off"),
        pytest.param(3_000, [5_000], (3_000,), 0, id="P-1"),
        pytest.param(3_000, [2_000, 2_000], (2_000, 1_000), 0, id="the last one in part"),
    ],
)
def test_gift_cards_pay(
    total_minor: int, balances: list[int], paid: tuple[int, ...], due_minor: int
) -> None:
    """Cards pay in the order in which they were shown, each no more than it holds or is due."""
    payment = _pay(total_minor, cards=tuple(map(_card, balances)))
    assert (payment.cards, payment.due_minor) == (paid, due_minor)


@pytest.mark.parametrize(
    ("card", "refused"),
    [
        pytest.param(None, Reason.GIFT_CARD_UNKNOWN, id="unknown"),
        pytest.param(replace(_card(500), currency=IRR), Reason.CURRENCY_MISMATCH, id="P-4"),
        pytest.param(replace(_card(500), blocked=True), Reason.GIFT_CARD_BLOCKED, id="cancelled"),
        pytest.param(replace(_card(500), expires_at_ms=_NOW), Reason.GIFT_CARD_EXPIRED, id="P-6"),
        pytest.param(_card(0), Reason.GIFT_CARD_EMPTY, id="redeemed"),
    ],
)
def test_a_card_that_pays_nothing(card: GiftCard | None, refused: Reason) -> None:
    """P-3: every state of a card that keeps it from paying has its own reason."""
    assert quote_gift_card(_rules(), card, due_minor=100, at_ms=_NOW) is refused
    # It does not keep the next card from paying, and does not count as one.
    programme = _rules(cards=GiftCardPolicy(most_per_sale=1))
    payment = _pay(700, programme, cards=(card, _card(500)))
    assert (payment.cards, payment.due_minor) == ((refused, 500), 200)


def test_a_card_pays_until_its_last_moment() -> None:
    """P-6: a card used in part goes on paying, until the moment it lapses."""
    card = replace(_card(20), expires_at_ms=_NOW + 1)
    assert quote_gift_card(_rules(), card, due_minor=100, at_ms=_NOW) == 20


def test_so_many_cards_a_sale() -> None:
    """No more cards pay one sale than the rules say."""
    programme = _rules(cards=GiftCardPolicy(most_per_sale=2))
    payment = _pay(10_000, programme, cards=tuple(_card(100) for _ in range(3)))
    assert payment.cards == (100, 100, Reason.LIMIT_REACHED)
    assert payment.due_minor == 9_800


def test_nothing_is_due() -> None:
    """A card that is shown when nothing is left to pay is not charged."""
    payment = _pay(100, cards=(_card(100), _card(50)))
    assert payment.cards == (100, Reason.BELOW_MINIMUM)


@pytest.mark.parametrize(
    ("credit_minor", "balance_minor", "total_minor", "share", "paid"),
    [
        pytest.param(1_000, 1_000, 10_000, 100, 1_000, id="O-5"),
        pytest.param(11_500, 11_500, 23_000, 100, 11_500, id="O-14"),
        pytest.param(11_500, 11_500, 11_500, 100, 11_500, id="O-14 after a coupon for half"),
        pytest.param(500, 1_000, 10_000, 100, 500, id="asked"),
        pytest.param(9_999, 9_999, 1_001, 50, 500, id="share"),
        pytest.param(100, 0, 1_000, 100, Reason.INSUFFICIENT_CREDIT, id="none left"),
        pytest.param(100, -5, 1_000, 100, Reason.INSUFFICIENT_CREDIT, id="in debt"),
        pytest.param(100, 100, 1_000, 0, Reason.CREDIT_NOT_OFFERED, id="no share"),
        pytest.param(100, 100, 0, 100, Reason.BELOW_MINIMUM, id="nothing to pay"),
    ],
)
def test_credit_pays(
    credit_minor: int, balance_minor: int, total_minor: int, share: int, paid: int | Reason
) -> None:
    """Credit pays what was asked, within the balance and the programme's share of the sale."""
    programme = _rules(credit=CreditPolicy(share_percent=share))
    payment = _pay(total_minor, programme, credit_minor=credit_minor, balance_minor=balance_minor)
    assert payment.credit == paid
    assert payment.due_minor == total_minor - (0 if isinstance(paid, Reason) else paid)


def test_credit_bought_now_is_not_spent_now() -> None:
    """O-16: of a wallet of 10, 10 are spent on the sale, and the 50 paid in are there after it."""
    programme = _rules(credit=CreditPolicy(top_up_maximum_minor=10_000))
    balance_minor = 1_000
    assert top_up_refusal(programme, amount_minor=5_000, balance_minor=balance_minor) is None
    payment = _pay(10_000, programme, credit_minor=10_000, balance_minor=balance_minor)
    assert payment.credit == 1_000
    assert balance_minor - payment.credit + 5_000 == 5_000


@pytest.mark.parametrize(
    ("points", "left_minor"), [pytest.param(50, 0, id="all"), pytest.param(20, 6_000, id="part")]
)
def test_points_as_cash_back(points: int, left_minor: int) -> None:
    """L-4: at 2 a point, 50 points pay a bill of 100, and 20 points leave 60."""
    payment = _pay(10_000, _rules(1, 200), points=points, balance_points=points)
    assert payment.due_minor == left_minor


@pytest.mark.parametrize(
    ("asked", "balance", "total_minor", "rules", "paid"),
    [
        pytest.param(1_000, 5_000, 10_000, _rules(1, 1, 500, 50), 1_000, id="S-31"),
        pytest.param(1_000, 700, 10_000, _rules(1, 1, 500, 50), 700, id="S-32"),
        pytest.param(10_000, 10_000, 10_000, _rules(1, 1, 500, 50), 5_000, id="S-33"),
        pytest.param(1_050, 5_000, 100_000, _rules(100, 500, 100), 5_000, id="S-34"),
        pytest.param(400, 5_000, 10_000, _rules(1, 1, 500), 0, id="S-35"),
        pytest.param(1_000, 1_000, 100_000, _rules(100, 500, 100), 5_000, id="S-37"),
    ],
)
def test_points_pay_first(
    asked: int, balance: int, total_minor: int, rules: Programme, paid: int
) -> None:
    """Points are clamped as for themselves, and what they leave is due to the tenders after."""
    payment = _pay(total_minor, rules, points=asked, balance_points=balance, cards=(_card(10**9),))
    assert payment.cards == (total_minor - paid,)
    assert payment.points == (Reason.BELOW_MINIMUM if not paid else payment.points)


def test_the_whole_order() -> None:
    """Of 100: points pay 20, credit half of the whole, and the card what is left then."""
    programme = _rules(1, 100, share=20, credit=CreditPolicy(share_percent=50))
    payment = _pay(
        10_000,
        programme,
        points=99,
        balance_points=99,
        credit_minor=9_000,
        balance_minor=9_000,
        cards=(_card(9_000),),
    )
    assert payment == Payment(
        total_minor=10_000,
        points=Quote(points=20, amount_minor=2_000),
        credit=5_000,
        cards=(3_000,),
        due_minor=0,
    )


def test_nothing_wanted_is_nothing_refused() -> None:
    """A sale that is paid in cash has neither quotes nor refusals."""
    assert _pay(10_000) == Payment(
        total_minor=10_000, points=None, credit=None, cards=(), due_minor=10_000
    )


@settings(max_examples=100)
@given(
    total_minor=st.integers(0, 10_000),
    points=st.integers(0, 9_000),
    credit_minor=st.integers(0, 9_000),
    balances=st.lists(st.integers(0, 5_000), max_size=4),
    share=st.integers(0, 100),
)
def test_payments_add_up(
    *, total_minor: int, points: int, credit_minor: int, balances: list[int], share: int
) -> None:
    """All parts and what is due make the total, and the order of the cards changes no sum."""
    programme = _rules(3, 7, share=share, credit=CreditPolicy(share_percent=share))
    dues = set()
    for cards in permutations(map(_card, balances)):
        payment = _pay(
            total_minor,
            programme,
            points=points,
            balance_points=points,
            credit_minor=credit_minor,
            balance_minor=credit_minor,
            cards=cards,
        )
        parts = [payment.credit, *payment.cards]
        paid = sum(part for part in parts if isinstance(part, int))
        if isinstance(payment.points, Quote):
            paid += payment.points.amount_minor
        assert paid + payment.due_minor == total_minor
        assert payment.due_minor >= 0
        dues.add(payment.due_minor)
    assert len(dues) == 1


_TOP_UPS = CreditPolicy(
    top_up_minimum_minor=500, top_up_maximum_minor=10_000, balance_maximum_minor=12_000
)


@pytest.mark.parametrize(
    ("amount_minor", "balance_minor", "policy", "refused"),
    [
        (500, 0, _TOP_UPS, None),
        (10_000, 2_000, _TOP_UPS, None),
        (10_000, -9_000, _TOP_UPS, None),
        (499, 0, _TOP_UPS, Reason.BELOW_MINIMUM),
        (10_001, 0, _TOP_UPS, Reason.LIMIT_REACHED),
        (10_000, 2_001, _TOP_UPS, Reason.LIMIT_REACHED),
        (10_000, 10**9, replace(_TOP_UPS, balance_maximum_minor=None), None),
        (500, 0, CreditPolicy(), Reason.CREDIT_NOT_OFFERED),
    ],
)
def test_paying_in(
    amount_minor: int, balance_minor: int, policy: CreditPolicy, refused: Reason | None
) -> None:
    """What is paid in is within the least, the most at once, and the most in all."""
    programme = _rules(credit=policy)
    got = top_up_refusal(programme, amount_minor=amount_minor, balance_minor=balance_minor)
    assert got is refused


_CARDS = GiftCardPolicy(minimum_minor=1_000, maximum_minor=5_000)
_RELOADABLE = replace(_CARDS, reloadable=True)


@pytest.mark.parametrize(
    ("card", "amount_minor", "policy", "refused"),
    [
        pytest.param(None, 1_000, _CARDS, None, id="O-44 new"),
        pytest.param(None, 5_000, _CARDS, None, id="most"),
        pytest.param(None, 999, _CARDS, Reason.BELOW_MINIMUM, id="too little"),
        pytest.param(None, 5_001, _CARDS, Reason.LIMIT_REACHED, id="too much"),
        pytest.param(None, 1_000, GiftCardPolicy(), Reason.GIFT_CARD_NOT_OFFERED, id="none"),
        pytest.param(_card(10), 1_000, _CARDS, Reason.GIFT_CARD_NOT_OFFERED, id="not again"),
        pytest.param(_card(0), 5_000, _RELOADABLE, None, id="again"),
        pytest.param(_card(1), 5_000, _RELOADABLE, Reason.LIMIT_REACHED, id="in all"),
        pytest.param(
            replace(_card(1), blocked=True),
            1_000,
            _RELOADABLE,
            Reason.GIFT_CARD_BLOCKED,
            id="blocked",
        ),
        pytest.param(
            replace(_card(1), expires_at_ms=_NOW),
            1_000,
            _RELOADABLE,
            Reason.GIFT_CARD_EXPIRED,
            id="lapsed",
        ),
        pytest.param(
            replace(_card(1), currency=IRR),
            1_000,
            _RELOADABLE,
            Reason.CURRENCY_MISMATCH,
            id="another currency",
        ),
    ],
)
def test_filling_gift_cards(
    card: GiftCard | None, amount_minor: int, policy: GiftCardPolicy, refused: Reason | None
) -> None:
    """Cards are issued and filled again within the rules, and no card is filled in vain."""
    got = gift_card_load_refusal(_rules(cards=policy), card, amount_minor=amount_minor, at_ms=_NOW)
    assert got is refused


def test_credit_is_quoted_on_what_is_due() -> None:
    """The share is of the sale, and no more is taken than is still to be paid."""
    programme = _rules(credit=CreditPolicy(share_percent=50))
    got = quote_credit(
        programme, asked_minor=900, balance_minor=900, sale_total_minor=1_000, due_minor=300
    )
    assert got == 300


@pytest.mark.parametrize(
    ("asked", "balance", "total_minor", "rules", "quoted"),
    [
        pytest.param(100, 100, 1_000, _rules(1, 100), (10, 1_000), id="O-59"),
        pytest.param(100, 100, 1_050, _rules(1, 100), (11, 1_050), id="R-12"),
        pytest.param(7, 100, 1_050, _rules(1, 100), (7, 700), id="asked"),
        pytest.param(100, 8, 1_050, _rules(1, 100), (8, 800), id="balance"),
        pytest.param(100, 100, 1_050, _rules(1, 100, share=50), (6, 525), id="share"),
        pytest.param(100, 100, 1_050, _rules(1, 100, 12), Reason.BELOW_MINIMUM, id="minimum"),
        pytest.param(4, 4, 1_050, _rules(5, 100), Reason.INSUFFICIENT_POINTS, id="no multiple"),
        pytest.param(9, 9, 0, _rules(1, 100), Reason.BELOW_MINIMUM, id="nothing to pay"),
    ],
)
def test_points_that_cover_a_sale(
    asked: int, balance: int, total_minor: int, rules: Programme, quoted: tuple[int, int] | Reason
) -> None:
    """Only the points that the bill needs are charged, and they pay it to the last unit."""
    got = quote_cover(
        rules, asked_points=asked, balance_points=balance, sale_total_minor=total_minor
    )
    assert (got if isinstance(got, Reason) else (got.points, got.amount_minor)) == quoted


@settings(max_examples=100)
@given(
    asked=st.integers(1, 10**6),
    balance=st.integers(-10, 10**6),
    total_minor=st.integers(0, 10**6),
    points=st.integers(1, 90),
    value_minor=st.integers(1, 90),
    share=st.integers(0, 100),
)
def test_covering_is_at_most_one_step_more(
    *, asked: int, balance: int, total_minor: int, points: int, value_minor: int, share: int
) -> None:
    """Covering charges one multiple more than redeeming does at most, and only for a rest."""
    rules = _rules(points, value_minor, 1, share)
    cover = quote_cover(
        rules, asked_points=asked, balance_points=balance, sale_total_minor=total_minor
    )
    whole = quote_redemption(
        rules, asked_points=asked, balance_points=balance, sale_total_minor=total_minor
    )
    if isinstance(cover, Reason):
        assert whole is cover
        return
    assert cover.points <= min(asked, balance)
    assert cover.amount_minor * 100 <= total_minor * share
    before = (0, 0) if isinstance(whole, Reason) else (whole.points, whole.amount_minor)
    more = (cover.points - before[0], cover.amount_minor - before[1])
    assert more == (0, 0) or (more[0] == points and 0 < more[1] < value_minor)
