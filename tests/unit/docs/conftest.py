"""Shared by the tests of the documentation: its pages, taken apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

_FENCE: Final = re.compile(
    r"^```([^\s`]*)[ \t]*([^\n]*)\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block of a page."""

    page: str
    line: int
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    """One Markdown file.

    Attributes:
        name: its path from the project's root.
        text: all of it.
        prose: what stands outside fenced blocks.
        blocks: the fenced blocks.
    """

    name: str
    text: str
    prose: str
    blocks: tuple[Block, ...]


@pytest.fixture(scope="session")
def pages(project_root: Path) -> dict[str, Page]:
    """Every Markdown file of the project, by its path."""
    files = [*project_root.glob("*.md"), *(project_root / "docs").rglob("*.md")]
    found = {}
    for file in sorted(files):
        name = file.relative_to(project_root).as_posix()
        found[name] = _read(name, file.read_text(encoding="utf-8"))
    return found


def _read(name: str, text: str) -> Page:
    blocks = tuple(
        Block(name, text.count("\n", 0, match.start()) + 1, match[1], match[3])
        for match in _FENCE.finditer(text)
    )
    return Page(name, text, _FENCE.sub("", text), blocks)
