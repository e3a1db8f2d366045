"""What the command line, or an integrator's button, may ask of a running agent, as values."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.errors import ValueRangeError
from gateway.model.checks import I63_MAX, check_int, check_name, check_text
from gateway.model.sale import LINES_MAX, SaleLine
from gateway.model.transaction import MemberEvent
from gateway.wire.code_text import TEXT_CHARACTERS_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeem:
    """Pay the sale on the screen with ``points``, or with as many as can be (None)."""

    points: int | None = None

    def __post_init__(self) -> None:
        if self.points is not None:
            check_int("points", self.points, 1, I63_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    """Something of the programme's rewards, at most so often."""

    reward: str
    times: int = 1

    def __post_init__(self) -> None:
        check_name("reward", self.reward)
        check_int("times", self.times, 1, 1_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reward(_Taken):
    """Take a reward for points on the sale on the screen, at most so often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coupon(_Taken):
    """The same for coupons that the member has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """Ask once more what offers take off the sale on the screen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decline:
    """The till cannot take off what offers give: use none of them on this sale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Paying:
    """Stored money that pays."""

    amount_minor: int | None = None

    def __post_init__(self) -> None:
        if self.amount_minor is not None:
            check_int("amount_minor", self.amount_minor, 1, I63_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit(_Paying):
    """Pay with stored credit: so much at most, or as much as can be (None)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gift(_Paying):
    """Pay with the gift card that is shown next: so much at most, or all it can (None)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _PaidIn:
    """Money that was paid in."""

    amount_minor: int

    def __post_init__(self) -> None:
        check_int("amount_minor", self.amount_minor, 1, I63_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class TopUp(_PaidIn):
    """Put money that was paid in into the stored credit of the card on the screen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadGift(_PaidIn):
    """Put money that was paid in onto the gift card that is shown next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordEvent(MemberEvent):
    """Record what the member of the card on the screen did, and what is no purchase."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """The cashier keys the total in, where the till tells it only when the sale is closed.

    Attributes:
        total_minor: what the customer owes.
        lines: the goods, where whoever asks knows them.
    """

    total_minor: int
    lines: tuple[SaleLine, ...] = ()

    def __post_init__(self) -> None:
        check_int("total_minor", self.total_minor, 0, I63_MAX)
        _check_count(self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """Goods came back: correct points and everything that was used on their sale.

    Attributes:
        receipt_number: of the sale; None where nobody can name it any more: then the card on the
            screen says whose it was.
        amount_minor: the money that went back; None where the whole sale is called off.
        lines: the goods that came back, where they are known.
    """

    receipt_number: str | None = None
    amount_minor: int | None = None
    lines: tuple[SaleLine, ...] = ()

    def __post_init__(self) -> None:
        if self.receipt_number is not None:
            check_text("receipt_number", self.receipt_number, 1, 32)
        if self.amount_minor is not None:
            check_int("amount_minor", self.amount_minor, 0, I63_MAX)
        _check_count(self.lines)
        if any(line.amount_minor < 0 for line in self.lines):
            raise ValueRangeError("the lines of a refund have amounts above zero")
        if self.amount_minor is None and (self.lines or self.receipt_number is None):
            raise ValueRangeError("a part of a sale, or one without its number, needs an amount")


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """Let the phone number that a customer says stand for a card: it earns, and spends nothing.

    Attributes:
        number: as it was typed, in the digits of any of our languages. It is somebody's, so it
            stands in no ``repr``.
    """

    number: str = field(repr=False)

    def __post_init__(self) -> None:
        check_text("number", self.number, 1, 40)


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """Have a code sent to the phone of the customer whose card is on the screen, or tell it.

    Attributes:
        said: the code as it was typed, in the digits of any of our languages; None has one sent.
            It is good for money, so it stands in no ``repr``.
    """

    said: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.said is not None:
            check_text("said", self.said, 1, 40)


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrol:
    """Make the card now present a member's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """One step back: what was held last, or else the visit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Let the card that is here, or comes next, earn for a sale that closed without one.

    Attributes:
        code: of its receipt, in either case. Whoever has it claims the sale, so it stands in no
            ``repr``.
    """

    code: str = field(repr=False)

    def __post_init__(self) -> None:
        check_text("code", self.code, 1, TEXT_CHARACTERS_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskClaim:
    """Say the code of the last sale that closed without a card."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskStatus:
    """Say how the agent stands."""


def _check_count(lines: tuple[SaleLine, ...]) -> None:
    if len(lines) > LINES_MAX:
        raise ValueRangeError(f"at most {LINES_MAX} lines")


Command = (
    Total
    | Redeem
    | Reward
    | Coupon
    | Offers
    | Decline
    | Credit
    | Gift
    | TopUp
    | LoadGift
    | RecordEvent
    | Refund
    | Phone
    | Code
    | Enrol
    | Cancel
    | Claim
    | AskClaim
    | AskStatus
)
