"""What a reservation takes its value from."""

from __future__ import annotations

from enum import StrEnum


class Instrument(StrEnum):
    """The kinds of value that a member, or whoever holds a gift card, can use on a sale."""

    POINTS = "points"
    """Points as money."""
    REWARD = "reward"
    """Something of the programme's catalogue, for points."""
    COUPON = "coupon"
    """The same for a coupon that was given at an earlier visit."""
    OFFER = "offer"
    """What the programme's offers take off the sale by themselves."""
    CREDIT = "credit"
    """The member's stored credit: a tender, never a discount."""
    GIFT = "gift"
    """A gift card: a tender, and whoever holds it may use it."""


STORED_MONEY = frozenset({Instrument.CREDIT, Instrument.GIFT})
"""Instruments whose units are minor units of money."""
