"""What became of simulated days, as one JSON object."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


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
    failed = [day for day in days if not day.clean]
    return json.dumps(
        {
            "seeds": len(days),
            "transactions": sum(day.transactions for day in days),
            "faults": sum(day.faults for day in days),
            "lost": sum(day.lost for day in days),
            "doubled": sum(day.doubled for day in days),
            "audit": "findings" if any(day.findings for day in days) else "clean",
            "failed": [asdict(day) for day in failed],
        }
    )
