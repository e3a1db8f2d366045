"""Pages of the two queues: the ledger says what there is, the office what was decided about it.

Both are looked through in pieces, and a page says how far it looked: a queue may hold thousands of
decided things between two open ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.ledger.queries import LedgerReader
from gateway.model.ids import EnvelopeHash, TerminalId
from gateway.model.outcome import Reason
from gateway.model.transaction import Kind, Transaction
from gateway.office.decisions import Decision, Decisions, SubjectKind, Verdict
from gateway.queries.quarantine import Suspect, SuspectPlace, place_of, suspects
from gateway.queries.queues import ReviewFilter, ReviewItem, review_stretch
from gateway.queries.reading import reading
from gateway.queries.scope import Scope
from gateway.queries.sealed import content_of

PAGE_ROWS: Final = 50
_PIECE_ROWS: Final = 150
_PIECES_MAX: Final = 3


class Shown(StrEnum):
    """Which part of a queue is shown."""

    OPEN = "open"
    DECIDED = "decided"
    ALL = "all"

    def holds(self, *, decided: bool) -> bool:
        """Whether something decided or not belongs to it."""
        return self is Shown.ALL or decided is (self is Shown.DECIDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspectLine:
    """Bytes in quarantine with what was decided about them last, if it still counts."""

    suspect: Suspect
    decision: Decision | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspectPage:
    """A page of quarantine.

    Attributes:
        lines: what is on it.
        next_place: where the next page begins; None at the end.
    """

    lines: tuple[SuspectLine, ...]
    next_place: str | None


def standing(decision: Decision | None) -> Decision | None:
    """The decision if it still counts; bytes that were discarded and are here came again."""
    if decision is None or not decision.closes or decision.verdict is Verdict.DISCARDED:
        return None
    return decision


def suspect_page(  # noqa: PLR0913 - one for each filter
    ledger: LedgerReader,
    decisions: Decisions,
    scope: Scope,
    *,
    shown: Shown,
    terminal: TerminalId | None,
    reason: Reason | None,
    after: SuspectPlace | None,
) -> SuspectPage:
    """Find a page of quarantine.

    Args:
        ledger: what there is.
        decisions: what was decided.
        scope: whose terminals may be seen.
        shown: open, decided or all.
        terminal: one claimed terminal alone.
        reason: one reason alone.
        after: where the page before ended.
    """
    lines: list[SuspectLine] = []
    for _ in range(_PIECES_MAX):
        with reading(ledger.place) as connection:
            piece = suspects(
                connection, scope, after=after, terminal=terminal, reason=reason, limit=_PIECE_ROWS
            )
        decided = decisions.latest(SubjectKind.QUARANTINE, [one.key for one in piece])
        for number, one in enumerate(piece, 1):
            decision = standing(decided.get(one.key))
            if shown.holds(decided=decision is not None):
                lines.append(SuspectLine(suspect=one, decision=decision))
            after = place_of(one)
            if len(lines) == PAGE_ROWS:
                more = number < len(piece) or len(piece) == _PIECE_ROWS
                return SuspectPage(
                    lines=tuple(lines), next_place=write_place(after) if more else None
                )
        if len(piece) < _PIECE_ROWS:
            return SuspectPage(lines=tuple(lines), next_place=None)
    return SuspectPage(lines=tuple(lines), next_place=None if after is None else write_place(after))


def write_place(place: SuspectPlace) -> str:
    """A place as it stands in an address."""
    return f"{place.rank}.{place.last_seen_ms}.{place.payload_hash.hex()}.{place.reason}"


def read_place(text: str) -> SuspectPlace | None:
    """A place out of an address; None for anything else."""
    parts = text.split(".")
    if len(parts) != 4 or len(text) > 200:
        return None
    rank, last_seen, digest, reason = parts
    if not all(part.isascii() and part.isdigit() and len(part) < 16 for part in (rank, last_seen)):
        return None
    payload_hash = read_hash(digest)
    if payload_hash is None:
        return None
    return SuspectPlace(
        rank=int(rank), last_seen_ms=int(last_seen), payload_hash=payload_hash, reason=reason
    )


def read_hash(text: str) -> EnvelopeHash | None:
    """A hash out of an address; None for anything else."""
    if len(text) != 64:
        return None
    try:
        return EnvelopeHash(bytes.fromhex(text))
    except ValueError:
        return None


class ReviewChoice(StrEnum):
    """Which transactions to look at."""

    ALL = "all"
    REDEEM = "redeem"
    REFUSED = "refused"
    HELD = "held"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewLine:
    """A transaction to look at, what it says, and what was decided about it last."""

    item: ReviewItem
    content: Transaction | None
    decision: Decision | None

    @property
    def kind(self) -> str:
        """What was done at the counter; ``unreadable`` where that cannot be read."""
        return "unreadable" if self.content is None else self.content.kind.value

    @property
    def money_was_taken_off(self) -> bool:
        """Whether the till gave something for points that the ledger did not take."""
        return self.item.waiting_points == 0 and self.kind == Kind.REDEEM


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPage:
    """A page of what needs review.

    Attributes:
        lines: what is on it.
        next_before: where the next page begins; None at the journal's beginning.
        looked_back_to_ms: when the oldest row was recorded that was looked at.
    """

    lines: tuple[ReviewLine, ...]
    next_before: int | None
    looked_back_to_ms: int | None


def review_page(
    ledger: LedgerReader,
    decisions: Decisions,
    wanted: ReviewFilter,
    *,
    choice: ReviewChoice,
    shown: Shown,
    before: int | None,
) -> ReviewPage:
    """Find a page of what needs review.

    Args:
        ledger: what there is.
        decisions: what was decided.
        wanted: which rows.
        choice: of these, refused payments with points alone.
        shown: open, decided or all.
        before: where the page before ended.
    """
    lines: list[ReviewLine] = []
    looked_back_to_ms = None
    for _ in range(_PIECES_MAX):
        with reading(ledger.place) as connection:
            stretch = review_stretch(connection, wanted, before=before, limit=_PIECE_ROWS)
        decided = decisions.latest(SubjectKind.REVIEW, [item.key for item in stretch.items])
        for item in stretch.items:
            line = review_line(item, decided.get(item.key))
            before = item.row.journal_index
            if choice is ReviewChoice.REDEEM and line.kind != Kind.REDEEM:
                continue
            if shown.holds(decided=line.decision is not None):
                lines.append(line)
            if len(lines) == PAGE_ROWS:
                return ReviewPage(
                    lines=tuple(lines),
                    next_before=before if before > 1 else None,
                    looked_back_to_ms=item.row.recorded_at_ms,
                )
        before, looked_back_to_ms = stretch.floor_index, stretch.floor_at_ms
        if before <= 1:
            break
    return ReviewPage(
        lines=tuple(lines),
        next_before=before if before is not None and before > 1 else None,
        looked_back_to_ms=looked_back_to_ms,
    )


def review_line(item: ReviewItem, decision: Decision | None) -> ReviewLine:
    """Put an item, its content and its last decision together."""
    content = content_of(item.row.envelope)
    return ReviewLine(
        item=item,
        content=content if isinstance(content, Transaction) else None,
        decision=standing(decision),
    )
