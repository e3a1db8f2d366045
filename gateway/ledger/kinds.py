"""The closed sets of names that the ledger's rows use."""

from __future__ import annotations

from enum import StrEnum


class JournalKind(StrEnum):
    """What made the gateway write a journal row."""

    TRANSACTION = "transaction"
    AUTH = "auth"
    EXPIRY = "expiry"
    CARD = "card"


class PostingKind(StrEnum):
    """Why points moved."""

    ENROL = "enrol"
    EARN = "earn"
    SUSPEND = "suspend"
    RESERVE = "reserve"
    RELEASE = "release"
    REDEEM = "redeem"
    REFUND = "refund"


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
    """Where points come from and go to. None keeps a balance, so none is ever hot."""

    ISSUED = "issued"
    REDEEMED = "redeemed"
    CLAWED_BACK = "clawed_back"
    SUSPENSE = "suspense"
    SHORTFALL = "shortfall"
