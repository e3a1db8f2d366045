"""The doctor's last look, kept for a minute, so that opening the page often costs nothing."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from typing import Final

from gateway.doctor.checks import examine
from gateway.doctor.collect import Patient, collect
from gateway.doctor.collect_machine import broker_facts
from gateway.doctor.facts import Facts
from gateway.doctor.finding import Finding
from gateway.errors import MohrError
from gateway.office.commands import GetStats, Stats
from gateway.office.house import House

FRESH_MS: Final = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """One look.

    Attributes:
        at_ms: when, Unix time.
        findings: what was found, the worst first.
        facts: what it was found by.
    """

    at_ms: int
    findings: tuple[Finding, ...]
    facts: Facts


class Examinations:
    """Looks at one house. May be used from any thread."""

    def __init__(self) -> None:
        """Nothing was looked at yet."""
        self._lock = threading.Lock()
        self._last: Examination | None = None

    def last(self, house: House) -> Examination:
        """The last look, or a quick new one where it is not fresh: the broker is not asked then.

        Raises:
            MohrError: if the data directory or the office cannot be read.
        """
        with self._lock:
            age_ms = house.clock.unix_ms() - (self._last.at_ms if self._last else 0)
            if self._last is None or not 0 <= age_ms < FRESH_MS:
                self._last = _look(house, ask_broker=False)
            return self._last

    def look(self, house: House) -> Examination:
        """Look at everything now; a broker that is away takes two seconds.

        Raises:
            MohrError: if the data directory or the office cannot be read.
        """
        found = _look(house, ask_broker=True)
        with self._lock:
            self._last = found
        return found

    def forget(self) -> None:
        """Look anew at the next question, because something was done about a finding."""
        with self._lock:
            self._last = None


def _look(house: House, *, ask_broker: bool) -> Examination:
    patient = Patient(
        data_dir=house.data_dir,
        settings=house.settings,
        clock=house.clock,
        stats=counted(house),
        hints=house.hints(),
        office=house.office,
        environment=os.environ,
        probe=broker_facts if ask_broker else None,
    )
    facts = collect(patient)
    return Examination(at_ms=facts.now_ms, findings=examine(facts), facts=facts)


def counted(house: House) -> Stats | None:
    """What the gateway counted since its start; None where its writer does not answer in time."""
    try:
        return house.execute(GetStats()).stats
    except MohrError:
        # A writer that waits for space says so by its log; the page must still open.
        return None
