"""The closed sets of names that the ledger's rows use."""

from __future__ import annotations

from enum import StrEnum


class JournalKind(StrEnum):
    """What made the gateway write a journal row."""

    TRANSACTION = "transaction"
    AUTH = "auth"
    EXPIRY = "expiry"
    CARD = "card"
    COMMAND = "command"
    """What somebody at a desk asked for; ``envelope`` holds the command's canonical bytes."""
    NIGHTLY = "nightly"
    """A step of the nightly run."""
    REDENOMINATION = "redenomination"
    """A wallet's money is counted in the successor of its currency from here on; ``envelope`` is
    the wallet's name."""


class PostingKind(StrEnum):
    """Why points moved."""

    ENROL = "enrol"
    EARN = "earn"
    SUSPEND = "suspend"
    RESERVE = "reserve"
    RELEASE = "release"
    REDEEM = "redeem"
    REFUND = "refund"
    RETURN = "return"
    """Part of a sale came back."""
    ADJUST = "adjust"
    TOP_UP = "top_up"
    TRANSFER = "transfer"
    CONVERT = "convert"
    """Something became another unit: points credit, or a currency its successor."""
    EXPIRE = "expire"
    ACTIVATE = "activate"
    """What was pending can be spent from now on."""
    GIFT = "gift"
    """A gift card was issued, loaded, blocked or freed."""
    HOUSEHOLD = "household"
    EVENT = "event"
    """Points for something that is no purchase."""


class WalletKind(StrEnum):
    """What a wallet is, which decides the ledger that it is in."""

    POINTS = "points"
    """A member's points."""
    CREDIT = "credit"
    """A member's stored credit."""
    GIFT = "gift"
    """The money on a gift card; it belongs to whoever holds the card."""
    HOUSEHOLD = "household"
    """The points of several members."""


class GiftCardState(StrEnum):
    """Whether a gift card may be spent. That it is empty or has lapsed, its lots say."""

    ISSUED = "issued"
    """It was sold and is not activated yet."""
    ACTIVE = "active"
    BLOCKED = "blocked"


class HouseholdRole(StrEnum):
    """What somebody is to a household."""

    FOUNDER = "founder"
    MEMBER = "member"
    INVITED = "invited"
    """Asked to join, and not a member until that is answered."""


class ReviewState(StrEnum):
    """What became of a paper that was not sure."""

    OPEN = "open"
    SETTLED = "settled"
    DISMISSED = "dismissed"


class HoldState(StrEnum):
    """Where a reservation stands. See ``HOLD_MOVES`` in ``gateway.ledger.holds``."""

    PENDING = "pending"
    POSTED = "posted"
    VOIDED = "voided"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class CardState(StrEnum):
    """Whether a card may be used, and why not."""

    ACTIVE = "active"
    BLOCKED = "blocked"
    LOST = "lost"
    REPLACED = "replaced"


class SystemAccount(StrEnum):
    """Where a unit comes from and goes to, once in every ledger.

    None keeps a balance, so none is ever hot. Their order is the order of their numbers: a new one
    is added at the end.
    """

    ISSUED = "issued"
    REDEEMED = "redeemed"
    CLAWED_BACK = "clawed_back"
    SUSPENSE = "suspense"
    SHORTFALL = "shortfall"
    EXPIRED = "expired"
    ADJUSTED = "adjusted"
    """What somebody at a desk gave or took."""
    CONVERTED = "converted"
    """What left for another ledger or came from one."""
    TOPPED_UP = "topped_up"
    """Money that was paid in."""
    PAID_OUT = "paid_out"
    """Money that was paid back."""
    REDENOMINATED = "redenominated"
    """What a currency's successor counts now, at the whole rate and exactly."""
    ROUNDED = "rounded"
    """What is less than the smallest unit of the successor: given by rounding, or taken."""
