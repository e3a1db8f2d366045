"""What became of the rounds, for people and as one JSON object."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Seconds:
    """Where a round's time went."""

    work: float
    heal: float
    check: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.work + self.heal + self.check


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundReport:
    """One round.

    Attributes:
        number: which.
        transactions: what the terminals accepted in it.
        planned: the faults with their times, in words.
        done: how often each fault struck, by name.
        missed: how often each was planned and could not strike on this machine, by name.
        restarts: processes restarted because their link still waited after the round.
        lost: accepted transactions that are not in the ledger.
        doubled: what was applied twice.
        audit_clean: whether the shipped auditor found nothing.
        findings: everything that is wrong.
        seconds: where the time went.
        kept: where the evidence of a failed round is.
    """

    number: int
    transactions: int
    planned: tuple[str, ...]
    done: Mapping[str, int]
    missed: Mapping[str, int]
    restarts: int
    lost: int
    doubled: int
    audit_clean: bool
    findings: tuple[str, ...]
    seconds: Seconds
    kept: Path | None = None

    @property
    def clean(self) -> bool:
        """Whether the promises held."""
        return not (self.lost or self.doubled or self.findings) and self.audit_clean

    def line(self) -> str:
        """The round for people."""
        faults = "; ".join(self.planned)
        head = (
            f"round {self.number}: {self.transactions} transactions,"
            f" {self.seconds.total:.1f} s, {faults}"
        )
        if self.clean:
            return f"{head}: clean"
        return "\n  ".join((f"{head}: FAILED, evidence in {self.kept}", *self.findings))


@dataclass(slots=True)
class ChaosReport:
    """All rounds.

    Attributes:
        seed: made every choice.
        unavailable: faults that this machine cannot do, by name, and what is missing for them.
        rounds: in their order.
    """

    seed: int
    unavailable: Mapping[str, str]
    rounds: list[RoundReport] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether every round was."""
        return all(one.clean for one in self.rounds)

    def to_json(self) -> str:
        """One object on one line, as ``mohr sim world --json`` gives it."""
        rounds = self.rounds
        audit_clean = all(one.audit_clean for one in rounds)
        by_fault = _total([one.done for one in rounds])
        return json.dumps(
            {
                "rounds": len(rounds),
                "transactions": sum(one.transactions for one in rounds),
                "faults": sum(by_fault.values()),
                "lost": sum(one.lost for one in rounds),
                "doubled": sum(one.doubled for one in rounds),
                "audit": "clean" if audit_clean else "findings",
                "failed": [self._failed(one) for one in rounds if not one.clean],
                "by_fault": dict(sorted(by_fault.items())),
                "restarts": sum(one.restarts for one in rounds),
                "unavailable": dict(self.unavailable),
                "missed": dict(sorted(_total([one.missed for one in rounds]).items())),
                "seconds": {
                    "work": round(sum(one.seconds.work for one in rounds), 1),
                    "heal": round(sum(one.seconds.heal for one in rounds), 1),
                    "check": round(sum(one.seconds.check for one in rounds), 1),
                },
            }
        )

    def _failed(self, one: RoundReport) -> dict[str, object]:
        return {
            "seed": self.seed,
            "round": one.number,
            "faults": list(one.planned),
            "lost": one.lost,
            "doubled": one.doubled,
            "findings": list(one.findings),
            "kept": None if one.kept is None else str(one.kept),
        }


def _total(counts: Sequence[Mapping[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    return total
