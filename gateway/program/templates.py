"""Ready-made rules to begin with, and what they mean in a sentence's worth of numbers. Pure.

A template fixes the proportions; the currency's shopping unit gives them a size. What the present
``Programme`` cannot express is no template: a point for each visit, whatever it costs, waits for
rules that count visits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from gateway.model.ids import SALE_KEY_BYTES, SaleKey
from gateway.model.money import Currency
from gateway.model.programme import Programme
from gateway.model.sale import Sale, SaleSource
from gateway.program.earn import points_for_sale
from gateway.program.redeem import Quote, quote_redemption

#: Where the smallest coin of daily shopping is not one whole unit of the currency.
_SHOPPING_UNITS_MINOR: Final = {"IRR": 10_000, "JPY": 100}
#: An everyday purchase, in shopping units.
_EVERYDAY_UNITS: Final = 25
#: A whole percentage in basis points, times a hundred percent.
BASIS_POINTS: Final = 10_000


class TemplateName(StrEnum):
    """Every template. Each has a text of the same name in the pages' catalogues."""

    ONE_PERCENT = "one_percent"
    FIVE_PERCENT = "five_percent"
    GENEROUS = "generous"
    BIG_REWARD = "big_reward"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyNumbers:
    """The numbers that a shop owner may change.

    Attributes:
        earn_points: points for each whole...
        earn_per_minor: ...of these amounts.
        redeem_points: so many points are worth...
        redeem_value_minor: ...this much money.
        redeem_minimum_points: fewer are not redeemed.
        redeem_share_percent: of a sale that may be paid with points, at most.
    """

    earn_points: int
    earn_per_minor: int
    redeem_points: int
    redeem_value_minor: int
    redeem_minimum_points: int
    redeem_share_percent: int


class Doubt(StrEnum):
    """Why rules that can be evaluated are hardly meant so."""

    EARNS_NOTHING = "earns_nothing"
    GIVES_TOO_MUCH = "gives_too_much"
    NEVER_REDEEMS = "never_redeems"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """What the rules mean for an everyday purchase.

    Attributes:
        sale_minor: what it costs.
        points: what it earns.
        purchases: how many of them until points can be redeemed for the first time.
        reward_points: how many can be redeemed then...
        reward_minor: ...and for how much money.
        back_basis_points: the share of what is spent that comes back, in hundredths of a percent.
    """

    sale_minor: int
    points: int
    purchases: int
    reward_points: int
    reward_minor: int
    back_basis_points: int


def shopping_unit_minor(currency: Currency) -> int:
    """The amount that prices are thought in: 1.00 euro, 10,000 rials."""
    return _SHOPPING_UNITS_MINOR.get(currency.code, int(10**currency.exponent))


def everyday_sale_minor(currency: Currency) -> int:
    """What an everyday purchase costs in the examples."""
    return _EVERYDAY_UNITS * shopping_unit_minor(currency)


def programme_of(template: TemplateName, currency: Currency) -> Programme:
    """Make the first version of the rules from a template."""
    unit_minor = shopping_unit_minor(currency)
    return with_numbers(
        Programme(
            name="points",
            version=1,
            effective_from_ms=0,
            currency=currency,
            earn_points=1,
            earn_per_minor=unit_minor,
            redeem_points=1,
            redeem_value_minor=1,
        ),
        _NUMBERS[template](unit_minor),
    )


def with_numbers(programme: Programme, numbers: KeyNumbers) -> Programme:
    """Change the key numbers of rules, and nothing else.

    Raises:
        ProgrammeError: if one of them is out of range.
    """
    return replace(
        programme,
        earn_points=numbers.earn_points,
        earn_per_minor=numbers.earn_per_minor,
        redeem_points=numbers.redeem_points,
        redeem_value_minor=numbers.redeem_value_minor,
        redeem_minimum_points=numbers.redeem_minimum_points,
        redeem_share_percent=numbers.redeem_share_percent,
    )


def numbers_of(programme: Programme) -> KeyNumbers:
    """The key numbers of rules."""
    return KeyNumbers(
        earn_points=programme.earn_points,
        earn_per_minor=programme.earn_per_minor,
        redeem_points=programme.redeem_points,
        redeem_value_minor=programme.redeem_value_minor,
        redeem_minimum_points=programme.redeem_minimum_points,
        redeem_share_percent=programme.redeem_share_percent,
    )


def work_out(programme: Programme) -> Example | Doubt:
    """Try rules on everyday purchases, with the very code that judges sales.

    Returns:
        the example; or why the rules are hardly meant so: an everyday purchase earns nothing,
        more comes back than was spent, or no number of purchases lets one redeem.
    """
    sale_minor = everyday_sale_minor(programme.currency)
    points = points_for_sale(programme, _sale(sale_minor))
    if points == 0:
        return Doubt.EARNS_NOTHING
    back = (BASIS_POINTS * programme.earn_points * programme.redeem_value_minor) // (
        programme.earn_per_minor * programme.redeem_points
    )
    if back > BASIS_POINTS:
        return Doubt.GIVES_TOO_MUCH
    needed = max(programme.redeem_minimum_points, programme.redeem_points)
    purchases = -(-needed // points)
    balance = purchases * points
    quote = quote_redemption(
        programme,
        asked_points=balance,
        balance_points=balance,
        # A sale that is large enough: what an everyday one leaves to its share is another question.
        sale_total_minor=100 * balance * programme.redeem_value_minor,
    )
    if not isinstance(quote, Quote):
        return Doubt.NEVER_REDEEMS
    return Example(
        sale_minor=sale_minor,
        points=points,
        purchases=purchases,
        reward_points=quote.points,
        reward_minor=quote.amount_minor,
        back_basis_points=back,
    )


def _sale(total_minor: int) -> Sale:
    return Sale(
        key=SaleKey(bytes(SALE_KEY_BYTES)),
        total_minor=total_minor,
        source=SaleSource.KEYED,
        profile="example",
    )


_NUMBERS: Final = {
    TemplateName.ONE_PERCENT: lambda unit_minor: KeyNumbers(
        earn_points=1,
        earn_per_minor=unit_minor,
        redeem_points=100,
        redeem_value_minor=unit_minor,
        redeem_minimum_points=100,
        redeem_share_percent=100,
    ),
    TemplateName.FIVE_PERCENT: lambda unit_minor: KeyNumbers(
        earn_points=1,
        earn_per_minor=unit_minor,
        redeem_points=20,
        redeem_value_minor=unit_minor,
        redeem_minimum_points=20,
        redeem_share_percent=100,
    ),
    # A reward comes early, and never pays more than half of a sale.
    TemplateName.GENEROUS: lambda unit_minor: KeyNumbers(
        earn_points=10,
        earn_per_minor=unit_minor,
        redeem_points=100,
        redeem_value_minor=unit_minor,
        redeem_minimum_points=100,
        redeem_share_percent=50,
    ),
    TemplateName.BIG_REWARD: lambda unit_minor: KeyNumbers(
        earn_points=1,
        earn_per_minor=unit_minor,
        redeem_points=250,
        redeem_value_minor=10 * unit_minor,
        redeem_minimum_points=250,
        redeem_share_percent=100,
    ),
}
