"""Cards that count their taps at tills of a shop at random, and now and then a copy of one.

A chip's counter follows the time at which it is shown, so that what a till tells late is in order.
What this does not model: proofs. A till is believed to have authenticated the card.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from random import Random
from typing import Final

from gateway.model.card import Assurance, CardEvidence, CardProfile
from simulators.rules_shop import OPENING_MS
from simulators.rules_till import card_named

#: Before the shop opens there are no taps, and what is told late lies not further back.
_FIRST_MS: Final = OPENING_MS - 100 * 86_400_000
_SECOND_MS: Final = 1_000
_TAPS_PER_SECOND: Final = 4
_COPIES: Final = 0.02


class Chips:
    """Shows cards to tills; those that are no chips are only named.

    Args:
        seed: decides when a copy is shown instead of the card.
        names: the cards that are chips.
    """

    def __init__(self, seed: int, names: Collection[str]) -> None:
        self._rng = Random(f"chips {seed}")
        self._names = names
        self._shown: dict[str, list[int]] = {}

    def show(self, name: str, at_ms: int) -> CardEvidence:
        """Say what a till reads of a card at a moment, Unix time in milliseconds."""
        card = card_named(name)
        if name not in self._names:
            return card
        shown = self._shown.setdefault(name, [])
        if shown and self._rng.random() < _COPIES:
            counter = self._rng.choice(shown)
        else:
            counter = (at_ms - _FIRST_MS) // _SECOND_MS * _TAPS_PER_SECOND
            while counter in shown:
                counter += 1
            shown.append(counter)
        return replace(
            card,
            profile=CardProfile.NTAG424,
            assurance=Assurance.AUTHENTICATED,
            counter=counter,
        )
