"""The states of the counter dialogue."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where one customer's visit stands. ``table`` says how one leads to another."""

    IDLE = "idle"
    """Nothing lies on the reader that counts, and no sale is under way."""
    CARD = "card"
    """A card was read; the sale it belongs to has not been heard of yet."""
    SALE = "sale"
    """A total was heard; no card yet."""
    PREVIEW = "preview"
    """Card and total are both here: the points to come are on the screen."""
    AUTHORISING = "authorising"
    """The gateway was asked to reserve something; the till waits for its word."""
    RESERVED = "reserved"
    """Something is held for this sale and will be posted when it closes."""
    LOADING = "loading"
    """Money is to be put onto a gift card: the card, then the gateway's word on it, are awaited."""
    LATE = "late"
    """The sale closed without a card; a late tap can still claim it for a moment."""
    ACCEPTING = "accepting"
    """Transactions were handed to the journal; only its answer counts now."""
    ACCEPTED = "accepted"
    """Sealed, numbered and on the terminal's disk."""
    RECEIPTED = "receipted"
    """The gateway has said what became of it."""
    REFUSED = "refused"
    """The journal could not take it; the cashier is told what to do."""
