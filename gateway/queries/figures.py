"""The shop's figures, kept in memory and caught up with the ledger a little at each look.

Reading a million journal rows takes seconds, so each row is read once in the life of a process:
new rows from where the last look ended, and older ones going back, today first, until the last
``DAYS`` days are known. A look reads a bounded number of rows (``Budget``) and says how far it is;
until everything is counted, older days are too low and pages say so.

Memory: 18 bytes for each member (``enrolled``), and for each day and branch one small record and a
bit for each member (``daily``). 100,000 members and ten branches stay under 6 MB.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from typing import Final

from sqlalchemy import Connection

from gateway.ledger.queries import LedgerReader
from gateway.model.ids import BranchId, TerminalId
from gateway.queries.counting import (
    Ends,
    Piece,
    read_cuts,
    read_ends,
    read_enrolled,
    read_happened,
    read_moved,
    read_present,
    read_refused,
)
from gateway.queries.daily import Daily, Happened, Sums
from gateway.queries.enrolled import FIRST_ACCOUNT, Enrolled, Enrolment
from gateway.queries.reading import reading
from gateway.queries.scope import Scope

#: Days that are known, today included; no month and no period of a page is longer.
DAYS: Final = 32
#: Refusals are told for this many days, today included.
REFUSED_DAYS: Final = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How much one look may read.

    Attributes:
        journal_rows: of the journal, with their postings and entries.
        accounts: of members; each has two.
    """

    journal_rows: int = 20_000
    accounts: int = 3_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How much of what the figures need is counted.

    Attributes:
        counted: journal rows and accounts that were read.
        wanted: how many there are to read in all.
    """

    counted: int
    wanted: int

    @property
    def complete(self) -> bool:
        """Whether every figure is exact."""
        return self.counted >= self.wanted

    @property
    def percent(self) -> int:
        """The share that is counted, rounded down."""
        return 100 if self.complete else min(99, self.counted * 100 // self.wanted)


@dataclass(slots=True)
class _Reach:
    """Which rows were read: those above ``low``, up to ``high``."""

    low: int
    high: int


@dataclass(slots=True)
class _Read:
    """What one look read, and which rows it read it from; None where it read none."""

    happened: list[Happened] = field(default_factory=list)
    present: list[tuple[int, BranchId, int]] = field(default_factory=list)
    refused: list[tuple[int, TerminalId, int]] = field(default_factory=list)
    moved: list[tuple[int, int]] = field(default_factory=list)
    newer: list[Enrolment] = field(default_factory=list)
    older: list[Enrolment] = field(default_factory=list)
    newer_last: int | None = None
    older_first: int | None = None
    members_last: int | None = None
    members_first: int | None = None


class Figures:
    """Figures of one ledger in one time zone. Every method may be called from any thread."""

    def __init__(self, ledger: LedgerReader, zone: tzinfo, budget: Budget | None = None) -> None:
        """Know nothing yet.

        Args:
            ledger: whose figures.
            zone: decides when a day begins.
            budget: how much one look may read.
        """
        self.zone: Final = zone
        self._ledger = ledger
        self._budget = budget or Budget()
        self._reading = threading.Lock()
        self._turn = threading.Lock()
        self._daily = Daily()
        self._enrolled = Enrolled()
        self._journal: _Reach | None = None
        self._members = _Reach(0, 0)
        self._progress = Progress(counted=0, wanted=1)
        self._today = 0

    def catch_up(self, now_ms: int) -> Progress:
        """Read on, and say how far it is now.

        Where another thread is reading on at this moment, nothing is waited for.

        Args:
            now_ms: Unix time in milliseconds; decides which day is today.

        Raises:
            LedgerError: if the ledger cannot be read.
        """
        if not self._reading.acquire(blocking=False):
            return self.progress()
        try:
            self._look(self.day_of(now_ms))
        finally:
            self._reading.release()
        return self.progress()

    def progress(self) -> Progress:
        """How far it was at the last look."""
        with self._turn:
            return self._progress

    def day_of(self, unix_ms: int) -> int:
        """The ordinal of the day that a moment is in; see ``datetime.date.fromordinal``."""
        moment = datetime.fromtimestamp(unix_ms // 1_000, self.zone)
        return moment.date().toordinal()

    def sums(self, scope: Scope, first: date, last: date) -> Sums:
        """What happened from ``first`` to ``last``, both included, at a scope's branches."""
        with self._turn:
            return self._daily.sums(scope, first.toordinal(), last.toordinal())

    def new_members(self, scope: Scope, first: date, last: date) -> int:
        """How many members enrolled in those days at a scope's branches."""
        start, end = self._start_ms(first.toordinal()), self._start_ms(last.toordinal() + 1)
        with self._turn:
            return self._enrolled.count_between(scope, start, end)

    def refused(self, terminals: frozenset[TerminalId] | None) -> int:
        """How many messages of these terminals (None: of all) were refused in the last days."""
        with self._turn:
            first = self._today - REFUSED_DAYS + 1
            return self._daily.refused(terminals, first, self._today)

    def liability(self, scope: Scope) -> int:
        """Spendable points of all members whose home a scope's branches are."""
        with self._turn:
            return self._enrolled.available(scope)

    def members(self, scope: Scope) -> int:
        """How many members a scope's branches have."""
        with self._turn:
            return self._enrolled.count(scope)

    def newest_accounts(self, scope: Scope, *, before: int | None, limit: int) -> list[int]:
        """Accounts of a scope's members, newest first; see ``members_of_accounts``."""
        with self._turn:
            return self._enrolled.newest(scope, before=before, limit=limit)

    def branches(self, scope: Scope) -> tuple[BranchId, ...]:
        """A scope's branches where somebody enrolled or something happened, by name."""
        with self._turn:
            known = {*self._enrolled.branches, *self._daily.branches()}
        return tuple(sorted(branch for branch in known if scope.holds(branch)))

    # -- reading on ---------------------------------------------------------------------------

    def _look(self, today: int) -> None:
        """Read without holding anybody up, then add what was read at once."""
        with reading(self._ledger.place) as connection:
            ends = read_ends(connection)
            starts = [(day, self._start_ms(day)) for day in range(today - DAYS + 1, today + 1)]
            cuts = read_cuts(connection, starts, ends.journal)
            if self._journal is None:
                self._journal = _Reach(ends.journal, ends.journal)
                self._members = _Reach(max(ends.account, FIRST_ACCOUNT - 1), ends.account)
            read = _Read()
            if ends.issued is not None:
                self._read_journal(connection, ends, cuts, today, read)
                # A wallet is read as it is now, so all movements up to now must be known before.
                if read.newer_last in (None, ends.journal):
                    self._read_members(connection, ends, read)
        with self._turn:
            self._today = today
            self._add(read)
            self._progress = self._how_far(ends, min(cuts.values()))

    def _read_journal(
        self,
        connection: Connection,
        ends: Ends,
        cuts: dict[int, int],
        today: int,
        read: _Read,
    ) -> None:
        reach, left = self._journal, self._budget.journal_rows
        assert reach is not None
        oldest = min(cuts.values())
        pieces: list[Piece] = []
        if ends.journal > reach.high:
            read.newer_last = min(ends.journal, reach.high + left)
            read.moved = read_moved(connection, reach.high + 1, read.newer_last)
            pieces += cut_pieces(reach.high + 1, read.newer_last, cuts)
            left -= read.newer_last - reach.high
        if left > 0 and reach.low >= oldest:
            read.older_first = max(oldest, reach.low - left + 1)
            pieces += cut_pieces(read.older_first, reach.low, cuts)
        if pieces:
            read.happened = read_happened(connection, pieces, ends)
            read.present = read_present(connection, pieces)
        recent = [piece for piece in pieces if piece.day > today - REFUSED_DAYS]
        if recent:
            read.refused = read_refused(connection, recent)

    def _read_members(self, connection: Connection, ends: Ends, read: _Read) -> None:
        reach, left = self._members, self._budget.accounts
        if ends.account > reach.high:
            read.members_last = min(ends.account, reach.high + left)
            read.newer = read_enrolled(connection, reach.high + 1, read.members_last)
            left -= read.members_last - reach.high
        if left > 0 and reach.low >= FIRST_ACCOUNT:
            read.members_first = max(FIRST_ACCOUNT, reach.low - left + 1)
            read.older = read_enrolled(connection, read.members_first, reach.low)

    def _add(self, read: _Read) -> None:
        assert self._journal is not None
        self._daily.forget_before(self._today - DAYS + 1)
        self._daily.add(read.happened)
        self._daily.add_present(read.present)
        self._daily.add_refused(read.refused)
        self._enrolled.move(read.moved)
        self._enrolled.add_newer(read.newer)
        self._enrolled.add_older(reversed(read.older))
        if read.newer_last is not None:
            self._journal.high = read.newer_last
        if read.older_first is not None:
            self._journal.low = read.older_first - 1
        if read.members_last is not None:
            self._members.high = read.members_last
        if read.members_first is not None:
            self._members.low = read.members_first - 1

    def _how_far(self, ends: Ends, oldest: int) -> Progress:
        journal, members = self._journal, self._members
        if ends.issued is None or journal is None:
            return Progress(counted=0, wanted=0)  # without rules there are no points to count
        return Progress(
            counted=journal.high - max(journal.low, oldest - 1) + members.high - members.low,
            wanted=max(ends.journal - oldest + 1, 0) + ends.account - FIRST_ACCOUNT + 1,
        )

    def _start_ms(self, day: int) -> int:
        begins = datetime.combine(date.fromordinal(day), datetime.min.time(), self.zone)
        return int(begins.timestamp()) * 1_000


def cut_pieces(first: int, last: int, cuts: dict[int, int]) -> list[Piece]:
    """Cut a stretch of the journal where days begin.

    Args:
        first: its first row.
        last: its last row; before ``first`` where there is none.
        cuts: the first row of each day.

    Returns:
        the pieces; rows before the earliest day are left out.
    """
    days = sorted(cuts)
    ends = [cuts[day] - 1 for day in days[1:]] + [last]
    pieces = (
        Piece(day, max(first, cuts[day]), min(last, end))
        for day, end in zip(days, ends, strict=True)
    )
    return [piece for piece in pieces if piece.first <= piece.last]


def days_back(today: date, days: int) -> date:
    """The first of the last ``days`` days, today included."""
    return today - timedelta(days=days - 1)
