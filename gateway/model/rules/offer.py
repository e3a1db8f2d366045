"""Offers: given by themselves to whoever fulfils the condition."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gateway.errors import ValueRangeError
from gateway.model.checks import check_int, check_name, check_text
from gateway.model.ids import BranchId
from gateway.model.rules.caps import Cap, CapMeasure
from gateway.model.rules.condition import Condition
from gateway.model.rules.reward import MONEY_GIFTS, Gift


class Stacking(StrEnum):
    """How an offer goes with others."""

    STACKABLE = "stackable"
    """With other stackable ones, as the programme's policy says."""
    NEVER = "never"
    """Alone: where it applies, no stackable offer does."""
    ALWAYS = "always"
    """With every other, also with one that goes alone."""


class Choice(StrEnum):
    """Which of several stackable offers that take money off apply."""

    ALL = "all"
    """All of them, by priority."""
    FIRST = "first"
    """The first by priority."""
    HIGHEST = "highest"
    """The one that takes most off."""
    LOWEST = "lowest"
    """The one that takes least off."""


class DiscountBasis(StrEnum):
    """What the next of several offers is reckoned from."""

    DISCOUNTED = "discounted"
    """What the ones before it have left."""
    INITIAL = "initial"
    """The sale as it came; together they never take more than it costs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StackingPolicy:
    """How several offers on one sale go together.

    Attributes:
        choice: which of the stackable ones that take money off apply.
        basis: what each is reckoned from.
        most: at most so many on one sale; None for no limit.
        one_per_line: a line of goods is lowered by one offer at most.
    """

    choice: Choice = Choice.ALL
    basis: DiscountBasis = DiscountBasis.DISCOUNTED
    most: int | None = None
    one_per_line: bool = False

    def __post_init__(self) -> None:
        if self.most is not None:
            check_int("most", self.most, 1, 1_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One offer.

    Attributes:
        id: names it.
        when: who gets it, when, where, on what.
        gift: what is given.
        budgets: limits; counted in the commit that gives, and given back where that is cancelled.
        priority: the higher goes first; then what is best for the member, then the smaller id.
        stacking: how it goes with others.
        published: members were promised it: then it has no hold-out group.
        holdout_percent: so many of a hundred members never get it, by lot, so that its effect can
            be measured against them.
        campaign: offers of one campaign share this name in reports; None for none.
        funder: the branch or partner that bears it; None for the branch that gives it.
        title_en: what it is called.
        title_fa: the same in Persian.
    """

    id: str
    gift: Gift
    when: Condition = Condition()
    budgets: tuple[Cap, ...] = ()
    priority: int = 0
    stacking: Stacking = Stacking.STACKABLE
    published: bool = False
    holdout_percent: int = 0
    campaign: str | None = None
    funder: BranchId | None = None
    title_en: str = ""
    title_fa: str = ""

    def __post_init__(self) -> None:
        check_name("offer id", self.id)
        check_int("priority", self.priority, -(10**6), 10**6)
        check_int("holdout_percent", self.holdout_percent, 0, 50)
        for name in ("title_en", "title_fa"):
            check_text(name, getattr(self, name), 0, 80)
        for name in ("campaign", "funder"):
            if getattr(self, name) is not None:
                check_name(name, getattr(self, name))
        if self.published and self.holdout_percent:
            raise ValueRangeError(
                f"offer {self.id!r}: members were promised it, so nobody may be held out"
            )
        money = self.gift.kind in MONEY_GIFTS
        for cap in self.budgets:
            if cap.measure is CapMeasure.AMOUNT and not money:
                raise ValueRangeError(f"offer {self.id!r}: a budget in money needs money off")
            if cap.measure is CapMeasure.POINTS and money:
                raise ValueRangeError(f"offer {self.id!r}: money off is budgeted by amount")
