"""What the documentation says of the code is there: names, quoted lines, examples."""

from __future__ import annotations

import ast
import re
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import pytest

from gateway.config import parse_settings
from gateway.config_programme import default_programme, parse_programme, programme_text
from gateway.errors import ConfigError
from gateway.model.rules.rules import Rules
from gateway.programme_file.succession import SECTION
from terminal_agent.config import AgentSettings
from terminal_agent.pos.profile_file import parse_profile

if TYPE_CHECKING:
    from tests.unit.docs.conftest import Page

Pages: TypeAlias = "dict[str, Page]"

_REFERENCE: Final = re.compile(r"([\w./-]+\.py)::([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)")
_QUOTE: Final = re.compile(r"^# ([\w./-]+\.py)::([\w.]+)\n")

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def find(source: str, symbol: str) -> ast.AST | None:
    """The class, function, method or assignment that a dotted name means in a module."""
    node: ast.AST | None = ast.parse(source)
    for name in symbol.split("."):
        node = next(
            (one for one in ast.iter_child_nodes(node or ast.Module([], [])) if _is(one, name)),
            None,
        )
    return node


def _is(node: ast.AST, name: str) -> bool:
    if isinstance(node, _Definition):
        return node.name == name
    if isinstance(node, ast.AnnAssign):
        return isinstance(node.target, ast.Name) and node.target.id == name
    if isinstance(node, ast.Assign):
        return any(isinstance(target, ast.Name) and target.id == name for target in node.targets)
    return False


def test_every_symbol_that_a_page_names_exists(pages: Pages, project_root: Path) -> None:
    """Each `path::symbol` in the documentation is in that file."""
    references = {
        (page.name, path, symbol)
        for page in pages.values()
        for path, symbol in _REFERENCE.findall(page.text)
    }
    assert len(references) > 60, "the walk from tap to posting is gone"
    missing = [
        f"{page}: {path}::{symbol}"
        for page, path, symbol in sorted(references)
        if not (project_root / path).is_file()
        or find((project_root / path).read_text(encoding="utf-8"), symbol) is None
    ]
    assert missing == []


def test_every_quoted_line_is_in_the_code(pages: Pages, project_root: Path) -> None:
    """A Python block that begins with `# path::symbol` stands word for word in that symbol."""
    quotes = [block for page in pages.values() for block in page.blocks if _QUOTE.match(block.text)]
    assert quotes
    for block in quotes:
        path, symbol = _QUOTE.findall(block.text)[0]
        source = (project_root / path).read_text(encoding="utf-8")
        node = find(source, symbol)
        assert node is not None
        said = _words(_QUOTE.sub("", block.text))
        assert said in _words(ast.get_source_segment(source, node) or ""), f"{block.page}: {symbol}"


def test_every_settings_example_is_accepted(pages: Pages, tmp_path: Path) -> None:
    """Each TOML block is settings, a shop profile, a programme or a part of one."""
    blocks = [b for page in pages.values() for b in page.blocks if b.language == "toml"]
    assert blocks
    assert [f"{b.page}:{b.line}" for b in blocks if not _is_settings(b.text, tmp_path)] == []


def _is_settings(text: str, data_dir: Path) -> bool:
    values = tomllib.loads(text)
    if "project" in values:
        # Another package's: tests/contract/test_outside_driver.py builds and installs it.
        return "build-system" in values
    part = values.keys() <= {SECTION, *(field.name for field in fields(Rules))}
    if "earn_points" in values or part:
        # Parts of a programme are to stand below its base.
        base = programme_text(default_programme("EUR")) if part else ""
        return bool(parse_programme(base + text))
    if "currency" in values and "version" in values:
        return bool(parse_profile(text.encode(), "example"))
    if {"reader", "pos", "display", "journal"} & values.keys():
        return bool(AgentSettings(**{**values, "data_dir": data_dir}))
    try:
        return bool(parse_settings(text))
    except ConfigError:
        return False


@pytest.mark.slow
@pytest.mark.parametrize("name", ["docs/simulators.md", "docs/readers/sim.md", "docs/wire.md"])
def test_every_python_example_runs(
    pages: Pages, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The examples run as they stand, and the test among them passes."""
    monkeypatch.chdir(tmp_path)
    page = pages[name]
    hexes = [block.text for block in page.blocks if block.language == "hex"]
    examples = [b for b in page.blocks if b.language == "python" and not _QUOTE.match(b.text)]
    assert examples
    for block in examples:
        names: dict[str, Any] = {"hex_text": "".join(hexes)}
        code = compile(block.text, f"{block.page}:{block.line}", "exec", dont_inherit=True)
        exec(code, names)  # noqa: S102 - our own documentation's examples
        for function in [value for key, value in names.items() if key.startswith("test_")]:
            function()


def test_a_missing_symbol_would_be_seen() -> None:
    """The reader of modules finds methods and constants, and does not find what is not there."""
    source = "A: int = 1\nclass B:\n    def c(self): ...\n"
    assert find(source, "A") is not None
    assert find(source, "B.c") is not None
    assert find(source, "B.d") is None
    assert find(source, "c") is None


def _words(text: str) -> str:
    return " ".join(text.split())
