"""Groups of goods that hold nothing, and names that nothing uses."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.model.rules.scope import ItemFilter, ItemSet
from gateway.program.linting.doubt import Doubt, DoubtCode
from gateway.program.linting.look import Look

_KINDS = ("skus", "categories", "label_words")


def check_goods(look: Look) -> Iterator[Doubt]:
    """Find filters that leave no goods, and categories that hold none."""
    for subject, items in look.item_filters():
        if _leaves_nothing(items):
            yield Doubt(code=DoubtCode.NO_GOODS, subject=subject)
    for category in look.rules.categories:
        if category.items.empty:
            yield Doubt(code=DoubtCode.CATEGORY_EMPTY, subject=f"categories.{category.id}")


def check_names(look: Look) -> Iterator[Doubt]:
    """Find names that nothing uses, and names that two things share."""
    for path in _unused(look):
        yield Doubt(code=DoubtCode.NAMED_NOWHERE, subject=path)
    seen: dict[str, str] = {}
    for path, owner in look.owners():
        if owner.id in seen:
            yield Doubt(code=DoubtCode.SAME_ID, subject=path, values={"other": seen[owner.id]})
        seen.setdefault(owner.id, path)


def _leaves_nothing(items: ItemFilter) -> bool:
    """Whether all that counts is also what does not count."""
    only, without = items.only, items.without
    return not only.empty and all(
        set(getattr(only, kind)) <= set(getattr(without, kind)) for kind in _KINDS
    )


def _unused(look: Look) -> Iterator[str]:
    """Paths to categories, occasions and segments that no rule names."""
    conditions = [condition for _, condition in look.conditions()]
    sets: list[ItemSet] = []
    for _, items in look.item_filters():
        sets += (items.only, items.without)
    used = {
        "categories": {name for items in sets for name in items.categories},
        "occasions": {name for when in conditions for name in when.window.occasions},
        "segments": {name for when in conditions for name in when.segments},
    }
    for category in look.rules.categories:
        if category.id not in used["categories"]:
            yield f"categories.{category.id}"
    for occasion in look.rules.occasions:
        if occasion.id not in used["occasions"]:
            yield f"occasions.{occasion.id}"
    for segment in look.rules.segments:
        if segment not in used["segments"]:
            yield f"segments.{segment}"
