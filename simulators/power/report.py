"""What became of the crash images, as one object."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerFinding:
    """One image that did not keep its promises.

    Attributes:
        image: its number in the run; the run's seed and this make it again.
        store: journal or ledger.
        cut: after how many operations the power went, of how many; for both cuts of an image
            that was cut again while it recovered.
        lost: transactions promised and not there.
        damage: what else was wrong.
    """

    image: int
    store: str
    cut: str
    lost: tuple[str, ...]
    damage: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerReport:
    """A run over many crash images.

    Attributes:
        seed: of the run.
        journal: images of terminals' journals.
        ledger: images of gateways' ledgers.
        recut: images among them that were cut again during recovery.
        promised: transactions promised before the cuts and looked for, over all images.
        lost: how many of them were not there.
        findings: every image that was not clean.
    """

    seed: int
    journal: int
    ledger: int
    recut: int
    promised: int
    lost: int
    findings: tuple[PowerFinding, ...]

    @property
    def images(self) -> int:
        """How many images there were."""
        return self.journal + self.ledger

    @property
    def damaged(self) -> int:
        """Images with anything wrong beside missing transactions."""
        return sum(1 for finding in self.findings if finding.damage)

    @property
    def clean(self) -> bool:
        """Whether every image kept every promise."""
        return not self.findings

    def to_json(self) -> str:
        """Give the report as one JSON object."""
        return json.dumps(
            {
                "images": self.images,
                "journal": self.journal,
                "ledger": self.ledger,
                "recut": self.recut,
                "promised": self.promised,
                "lost": self.lost,
                "damaged": self.damaged,
                "audit": "clean" if self.clean else "findings",
                "seed": self.seed,
                "failed": [asdict(finding) for finding in self.findings],
            }
        )
