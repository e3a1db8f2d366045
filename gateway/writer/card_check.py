"""Where the writer asks whether a card's proof was made with the card's key."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TypeAlias

from gateway.model.card import CardEvidence


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
