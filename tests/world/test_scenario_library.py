"""The library of scenarios: every collected case is a file that passes, or has a written reason."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Final

import pytest

from simulators.scenario.executors import PURE
from simulators.scenario.read import load_scenario
from simulators.scenario.report import FileReport, to_lines
from simulators.scenario.run import LIBRARY, run_scenario

FILES: Final = sorted(LIBRARY.glob("*.toml"))

#: Every case that was collected, by group.
COLLECTED: Final = {
    "O": (
        "1 2 4 5 7 8 10 11 13 14 16 17 19 20 22 23 25 26 28 29 31 32 34 35 37 38 40 41 43 44"
        " 46 47 49 50 52 53 55 56 58 59"
    ),
    "S": (
        "1 2 3 5 6 7 9 10 11 12 13 14 15 18 19 20 21 22 23 24 31 32 33 34 35 36 37 38 39 40 41"
        " 42 43 44 46 gap"
    ),
    "E": "1 4 5 7",
    "L": "1 3 4 6 7",
    "U": "2 3 5 6 8 9 10 12",
    "Q": "1 2 3 5 6 7",
    "T": "1 2 3 6 7 8",
    "P": "1 2 3 4 5 6",
    "R": "1 2 3 4 6 7 8 9 11 12 13 17 18 19 20",
    "C": "1 2 4",
}
IDS: Final = {f"{group}-{one}" for group, listed in COLLECTED.items() for one in listed.split()}

#: Cases that are about two things at once.
RACES: Final = {"R-17", "R-18", "P-2", "U-12", "R-8"}


def differing(project_root: Path) -> dict[str, str]:
    """The table of the page: id and reason."""
    page = (project_root / "docs" / "scenarios.md").read_text(encoding="utf-8")
    table = page.partition("## Where Mohr differs")[2]
    rows = re.findall(r"^\| ([A-Z]-[^|]+) \| ([^|]+) \|", table, re.MULTILINE)
    return {one: reason for ids, reason in rows for one in ids.split(", ")}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_scenario_comes_out_as_it_says(file: Path) -> None:
    """Every step of every file, in every order of its races, is what the file expects."""
    scenario = load_scenario(file)
    run = run_scenario(scenario, PURE)
    report = FileReport(
        file=file.name, source=scenario.source, title=scenario.title, differs="", runs=(run,)
    )
    assert report.passed, "\n".join(to_lines(report))


def test_every_collected_case_is_answered(project_root: Path) -> None:
    """Each id has a file, or stands in the table of differences with a reason."""
    told = {one for file in FILES for one in load_scenario(file).source}
    reasons = differing(project_root)
    assert IDS - told - set(reasons) == set()
    assert {one for one in told if not one.startswith("M-")} <= IDS
    assert all(len(reason) > 10 for reason in reasons.values())


def test_the_table_of_differences_is_that_of_the_files(project_root: Path) -> None:
    """A file that differs is in the table; an id of the table has such a file, or none at all."""
    scenarios = [load_scenario(file) for file in FILES]
    differ = {one for s in scenarios if s.differs for one in s.source}
    told = {one for s in scenarios for one in s.source}
    table = set(differing(project_root))
    assert differ <= table
    assert {one for one in table if one in told} == differ


def test_files_are_named_after_their_cases() -> None:
    """The first part of a file's name is the id that it stands for, and no title comes twice."""
    scenarios = [load_scenario(file) for file in FILES]
    for scenario in scenarios:
        group, number = scenario.source[0].lower().split("-")
        assert scenario.file.stem.startswith(f"{group}-{number.zfill(2)}-")
    assert max(Counter(s.title for s in scenarios).values()) == 1


def test_races_are_races() -> None:
    """What happens at once is played in every order."""
    raced = {
        one
        for file in FILES
        for scenario in [load_scenario(file)]
        if any(scene.kind == "race" for scene in scenario.scenes)
        for one in scenario.source
    }
    assert raced >= RACES
