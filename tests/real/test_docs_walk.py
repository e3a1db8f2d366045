"""docs/README.md walks from a tap to a posting: what it names runs, in the order it says.

One sale is played in the demonstration's shop, with all its threads, while Python's profiler notes
every call of a function that the walk names. The walk must then be found in those notes, in order.
"""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Final

import pytest

from gateway.system_clock import SystemClock
from simulators.card import UidCard
from simulators.demo.house import DemoHouse
from simulators.receipts import ReceiptItem, ReceiptLanguage, TillReceipt, render_receipt
from terminal_agent.session.view import Screen

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(180)]

_SECTION: Final = re.compile(
    r"^## From a tap to a posting.*?\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL
)
_ROW: Final = re.compile(r"^\| `([\w/]+\.py)::([\w.]+)` \|", re.MULTILINE)
_BAUD: Final = 19_200

Step = tuple[str, str]


def walk_of(page: str) -> list[Step]:
    """The (path, name) of each row of the walk's tables, in order."""
    (section,) = _SECTION.findall(page)
    return _ROW.findall(section)


def not_followed(walk: list[Step], calls: list[Step]) -> list[Step]:
    """The steps that do not come among the calls after the step before them."""
    rest = iter(calls)
    return [step for step in walk if step not in rest]


class Notes:
    """Every call of the functions of interest, in order, from every thread."""

    def __init__(self, root: Path, wanted: set[Step]) -> None:
        """Note calls of ``wanted``, which are relative to ``root``."""
        self._prefix = f"{root}/"
        self._wanted = wanted
        self._known: dict[CodeType, Step | None] = {}
        self.calls: list[Step] = []

    def __call__(self, frame: FrameType, event: str, _argument: object) -> None:
        """See ``sys.setprofile``."""
        if event != "call":
            return
        code = frame.f_code
        if code not in self._known:
            step = (code.co_filename.removeprefix(self._prefix), code.co_qualname)
            self._known[code] = step if step in self._wanted else None
        noted = self._known[code]
        if noted is not None:
            self.calls.append(noted)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Take notes in this thread and in all that are started meanwhile."""
        threading.setprofile(self)
        sys.setprofile(self)
        try:
            yield
        finally:
            sys.setprofile(None)
            threading.setprofile(None)


def test_the_walk_is_the_way_a_sale_takes(project_root: Path, tmp_path: Path) -> None:
    """From the tap to the balance on the screen, each step of the page runs after the one above."""
    walk = walk_of((project_root / "docs" / "README.md").read_text(encoding="utf-8"))
    assert len(walk) > 50
    notes = Notes(project_root, set(walk))
    with notes.taken(), DemoHouse(tmp_path, SystemClock(), baud=_BAUD, tills=1) as house:
        till = house.tills[0]
        notes.calls.clear()
        till.tap(UidCard(bytes.fromhex("04a1b2c3d4e5f6")))
        till.wait_view(lambda view: view.balance_points is not None, "the balance")
        till.print(render_receipt(_paper()))
        till.wait_view(lambda view: view.screen is Screen.APPLIED, "the gateway's receipt")
        calls = list(notes.calls)
    assert not_followed(walk, calls) == []


def test_a_wrong_walk_would_be_seen() -> None:
    """A step that never ran, or ran only before, is named."""
    a, b, c = ("x.py", "a"), ("x.py", "b"), ("x.py", "c")
    assert not_followed([a, b], [b, a, c, b]) == []
    assert not_followed([a, b], [b, a]) == [b]
    assert not_followed([a, c], [a, b]) == [c]


def _paper() -> TillReceipt:
    return TillReceipt(
        shop="Corner Café",
        items=(ReceiptItem(label="Breakfast for two", amount_minor=2_900),),
        receipt_number="0001",
        printed_at="23.11.2026 10:15",
        language=ReceiptLanguage.ENGLISH,
    )
