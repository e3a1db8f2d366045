"""Makes a failing world short: leaves out whatever the failure does not need.

The method is delta debugging: Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing
Input", IEEE Transactions on Software Engineering 28(2), 2002.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from simulators.world.report import WorldReport
from simulators.world.script import Script

T = TypeVar("T")

#: A story that a person reads need not be the shortest there is.
RUNS_MAX: Final = 300


def ddmin(
    items: Sequence[T], fails: Callable[[Sequence[T]], bool], *, runs_max: int
) -> tuple[T, ...]:
    """Find a small part of ``items`` that still fails.

    Args:
        items: all of them; they are known to fail.
        fails: whether a part, in the same order, fails too.
        runs_max: how often to ask at most.

    Returns:
        a part from which, if there was time to try, no single item can be left out.
    """
    left, pieces, runs = tuple(items), 2, 0
    while len(left) >= 2:
        size = -(-len(left) // pieces)
        for start in range(0, len(left), size):
            if runs >= runs_max:
                return left
            runs += 1
            rest = left[:start] + left[start + size :]
            if rest and fails(rest):
                left, pieces = rest, max(pieces - 1, 2)
                break
        else:
            if size == 1:
                return left
            pieces = min(pieces * 2, len(left))
    return left


def kinds_of(report: WorldReport) -> frozenset[str]:
    """What kinds of findings a world has: what stands before the first colon of each."""
    return frozenset(finding.partition(":")[0] for finding in report.findings)


def shrink(
    script: Script,
    failed: WorldReport,
    run: Callable[[Script], WorldReport],
    *,
    runs_max: int = RUNS_MAX,
) -> Script:
    """Leave events and tills out of a failing script for as long as it fails in the same way.

    Args:
        script: the script.
        failed: what became of it.
        run: runs a script.
        runs_max: how many runs it may cost.

    Returns:
        a script with the same seed, whose run has at least one finding of the same kind.
    """
    kinds = kinds_of(failed)

    def still_fails(one: Script) -> bool:
        return bool(kinds & kinds_of(run(one)))

    events = ddmin(
        script.events,
        lambda events: still_fails(replace(script, events=tuple(events))),
        runs_max=runs_max,
    )
    short = replace(script, events=events)
    named = {getattr(event, "who", None) for event in events}
    needed = tuple(one for one in script.setting.branches if one[0] in named)
    fewer = replace(short, setting=replace(script.setting, branches=needed))
    return fewer if needed and still_fails(fewer) else short
