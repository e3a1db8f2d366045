"""docs/keys.md, run as its two people would: every command in order, its output expected."""

from __future__ import annotations

import re
import shlex
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest

from gateway.cli.key import BACKUP_VARIABLE
from gateway.crypto.keystore.opening import PASSPHRASE_VARIABLE
from simulators.command_process import run_mohr_here

_BLOCK: Final = re.compile(r"^```(sh run|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def steps_of(page: str) -> list[tuple[list[str], list[str]]]:
    """The commands of each block that is run, and the lines that must be printed."""
    found = _BLOCK.findall(page)
    return [
        (text.splitlines(), expected.splitlines())
        for (kind, text), (next_kind, expected) in pairwise(found)
        if (kind, next_kind) == ("sh run", "text")
    ]


def unmet(expected: list[str], output: str) -> list[str]:
    """The expected lines that do not come in this order; … stands for anything."""
    at = 0
    missing = []
    for line in expected:
        found = re.compile(".*".join(map(re.escape, line.split("…")))).search(output, at)
        if found is None:
            missing.append(line)
        else:
            at = found.end()
    return missing


def perform(command: str) -> str:
    """Run one line of the page; ``mv`` is the only stranger on it."""
    words = shlex.split(command)
    if words[0] == "mv":
        Path(words[1]).rename(words[2])
        return ""
    assert words[0] == "mohr"
    return run_mohr_here(*words[1:])


def test_the_ceremony_and_the_recovery_work_as_they_are_written(
    project_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the first key to the recovered store, each command does what the page says."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(PASSPHRASE_VARIABLE, "correct horse battery")
    monkeypatch.setenv(BACKUP_VARIABLE, "another horse battery")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr("gateway.crypto.passphrase_box._COST_LOG2", 14)
    for stick in ("stick-a", "stick-b"):
        (tmp_path / stick).mkdir()
    steps = steps_of((project_root / "docs" / "keys.md").read_text(encoding="utf-8"))
    assert len(steps) == 6
    for commands, expected in steps:
        output = "".join(map(perform, commands))
        assert unmet(expected, output) == [], output
    assert (tmp_path / "gateway" / "card-keys.box").exists()


def test_a_wrong_page_would_be_seen() -> None:
    """A line that is not printed, or not in this order, is named; … stands for anything."""
    assert unmet(["version 1 made, check value …"], "version 1 made, check value 01ab\n") == []
    assert unmet(["two", "one"], "one\ntwo\n") == ["one"]
    assert steps_of("```sh run\na\nb\n```\n\n```text\nc\n```\n\n```sh\nd\n```\n") == [
        (["a", "b"], ["c"])
    ]
