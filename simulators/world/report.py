"""What became of worlds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from simulators.shop.report import run_summary


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldReport:
    """One world.

    Attributes:
        seed: replays exactly this world.
        transactions: what the terminals accepted.
        faults: everything that went wrong.
        lost: accepted transactions that the gateway does not hold as they were accepted.
        doubled: what was judged, earned, posted or refunded twice.
        findings: every difference from what is promised, each beginning with its kind.
        fingerprint: stands for everything that happened in its order; equal for equal runs.
        counts: how often what happened.
        story: the whole world, line by line.
    """

    seed: int
    transactions: int
    faults: int
    lost: int
    doubled: int
    findings: tuple[str, ...]
    fingerprint: str
    counts: dict[str, int] = field(default_factory=dict)
    story: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        """Whether the promises held."""
        return not (self.lost or self.doubled or self.findings)


def to_json(worlds: Sequence[WorldReport], stories: dict[int, tuple[str, ...]]) -> str:
    """Sum worlds up; the seeds that failed are named, with what was found and their short story.

    Args:
        worlds: the reports.
        stories: by seed, the shrunk stories of those that failed.
    """
    totals: Counter[str] = Counter()
    for world in worlds:
        totals.update(world.counts)
    failed = [
        {
            "seed": world.seed,
            "findings": list(world.findings),
            "story": list(stories.get(world.seed, ())),
        }
        for world in worlds
        if not world.clean
    ]
    return run_summary(worlds, failed, totals=dict(sorted(totals.items())))
