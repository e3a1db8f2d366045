"""What a customer display tells."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DisplayMeaning(StrEnum):
    """What the amount on a display is, as far as its words tell."""

    TOTAL = "total"
    ITEM = "item"
    CHANGE = "change"
    GIVEN = "given"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayShown:
    """A customer display came to rest with this on it. Evidence for a total, never a sale alone.

    Attributes:
        lines: what it shows, top line first, without trailing blanks, card numbers masked.
        meaning: what its amount is; of several, the one that says most: a total before change,
            change before what was given, that before an item.
        amount_minor: the amount of that meaning, where there is exactly one.
        currency: ISO 4217 alphabetic code of the profile.
    """

    lines: tuple[str, ...]
    meaning: DisplayMeaning
    amount_minor: int | None
    currency: str
