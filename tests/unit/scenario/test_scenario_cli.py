"""``mohr scenario run``: what it prints, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.errors import ConfigError
from simulators.scenario.cli import app
from simulators.scenario.run import LIBRARY

GOOD = """
source = "M-0"
title = "ten points"
[programme]
earn_points = 1
[[members]]
name = "ada"
[[steps]]
do = "sale"
card = "ada"
total_minor = 1_000
expect = { earned = 10 }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a scenario that passes and one that does not."""
    (tmp_path / "a-good.toml").write_text(GOOD)
    (tmp_path / "b-bad.toml").write_text(GOOD.replace("earned = 10", "earned = 11"))
    return tmp_path


def run(*words: object) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(app, ["run", *map(str, words)])


def test_what_passes_ends_with_nothing(folder: Path) -> None:
    """A scenario that comes out as expected is one line, and the command ends with 0."""
    result = run(folder / "a-good.toml")
    assert (result.exit_code, result.stdout) == (0, "ok  M-0  ten points\n")


def test_what_differs_is_named(folder: Path) -> None:
    """A difference is told with file, step, expectation and result; the command ends with 1."""
    result = run(folder)
    assert result.exit_code == 1
    assert "b-bad.toml: steps[1] (sale, on pure): earned is 10, not 11" in result.stdout
    assert result.stderr == "1 of 2 scenarios differ\n"


def test_the_report_is_one_object(folder: Path) -> None:
    """As JSON each file has its runs, and each step what was expected beside what was found."""
    result = run(folder, "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert (told["passed"], told["failed"]) == (1, 1)
    good, bad = told["files"]
    assert (good["passed"], bad["passed"], bad["source"]) == (True, False, ["M-0"])
    step = bad["runs"][0]["steps"][0]
    assert (step["where"], step["do"], step["at"]) == (
        "steps[1]", "sale", "2026-03-02T10:00:01+00:00",
    )  # fmt: skip
    assert step["checks"][-1] == {"what": "earned", "expected": 11, "actual": 10, "ok": False}
    assert step["broken"] == []


def test_an_executor_that_is_not_there_is_refused(folder: Path) -> None:
    """The command offers the executors that exist."""
    result = run(folder, "--on", "wishful")
    assert result.exit_code == 2
    assert "pure" in result.output


def test_a_file_that_cannot_be_used_is_a_fault(tmp_path: Path) -> None:
    """A missing file and an empty folder are faults with a name, not scenarios that differ."""
    for place, problem in ((tmp_path / "none.toml", "cannot be read"), (tmp_path, "no scenario")):
        result = run(place)
        assert isinstance(result.exception, ConfigError)
        assert problem in str(result.exception)


def test_without_files_it_plays_its_own() -> None:
    """The library comes with the package."""
    assert len(list(LIBRARY.glob("*.toml"))) > 100
