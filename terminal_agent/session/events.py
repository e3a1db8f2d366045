"""What the session is told. Every event carries ``now_ms``, monotonic milliseconds.

Random ids come in with the event that may need one, so that the session itself draws none.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.model.authorisation import AuthAnswer
from gateway.model.card import CardEvidence
from gateway.model.ids import HoldId, SaleKey
from gateway.model.receipt import Result
from gateway.model.sale import Sale, SaleLine
from gateway.readers.reader import CardTrouble
from terminal_agent.session.view import Refusal
from terminal_agent.session.wishes import Wish


@dataclass(frozen=True, slots=True, kw_only=True)
class CardTapped:
    """A card was read.

    Attributes:
        now_ms: when.
        card: the card.
        inquiry_id: a fresh id for asking after its balance, or for a reservation with it.
        behind: something that this card did is still on its way to the gateway, so that the answer
            may be older than it.
    """

    now_ms: int
    card: CardEvidence
    inquiry_id: HoldId
    behind: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CardTroubled:
    """A card was there but could not be read: removed early, not supported and so on."""

    now_ms: int
    trouble: CardTrouble


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleOffered:
    """The till told a total it is sure of, before the sale is closed.

    Attributes:
        now_ms: when.
        total_minor: what the customer owes.
        key: names the sale towards the gateway until it closes under its own key.
        request_id: a fresh id, for asking what offers take off.
        lines: the goods, where they are known by now.
        tax_minor: the tax in the total, where it is known by now.
    """

    now_ms: int
    total_minor: int
    key: SaleKey
    request_id: HoldId
    lines: tuple[SaleLine, ...] = ()
    tax_minor: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleClosed:
    """The till committed the sale (the paper was cut, the closing record came)."""

    now_ms: int
    sale: Sale


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleClaimed:
    """The code of a closed sale was shown: whose card is here, or comes next, earns for it.

    Attributes:
        now_ms: when.
        sale: as the till told it then, marked as claimed; the goods only where they are known.
    """

    now_ms: int
    sale: Sale


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleCancelled:
    """The till gave the sale up before closing it."""

    now_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleDoubted:
    """The till's paper ended and may be a sale: a person decides, and the visit is over."""

    now_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UseAsked:
    """The cashier wants something to be used on the sale under way.

    Attributes:
        now_ms: when.
        wish: what, and how much of it.
        request_id: a fresh id.
    """

    now_ms: int
    wish: Wish
    request_id: HoldId


@dataclass(frozen=True, slots=True, kw_only=True)
class OffersDeclined:
    """The till cannot take off what the offers give: the cashier wants none on this sale."""

    now_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftLoadAsked:
    """The cashier has taken money that is to be put onto the gift card that is shown next."""

    now_ms: int
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerChanged:
    """Something else was recorded that may change what the gateway knows of the card's owner."""

    now_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AskAgain:
    """The gateway knows of it by now: ask it again how the card's owner stands.

    Attributes:
        now_ms: when.
        inquiry_id: a fresh id.
        behind: see ``CardTapped``.
    """

    now_ms: int
    inquiry_id: HoldId
    behind: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthAnswered:
    """The gateway's sealed answer, already verified.

    Attributes:
        now_ms: when it arrived.
        answer: the answer.
        request_id: a fresh id, for asking what offers take off.
        stands_ms: for a granted reservation, how many milliseconds from now it stands.
        greeting: for an answered inquiry, the name that its sealed box held, if any.
    """

    now_ms: int
    answer: AuthAnswer
    request_id: HoldId
    stands_ms: int | None = None
    greeting: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalAccepted:
    """The journal committed every draft of the last ``Accept`` under these numbers, in order."""

    now_ms: int
    seqs: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalRefused:
    """The journal took none of the drafts of the last ``Accept``."""

    now_ms: int
    refusal: Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptArrived:
    """A gateway receipt named results of transactions of this terminal's present epoch."""

    now_ms: int
    results: tuple[Result, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorCancelled:
    """The cashier pressed cancel: one step back, or the end of the visit."""

    now_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TimePassed:
    """Time went by. The only way in which a wait ends."""

    now_ms: int


Event = (
    CardTapped
    | CardTroubled
    | SaleOffered
    | SaleClosed
    | SaleClaimed
    | SaleCancelled
    | SaleDoubted
    | UseAsked
    | OffersDeclined
    | GiftLoadAsked
    | OwnerChanged
    | AskAgain
    | AuthAnswered
    | JournalAccepted
    | JournalRefused
    | ReceiptArrived
    | OperatorCancelled
    | TimePassed
)
