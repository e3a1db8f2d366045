"""Which version of the rules was in force at a moment."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.model.programme import Programme


def programme_at(programmes: Sequence[Programme], at_ms: int) -> Programme | None:
    """Find the rules that rate what happened at ``at_ms``.

    Args:
        programmes: the known versions, in any order.
        at_ms: Unix time in milliseconds.

    Returns:
        The highest version that was effective then, or None before the first one.
    """
    in_force = (rules for rules in programmes if rules.effective_from_ms <= at_ms)
    return max(in_force, key=lambda rules: rules.version, default=None)
