"""Rules by which a sale, or something else a member does, earns."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.errors import ValueRangeError
from gateway.model.checks import I63_MAX, check_int, check_name
from gateway.model.rules.caps import Cap
from gateway.model.rules.condition import Condition, TaxBasis
from gateway.model.rules.expiry import Expiry
from gateway.model.rules.scope import ItemFilter

MULTIPLIER_PERMILLE_MAX: Final = 100_000


class EarningKind(StrEnum):
    """What is counted."""

    PER_AMOUNT = "per_amount"
    """``points`` for each ``per_minor`` of the lines that count."""
    VISIT = "visit"
    """``points`` for the first sale of a business day at a branch."""
    ITEM = "item"
    """``points`` for each ``per_pieces`` whole pieces of the lines that count."""
    FIXED = "fixed"
    """``points`` for the sale."""
    MULTIPLIER = "multiplier"
    """What the other rules earn in the same unit, times ``multiplier_permille``."""
    EVENT = "event"
    """``points`` for something that is no purchase: signing up, a survey, a review."""
    REFERRAL = "referral"
    """``points`` for whoever brought the member, at the member's first purchase."""


class Unit(StrEnum):
    """What is earned and kept."""

    POINTS = "points"
    CREDIT = "credit"
    """Minor units of stored credit: cash back."""


class Rounding(StrEnum):
    """What becomes of a fraction, once for the whole sale."""

    FLOOR = "floor"
    NEAREST = "nearest"
    """A half goes up."""
    CEILING = "ceiling"


@dataclass(frozen=True, slots=True, kw_only=True)
class EarningRule:
    """One way to earn.

    Of several rules that hold, the stackable ones add up, and the product of the multipliers
    applies to each unit's sum; a rule that is not stackable takes the place of all others of its
    unit. Where several of those hold, the higher ``priority`` wins, then what is best for the
    member, then the smaller id; which was edited last never matters.

    Attributes:
        id: names it in postings and in later versions.
        kind: what is counted.
        unit: what is earned.
        points: points, or minor units of credit, for each step.
        per_minor: the step of ``per_amount``.
        per_pieces: the step of ``item``.
        multiplier_permille: thousandths, for ``multiplier``; 1500 is one and a half times.
        event: the name of what is no purchase, for ``event``.
        basis: whether the amount holds tax.
        rounding: what becomes of a fraction.
        items: which lines count.
        when: what must hold.
        caps: limits.
        priority: the higher goes first.
        stackable: whether it adds to other rules.
        pending_days: the points can be spent so many days later; None as the programme says.
        expiry: None as the programme says.
        title_en: what it is called on pages and receipts.
        title_fa: the same in Persian.
    """

    id: str
    kind: EarningKind
    unit: Unit = Unit.POINTS
    points: int = 0
    per_minor: int | None = None
    per_pieces: int = 1
    multiplier_permille: int | None = None
    event: str | None = None
    basis: TaxBasis = TaxBasis.AFTER_TAX
    rounding: Rounding = Rounding.FLOOR
    items: ItemFilter = ItemFilter()
    when: Condition = Condition()
    caps: tuple[Cap, ...] = ()
    priority: int = 0
    stackable: bool = True
    pending_days: int | None = None
    expiry: Expiry | None = None
    title_en: str = ""
    title_fa: str = ""

    def __post_init__(self) -> None:
        check_name("earning rule id", self.id)
        check_int("points", self.points, 0, 10**12)
        check_int("per_pieces", self.per_pieces, 1, 10**6)
        check_int("priority", self.priority, -(10**6), 10**6)
        if self.pending_days is not None:
            check_int("pending_days", self.pending_days, 0, 366)
        self._check_part("per_minor", EarningKind.PER_AMOUNT, I63_MAX)
        self._check_part("multiplier_permille", EarningKind.MULTIPLIER, MULTIPLIER_PERMILLE_MAX)
        if (self.event is None) != (self.kind is not EarningKind.EVENT):
            raise ValueRangeError(f"rule {self.id!r}: event belongs to kind event, and only to it")
        if self.event is not None:
            check_name("event", self.event)
        if (self.points == 0) != (self.kind is EarningKind.MULTIPLIER):
            raise ValueRangeError(
                f"rule {self.id!r}: points must be above 0, and a multiplier has none"
            )
        if self.kind is EarningKind.MULTIPLIER and not self.stackable:
            raise ValueRangeError(f"rule {self.id!r}: a multiplier needs other rules beside it")

    def _check_part(self, name: str, kind: EarningKind, maximum: int) -> None:
        value = getattr(self, name)
        if (value is None) != (self.kind is not kind):
            raise ValueRangeError(f"rule {self.id!r}: {name} belongs to {kind}, and only to it")
        if value is not None:
            check_int(name, value, 1, maximum)
