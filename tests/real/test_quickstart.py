"""docs/quickstart.md, run as a stranger would: its commands in order, its outputs expected.

Blocks marked ``sh run`` are executed; the ``text`` block behind one is what they must print, where
``…`` stands for anything. A command that runs on (``… run``, ``sim till``) is left running until
the end. Two things differ from a stranger's machine: ``./run mohr`` is this environment's
``mohr``, and the port is a free one.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from simulators.mosquitto_process import free_port

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(300)]

PATIENCE_S: Final = 60.0
PAGE_PORT: Final = "18830"

_BLOCK: Final = re.compile(r"^```(sh run|sh|text|toml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_RUNS_ON: Final = re.compile(r"\bmohr (\w+ run|sim till)\b")


@dataclass(slots=True)
class Step:
    """One block of commands, and the lines that must be printed."""

    commands: list[str]
    expected: list[str] = field(default_factory=list)


def steps_of(page: str) -> list[Step]:
    """The runnable blocks of the page with what follows them."""
    steps: list[Step] = []
    follows = False
    for kind, text in _BLOCK.findall(page):
        if kind == "sh run":
            steps.append(Step(text.splitlines()))
        elif kind == "text":
            assert follows, f"output without a command: {text}"
            steps[-1].expected = text.splitlines()
        follows = kind == "sh run"
    return steps


def unmet(expected: list[str], output: str) -> list[str]:
    """Expected lines that do not come, in their order, among the lines printed."""
    lines = iter(output.splitlines())
    return [one for one in expected if not any(_pattern(one).fullmatch(line) for line in lines)]


def _pattern(expected: str) -> re.Pattern[str]:
    parts = [r"\s+".join(map(re.escape, part.split(" "))) for part in expected.split("…")]
    return re.compile(r"\s*" + ".*".join(parts) + r"\s*")


@dataclass(slots=True)
class Machine:
    """A stranger's machine: a home of its own, and what was left running there."""

    home: Path
    port: int
    running: list[tuple[str, subprocess.Popen[bytes]]] = field(default_factory=list)

    def translate(self, text: str) -> str:
        """What the page says, for this machine."""
        return text.replace(PAGE_PORT, str(self.port))

    def perform(self, step: Step) -> None:
        """Run a block and check what it prints."""
        expected = [self.translate(line) for line in step.expected]
        if len(step.commands) == 1 and _RUNS_ON.search(step.commands[0]):
            self._start(step.commands[0], expected)
            return
        output = "".join(self._run(command) for command in step.commands)
        assert unmet(expected, output) == [], f"{step.commands}\n{output}"

    def _shell(self, command: str) -> tuple[list[str], dict[str, str]]:
        mohr = Path(sys.executable).with_name("mohr")
        assert mohr.exists(), "the project is not installed in this environment"
        line = self.translate(command).replace("./run mohr", shlex.quote(str(mohr)))
        kept = {k: v for k, v in os.environ.items() if not k.startswith("MOHR_")}
        return ["bash", "-c", f"exec {line}"], {**kept, "HOME": str(self.home), "COLUMNS": "100"}

    def _run(self, command: str) -> str:
        words, environment = self._shell(command)
        done = subprocess.run(
            words, env=environment, cwd=self.home, capture_output=True, text=True,
            timeout=PATIENCE_S, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    def _start(self, command: str, expected: list[str]) -> None:
        words, environment = self._shell(command)
        log = self.home / f"window-{len(self.running)}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                words, env=environment, cwd=self.home, stdout=output, stderr=subprocess.STDOUT
            )
        self.running.append((command, process))
        until_s = time.monotonic() + PATIENCE_S
        while missing := unmet(expected, log.read_text(errors="replace")):
            told = log.read_text(errors="replace")
            assert process.poll() is None, f"{command} ended:\n{told}"
            assert time.monotonic() < until_s, f"{command} never said {missing}:\n{told}"
            time.sleep(0.1)

    def leave(self) -> list[tuple[str, int]]:
        """Ctrl-C in every window, the last one first; returns how each command ended."""
        ended = []
        while self.running:
            command, process = self.running.pop()
            process.send_signal(signal.SIGINT)
            ended.append((command, process.wait(timeout=PATIENCE_S)))
        return ended

    def destroy(self) -> None:
        """Leave no process behind, whatever happened."""
        for _, process in self.running:
            process.kill()
            process.wait(timeout=PATIENCE_S)


@contextmanager
def machine(home: Path) -> Iterator[Machine]:
    """A machine that is cleaned up."""
    made = Machine(home, free_port())
    try:
        yield made
    finally:
        made.destroy()


def test_a_stranger_gets_through_the_quick_start(project_root: Path, tmp_path: Path) -> None:
    """Every marked command works, prints what the page says, and ends in order at Ctrl-C."""
    steps = steps_of((project_root / "docs" / "quickstart.md").read_text(encoding="utf-8"))
    commands = [command for step in steps for command in step.commands]
    assert sum(bool(_RUNS_ON.search(command)) for command in commands) == 4
    with machine(tmp_path) as stranger:
        for step in steps[:-1]:
            stranger.perform(step)
        assert {code for _, code in stranger.leave()} == {0}, "Ctrl-C is an orderly end"
        assert (tmp_path / "mohr-try").is_dir()
        stranger.perform(steps[-1])
    assert not (tmp_path / "mohr-try").exists(), "the last step cleans up"


def test_the_page_is_read_strictly() -> None:
    """A line that is not printed, or not in this order, is missed; … stands for anything."""
    output = "key 1234 made\n  state     idle\nready\n"
    assert unmet(["key … made", "state idle", "ready"], output) == []
    assert unmet(["ready", "state idle"], output) == ["state idle"]
    assert unmet(["key 5 made"], output) == ["key 5 made"]
    page = "```sh run\na\nb\n```\n\n```text\nc\n```\n\n```sh\nd\n```\n"
    assert steps_of(page) == [Step(["a", "b"], ["c"])]
