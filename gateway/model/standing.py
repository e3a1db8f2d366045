"""What a member has beside points that can be spent, as an answer to a terminal tells it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.errors import ValueRangeError
from gateway.model.checks import I63_MAX, check_int, check_name
from gateway.model.sale import LINES_MAX

#: A standing fits an extension of the wire format; a member with more sees the first ones.
STANDING_ITEMS_MAX: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantedDiscount:
    """One part of what an offer or a reward takes off.

    Attributes:
        source: its id.
        amount_minor: its money.
        lines: of that, what comes off each line of the goods that were asked about; adds up to it.
            Empty where the goods do not bear it all, and where they are too many to tell.
    """

    source: str
    amount_minor: int
    lines: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        check_name("source", self.source)
        check_int("amount_minor", self.amount_minor, 0, I63_MAX)
        if len(self.lines) > LINES_MAX:
            raise ValueRangeError(f"a discount names at most {LINES_MAX} lines")
        for part in self.lines:
            check_int("a line's part", part, 0, I63_MAX)
        if self.lines and sum(self.lines) != self.amount_minor:
            raise ValueRangeError("what comes off the lines adds up to the discount")


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldVoucher:
    """Coupons or benefits of one kind that a member has: what for, and how many are left."""

    name: str
    quantity: int

    def __post_init__(self) -> None:
        check_name("voucher", self.name)
        check_int("quantity", self.quantity, 1, I63_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a member has beside points that can be spent; only what is not nothing.

    Attributes:
        credit_minor: stored credit, or what is left on the gift card that was asked about.
        pending_points: points that cannot be spent yet.
        tier: the level.
        discounts: of a granted reservation, what its money is made of.
        vouchers: coupons and benefits, at most the first of them.
        last_points: the expiry that comes next: so many points...
        last_day_ms: ...lapse at this Unix time in milliseconds.
    """

    credit_minor: int | None = None
    pending_points: int | None = None
    tier: str | None = None
    discounts: tuple[GrantedDiscount, ...] = ()
    vouchers: tuple[HeldVoucher, ...] = ()
    last_points: int | None = None
    last_day_ms: int | None = None

    def __post_init__(self) -> None:
        for name in ("credit_minor", "pending_points", "last_points", "last_day_ms"):
            if getattr(self, name) is not None:
                check_int(name, getattr(self, name), 0, I63_MAX)
        if self.tier is not None:
            check_name("tier", self.tier)
        if max(len(self.discounts), len(self.vouchers)) > STANDING_ITEMS_MAX:
            raise ValueRangeError(f"a standing names at most {STANDING_ITEMS_MAX} of a kind")
