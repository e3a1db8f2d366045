"""What a return of goods does to points, rewards and stored money."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gateway.model.checks import check_int


class RefundBasis(StrEnum):
    """What a part of a sale that came back had earned."""

    PER_LINE = "per_line"
    """What the same rules say of the lines that are kept: taken is the difference."""
    PRO_RATA = "pro_rata"
    """The share of the money that went back."""


class UnknownOriginal(StrEnum):
    """What a return does whose sale nobody knows."""

    REFUSE = "refuse"
    TAKE_BACK = "take_back"
    """It takes from the card what the amount would earn under today's rules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnPolicy:
    """How returns are reckoned; how far below zero they may go is ``Programme.refund``.

    Attributes:
        basis: how the part is found.
        unknown_original: what a return without a sale does.
        only_pending: takes back only points that cannot be spent yet, whatever
            ``Programme.refund`` says.
        grace_days: points given back that have lapsed meanwhile can be spent for so many days.
        days_maximum: a sale can be returned for so many days; None for ever.
    """

    basis: RefundBasis = RefundBasis.PER_LINE
    unknown_original: UnknownOriginal = UnknownOriginal.REFUSE
    only_pending: bool = False
    grace_days: int = 0
    days_maximum: int | None = None

    def __post_init__(self) -> None:
        check_int("grace_days", self.grace_days, 0, 366)
        if self.days_maximum is not None:
            check_int("days_maximum", self.days_maximum, 1, 3_660)
