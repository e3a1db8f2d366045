"""Where the writer asks whether a card's proof was made with the card's key."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TypeAlias

from gateway.model.card import CardEvidence
from gateway.model.ids import TerminalId


class ProofVerdict(StrEnum):
    """What a card's proof is worth, once its keys were asked."""

    NONE = "none"
    """There is no proof, or no key here to check it with."""
    GENUINE = "genuine"
    FALSE = "false"


CheckCard: TypeAlias = Callable[[CardEvidence], ProofVerdict]
"""Checks a card's proof; total, and the same for the same evidence as long as keys are kept."""


def no_keys(_card: CardEvidence) -> ProofVerdict:
    """The check of a gateway that issues no cards with keys."""
    return ProofVerdict.NONE


IsProven: TypeAlias = Callable[[CardEvidence, TerminalId, int], bool]
"""Whether a card's owner has told a terminal a code that was sent to a phone, and not long ago.

The last argument is the moment, Unix time in milliseconds.
"""


def nobody_proven(_card: CardEvidence, _terminal: TerminalId, _now_ms: int) -> bool:
    """The answer of a gateway that sends no codes."""
    return False
