"""The trail: who changed what, from what, to what.

An entry is on the disk before its change is made and is finished after it. One that was never
finished says that the process ended in between: what became of the change must be looked at.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from types import MappingProxyType
from typing import Any, Final, TypeAlias, cast

from sqlalchemy import Index, Row, Table, insert, select, update

from gateway.clock import Clock
from gateway.office.database import Database
from gateway.office.errors import OfficeError
from gateway.office.schema import METADATA, number, text

Value: TypeAlias = str | int | bool | None
Values: TypeAlias = Mapping[str, Value]

TEXT_CHARACTERS_MAX: Final = 500
PAGE_ROWS_MAX: Final = 200

_TRAIL: Final = Table(
    "trail",
    METADATA,
    number("entry_id", key=True),
    number("account_id", null=True),
    # Kept as it was then: the account may have another name by the time somebody looks.
    text("account"),
    text("action"),
    text("subject"),
    text("before"),
    text("after", null=True),
    text("outcome", null=True),
    text("detail"),
    number("begun_at_ms"),
    number("finished_at_ms", null=True),
    Index("ix_trail_account_id_entry_id", "account_id", "entry_id"),
    Index("ix_trail_action_entry_id", "action", "entry_id"),
    sqlite_autoincrement=True,
)


@unique
class TrailOutcome(StrEnum):
    """What became of a change.

    Attributes:
        DONE: it was made.
        REFUSED: it was asked for and not allowed.
        FAILED: something was at fault.
    """

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who changes something.

    Attributes:
        account_id: their account; None for the command line and the set-up.
        name: how the trail names them.
    """

    account_id: int | None
    name: str


#: Whoever has a shell on the machine.
COMMAND_LINE: Final = Actor(account_id=None, name="command line")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailEntry:
    """One change.

    Attributes:
        entry_id: counts from 1; later entries have higher numbers.
        actor: who.
        action: a machine name such as ``card.block``.
        subject: what was changed, such as ``card 3fa2…``.
        before: what it was.
        after: what it became; empty where the change was not made or its end is unknown.
        outcome: what became of it; None where that was never written.
        detail: a sentence to it, in English.
        begun_at_ms: Unix time before the change.
        finished_at_ms: Unix time after it; None where it was never finished.
    """

    entry_id: int
    actor: Actor
    action: str
    subject: str
    before: Values
    after: Values
    outcome: TrailOutcome | None
    detail: str
    begun_at_ms: int
    finished_at_ms: int | None


class Trail:
    """The trail of one office. Entries are added and finished, and never changed or removed."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Use a database and a clock."""
        self._database = database
        self._clock = clock

    def begin(self, *, account: Actor, action: str, subject: str, before: Values) -> int:
        """Write down that a change is about to be made.

        Args:
            account: who makes it.
            action: a machine name.
            subject: what is changed.
            before: what it is now. No secrets, and telephone numbers masked.

        Returns:
            the entry's number, for ``finish``.

        Raises:
            OfficeError: if it cannot be written; then the change must not be made.
        """
        row = {
            "account_id": account.account_id,
            "account": _short(account.name),
            "action": action,
            "subject": _short(subject),
            "before": _to_json(before),
            "detail": "",
            "begun_at_ms": self._clock.unix_ms(),
        }
        with self._database.writing() as connection:
            key = connection.execute(insert(_TRAIL).values(row)).inserted_primary_key
        return int(cast("Sequence[int]", key)[0])

    def finish(
        self,
        entry_id: int,
        *,
        outcome: TrailOutcome,
        after: Values | None = None,
        detail: str = "",
    ) -> None:
        """Write down what became of a change.

        Raises:
            OfficeError: if it cannot be written, or the entry is finished already or unknown.
        """
        values = {
            "outcome": outcome.value,
            "after": _to_json(after or {}),
            "detail": _short(detail),
            "finished_at_ms": self._clock.unix_ms(),
        }
        unfinished = (_TRAIL.c.entry_id == entry_id) & _TRAIL.c.outcome.is_(None)
        with self._database.writing() as connection:
            changed = connection.execute(update(_TRAIL).where(unfinished).values(values)).rowcount
        if changed != 1:
            raise OfficeError(f"entry {entry_id} of the trail is unknown or was finished before")

    def entries(
        self,
        *,
        before_entry: int | None = None,
        account_id: int | None = None,
        action: str | None = None,
        limit: int = 50,
    ) -> Sequence[TrailEntry]:
        """Entries, the newest first.

        Args:
            before_entry: begin below this entry's number; None begins at the newest.
            account_id: only this account's.
            action: only this action.
            limit: at most so many.

        Raises:
            OfficeError: if the database fails.
        """
        query = select(_TRAIL).order_by(_TRAIL.c.entry_id.desc())
        if before_entry is not None:
            query = query.where(_TRAIL.c.entry_id < before_entry)
        if account_id is not None:
            query = query.where(_TRAIL.c.account_id == account_id)
        if action is not None:
            query = query.where(_TRAIL.c.action == action)
        with self._database.reading() as connection:
            rows = connection.execute(query.limit(min(limit, PAGE_ROWS_MAX))).all()
        return [_entry(row) for row in rows]

    def actions(self) -> Sequence[str]:
        """Every action that the trail knows, by name.

        Raises:
            OfficeError: if the database fails.
        """
        with self._database.reading() as connection:
            return list(
                connection.execute(
                    select(_TRAIL.c.action).distinct().order_by(_TRAIL.c.action)
                ).scalars()
            )


def _short(text_: str) -> str:
    return text_[:TEXT_CHARACTERS_MAX]


def _to_json(values: Values) -> str:
    short = {
        name: _short(value) if isinstance(value, str) else value for name, value in values.items()
    }
    return json.dumps(short, ensure_ascii=False)


def _from_json(found: str | None) -> Values:
    return MappingProxyType(cast("dict[str, Value]", json.loads(found)) if found else {})


def _entry(row: Row[Any]) -> TrailEntry:
    return TrailEntry(
        entry_id=row.entry_id,
        actor=Actor(account_id=row.account_id, name=row.account),
        action=row.action,
        subject=row.subject,
        before=_from_json(row.before),
        after=_from_json(row.after),
        outcome=None if row.outcome is None else TrailOutcome(row.outcome),
        detail=row.detail,
        begun_at_ms=row.begun_at_ms,
        finished_at_ms=row.finished_at_ms,
    )
