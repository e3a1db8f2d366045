"""What the engine says should happen: values that the ledger carries out."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.model.ids import BranchId
from gateway.model.rules.earning import Unit
from gateway.model.rules.expiry import Expiry
from gateway.model.rules.reward import GiftKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Award:
    """Points or stored credit that a rule or an offer gives for a sale.

    Attributes:
        source: the rule's or the offer's id.
        unit: points or credit.
        amount: how much, above 0.
        lines: of it, what each line of the sale earned; adds up to ``amount``. Empty where the
            award is for the sale as a whole, or no lines are known.
        pending_days: it can be spent so many days later.
        expiry: when it lapses.
        funder: who bears it, where that is not the branch that gave it.
    """

    source: str
    unit: Unit
    amount: int
    lines: tuple[int, ...] = ()
    pending_days: int = 0
    expiry: Expiry = Expiry()
    funder: BranchId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Discount:
    """Money that an offer or a reward takes off a sale.

    Attributes:
        source: the offer's or the reward's id.
        amount_minor: how much, above 0.
        lines: of it, what is taken off each line; adds up to ``amount_minor``.
        funder: who bears it, where that is not the branch that gave it.
    """

    source: str
    amount_minor: int
    lines: tuple[int, ...] = ()
    funder: BranchId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Voucher:
    """A coupon or a benefit that an offer gives, to be used later.

    Attributes:
        source: the offer's id.
        kind: ``coupon`` or ``benefit``.
        reward: what a coupon is for.
        quantity: how often it can be used.
        valid_days: business days until it lapses; None for never.
        funder: who bears it, where that is not the branch that gave it.
    """

    source: str
    kind: GiftKind
    reward: str | None = None
    quantity: int
    valid_days: int | None = None
    funder: BranchId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """So much more of a limit is used."""

    key: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Everything a closed sale brings its member.

    Attributes:
        awards: points and credit, in the order of the rules.
        vouchers: coupons and benefits.
        uses: what to add to the limits.
        held_out: offers whose condition held and which the member's lot kept from giving, those
            that would have taken money off included; they are written down so that their effect
            can be measured.
        tier: the level the sale was rated in.
        kept_back: points that were not given because the card proves too little.
    """

    awards: tuple[Award, ...] = ()
    vouchers: tuple[Voucher, ...] = ()
    uses: tuple[Use, ...] = ()
    held_out: tuple[str, ...] = ()
    tier: str | None = None
    kept_back: int = 0

    def total(self, unit: Unit) -> int:
        """All that is awarded in a unit."""
        return sum(award.amount for award in self.awards if award.unit is unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pricing:
    """What the offers take off a sale before it is paid.

    Attributes:
        discounts: in the order in which they apply.
        uses: what to add to the limits.
        held_out: as in ``Evaluation``.
    """

    discounts: tuple[Discount, ...] = ()
    uses: tuple[Use, ...] = ()
    held_out: tuple[str, ...] = ()

    @property
    def amount_minor(self) -> int:
        """All that is taken off."""
        return sum(discount.amount_minor for discount in self.discounts)
