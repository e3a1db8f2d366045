"""The clock of a scenario: what its files say by the wall, in Unix milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from gateway.errors import ValueRangeError
from gateway.model.rules.settings import Settings
from simulators.scenario.port import Moment
from simulators.scenario.steps import Step
from simulators.scenario.steps_desk import Advance
from simulators.scenario.story import Scenario

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)
_BETWEEN_STEPS: Final = timedelta(seconds=1)


class ScenarioClock:
    """Says when each step happens. It stands still between steps and never goes back."""

    def __init__(self, scenario: Scenario) -> None:
        self._settings = scenario.programme.rules.settings
        self._branches = {
            terminal: branch.name for branch in scenario.branches for terminal in branch.terminals
        }
        self._first_terminal = scenario.branches[0].terminals[0]
        self._now = self._read(scenario.start, scenario.branches[0].name)

    def moment(self, step: Step, transaction: str, where: str) -> Moment:
        """Move on to a step.

        Args:
            step: what happens.
            transaction: names it.
            where: its path, for messages.

        Raises:
            ValueRangeError: if its time has passed, or its terminal is nowhere.
        """
        terminal = step.terminal or self._first_terminal
        branch = self._branches.get(terminal)
        if branch is None:
            raise ValueRangeError(f"{where}.terminal: there is no terminal {terminal!r}")
        self._move(step, branch, where)
        made_at = self._now if step.made_at is None else self._read(step.made_at, branch)
        if made_at > self._now:
            raise ValueRangeError(f"{where}.made_at: lies after the moment of its arrival")
        return Moment(
            id=transaction,
            branch=branch,
            terminal=terminal,
            at_ms=(self._now - _EPOCH) // _MS,
            made_at_ms=(made_at - _EPOCH) // _MS,
        )

    def text(self) -> str:
        """The present moment, for reports."""
        return self._now.isoformat(timespec="seconds")

    def _move(self, step: Step, branch: str, where: str) -> None:
        if step.at is not None:
            wanted = self._read(step.at, branch)
            if wanted < self._now:
                raise ValueRangeError(f"{where}.at: has passed; say made_at for what comes late")
            self._now = wanted
        elif isinstance(step, Advance):
            # So many days by the wall, also where a night has another hour.
            zone = self._zone(branch)
            wall = self._now.astimezone(zone).replace(tzinfo=None) + timedelta(days=step.days)
            self._now = self._read(wall, branch)
        else:
            self._now += _BETWEEN_STEPS

    def _read(self, moment: datetime, branch: str) -> datetime:
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self._zone(branch))
        return moment.astimezone(UTC)

    def _zone(self, branch: str) -> ZoneInfo:
        return ZoneInfo(zone_of(self._settings, branch))


def zone_of(settings: Settings, branch: str) -> str:
    """The IANA time zone by which a branch lives."""
    clocks = (clock.zone for clock in settings.branch_clocks if clock.branch == branch)
    return next((zone for zone in clocks if zone), settings.zone)
