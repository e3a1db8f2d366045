"""Nothing in the repository belongs to one machine."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

# Each pattern has a bracket in it, so that it does not find itself in this file.
_MACHINE: Final = re.compile(
    r"(?<![\w.~-])/(?:wor[k]|roo[t]|hom[e]/\w+|User[s]/\w+)/"
    r"|(?:extra-)?inde[x][-_]url|INDE[X]_URL|trusted-hos[t]"
    r"|https?://[^\s\"'<>)]*(?:pyp[i]|pythonhoste[d]|npmj[s]|artifactor[y]|nexu[s]|/simpl[e]/)",
    re.IGNORECASE,
)


def _files(root: Path) -> list[Path]:
    """What git tracks, and what it would track; skips where this is no git checkout."""
    git = shutil.which("git")
    if git is None or not (root / ".git").exists():
        pytest.skip("needs a git checkout")
    listed = subprocess.run(
        [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root, capture_output=True, check=True, text=True,
    ).stdout  # fmt: skip
    return [root / name for name in listed.split("\0") if name and (root / name).is_file()]


def test_no_file_names_a_machine_or_a_registry(project_root: Path) -> None:
    """No path of somebody's machine, no package registry and no setting for one is in a file."""
    files = _files(project_root)
    assert len(files) > 100
    found = []
    for file in files:
        text = file.read_text(encoding="utf-8", errors="replace")
        for number, line in enumerate(text.splitlines(), 1):
            if _MACHINE.search(line):
                found.append(f"{file.relative_to(project_root)}:{number}: {line.strip()[:100]}")
    assert found == []


@pytest.mark.parametrize(
    ("line", "is_found"),
    [
        ("see /" + "work/main/docs", True),
        ("cd /" + "home/mara/mohr", True),
        ("pip install --extra-ind" + "ex-url x", True),
        ("https://files." + "pythonhosted.org/x", True),
        ("/var/lib/mohr/gateway", False),
        ("a network/worker, docs/workshop", False),
        ("ProtectHome=yes and --home-dir /var/lib/mohr", False),
    ],
)
def test_a_machine_would_be_seen(line: str, is_found: bool) -> None:  # noqa: FBT001 - a table's column
    """The scan finds what it is for, and leaves ordinary words alone."""
    assert bool(_MACHINE.search(line)) is is_found
