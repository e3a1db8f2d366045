"""Faults of issuing; those of cards and readers stay what they are."""

from __future__ import annotations

from gateway.errors import MohrError


class IssuingError(MohrError):
    """A card cannot be made what it is to be; the message says why, and what is left on it."""


class WrongCardError(IssuingError):
    """The card is of another kind, or somebody else's: nothing was changed."""


class JournalFaultError(IssuingError):
    """The issuing journal cannot be read or written. Without it no card is touched."""
