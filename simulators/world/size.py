"""How much happens in a world."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

MINUTE_MS: Final = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldSize:
    """The most of everything; a seed draws how much of it there is.

    Attributes:
        terminals_max: tills.
        branches_max: shops they stand in.
        members_max: cards. Few, so that tills collide over them.
        visits: customers.
        deaths_max: processes that are killed or stopped.
        faults_max: everything else that goes wrong.
        span_ms: how long customers come.
    """

    terminals_max: int = 6
    branches_max: int = 3
    members_max: int = 20
    visits: int = 22
    deaths_max: int = 7
    faults_max: int = 9
    span_ms: int = 6 * MINUTE_MS


SMALL: Final = WorldSize(
    terminals_max=3, members_max=4, visits=8, deaths_max=3, faults_max=4, span_ms=2 * MINUTE_MS
)
NORMAL: Final = WorldSize()
LARGE: Final = WorldSize(visits=160, deaths_max=30, faults_max=40, span_ms=45 * MINUTE_MS)

SIZES: Final = MappingProxyType({"small": SMALL, "normal": NORMAL, "large": LARGE})
"""By the name that the command line takes."""
