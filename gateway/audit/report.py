"""What an audit found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: One broken row early in a journal makes thousands of later figures differ; the first ones tell.
FINDINGS_LISTED_MAX: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is not as it must be.

    Attributes:
        where: the row or rows concerned.
        what: what is wrong with them, in a sentence.
    """

    where: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """How much was looked at: an audit of nothing is clean too.

    ``believed_dates`` counts the ratings that looked at a member's own days. No envelope tells
    those: what was written down with the rating was believed. ``believed_codes`` counts the
    reservations of cards that prove too little: that their owners told a code was believed.
    """

    journal_rows: int
    seals: int
    transactions: int
    requests: int
    entries: int
    members: int
    cards: int
    lots: int
    holds: int
    chains: int
    ratings: int
    believed_dates: int
    believed_codes: int
    quarantined: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """The outcome of one audit.

    Attributes:
        checked: how much was looked at.
        findings: the first findings, in the order in which they were made.
        found: how many there were in all.
    """

    checked: Checked
    findings: tuple[Finding, ...]
    found: int

    @property
    def clean(self) -> bool:
        """Whether everything is as the envelopes say."""
        return self.found == 0


class Findings:
    """Collects findings, and keeps the first ones."""

    def __init__(self) -> None:
        self._listed: list[Finding] = []
        self.found = 0

    def add(self, where: str, what: str) -> None:
        """Note that something is wrong."""
        self.found += 1
        if len(self._listed) < FINDINGS_LISTED_MAX:
            self._listed.append(Finding(where=where, what=what))

    def expect(self, where: str, what: str, *, stored: object, computed: object) -> None:
        """Note a stored value that differs from what was computed for it."""
        if stored != computed:
            self.add(where, f"{what} is {_show(stored)}, recomputed {_show(computed)}")

    @property
    def listed(self) -> tuple[Finding, ...]:
        """The first findings."""
        return tuple(self._listed)


def _show(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
