"""The loyalty rules as values, versioned. A change is a new version, never an edit."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gateway.errors import ProgrammeError
from gateway.model.checks import I63_MAX, check_int, check_name
from gateway.model.money import Currency
from gateway.model.rules.rules import Rules
from gateway.model.rules.succession import Succession


class UnknownCardPolicy(StrEnum):
    """What an earn with a card that no member owns does."""

    ENROL = "enrol"
    """The first earn makes the member: the counter needs no second step."""
    HOLD = "hold"
    """The points wait in suspense until somebody enrols the card."""


class RefundPolicy(StrEnum):
    """What a refund does when the points it takes back are already spent."""

    ALLOW_NEGATIVE = "allow_negative"
    """The balance goes below zero and the next earn pays it first."""
    CLAMP = "clamp"
    """The balance stops at zero and the programme bears the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """The rules of one version: points per amount, points as money, and ``rules`` beyond them.

    Attributes:
        name: machine name; the points' ledger is named after it.
        version: counts from 1; every posting names the version that made it.
        effective_from_ms: Unix time from which sales are rated by this version.
        currency: the only unit it rates.
        earn_points: points for each whole ``earn_per_minor`` of a sale's total.
        earn_per_minor: see above; the division is floored once per sale (F-rule of the notes).
        redeem_points: points are redeemed in whole multiples of this many...
        redeem_value_minor: ...each multiple being worth this much money.
        redeem_minimum_points: a redemption of fewer is refused.
        redeem_share_percent: a redemption covers at most this share of the sale's total.
        redeemed_amount_earns: whether the part paid with points earns points itself.
        unknown_card: what an earn with an unknown card does.
        refund: what a refund of spent points does.
        hold_ttl_ms: how long a reservation stays before it frees itself.
        rules: everything else; a programme without it is complete.
        succeeds: the currency that ``currency`` took the place of; None where it always was this.

    Raises:
        ProgrammeError: if the rules cannot be evaluated.
    """

    name: str
    version: int
    effective_from_ms: int
    currency: Currency
    earn_points: int
    earn_per_minor: int
    redeem_points: int
    redeem_value_minor: int
    redeem_minimum_points: int = 1
    redeem_share_percent: int = 100
    redeemed_amount_earns: bool = False
    unknown_card: UnknownCardPolicy = UnknownCardPolicy.ENROL
    refund: RefundPolicy = RefundPolicy.ALLOW_NEGATIVE
    hold_ttl_ms: int = 300_000
    rules: Rules = Rules()
    succeeds: Succession | None = None

    def __post_init__(self) -> None:
        try:
            check_name("programme name", self.name)
            check_int("programme version", self.version, 1, 2**31 - 1)
            check_int("effective_from_ms", self.effective_from_ms, 0, I63_MAX)
            check_int("earn_points", self.earn_points, 0, 10**9)
            check_int("earn_per_minor", self.earn_per_minor, 1, I63_MAX)
            check_int("redeem_points", self.redeem_points, 1, 10**9)
            check_int("redeem_value_minor", self.redeem_value_minor, 1, 10**12)
            check_int("redeem_minimum_points", self.redeem_minimum_points, 1, I63_MAX)
            check_int("redeem_share_percent", self.redeem_share_percent, 0, 100)
            check_int("hold_ttl_ms", self.hold_ttl_ms, 1_000, 7 * 86_400_000)
        except ValueError as error:
            raise ProgrammeError(f"programme {self.name!r}: {error}") from error
        if self.succeeds is not None:
            _check_succession(self.currency, self.succeeds)


def _check_succession(currency: Currency, succeeds: Succession) -> None:
    old = succeeds.currency
    if old.code == currency.code:
        raise ProgrammeError(
            "redenomination.from: it is the currency itself; name the one that the programme"
            " counted in before"
        )
    if not succeeds.factor(currency):
        raise ProgrammeError(
            f"redenomination.old_units_per_unit: {succeeds.old_units_per_unit} {old.code} are no"
            f" whole number of the smallest unit of {currency.code}; take fewer decimals, or a"
            " rate that is a multiple"
        )
