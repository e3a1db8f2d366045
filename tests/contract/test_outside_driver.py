"""A driver and a card profile in another package, from their page in the documentation to a tap."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

_LANGUAGES = {"pyproject.toml": "toml", "mohr_box.py": "python", "test_mohr_box.py": "python"}
_LINES_MAX = 60
#: The contract suite as it stands, and the test of the profile.
_TESTS_MIN = 17 + 1


def example(page: str) -> dict[str, str]:
    """The files of the page: each is named in a sentence, and the block behind it is its text."""
    found = {}
    for name, language in _LANGUAGES.items():
        pattern = rf"^`{re.escape(name)}` [^\n]*\n\n```{language}\n(.*?)^```$"
        block = re.search(pattern, page, re.MULTILINE | re.DOTALL)
        assert block is not None, f"the page shows no {name}"
        found[name] = block[1]
    return found


@pytest.fixture(scope="module")
def files(project_root: Path) -> dict[str, str]:
    """The package that the page shows."""
    return example((project_root / "docs/readers/drivers.md").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def environment(
    files: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """What a process sees where that package is installed, and PC/SC is not."""
    source = tmp_path_factory.mktemp("package")
    for name, text in files.items():
        (source / name).write_text(text, encoding="utf-8")
    installed = tmp_path_factory.mktemp("installed")
    run(
        *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
        *("--no-index", "--no-deps", "--no-build-isolation"),
        *("--target", str(installed), str(source)),
        env=dict(os.environ),
        cwd=source,
    )
    without = tmp_path_factory.mktemp("without")
    (without / "smartcard.py").write_text("raise ImportError('there is no PC/SC here')\n")
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
    return inherited | {"PYTHONPATH": os.pathsep.join((str(without), str(installed)))}


def run(*command: str, env: Mapping[str, str], cwd: Path) -> str:
    """Run a program to its good end; what it printed."""
    done = subprocess.run(
        command, env=env, cwd=cwd, capture_output=True, text=True, check=False, timeout=240
    )
    assert done.returncode == 0, done.stdout[-4_000:] + done.stderr[-4_000:]
    return done.stdout


def test_the_whole_driver_and_profile_are_short(files: Mapping[str, str]) -> None:
    """A reader and a card profile together take fewer than sixty lines."""
    assert len(files["mohr_box.py"].splitlines()) < _LINES_MAX


def test_an_outside_driver_passes_the_contract_without_pcscd(
    files: Mapping[str, str], environment: Mapping[str, str], tmp_path: Path
) -> None:
    """Its own tests, with the shipped plug-in and suite: all of them ran, and all passed."""
    (tmp_path / "test_mohr_box.py").write_text(files["test_mohr_box.py"], encoding="utf-8")
    printed = run(
        *(sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", "."),
        env=environment,
        cwd=tmp_path,
    )
    passed = re.search(r"^(\d+) passed in", printed, re.MULTILINE)
    assert passed is not None, printed
    assert int(passed[1]) >= _TESTS_MIN


def test_the_command_line_lists_the_outside_backend(
    environment: Mapping[str, str], tmp_path: Path
) -> None:
    """``mohr reader list`` has it beside our own, and says of PC/SC what is missing."""
    program = "from gateway.cli.main import main; main()"
    printed = run(sys.executable, "-c", program, "reader", "list", env=environment, cwd=tmp_path)
    lines = printed.splitlines()
    assert any(line.startswith("box ") for line in lines), printed
    assert any(line.startswith("sim ") for line in lines), printed
    assert any(line.startswith("pcsc ") and "not usable" in line for line in lines), printed
