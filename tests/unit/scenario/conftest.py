"""Scenarios made of text, for the tests of the runner."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from simulators.scenario.executors import PURE
from simulators.scenario.read import load_scenario
from simulators.scenario.report import RunReport
from simulators.scenario.run import run_scenario
from simulators.scenario.story import Scenario

Told: TypeAlias = "Callable[[str], Scenario]"
Played: TypeAlias = "Callable[[str], RunReport]"

HEAD = 'source = "M-0"\ntitle = "a test"\n'


@pytest.fixture
def told(tmp_path: Path) -> Told:
    """Read a scenario of which the text is the part behind source and title."""

    def tell(text: str) -> Scenario:
        file = tmp_path / "scenario.toml"
        file.write_text(HEAD + text, encoding="utf-8")
        return load_scenario(file)

    return tell


@pytest.fixture
def played(told: Told) -> Played:
    """Play such a scenario on the pure executor."""
    return lambda text: run_scenario(told(text), PURE)
