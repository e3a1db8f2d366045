"""Where to cut the power: most often where it hurts."""

from __future__ import annotations

from random import Random
from typing import Final

from simulators.power.recording import Recording

#: Operations within which a file, its schema and its first row are made.
_BEGINNING: Final = 40


def choose_cut(recording: Recording, dice: Random) -> int:
    """Choose after how many operations the current goes.

    Just after a promise nothing may be missing; within a checkpoint the database file itself is
    half old and half new; within the first operations there is half a schema; the rest of the
    cuts fall anywhere.
    """
    end = len(recording.log)
    kind = dice.random()
    if kind < 0.4 and recording.promises:
        return min(dice.choice(recording.promises).position + dice.choice((0, 0, 1, 2, 3, 5)), end)
    if kind < 0.65 and (writes := recording.database_writes()):
        return min(dice.choice(writes) + dice.randint(0, 2), end)
    if kind < 0.75:
        return dice.randint(0, min(_BEGINNING, end))
    return dice.randint(0, end)
