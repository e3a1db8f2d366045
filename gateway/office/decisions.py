"""What people decided about what the gateway set before them: quarantined bytes, refused sales.

Nothing is ever changed or removed here: to decide again adds a row, and the newest one counts. The
ledger knows nothing of it, because no decision of a person moves a point by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Index, Table, func, insert, select

from gateway.model.checks import check_text
from gateway.office.database import Database
from gateway.office.schema import METADATA, number, text

NOTE_CHARACTERS_MAX: Final = 500
_KEYS_AT_ONCE: Final = 500

_DECISION: Final = Table(
    "decision",
    METADATA,
    number("decision_id", key=True),
    text("subject_kind"),
    text("subject_key"),
    text("verdict"),
    text("note"),
    text("account"),
    number("at_ms"),
    Index("ix_decision_subject", "subject_kind", "subject_key", "decision_id"),
)


class SubjectKind(StrEnum):
    """What was decided about."""

    QUARANTINE = "quarantine"
    REVIEW = "review"


class Verdict(StrEnum):
    """What was decided."""

    KEPT = "kept"
    DISCARDED = "discarded"
    SETTLED = "settled"
    IGNORED = "ignored"
    REOPENED = "reopened"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision.

    Attributes:
        decision_id: counts up; a later decision has a higher number.
        kind: what was decided about...
        key: ...and which one of them; its maker knows how it is put together.
        verdict: what was decided.
        note: why, in the words of whoever decided; may be empty.
        account: whose login it was.
        at_ms: Unix time in milliseconds.
    """

    decision_id: int
    kind: SubjectKind
    key: str
    verdict: Verdict
    note: str
    account: str
    at_ms: int

    @property
    def closes(self) -> bool:
        """Whether nothing remains to be decided."""
        return self.verdict is not Verdict.REOPENED


class Decisions:
    """The decisions in ``office.db``. Every method may be called from any thread."""

    def __init__(self, database: Database) -> None:
        """Use an opened database."""
        self._database = database

    def record(
        self, kind: SubjectKind, key: str, verdict: Verdict, *, note: str, account: str, at_ms: int
    ) -> None:
        """Write a decision down.

        Args:
            kind: what is decided about.
            key: which one.
            verdict: what is decided.
            note: why, at most ``NOTE_CHARACTERS_MAX`` characters.
            account: the login of whoever decides.
            at_ms: Unix time in milliseconds.

        Raises:
            ValueRangeError: if the note is too long.
            OfficeError: if it cannot be written.
        """
        check_text("note", note, 0, NOTE_CHARACTERS_MAX)
        row = {
            "subject_kind": kind.value,
            "subject_key": key,
            "verdict": verdict.value,
            "note": note,
            "account": account,
            "at_ms": at_ms,
        }
        with self._database.writing() as connection:
            connection.execute(insert(_DECISION).values(row))

    def latest(self, kind: SubjectKind, keys: Collection[str]) -> Mapping[str, Decision]:
        """The newest decision about each of these, where there is one.

        Raises:
            OfficeError: if they cannot be read.
        """
        wanted = sorted(set(keys))
        found: dict[str, Decision] = {}
        with self._database.reading() as connection:
            for start in range(0, len(wanted), _KEYS_AT_ONCE):
                newest = (
                    select(func.max(_DECISION.c.decision_id))
                    .where(_DECISION.c.subject_kind == kind.value)
                    .where(_DECISION.c.subject_key.in_(wanted[start : start + _KEYS_AT_ONCE]))
                    .group_by(_DECISION.c.subject_key)
                )
                rows = select(_DECISION).where(_DECISION.c.decision_id.in_(newest))
                for row in connection.execute(rows).mappings():
                    found[row["subject_key"]] = _decision(row)
        return found

    def keys(self, kind: SubjectKind, verdict: Verdict) -> frozenset[str]:
        """Everything that was last decided like this.

        Raises:
            OfficeError: if they cannot be read.
        """
        newest = (
            select(func.max(_DECISION.c.decision_id))
            .where(_DECISION.c.subject_kind == kind.value)
            .group_by(_DECISION.c.subject_key)
        )
        wanted = (
            select(_DECISION.c.subject_key)
            .where(_DECISION.c.decision_id.in_(newest))
            .where(_DECISION.c.verdict == verdict.value)
        )
        with self._database.reading() as connection:
            return frozenset(connection.execute(wanted).scalars())

    def history(self, kind: SubjectKind, key: str) -> tuple[Decision, ...]:
        """Every decision about one, newest first.

        Raises:
            OfficeError: if they cannot be read.
        """
        wanted = (
            select(_DECISION)
            .where(_DECISION.c.subject_kind == kind.value, _DECISION.c.subject_key == key)
            .order_by(_DECISION.c.decision_id.desc())
        )
        with self._database.reading() as connection:
            return tuple(_decision(row) for row in connection.execute(wanted).mappings())


def _decision(row: Any) -> Decision:  # noqa: ANN401 - a row of SQLAlchemy
    return Decision(
        decision_id=row["decision_id"],
        kind=SubjectKind(row["subject_kind"]),
        key=row["subject_key"],
        verdict=Verdict(row["verdict"]),
        note=row["note"],
        account=row["account"],
        at_ms=row["at_ms"],
    )
