"""What is set aside once a process has started."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from gateway.heap import set_start_aside


class Node:
    """Something that refers to itself, which only the collector can free."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture(autouse=True)
def _unfrozen() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_what_the_start_made_is_not_looked_at_again() -> None:
    """The collector watches only what came after, and what was garbage before is gone."""
    gc.collect()
    watched = len(gc.get_objects())
    set_start_aside()
    assert gc.get_freeze_count() >= watched // 2
    assert len(gc.get_objects()) < watched // 2


def test_later_garbage_is_still_collected() -> None:
    """A cycle made afterwards is found and freed."""
    set_start_aside()
    Node()
    assert gc.collect() >= 1
