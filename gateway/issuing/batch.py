"""Issuing many cards from a list of members: one line, one card, however often it is cut off.

A line is done when its number stands on an issued card. Which line a card belongs to is decided
once, when the card is first seen, and kept in the journal; so a run that was cut off goes on where
it was, and neither a card nor a number is used twice.
"""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.errors import MohrError, ValueRangeError
from gateway.issuing.desk import DeskOrder, IssuingDesk
from gateway.issuing.errors import JournalFaultError
from gateway.issuing.record import LIVE, CardStage, check_number
from gateway.model.ids import MemberId
from gateway.readers.errors import ReaderUnavailableError
from gateway.readers.slot import CardSession, CardSlot

ROWS_MAX: Final = 100_000
_NUMBER, _MEMBER = "number", "member"


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRow:
    """One card to be made.

    Attributes:
        number: the membership number on it.
        member_id: whom the ledger binds it to; None for whoever enrols with it.
    """

    number: str
    member_id: MemberId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Setback:
    """A card that could not be finished this time."""

    number: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchReport:
    """What a run came to.

    Attributes:
        rows: how many lines the list has.
        issued: numbers issued by this run.
        before: how many lines were done before it.
        setbacks: cards that were put aside, in order; some may have been finished later.
        missing: numbers for which there is no issued card yet.
    """

    rows: int
    issued: tuple[str, ...]
    before: int
    setbacks: tuple[Setback, ...]
    missing: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether every line has its card."""
        return not self.missing


def read_batch(text: str) -> tuple[BatchRow, ...]:
    """Read a list: CSV with a head line, columns ``number`` and, if need be, ``member``.

    Raises:
        ValueRangeError: naming the line that is wrong; two lines with one number or one member
            are wrong too.
    """
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    known = set(reader.fieldnames or ())
    if _NUMBER not in known or known - {_NUMBER, _MEMBER}:
        raise ValueRangeError("the list's head line names its columns: number, and perhaps member")
    rows: list[BatchRow] = []
    numbers: set[str] = set()
    try:
        rows.extend(_row(row, numbers, reader.line_num) for row in reader)
    except csv.Error as error:
        raise ValueRangeError(f"line {reader.line_num}: {error}") from error
    if not 1 <= len(rows) <= ROWS_MAX:
        raise ValueRangeError(f"a list has 1 to {ROWS_MAX} lines below its head, not {len(rows)}")
    return tuple(rows)


def _row(row: dict[str, str | None], numbers: set[str], line: int) -> BatchRow:
    number, member = (row.get(_NUMBER) or "").strip(), (row.get(_MEMBER) or "").strip()
    if None in row:
        raise ValueRangeError(f"line {line} has more columns than the head line")
    try:
        check_number(number)
    except ValueRangeError as error:
        raise ValueRangeError(f"line {line}: {error}") from error
    if number in numbers:
        raise ValueRangeError(f"line {line}: number {number} stands in the list twice")
    numbers.add(number)
    return BatchRow(number=number, member_id=MemberId(member) if member else None)


class BatchRun:
    """One run over a list.

    Args:
        desk: issues the cards.
        slot: where they are laid.
        name: of the batch, written into each card's record.
        wait_ms: how long to wait for the next card before the run ends.
        random_uid: whether the cards hide their UIDs.
    """

    def __init__(
        self,
        desk: IssuingDesk,
        slot: CardSlot,
        *,
        name: str,
        wait_ms: int,
        random_uid: bool = False,
    ) -> None:
        self._desk = desk
        self._slot = slot
        self._name = name
        self._wait_ms = wait_ms
        self._random_uid = random_uid
        self._issued: list[str] = []
        self._setbacks: list[Setback] = []

    def run(self, rows: Sequence[BatchRow], progress: Callable[[int], None]) -> BatchReport:
        """Issue a card for every line that has none, until there are no more cards.

        Args:
            rows: the list.
            progress: told how many lines are done, first of all and after each card.

        Raises:
            JournalFaultError: if nothing can be written down any more.
            ReaderUnavailableError: if the reader went away.
        """
        numbers = {row.number for row in rows}
        done = numbers & {one.number for one in self._desk.journal.in_stage(CardStage.ISSUED)}
        missing, before = numbers - done, len(done)
        self._finish_made(missing)
        progress(len(rows) - len(missing))
        free = self._without_card(rows)
        while missing:
            session = self._slot.next_card(self._wait_ms)
            if session is None:
                break
            with session:
                self._one(session, free, missing)
            progress(len(rows) - len(missing))
        return BatchReport(
            rows=len(rows),
            issued=tuple(self._issued),
            before=before,
            setbacks=tuple(self._setbacks),
            missing=tuple(row.number for row in rows if row.number in missing),
        )

    def _finish_made(self, missing: set[str]) -> None:
        """Tell the ledger of cards that were made when the last run ended."""
        for card in self._desk.journal.in_stage(CardStage.MADE):
            if card.number in missing:
                try:
                    self._desk.finish(card)
                except MohrError as error:
                    self._setbacks.append(Setback(number=card.number, reason=str(error)))
                else:
                    self._count(card.number, missing)

    def _without_card(self, rows: Sequence[BatchRow]) -> deque[BatchRow]:
        """The lines for which no card was begun, in order."""
        taken = {one.number for one in self._desk.journal.in_stage(*LIVE)}
        return deque(row for row in rows if row.number not in taken)

    def _one(self, session: CardSession, free: deque[BatchRow], missing: set[str]) -> None:
        order = self._order(free[0]) if free else None
        try:
            issued = self._desk.issue(session, order)
        except (JournalFaultError, ReaderUnavailableError):
            raise
        except MohrError as error:
            number = free[0].number if free else ""
            self._setbacks.append(Setback(number=number, reason=str(error)))
        else:
            if not issued.was_known:
                self._count(issued.card.number, missing)
        # Whether the card took this line's number, the journal knows.
        if free and self._desk.journal.with_number(free[0].number) is not None:
            free.popleft()

    def _count(self, number: str, missing: set[str]) -> None:
        missing.discard(number)
        self._issued.append(number)

    def _order(self, row: BatchRow) -> DeskOrder:
        return DeskOrder(
            number=row.number,
            member_id=row.member_id,
            random_uid=self._random_uid,
            batch=self._name,
        )
