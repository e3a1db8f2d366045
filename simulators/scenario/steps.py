"""What can happen at the counter: one frozen value for each kind of step.

Names of members, cards, sales and holds are the scenario's own; an executor turns them into ids.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gateway.errors import ValueRangeError
from gateway.model.checks import I63_MAX, check_int, check_name
from gateway.model.sale import SaleLine, Tender

TIMES_MAX = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What every step has.

    Attributes:
        at: when it reaches the gateway, by the branch's clock; one second after the step before
            where it is left out.
        made_at: when the terminal made it, where that was earlier: it had no network.
        terminal: where; the first one where it is left out.
        note: a sentence for whoever reads the report.
    """

    at: datetime | None = None
    made_at: datetime | None = None
    terminal: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Basket(Step):
    """A step with something on the counter.

    Attributes:
        lines: the goods, at what they cost before offers and rewards.
        total_minor: their sum; given where only the total is known.
        tax_minor: the tax in it; after a discount, the same share of what is left.
        currency: of the amounts; the programme's where it is left out.
    """

    lines: tuple[SaleLine, ...] = ()
    total_minor: int | None = None
    tax_minor: int | None = None
    currency: str | None = None

    @property
    def amount_minor(self) -> int:
        """What it costs."""
        if self.total_minor is not None:
            return self.total_minor
        return sum(line.amount_minor for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A reward that somebody takes.

    Attributes:
        reward: its id.
        times: how often.
        coupon: it is paid for with a coupon and not with points.
    """

    reward: str
    times: int = 1
    coupon: bool = False

    def __post_init__(self) -> None:
        check_name("reward", self.reward)
        check_int("times", self.times, 1, TIMES_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftPart:
    """A gift card that pays: a given amount, or as much as it can."""

    gift_card: str
    amount_minor: int | None = None

    def __post_init__(self) -> None:
        check_name("gift_card", self.gift_card)
        if self.amount_minor is not None:
            check_int("amount_minor", self.amount_minor, 1, I63_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrol(Step):
    """A card becomes a member's first."""

    card: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Price(Basket):
    """The offers are asked what they take off, and nothing is bought."""

    card: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale(Basket):
    """A whole visit: offers, rewards, points as money, credit, gift cards, and the closed sale.

    It happens wholly or, where any part of it is refused, not at all.

    Attributes:
        card: whose; None for a customer without one.
        sale: what later steps call it.
        offers: whether offers are asked.
        rewards: what is taken for points or coupons, in this order.
        points: so many at most become money.
        credit_minor: so much at most is paid with stored credit.
        gift_cards: what pays after that.
        tenders: how else it was paid, where that matters.
    """

    card: str | None = None
    sale: str | None = None
    offers: bool = True
    rewards: tuple[Wanted, ...] = ()
    points: int | None = None
    credit_minor: int | None = None
    gift_cards: tuple[GiftPart, ...] = ()
    tenders: tuple[Tender, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserve(Basket):
    """Something is set aside for a sale: points, a reward, or what the offers take off.

    Attributes:
        hold: what later steps call the reservation.
        points: so many at most become money.
        reward: what is taken.
        times: how often.
        coupon: the reward is paid for with a coupon.
        offers: what the offers take off, and their budgets with it.
    """

    card: str
    hold: str | None = None
    points: int | None = None
    reward: str | None = None
    times: int = 1
    coupon: bool = False
    offers: bool = False

    def __post_init__(self) -> None:
        if (self.points is not None) + (self.reward is not None) + self.offers != 1:
            raise ValueRangeError("say one of points, reward and offers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeem(Reserve):
    """The same, used at once.

    Attributes:
        sale: the sale they lower.
        told_points: what a till that is wrong says the reward costs.
    """

    sale: str | None = None
    told_points: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Post(Step):
    """A reservation is used."""

    hold: str
    sale: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Void(Step):
    """A reservation is given up."""

    hold: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedLine:
    """Goods that come back.

    Attributes:
        line: which line of the sale, counted from 1.
        pieces: how many of it.
    """

    line: int
    pieces: int = 1

    def __post_init__(self) -> None:
        check_int("line", self.line, 1, 200)
        check_int("pieces", self.pieces, 1, 10**6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund(Step):
    """Goods or money go back: the whole sale, lines of it, or an amount.

    Attributes:
        sale: which; a name that no step gave is a sale that nobody knows. Left out where the
            customer has no receipt any more.
        lines: the goods.
        amount_minor: so much money without saying for what.
        card: who stands at the counter, where there is no receipt.
    """

    sale: str | None = None
    lines: tuple[ReturnedLine, ...] = ()
    amount_minor: int | None = None
    card: str | None = None

    def __post_init__(self) -> None:
        if self.lines and self.amount_minor is not None:
            raise ValueRangeError("say either lines or amount_minor")
        if (self.sale is None) == (self.card is None):
            raise ValueRangeError("say either sale or card")
        if self.sale is None and self.amount_minor is None:
            raise ValueRangeError("without a receipt, say amount_minor")


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendCredit(Basket):
    """Stored credit pays, so much at most."""

    card: str
    credit_minor: int
    sale: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TopUp(Step):
    """A member pays money in."""

    card: str
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftIssue(Step):
    """Gift cards are sold, each for the same amount.

    Attributes:
        gift_cards: their names; each is a card with a balance of its own.
        amount_minor: what each holds.
        sale: the sale in which they were bought, for a later return.
    """

    gift_cards: tuple[str, ...]
    amount_minor: int
    sale: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftLoad(Step):
    """Money is added to a gift card."""

    gift_card: str
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftSpend(Basket):
    """A gift card pays: what is asked, or as much as it can."""

    gift_card: str
    asked_minor: int | None = None
    sale: str | None = None
