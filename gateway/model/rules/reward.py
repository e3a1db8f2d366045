"""What is given: money off, goods, coupons, benefits, points."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.errors import ValueRangeError
from gateway.model.checks import I63_MAX, check_int, check_name, check_text
from gateway.model.ids import BranchId
from gateway.model.rules.condition import Condition
from gateway.model.rules.earning import MULTIPLIER_PERMILLE_MAX
from gateway.model.rules.scope import ItemFilter

WHOLE_BASIS_POINTS: Final = 10_000


class GiftKind(StrEnum):
    """What kind of thing a reward or an offer gives."""

    MONEY_OFF = "money_off"
    """``amount_minor`` off what counts, never more than that costs."""
    PERCENT_OFF = "percent_off"
    """``percent_bp`` off what counts, at most ``cap_minor``."""
    FREE_ITEM = "free_item"
    """``quantity`` pieces of the goods that count cost nothing, the dearest first."""
    PRODUCT_PRICE = "product_price"
    """``quantity`` pieces of the goods that count cost ``price_minor`` each, if that is less."""
    POINTS = "points"
    """``points`` more."""
    MULTIPLIER = "multiplier"
    """The points of the sale times ``multiplier_permille``; the surplus is the gift."""
    CREDIT = "credit"
    """``amount_minor`` of stored credit."""
    COUPON = "coupon"
    """A coupon for the reward ``reward``, to be used at a later visit."""
    BENEFIT = "benefit"
    """Something that is no money: shown to the cashier, counted, used up."""


_PARTS: Final[dict[GiftKind, tuple[str, ...]]] = {
    GiftKind.MONEY_OFF: ("amount_minor",),
    GiftKind.PERCENT_OFF: ("percent_bp",),
    GiftKind.FREE_ITEM: (),
    GiftKind.PRODUCT_PRICE: ("price_minor",),
    GiftKind.POINTS: ("points",),
    GiftKind.MULTIPLIER: ("multiplier_permille",),
    GiftKind.CREDIT: ("amount_minor",),
    GiftKind.COUPON: ("reward",),
    GiftKind.BENEFIT: (),
}
_ALL_PARTS: Final = (
    "amount_minor", "percent_bp", "price_minor", "points", "multiplier_permille", "reward",
)  # fmt: skip

MONEY_GIFTS: Final = frozenset(
    {GiftKind.MONEY_OFF, GiftKind.PERCENT_OFF, GiftKind.FREE_ITEM, GiftKind.PRODUCT_PRICE}
)
"""The gifts that lower the price of a sale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gift:
    """One thing given. Which parts a kind needs: see ``GiftKind``.

    Attributes:
        kind: what.
        amount_minor: money.
        percent_bp: a share in hundredths of a percent.
        cap_minor: the most money off, for every kind that takes money off.
        price_minor: the price of a piece.
        points: points.
        multiplier_permille: thousandths.
        reward: the reward that a coupon is for.
        items: which goods count; all where it is empty.
        cheapest: only the cheapest piece of them counts.
        quantity: pieces, or uses of a coupon or a benefit.
        valid_days: days until a coupon or a benefit lapses; None for never.
    """

    kind: GiftKind
    amount_minor: int | None = None
    percent_bp: int | None = None
    cap_minor: int | None = None
    price_minor: int | None = None
    points: int | None = None
    multiplier_permille: int | None = None
    reward: str | None = None
    items: ItemFilter = ItemFilter()
    cheapest: bool = False
    quantity: int = 1
    valid_days: int | None = None

    def __post_init__(self) -> None:
        wanted = _PARTS[self.kind]
        present = tuple(name for name in _ALL_PARTS if getattr(self, name) is not None)
        if set(present) != set(wanted):
            needs = ", ".join(wanted) or "none of " + ", ".join(_ALL_PARTS)
            raise ValueRangeError(f"a gift of kind {self.kind} needs exactly: {needs}")
        limits = {
            "amount_minor": (1, I63_MAX),
            "percent_bp": (1, WHOLE_BASIS_POINTS),
            "cap_minor": (1, I63_MAX),
            "price_minor": (0, I63_MAX),
            "points": (1, 10**12),
            "multiplier_permille": (1_001, MULTIPLIER_PERMILLE_MAX),
            "valid_days": (1, 3_660),
        }
        for name, (least, most) in limits.items():
            if getattr(self, name) is not None:
                check_int(name, getattr(self, name), least, most)
        check_int("quantity", self.quantity, 1, 10_000)
        if self.reward is not None:
            check_name("reward", self.reward)
        if self.cap_minor is not None and self.kind not in MONEY_GIFTS:
            raise ValueRangeError("cap_minor belongs to gifts that take money off")
        goods = (GiftKind.FREE_ITEM, GiftKind.PRODUCT_PRICE)
        if self.kind in goods and self.items.only.empty:
            raise ValueRangeError(f"a gift of kind {self.kind} says which goods it is: items.only")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reward:
    """Something that members take for points, or with a coupon.

    Attributes:
        id: names it.
        cost_points: what it costs; 0 where only a coupon gives it.
        gift: what it is.
        when: what must hold.
        funder: the branch or partner that bears it; None for the branch that gives it.
        most_per_sale: how often it may be taken on one sale.
        title_en: what it is called.
        title_fa: the same in Persian.
    """

    id: str
    cost_points: int
    gift: Gift
    when: Condition = Condition()
    funder: BranchId | None = None
    most_per_sale: int = 1
    title_en: str = ""
    title_fa: str = ""

    def __post_init__(self) -> None:
        check_name("reward id", self.id)
        check_int("cost_points", self.cost_points, 0, 10**12)
        check_int("most_per_sale", self.most_per_sale, 1, 1_000)
        for name in ("title_en", "title_fa"):
            check_text(name, getattr(self, name), 0, 80)
        if self.funder is not None:
            check_name("funder", self.funder)
        if self.gift.kind is GiftKind.COUPON:
            raise ValueRangeError(f"reward {self.id!r}: offers give coupons, rewards are for them")
