"""The pure executor is an oracle: it shares the rule engine with the gateway, and nothing else."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Final

ALLOWED: Final = ("gateway.model", "gateway.program", "gateway.programme_file", "gateway.errors")


def imported(file: Path) -> set[str]:
    """The modules of the gateway that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {name for name in found if name.split(".")[0] == "gateway"}


def test_the_pure_books_know_no_ledger(project_root: Path) -> None:
    """No module of the runner or the pure executor imports ledger, writer or service."""
    files = [
        file
        for file in (project_root / "simulators" / "scenario").rglob("*.py")
        if "gateway" not in file.relative_to(project_root / "simulators").parts
    ]
    assert len(files) > 20
    foreign = {
        (file.name, name)
        for file in files
        for name in imported(file)
        if not any(name == one or name.startswith(f"{one}.") for one in ALLOWED)
    }
    assert foreign == set()


def test_a_forbidden_import_would_be_seen(tmp_path: Path) -> None:
    """Both ways to import are seen."""
    file = tmp_path / "m.py"
    file.write_text("import gateway.ledger.book\nfrom gateway.writer import writer\nimport json\n")
    assert imported(file) == {"gateway.ledger.book", "gateway.writer"}
