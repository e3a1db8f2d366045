"""``docs/scenarios.md``: its example is played, and it names every step and expectation."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from simulators.scenario import claims
from simulators.scenario.executors import PURE
from simulators.scenario.read import load_scenario
from simulators.scenario.read_steps import STEP_KINDS
from simulators.scenario.run import run_scenario


@pytest.fixture(scope="module")
def page(project_root: Path) -> str:
    """The page's text."""
    return (project_root / "docs" / "scenarios.md").read_text(encoding="utf-8")


def test_the_example_is_played(page: str, tmp_path: Path) -> None:
    """The scenario on the page is a scenario, and comes out as it says."""
    (example,) = re.findall(r"```scenario\n(.*?)```", page, re.DOTALL)
    file = tmp_path / "example.toml"
    file.write_text(example, encoding="utf-8")
    report = run_scenario(load_scenario(file), PURE)
    assert report.passed
    assert report.orders == 2


def test_every_step_has_its_row(page: str) -> None:
    """Each kind of step stands in the table of steps."""
    named = set(re.findall(r"`([a-z-]+)`", page.partition("### Steps")[2].partition("###")[0]))
    named |= {f"household{name}" for name in named if name.startswith("-")}
    assert set(STEP_KINDS) <= named


def test_every_expectation_has_its_row(page: str) -> None:
    """Each name that can be expected stands in the table of expectations."""
    table = page.partition("### Expectations")[2].partition("## The report")[0]
    named = set(re.findall(r"`([a-z_]+)`", table))
    assert set(claims._ANSWER) <= named
    assert set(claims._MEMBER) <= named
