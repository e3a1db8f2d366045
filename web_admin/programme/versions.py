"""The versions of the rules: which is in force, which comes next, and what each replaced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from gateway.model.programme import Programme
from gateway.office.house import House
from gateway.program.versions import programme_at


class Standing(StrEnum):
    """How a version stands."""

    IN_FORCE = "in_force"
    NEXT = "next"
    LATER = "later"
    PAST = "past"


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """Every version at one moment.

    Attributes:
        known: from the first to the newest.
        at_ms: the moment.
    """

    known: tuple[Programme, ...]
    at_ms: int

    @property
    def in_force(self) -> Programme | None:
        """The version that rates what is sold now; None before the first one."""
        return programme_at(self.known, self.at_ms)

    @property
    def newest(self) -> Programme | None:
        """The version that was published last; None before the first one."""
        return self.known[-1] if self.known else None

    @property
    def coming(self) -> Programme | None:
        """The version that takes effect next; None where none waits."""
        return next((one for one in self.known if one.effective_from_ms > self.at_ms), None)

    def number(self, version: int) -> Programme | None:
        """One version; None where there is none of this number."""
        return next((one for one in self.known if one.version == version), None)

    def before(self, programme: Programme) -> Programme | None:
        """The version that a version replaced; None for the first one."""
        return self.number(programme.version - 1)

    def standing(self, programme: Programme) -> Standing:
        """How a version stands."""
        if programme == self.in_force:
            return Standing.IN_FORCE
        if programme == self.coming:
            return Standing.NEXT
        return Standing.LATER if programme.effective_from_ms > self.at_ms else Standing.PAST


def versions_of(known: Sequence[Programme], at_ms: int) -> Versions:
    """Put versions in order."""
    return Versions(known=tuple(sorted(known, key=lambda one: one.version)), at_ms=at_ms)


def read_versions(house: House) -> Versions:
    """Every version that a gateway knows.

    Raises:
        LedgerError: if they cannot be read.
    """
    with house.ledger.batch() as batch:
        return versions_of(batch.programmes(), house.clock.unix_ms())
