"""What changes from one version of the rules to another, setting by setting. Pure.

Rules, offers, rewards, tiers and the like are matched by their ids and not by where they stand, so
that a rule which moved has not changed. Two programmes are equal if and only if nothing differs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from typing import Any, Final

from gateway.model.programme import Programme
from gateway.model.rules.caps import Cap
from gateway.model.rules.settings import BranchClock

_RULES: Final = "rules"


class ChangeKind(StrEnum):
    """What became of a setting."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference.

    Attributes:
        kind: what became of it.
        path: names it as in a programme file, parts of a list by their id:
            ``offers.happy-hour.gift.percent_bp``; the settings of the base stand alone.
        old: the model's own value before: a number, text, a truth value, a name, a day, a tuple,
            or a whole part such as an ``Offer``; None where it was not there.
        new: the same after.
    """

    kind: ChangeKind
    path: str
    old: object
    new: object


def difference(old: Programme, new: Programme) -> tuple[Change, ...]:
    """Find every setting that differs between two versions of the rules.

    Args:
        old: before.
        new: after.

    Returns:
        the differences, in the order of the model; where only the order of a list differs, one
        for the list, with what tells its parts apart.
    """
    return tuple(_of_parts(old, new, ""))


def _of_parts(old: Any, new: Any, path: str) -> Iterator[Change]:  # noqa: ANN401 - two frozen values
    for field in fields(old):
        if path or field.name != _RULES:
            inner = f"{path}.{field.name}" if path else field.name
        else:
            inner = ""
        before, after = getattr(old, field.name), getattr(new, field.name)
        if before != after:
            yield from _of_values(before, after, inner)


def _of_values(old: Any, new: Any, path: str) -> Iterator[Change]:  # noqa: ANN401 - as above
    if old is None or new is None:
        kind = ChangeKind.ADDED if old is None else ChangeKind.REMOVED
        yield Change(kind=kind, path=path, old=old, new=new)
    elif isinstance(old, tuple):
        yield from _of_lists(old, new, path)
    elif is_dataclass(old):
        yield from _of_parts(old, new, path)
    else:
        yield Change(kind=ChangeKind.CHANGED, path=path, old=old, new=new)


def _of_lists(old: tuple[object, ...], new: tuple[object, ...], path: str) -> Iterator[Change]:
    before = {_key_of(item): item for item in old}
    after = {_key_of(item): item for item in new}
    if len(before) != len(old) or len(after) != len(new):
        # Something stands there twice, so that names tell nothing apart.
        yield Change(kind=ChangeKind.CHANGED, path=path, old=old, new=new)
        return
    for key, item in before.items():
        inner = _path_of(item, path)
        if key not in after:
            yield Change(kind=ChangeKind.REMOVED, path=inner, old=item, new=None)
        elif item != after[key]:
            yield from _of_values(item, after[key], inner)
    for key, item in after.items():
        if key not in before:
            inner = _path_of(item, path)
            yield Change(kind=ChangeKind.ADDED, path=inner, old=None, new=item)
    kept = tuple(key for key in before if key in after)
    order = tuple(key for key in after if key in before)
    if kept != order:
        yield Change(kind=ChangeKind.CHANGED, path=path, old=kept, new=order)


def _path_of(item: object, path: str) -> str:
    """Where a part of a list stands: under its name, where it has one."""
    name = _name_of(item)
    return path if name is None else f"{path}.{name}"


def _key_of(item: Any) -> object:  # noqa: ANN401 - a part of any list of the model
    """What tells the parts of a list apart: the name, or else the whole value."""
    return _name_of(item) or item


def _name_of(item: Any) -> str | None:  # noqa: ANN401 - as above
    if isinstance(item, Cap):
        return f"{item.owner}-{item.measure}-{item.period}"
    if isinstance(item, BranchClock):
        return item.branch
    return getattr(item, "id", None)
