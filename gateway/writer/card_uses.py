"""Whether a card that counts its taps is the only one of its kind. Pure.

A card's counter goes up by at least one at each tap, so a genuine card's taps have rising times
when they are put in the order of their counters. It does not matter in which order the gateway
hears of them: a terminal that was offline tells late. What no single card can do is

- show one counter twice, at two terminals or at two times: a copy, or a recorded answer;
- show a lower counter later than a higher one: a copy that was left behind in counting.

A terminal's guessed clock accuses nobody: without a time that is believed, only the same counter
twice counts. Gaps are normal, for phones read cards too (NT4H2421Gx, 9.3.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gateway.ledger.rows_members import CardUseRow

#: One tap tells of itself in a question, a sale and a redemption, which may take this long.
SAME_TAP_MS: Final = 15 * 60_000
#: Two clocks that are synchronised still differ a little; nobody taps at two terminals in a moment.
CLOCKS_APART_MS: Final = 1_000
#: One that is called synchronised may be off by more. What is only a few seconds out of order is
#: not believed; only what is further out is held against the card.
SURE_AFTER_MS: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """Two taps that one card cannot have made.

    Attributes:
        other: the tap that this one does not go with.
        refuses: whether this tap is the one not to be believed; otherwise the other one was, and
            cannot be undone any more.
        sure: whether no clock can be the reason.
    """

    other: CardUseRow
    refuses: bool
    sure: bool


def copied(use: CardUseRow, beside: Sequence[CardUseRow]) -> Copied | None:
    """Find what a tap does not go with.

    Args:
        use: the tap.
        beside: the card's known taps with the same, the next lower and the next higher counter.
    """
    for other in beside:
        if other.counter == use.counter and not same_tap(use, other):
            return Copied(other=other, refuses=True, sure=True)
    if not use.certain:
        return None
    for other in beside:
        if not other.certain or other.counter == use.counter:
            continue
        lower, higher = (use, other) if use.counter < other.counter else (other, use)
        late_ms = lower.at_ms - higher.at_ms
        if late_ms > CLOCKS_APART_MS:
            return Copied(other=other, refuses=lower is use, sure=late_ms > SURE_AFTER_MS)
    return None


def same_tap(use: CardUseRow, other: CardUseRow) -> bool:
    """Whether two messages tell of one tap: one counter, one terminal, within its time."""
    return (use.counter, use.terminal) == (other.counter, other.terminal) and abs(
        use.at_ms - other.at_ms
    ) <= SAME_TAP_MS
