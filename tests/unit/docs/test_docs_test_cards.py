"""docs/readers/test-cards.md: its table is the one in the code, its commands do what it says."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Final

import pytest

from simulators.cards.named import NAMED_CARDS
from simulators.command_process import run_mohr_here

_PAGE: Final = "docs/readers/test-cards.md"
_RUN: Final = re.compile(r"^```sh run\n(.*?)^```\n\n```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def page(project_root: Path) -> str:
    """The page's text."""
    return (project_root / _PAGE).read_text(encoding="utf-8")


def test_the_table_is_the_one_in_the_code(page: str) -> None:
    """Each card has its row, in the code's order and words, and there is no other row."""
    rows = [line for line in page.splitlines() if "`mohr sim card tap " in line and "|" in line]
    assert rows == [
        f"| `{card.name}` | {card.meaning} | `mohr sim card tap {card.name}` | {card.terminal}"
        f" | {card.gateway} |"
        for card in NAMED_CARDS.values()
    ]


def test_the_commands_do_what_the_page_says(page: str) -> None:
    """What the page runs prints what it shows; … stands for anything."""
    (run,) = _RUN.findall(page)
    output = "".join(run_mohr_here(*shlex.split(line)[1:]) for line in run[0].splitlines())
    at = 0
    for line in run[1].splitlines():
        found = re.compile(".*".join(map(re.escape, line.split("…")))).search(output, at)
        assert found is not None, (line, output)
        at = found.end()


def test_the_list_prints_the_same_table() -> None:
    """For people with every name, for programs with every column."""
    listed = json.loads(run_mohr_here("sim", "card", "list", "--json"))
    assert [row["name"] for row in listed] == list(NAMED_CARDS)
    assert {row["gateway"] for row in listed} == {card.gateway for card in NAMED_CARDS.values()}
    table = run_mohr_here("sim", "card", "list")
    assert all(name in table for name in NAMED_CARDS)
