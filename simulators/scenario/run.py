"""Runs scenario files: every file on every executor, in every order that its races allow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from gateway.errors import ConfigError, ValueRangeError
from simulators.scenario.executors import EXECUTORS
from simulators.scenario.orders import orders_of
from simulators.scenario.play import Play
from simulators.scenario.read import load_scenario
from simulators.scenario.report import FileReport, RunReport
from simulators.scenario.story import Scenario

LIBRARY: Final = Path(__file__).parent / "library"
"""The scenarios that come with Mohr."""


def run_files(files: Iterable[Path], on: Iterable[str]) -> Iterator[FileReport]:
    """Run files one after the other.

    Args:
        files: scenario files, and folders of them.
        on: names of executors.

    Raises:
        ConfigError: if a file cannot be used.
    """
    names = tuple(on)
    for file in files:
        for one in _files_of(file):
            scenario = load_scenario(one)
            runs = tuple(run_scenario(scenario, name) for name in names)
            yield FileReport(
                file=str(one),
                source=scenario.source,
                title=scenario.title,
                differs=scenario.differs,
                runs=runs,
            )


def run_scenario(scenario: Scenario, on: str) -> RunReport:
    """Play a scenario on one executor, in every order of its races.

    The report tells of the first order that failed, or of the first of all.

    Raises:
        ConfigError: if the scenario cannot be played.
    """
    try:
        ways = orders_of(scenario)
    except ValueRangeError as error:
        raise ConfigError(f"{scenario.file}: {error}") from error
    told: RunReport | None = None
    for orders in ways:
        with closing(EXECUTORS[on](scenario)) as shop:
            steps = Play(scenario, shop, orders).run()
        report = RunReport(on=on, orders=len(ways), order=orders, steps=steps)
        if not report.passed:
            return report
        told = told or report
    assert told is not None, "a scenario without races can happen in one way"
    return told


def _files_of(place: Path) -> list[Path]:
    if not place.is_dir():
        return [place]
    found = sorted(place.glob("*.toml"))
    if not found:
        raise ConfigError(f"there is no scenario in {place}")
    return found
