"""What became of simulated days, as one JSON object."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol


class Run(Protocol):
    """What every kind of seeded run tells of itself; see ``DayReport``."""

    @property
    def transactions(self) -> int:
        """What was accepted."""

    @property
    def faults(self) -> int:
        """What went wrong."""

    @property
    def lost(self) -> int:
        """What was accepted and is not held."""

    @property
    def doubled(self) -> int:
        """What happened twice."""

    @property
    def findings(self) -> tuple[str, ...]:
        """What is not as it must be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayReport:
    """One seed's day.

    Attributes:
        seed: replays exactly this day.
        transactions: what the terminals accepted.
        faults: messages lost, repeated or delayed, connections cut, processes ended.
        lost: accepted transactions that the gateway did not judge, or judged as other bytes.
        doubled: transactions judged twice, sales rated twice, holds used twice.
        findings: every other difference from the one-thread model, and the auditor's findings.
        fingerprint: stands for everything that happened in its order; equal for equal runs.
    """

    seed: int
    transactions: int
    faults: int
    lost: int
    doubled: int
    findings: tuple[str, ...]
    fingerprint: str

    @property
    def clean(self) -> bool:
        """Whether the promises held."""
        return not (self.lost or self.doubled or self.findings)


def to_json(days: list[DayReport]) -> str:
    """Sum days up; the seeds that failed are named, with what was found."""
    return run_summary(days, [asdict(day) for day in days if not day.clean])


def run_summary(
    runs: Sequence[Run],
    failed: Sequence[Mapping[str, Any]],
    totals: Mapping[str, int] | None = None,
) -> str:
    """Sum seeded runs up as one JSON object.

    Args:
        runs: all of them.
        failed: what is to be said of those that failed.
        totals: further counts over all of them.
    """
    told: dict[str, Any] = {
        "seeds": len(runs),
        "transactions": sum(run.transactions for run in runs),
        "faults": sum(run.faults for run in runs),
        "lost": sum(run.lost for run in runs),
        "doubled": sum(run.doubled for run in runs),
        "audit": "findings" if any(run.findings for run in runs) else "clean",
        "failed": list(failed),
    }
    if totals is not None:
        told["totals"] = dict(totals)
    return json.dumps(told)
