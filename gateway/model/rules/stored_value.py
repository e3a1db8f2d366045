"""Stored credit, gift cards, households, and points that turn into credit by themselves."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gateway.errors import ValueRangeError
from gateway.model.checks import I63_MAX, check_int
from gateway.model.rules.expiry import Expiry


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditPolicy:
    """Money that members keep with the shop.

    Attributes:
        top_up_minimum_minor: the least that may be paid in at once.
        top_up_maximum_minor: the most; 0 where paying in is not offered.
        balance_maximum_minor: nobody keeps more than this; None for no limit.
        share_percent: of a sale that may be paid with credit, at most.
        transfers: members may give credit to one another.
        earned_expiry: when credit that was given lapses.
        paid_expiry: when credit that was paid for lapses.
    """

    top_up_minimum_minor: int = 1
    top_up_maximum_minor: int = 0
    balance_maximum_minor: int | None = None
    share_percent: int = 100
    transfers: bool = False
    earned_expiry: Expiry = Expiry()
    paid_expiry: Expiry = Expiry()

    def __post_init__(self) -> None:
        check_int("top_up_minimum_minor", self.top_up_minimum_minor, 1, I63_MAX)
        check_int("top_up_maximum_minor", self.top_up_maximum_minor, 0, I63_MAX)
        check_int("share_percent", self.share_percent, 0, 100)
        if self.balance_maximum_minor is not None:
            check_int("balance_maximum_minor", self.balance_maximum_minor, 1, I63_MAX)
        if self.top_up_maximum_minor and self.top_up_maximum_minor < self.top_up_minimum_minor:
            raise ValueRangeError("top_up_maximum_minor is below top_up_minimum_minor")


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftCardPolicy:
    """Cards that hold money and belong to whoever holds them.

    Attributes:
        minimum_minor: the least that a card is issued for.
        maximum_minor: the most; 0 where none are issued.
        reloadable: money may be added later.
        expiry: when the money lapses.
        most_per_sale: cards that one sale may be paid with.
    """

    minimum_minor: int = 1
    maximum_minor: int = 0
    reloadable: bool = False
    expiry: Expiry = Expiry()
    most_per_sale: int = 5

    def __post_init__(self) -> None:
        check_int("minimum_minor", self.minimum_minor, 1, I63_MAX)
        check_int("maximum_minor", self.maximum_minor, 0, I63_MAX)
        check_int("most_per_sale", self.most_per_sale, 1, 16)
        if self.maximum_minor and self.maximum_minor < self.minimum_minor:
            raise ValueRangeError("maximum_minor is below minimum_minor")


class LeavePolicy(StrEnum):
    """What a member who leaves a household takes along."""

    NOTHING = "nothing"
    EQUAL_SHARE = "equal_share"
    """The balance by the number of members, fractions staying with the household."""
    OWN_SHARE = "own_share"
    """What remains of the lots that the member brought in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdPolicy:
    """Members who earn into and spend from one wallet.

    Attributes:
        members_maximum: 0 where households are not offered.
        leave: what one who leaves takes along.
        spend_limit_points: the most that one member may redeem in a business day; None for no
            limit. The member who founded the household has none.
    """

    members_maximum: int = 0
    leave: LeavePolicy = LeavePolicy.EQUAL_SHARE
    spend_limit_points: int | None = None

    def __post_init__(self) -> None:
        check_int("members_maximum", self.members_maximum, 0, 50)
        if self.spend_limit_points is not None:
            check_int("spend_limit_points", self.spend_limit_points, 1, I63_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoRedeem:
    """Points that the nightly run turns into stored credit, in whole steps.

    Attributes:
        points: the step.
        credit_minor: what a step becomes.
    """

    points: int
    credit_minor: int

    def __post_init__(self) -> None:
        check_int("points", self.points, 1, 10**12)
        check_int("credit_minor", self.credit_minor, 1, 10**12)
