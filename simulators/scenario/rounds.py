"""The rounds of a loop: each has sales and reservations of its own, under the names of the file."""

from __future__ import annotations

from dataclasses import replace

from simulators.scenario.steps import Redeem, Reserve, Sale, Step
from simulators.scenario.story import Scene


def in_round(lane: tuple[Scene, ...], number: int) -> tuple[Scene, ...]:
    """Give the sales and reservations that a loop makes names of their round.

    Names from before the loop stay what they are.
    """
    made = {name for scene in lane for name in _made_by(scene.step)}
    return tuple(
        replace(scene, step=_renamed(scene.step, made, f"-round-{number}")) for scene in lane
    )


def _made_by(step: Step) -> list[str]:
    names: list[str | None] = []
    if isinstance(step, Sale | Redeem):
        names.append(step.sale)
    if isinstance(step, Reserve):
        names.append(step.hold)
    return [name for name in names if name is not None]


def _renamed(step: Step, made: set[str], suffix: str) -> Step:
    changed: dict[str, object] = {}
    for field in ("sale", "hold"):
        name = getattr(step, field, None)
        if name in made:
            changed[field] = f"{name}{suffix}"
    return replace(step, **changed) if changed else step  # type: ignore[arg-type]
