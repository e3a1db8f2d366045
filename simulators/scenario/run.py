"""Runs scenario files: every file on every executor, in every order that its races allow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from gateway.errors import ConfigError, ValueRangeError
from simulators.scenario.executors import Executor
from simulators.scenario.orders import Order, orders_of
from simulators.scenario.play import Play
from simulators.scenario.port import NotSupportedError, ShopFaultError
from simulators.scenario.read import load_scenario
from simulators.scenario.report import FileReport, RunReport
from simulators.scenario.story import Scenario

LIBRARY: Final = Path(__file__).parent / "library"
"""The scenarios that come with Mohr."""


def run_files(files: Iterable[Path], on: Iterable[Executor]) -> Iterator[FileReport]:
    """Run files one after the other.

    Args:
        files: scenario files, and folders of them.
        on: the executors.

    Raises:
        ConfigError: if a file cannot be used.
    """
    executors = tuple(on)
    for file in files:
        for one in _files_of(file):
            scenario = load_scenario(one)
            runs = tuple(
                run_scenario(scenario, executor)
                for executor in executors
                if has_race(scenario) or not executor.only_races
            )
            yield FileReport(
                file=str(one),
                source=scenario.source,
                title=scenario.title,
                differs=scenario.differs,
                runs=runs,
            )


def has_race(scenario: Scenario) -> bool:
    """Whether anything in it happens at once."""
    return any(scene.kind == "race" for scene in scenario.scenes)


def run_scenario(scenario: Scenario, on: Executor, *, orders_max: int | None = None) -> RunReport:
    """Play a scenario on one executor, in every order of its races.

    The report tells of the first order that failed, or of the first of all.

    Args:
        scenario: which.
        on: where.
        orders_max: so many orders at most, from all over; None for every one.

    Raises:
        ConfigError: if the scenario cannot be played.
    """
    try:
        ways = orders_of(scenario)
    except ValueRangeError as error:
        raise ConfigError(f"{scenario.file}: {error}") from error
    if orders_max is not None:
        ways = _some(ways, orders_max)
    told: RunReport | None = None
    for orders in ways:
        report = _run(scenario, on, orders, len(ways))
        if not report.passed:
            return report
        told = told or report
    assert told is not None, "a scenario without races can happen in one way"
    return told


def _run(scenario: Scenario, on: Executor, orders: dict[str, Order], ways: int) -> RunReport:
    """Play one way; an executor that cannot go on has played nothing."""
    try:
        with closing(on.open(scenario)) as shop:
            steps = Play(scenario, shop, orders).run()
            audit = shop.objections()
    except NotSupportedError as error:
        return RunReport(on=on.name, orders=ways, order=orders, not_run=str(error))
    except ShopFaultError as error:
        return RunReport(on=on.name, orders=ways, order=orders, fault=str(error))
    return RunReport(on=on.name, orders=ways, order=orders, steps=steps, audit=audit)


def _some(ways: Sequence[dict[str, Order]], most: int) -> tuple[dict[str, Order], ...]:
    """As many ways as may be, evenly from all over."""
    if len(ways) <= most:
        return tuple(ways)
    return tuple(ways[place * len(ways) // most] for place in range(most))


def _files_of(place: Path) -> list[Path]:
    if not place.is_dir():
        return [place]
    found = sorted(place.glob("*.toml"))
    if not found:
        raise ConfigError(f"there is no scenario in {place}")
    return found
