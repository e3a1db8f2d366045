"""docs/cards.md, run as somebody at a desk would: every command in order, its output expected."""

from __future__ import annotations

import re
import shlex
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest

from gateway.crypto.keystore.opening import PASSPHRASE_VARIABLE
from simulators.command_process import run_mohr_here

_BLOCK: Final = re.compile(r"^```(sh run|text|csv)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_desk_works_as_it_is_written(
    project_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From an empty folder to a wiped card that is issued again, with what each command says."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(PASSPHRASE_VARIABLE, "eleven quiet horses")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr("gateway.crypto.passphrase_box._COST_LOG2", 14)
    blocks = _BLOCK.findall((project_root / "docs" / "cards.md").read_text(encoding="utf-8"))
    (listed,) = (text for kind, text in blocks if kind == "csv")
    (tmp_path / "spring.csv").write_text(listed, encoding="utf-8")
    runs = 0
    for (kind, commands), (_, expected) in pairwise(blocks):
        if kind == "sh run":
            said = "".join(run_mohr_here(*shlex.split(line)[1:]) for line in commands.splitlines())
            lines = (".*".join(map(re.escape, one.split("…"))) for one in expected.splitlines())
            assert re.search(".*".join(lines), said, re.DOTALL), (commands, said)
            runs += 1
    assert runs == 6
    assert (tmp_path / "codes" / "2006.svg").exists()
