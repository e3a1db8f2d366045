"""What changes from one programme to another, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from markupsafe import Markup, escape

from web_admin.programme.sentence import Item, Section


class Kind(StrEnum):
    """What became of an item."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One rule, offer or setting that is not as it was.

    Attributes:
        kind: what became of it.
        section: the part of the rules that it belongs to.
        title: what it is called now, or was called.
        before: sentences that do not hold any more.
        after: sentences that hold from now on.
    """

    kind: Kind
    section: str
    title: Markup
    before: tuple[Markup, ...] = ()
    after: tuple[Markup, ...] = ()


def changes(before: tuple[Section, ...], after: tuple[Section, ...]) -> tuple[Change, ...]:
    """Compare what two programmes say.

    Args:
        before: the sections of the older rules...
        after: ...and of the newer ones, in the same language and order.
    """
    return tuple(
        change for old, new in zip(before, after, strict=True) for change in _of_section(old, new)
    )


def _of_section(old: Section, new: Section) -> Iterator[Change]:
    was = {item.key: item for item in old.items}
    now = {item.key: item for item in new.items}
    for key, item in was.items():
        if key not in now:
            lost = tuple(one.text for one in item.sentences)
            yield Change(kind=Kind.REMOVED, section=new.title, title=item.title, before=lost)
    for key, item in now.items():
        if key not in was:
            gained = tuple(one.text for one in item.sentences)
            yield Change(kind=Kind.ADDED, section=new.title, title=item.title, after=gained)
        else:
            yield from _of_item(was[key], item, new.title)


def _of_item(old: Item, new: Item, section: str) -> Iterator[Change]:
    before, after = _told(old), _told(new)
    lost = tuple(text for key, text in before.items() if after.get(key) != text)
    gained = tuple(text for key, text in after.items() if before.get(key) != text)
    if lost or gained:
        yield Change(kind=Kind.CHANGED, section=section, title=new.title, before=lost, after=gained)


def _told(item: Item) -> dict[str, Markup]:
    """Sentences by key; the title and the badges count as said, too."""
    told = {one.key: one.text for one in item.sentences}
    if item.title:
        told[":title"] = item.title
    told |= {f":badge-{number}": escape(text) for number, text in enumerate(item.badges)}
    return told
