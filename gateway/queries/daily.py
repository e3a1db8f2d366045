"""What happened on each day at each branch, in memory, in sums that never have to be made again.

Who was there is one bit for each member and day and branch: 32 days, 100,000 members and ten
branches take at most 4 MB, and a bit is set only where something happened.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from gateway.model.ids import BranchId, TerminalId
from gateway.queries.scope import Scope


@dataclass(frozen=True, slots=True)
class Happened:
    """Sums over the rows of one day at one branch.

    Attributes:
        day: the day's ordinal.
        branch: where.
        sales: sales that were rated, those whose points wait for a card's owner included.
        issued: points given out.
        redeemed: points that became money off, less those given back with a refund.
    """

    day: int
    branch: BranchId
    sales: int
    issued: int
    redeemed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """What happened in a stretch of days.

    Attributes:
        sales: see ``Happened``, as are the next two.
        issued: points.
        redeemed: points.
        active_members: members who earned, redeemed or enrolled, each counted once.
    """

    sales: int = 0
    issued: int = 0
    redeemed: int = 0
    active_members: int = 0


@dataclass(slots=True)
class _Cell:
    sales: int = 0
    issued: int = 0
    redeemed: int = 0
    present: int = 0


@dataclass(slots=True)
class Daily:
    """Sums by day and branch. Not for several threads at once."""

    _cells: defaultdict[int, dict[BranchId, _Cell]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    _refused: defaultdict[int, Counter[TerminalId]] = field(
        default_factory=lambda: defaultdict(Counter)
    )

    def add(self, rows: Iterable[Happened]) -> None:
        """Add the sums of further journal rows."""
        for row in rows:
            cell = self._cell(row.day, row.branch)
            cell.sales += row.sales
            cell.issued += row.issued
            cell.redeemed += row.redeemed

    def add_present(self, rows: Iterable[tuple[int, BranchId, int]]) -> None:
        """Note who was there: day, branch, and the member's number; twice is once."""
        bits: defaultdict[tuple[int, BranchId], bytearray] = defaultdict(bytearray)
        for day, branch, number in rows:
            one = bits[day, branch]
            if len(one) <= number >> 3:
                one.extend(bytes((number >> 3) + 1 - len(one)))
            one[number >> 3] |= 1 << (number & 7)
        for (day, branch), one in bits.items():
            self._cell(day, branch).present |= int.from_bytes(one, "little")

    def add_refused(self, rows: Iterable[tuple[int, TerminalId, int]]) -> None:
        """Add refusals: day, whose message, how many."""
        for day, terminal, times in rows:
            self._refused[day][terminal] += times

    def forget_before(self, day: int) -> None:
        """Drop days that nobody asks for any more."""
        for old in [one for one in self._cells if one < day]:
            del self._cells[old]
        for old in [one for one in self._refused if one < day]:
            del self._refused[old]

    def sums(self, scope: Scope, first: int, last: int) -> Sums:
        """What happened from the day ``first`` to the day ``last`` at a scope's branches."""
        sales = issued = redeemed = present = 0
        for day in range(first, last + 1):
            cells = self._cells.get(day, {})
            # A branch is looked up, not looked for: tables ask for one branch after the other.
            for branch in cells if scope.branches is None else scope.branches & cells.keys():
                cell = cells[branch]
                sales += cell.sales
                issued += cell.issued
                redeemed += cell.redeemed
                present |= cell.present
        return Sums(
            sales=sales, issued=issued, redeemed=redeemed, active_members=present.bit_count()
        )

    def refused(self, terminals: Iterable[TerminalId] | None, first: int, last: int) -> int:
        """How many messages of these terminals (None: of all) were refused in those days."""
        wanted = None if terminals is None else set(terminals)
        return sum(
            times
            for day in range(first, last + 1)
            for terminal, times in self._refused.get(day, Counter()).items()
            if wanted is None or terminal in wanted
        )

    def branches(self) -> set[BranchId]:
        """Every branch at which something happened."""
        return {branch for cells in self._cells.values() for branch in cells}

    def _cell(self, day: int, branch: BranchId) -> _Cell:
        return self._cells[day].setdefault(branch, _Cell())
