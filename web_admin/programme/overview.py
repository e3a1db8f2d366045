"""Which forms of the draft change what a section of sentences says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class EditedBy:
    """The forms behind one section.

    Attributes:
        singles: parts with one form each.
        listings: lists whose items can be added here.
    """

    singles: tuple[str, ...] = ()
    listings: tuple[str, ...] = ()


EDITED_BY: Final = {
    "earning": EditedBy(singles=("base",), listings=("earning",)),
    "spending": EditedBy(singles=("spending",)),
    "lasting": EditedBy(singles=("lasting",)),
    "rewards": EditedBy(listings=("rewards",)),
    "offers": EditedBy(singles=("stacking",), listings=("offers",)),
    "tiers": EditedBy(singles=("tiers",), listings=("levels",)),
    "credit": EditedBy(singles=("credit",)),
    "gift_cards": EditedBy(singles=("gift_cards",)),
    "households": EditedBy(singles=("households",)),
    "returns": EditedBy(singles=("returns",)),
    "cards": EditedBy(singles=("cards",)),
    "calendar": EditedBy(singles=("groups",), listings=("occasions", "categories")),
    "clocks": EditedBy(singles=("settings",), listings=("clocks",)),
}
"""By the keys of ``sentences.sections``."""


def place_of(section: str, item: str) -> tuple[str, str] | None:
    """The list and the name by which an item of a section is changed; None for single parts."""
    listings = EDITED_BY[section].listings
    if item.startswith(":") or not listings:
        return None
    if item.startswith("category:"):
        return "categories", item.removeprefix("category:")
    if (section, item) in _SINGLE_ITEMS:
        return None
    return listings[0], item


def section_of(key: str) -> str:
    """The section that a part or a list belongs to."""
    return next(
        section
        for section, edited in EDITED_BY.items()
        if key in edited.singles or key in edited.listings
    )


_SINGLE_ITEMS: Final = frozenset({("earning", "base"), ("clocks", "settings")})
