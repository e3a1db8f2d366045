"""The figures of a period as the overview's cards, chart and table show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.model.ids import BranchId
from gateway.queries.daily import Sums
from gateway.queries.figures import Figures, Progress
from gateway.queries.scope import Scope
from web_admin.overview.periods import Stretch, chart_stretch

#: Branches that are listed; those with the most sales come first.
BRANCHES_MAX: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchLine:
    """One branch in a period; points of its own members now."""

    branch: BranchId
    sums: Sums
    new_members: int
    liability: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The figures of a period.

    Attributes:
        sums: of all branches together.
        new_members: who enrolled in the period.
        members: all members now.
        liability: points that members may spend now.
        days: what each day of the chart saw.
        branches: by branch, most sales first.
        branches_in_all: how many there are.
        progress: whether all this is counted.
    """

    sums: Sums
    new_members: int
    members: int
    liability: int
    days: tuple[Sums, ...]
    branches: tuple[BranchLine, ...]
    branches_in_all: int
    progress: Progress


def overview_of(figures: Figures, scope: Scope, stretch: Stretch) -> Overview:
    """Put a period's figures together.

    Args:
        figures: caught up as far as they are.
        scope: which branches.
        stretch: the period.
    """
    first, last = stretch.first, stretch.last
    chart = chart_stretch(stretch)
    names = figures.branches(scope)
    lines = [
        BranchLine(
            branch=branch,
            sums=figures.sums(one, first, last),
            new_members=figures.new_members(one, first, last),
            liability=figures.liability(one),
        )
        for branch in names
        for one in (Scope(frozenset({branch})),)
    ]
    lines.sort(key=lambda line: (-line.sums.sales, line.branch))
    return Overview(
        sums=figures.sums(scope, first, last),
        new_members=figures.new_members(scope, first, last),
        members=figures.members(scope),
        liability=figures.liability(scope),
        days=tuple(figures.sums(scope, day, day) for day in chart.days),
        branches=tuple(lines[:BRANCHES_MAX]),
        branches_in_all=len(lines),
        progress=figures.progress(),
    )
