"""The library of scenarios on whole gateways: sealed tills, real ledgers, lost power."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from simulators.postgres_server import missing_postgres
from simulators.scenario.executors import Executor, Wanted, gateways
from simulators.scenario.gateway.homes import Homes, StoreKind
from simulators.scenario.read import load_scenario
from simulators.scenario.report import FileReport, to_lines
from simulators.scenario.run import LIBRARY, has_race, run_scenario

SOAK: Final = bool(os.environ.get("MOHR_SOAK"))
# Every order of what happens at once, on a disk that other suites use too, takes its time.
pytestmark = pytest.mark.timeout(3_600 if SOAK else 120)

FILES: Final = sorted(LIBRARY.glob("*.toml"))
RACES: Final = [file for file in FILES if has_race(load_scenario(file))]

#: On SQLite every day: each kind of message and command is in one of them.
EVERYDAY: Final = {
    "e-07-which-lot-was-spent", "l-01-return-by-line", "m-03-referral", "m-05-gift-card-is-loaded",
    "m-06-points-that-wait-for-a-member", "m-07-coupon-for-the-next-visit",
    "m-09-nights-and-birthdays-in-tehran", "r-01-sent-again-and-again",
    "r-19-redeemed-without-a-network", "s-13-night-run-twice", "t-06-blocked-and-replaced-cards",
    "t-07-same-message-again",
}  # fmt: skip


@pytest.fixture(scope="module", params=[StoreKind.MEMORY, StoreKind.SQLITE])
def homes(request: pytest.FixtureRequest) -> Iterator[Homes]:
    """Where ledgers live."""
    with Homes(request.param) as made:
        yield made


def in_turn(homes: Homes, *, cuts: bool = False) -> Executor:
    """A gateway that everything comes to one after the other; with cuts, two side by side."""
    made = gateways(Wanted(homes=homes, cuts=cuts))
    return made[-1] if cuts else made[0]


def check(file: Path, executor: Executor, orders_max: int) -> None:
    """Play a file, and fail with the words of the report."""
    scenario = load_scenario(file)
    run = run_scenario(scenario, executor, orders_max=None if SOAK else orders_max)
    report = FileReport(
        file=file.name, source=scenario.source, title=scenario.title, differs="", runs=(run,)
    )
    assert report.passed, "\n".join(to_lines(report))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_scenario_survives_every_power_cut(file: Path) -> None:
    """Two gateways side by side come to the same, and to what the file expects.

    One keeps its power, the other loses it at every message: in turns before it came, and after
    its commit and before anybody heard of it. The books are whole after every step, and an audit
    of them finds nothing.
    """
    with Homes(StoreKind.MEMORY) as homes:
        check(file, in_turn(homes, cuts=True), orders_max=1)


@pytest.mark.parametrize(
    "file",
    [file for file in FILES if SOAK or file.stem in EVERYDAY],
    ids=lambda file: file.stem,
)
def test_a_ledger_in_a_file_survives_every_power_cut(file: Path) -> None:
    """The same where what is left of a ledger is what its files held at that moment."""
    with Homes(StoreKind.SQLITE) as homes:
        check(file, in_turn(homes, cuts=True), orders_max=1)


@pytest.mark.parametrize("file", RACES, ids=lambda file: file.stem)
def test_a_race_comes_out_the_same_in_one_batch_and_from_threads(file: Path, homes: Homes) -> None:
    """What happens at once is judged in one batch, or sent by threads to a running gateway."""
    for executor in gateways(Wanted(homes=homes)):
        if executor.only_races:
            check(file, executor, orders_max=2)


def test_races_on_postgresql() -> None:
    """Every race comes out right on a PostgreSQL server, in turn, in one batch and from threads."""
    if missing_postgres() is not None:
        pytest.skip(str(missing_postgres()))
    with Homes(StoreKind.POSTGRESQL) as homes:
        for file in RACES:
            for executor in gateways(Wanted(homes=homes)):
                check(file, executor, orders_max=1)
