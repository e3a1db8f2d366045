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
    found: Programme | None = None
    for rules in programmes:
        in_force = rules.effective_from_ms <= at_ms
        if in_force and (found is None or rules.version > found.version):
            found = rules
    return found
