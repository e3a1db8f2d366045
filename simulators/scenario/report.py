"""What came of scenarios: as JSON, and in words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulators.scenario.orders import Order
from simulators.scenario.play import StepReport


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """One file on one executor.

    Attributes:
        on: the executor.
        orders: in how many orders the races were to be played.
        order: the one told of here, by the race's path.
        steps: what became of each step.
        not_run: why the executor cannot play it; empty where it did.
        fault: what it did that it never may; empty where it did nothing of the kind.
        audit: what an audit finds wrong in the end.
    """

    on: str
    orders: int
    order: Mapping[str, Order]
    steps: tuple[StepReport, ...] = ()
    not_run: str = ""
    fault: str = ""
    audit: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every step came out as it must, and the books are in order."""
        broken = self.not_run or self.fault or self.audit
        return not broken and all(step.passed for step in self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """One file on every executor that was asked for."""

    file: str
    source: tuple[str, ...]
    title: str
    differs: str
    runs: tuple[RunReport, ...]

    @property
    def passed(self) -> bool:
        """Whether it came out as it must everywhere."""
        return all(run.passed for run in self.runs)

    @property
    def not_run(self) -> bool:
        """Whether it came out as it must wherever it could be played, which was not everywhere."""
        left = [run for run in self.runs if not run.passed]
        return bool(left) and all(run.not_run for run in left)

    @property
    def failed(self) -> bool:
        """Whether it came out otherwise anywhere."""
        return not self.passed and not self.not_run


def to_json(reports: Sequence[FileReport]) -> str:
    """Write everything that was expected and found as one JSON object."""
    return json.dumps(
        {
            "passed": sum(report.passed for report in reports),
            "failed": sum(report.failed for report in reports),
            "not_run": sum(report.not_run for report in reports),
            "files": [_file(report) for report in reports],
        },
        indent=2,
        ensure_ascii=False,
    )


def to_lines(report: FileReport) -> Iterator[str]:
    """Say in words what came of a file: one line, and one for each difference."""
    state = "FAILED" if report.failed else "not run" if report.not_run else "ok"
    yield f"{state}  {', '.join(report.source)}  {report.title}"
    for run in report.runs:
        yield from _troubles(report.file, run)
        for step in run.steps:
            yield from _differences(report.file, run, step)


def _troubles(file: str, run: RunReport) -> Iterator[str]:
    """What is wrong with a run as a whole."""
    place = f"  {file}: on {run.on}"
    if run.not_run:
        yield f"{place}: not run: {run.not_run}"
    if run.fault:
        yield f"{place}: it cannot go on: {run.fault}"
        yield from _order(place, run)
    for objection in run.audit:
        yield f"{place}: the audit: {objection}"


def _differences(file: str, run: RunReport, step: StepReport) -> Iterator[str]:
    place = f"  {file}: {step.where} ({step.do}, on {run.on})"
    for check in step.checks:
        if not check.holds:
            yield f"{place}: {check.path} is {check.actual}, not {check.expected}"
    for broken in step.broken:
        yield f"{place}: {broken}"
    if not step.passed:
        yield from _order(place, run)


def _order(place: str, run: RunReport) -> Iterator[str]:
    if run.order:
        lanes = "; ".join(
            f"{race}: lanes {', '.join(str(lane + 1) for lane in order)}"
            for race, order in run.order.items()
        )
        yield f"{place}: in the order {lanes}"


def _file(report: FileReport) -> dict[str, Any]:
    return {
        "file": report.file,
        "source": list(report.source),
        "title": report.title,
        "differs": report.differs,
        "passed": report.passed,
        "runs": [_run(run) for run in report.runs],
    }


def _run(run: RunReport) -> dict[str, Any]:
    return {
        "on": run.on,
        "passed": run.passed,
        "not_run": run.not_run,
        "fault": run.fault,
        "audit": list(run.audit),
        "orders": run.orders,
        "order": {race: [lane + 1 for lane in order] for race, order in run.order.items()},
        "steps": [_step(step) for step in run.steps],
    }


def _step(step: StepReport) -> dict[str, Any]:
    return {
        "where": step.where,
        "do": step.do,
        "at": step.at,
        "note": step.note,
        "passed": step.passed,
        "checks": [
            {
                "what": check.path,
                "expected": json.loads(check.expected),
                "actual": json.loads(check.actual),
                "ok": check.holds,
            }
            for check in step.checks
        ],
        "broken": list(step.broken),
    }
