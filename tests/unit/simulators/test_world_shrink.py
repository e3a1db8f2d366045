"""Shrinking: leaves out what a failure does not need, and knows when to stop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.world.events import Refund, Tap
from simulators.world.report import WorldReport
from simulators.world.script import Script, draw_script
from simulators.world.shrink import ddmin, kinds_of, shrink
from simulators.world.size import SMALL


def _report(*findings: str) -> WorldReport:
    return WorldReport(
        seed=1, transactions=1, faults=0, lost=0, doubled=0, findings=findings, fingerprint="x"
    )


@given(st.integers(2, 120), st.data())
def test_what_is_needed_stays_and_nothing_else(count: int, data: st.DataObject) -> None:
    """Where any set of items together makes the failure, exactly that set is left, in order."""
    needed = data.draw(st.sets(st.integers(0, count - 1), min_size=1, max_size=4))
    left = ddmin(range(count), lambda part: needed <= set(part), runs_max=10_000)
    assert left == tuple(sorted(needed))


def test_it_stops_after_as_many_runs_as_it_may_take() -> None:
    """A world costs time, so the number of runs is bounded, and what is left still fails."""
    asked: list[int] = []

    def fails(part: Sequence[int]) -> bool:
        asked.append(len(part))
        return {3, 60, 99} <= set(part)

    left = ddmin(range(100), fails, runs_max=9)
    assert len(asked) == 9
    assert {3, 60, 99} <= set(left)
    assert len(left) < 100


def test_a_failure_that_needs_nothing_is_left_with_one_item() -> None:
    """The smallest part that is tried is one item: none at all is no story."""
    assert len(ddmin(range(50), lambda _part: True, runs_max=1_000)) == 1


def test_kinds_are_what_stands_before_the_colon() -> None:
    """Another number in the same kind of finding is the same failure."""
    assert kinds_of(_report("lost: till-1 seq 4", "lost: x", "audit: wallet: y")) == {
        "lost",
        "audit",
    }


def test_a_script_is_shrunk_to_its_cause_and_to_the_tills_it_needs() -> None:
    """Only the events that make the same kind of finding are left, and only their tills."""
    script = next(
        one
        for seed in range(50)
        if len((one := draw_script(seed, SMALL)).setting.branches) > 1
        and any(isinstance(event, Refund) for event in one.events)
    )

    def run(one: Script) -> WorldReport:
        refunds = [event for event in one.events if isinstance(event, Refund)]
        return _report("doubled: a sale") if refunds else _report("settles: nobody came")

    short = shrink(script, run(script), run)
    assert [type(event) for event in short.events] == [Refund]
    assert short.seed == script.seed
    refund = short.events[0]
    assert isinstance(refund, Refund)
    assert short.setting.tills == (refund.who,)


@pytest.mark.parametrize("kind", ["lost", "crash"])
def test_another_kind_of_failure_is_not_followed(kind: str) -> None:
    """A part that fails in another way tells another story, so it is not taken."""
    script = replace(draw_script(1, SMALL), events=draw_script(1, SMALL).events[:12])

    def run(one: Script) -> WorldReport:
        whole = len(one.events) == len(script.events)
        return _report(f"{kind}: x") if whole else _report("settles: something else")

    assert shrink(script, run(script), run).events == script.events
    assert any(isinstance(event, Tap) for event in script.events)
