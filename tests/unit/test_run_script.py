"""``./run test`` without arguments: two processes, and the exit code that says what they found."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

RUN = Path(__file__).parents[2] / "run"
#: Stands for the interpreter: ends as UNIT or OTHERS says, by what it is asked to test.
PYTHON = """#!/bin/sh
case "$*" in *--ignore*) echo others ran; exit "$OTHERS" ;; *) echo unit ran; exit "$UNIT" ;; esac
"""


@pytest.mark.parametrize(
    ("unit", "others", "code"), [("0", "0", 0), ("1", "0", 1), ("0", "1", 1), ("2", "2", 2)]
)
def test_the_suite_fails_if_and_only_if_a_half_does(
    tmp_path: Path, unit: str, others: str, code: int
) -> None:
    """Both halves are run and shown, either can fail the whole, and nothing else can."""
    functions = re.findall(
        r"^(?:say|every_test)\(\) \{.*?\}$", RUN.read_text(), re.MULTILINE | re.DOTALL
    )
    assert len(functions) == 2
    python = tmp_path / "venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(PYTHON, encoding="utf-8")
    python.chmod(0o755)
    script = "\n".join(("set -eu", f"VENV={tmp_path}/venv", *functions, "every_test"))
    ran = subprocess.run(
        ["sh", "-c", script],
        env={**os.environ, "UNIT": unit, "OTHERS": others, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert ran.returncode == code, ran.stderr
    assert ran.stdout.split("\n") == ["others ran", "unit ran", ""]
    assert [path.name for path in tmp_path.iterdir()] == ["venv"]
