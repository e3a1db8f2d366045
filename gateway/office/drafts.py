"""The draft of the next version of the rules: one for the organisation, as a programme file's text.

Two people may have it open. Every save names the revision that it was made from; one that was made
from an older revision is not taken, and is told what is there instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, Table, insert, select, update

from gateway.model.checks import check_int
from gateway.office.database import Database
from gateway.office.schema import METADATA, number, text

#: Larger than any programme that a person writes; smaller than what a form may send.
TEXT_CHARACTERS_MAX: Final = 400_000
#: There is one draft, and it has this row.
_ONLY: Final = 1

_DRAFT: Final = Table(
    "programme_draft",
    METADATA,
    number("draft_id", key=True),
    # Empty once the draft was published or thrown away: its revision goes on counting.
    text("content", null=True),
    number("base_version"),
    number("revision"),
    text("account"),
    number("changed_at_ms"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesDraft:
    """The draft as it is kept.

    Attributes:
        content: a programme file's text.
        base_version: the newest version of the rules when the draft was begun.
        revision: counts changes and never falls, also from one draft to the next.
        account: the login of whoever changed it last.
        changed_at_ms: Unix time in milliseconds.
    """

    content: str
    base_version: int
    revision: int
    account: str
    changed_at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftConflict:
    """Somebody else was faster.

    Attributes:
        current: the draft as it is now; None where there is none any more.
    """

    current: RulesDraft | None


class Drafts:
    """Keeps the one draft. May be used from any thread."""

    def __init__(self, database: Database) -> None:
        """Use the office's database."""
        self._database = database

    def read(self) -> RulesDraft | None:
        """The draft; None where there is none.

        Raises:
            OfficeError: if the database fails.
        """
        with self._database.reading() as connection:
            return _draft(_row(connection))

    def begin(
        self, content: str, *, base_version: int, account: str, at_ms: int
    ) -> RulesDraft | DraftConflict:
        """Begin a draft where there is none.

        Args:
            content: a programme file's text.
            base_version: the newest version of the rules.
            account: the login of whoever begins it.
            at_ms: Unix time in milliseconds.

        Raises:
            ValueRangeError: if the text is too long.
            OfficeError: if it cannot be written.
        """
        with self._database.writing() as connection:
            row = _row(connection)
            if (current := _draft(row)) is not None:
                return DraftConflict(current=current)
            draft = RulesDraft(
                content=content,
                base_version=base_version,
                revision=1 if row is None else row.revision + 1,
                account=account,
                changed_at_ms=at_ms,
            )
            return _write(connection, draft, first=row is None)

    def save(
        self, content: str, *, revision: int, account: str, at_ms: int
    ) -> RulesDraft | DraftConflict:
        """Change the draft.

        Args:
            content: what it says from now on.
            revision: what the change was made from.
            account: the login of whoever changes it.
            at_ms: Unix time in milliseconds.

        Raises:
            ValueRangeError: if the text is too long.
            OfficeError: if it cannot be written.
        """
        with self._database.writing() as connection:
            current = _draft(_row(connection))
            if current is None or current.revision != revision:
                return DraftConflict(current=current)
            draft = RulesDraft(
                content=content,
                base_version=current.base_version,
                revision=revision + 1,
                account=account,
                changed_at_ms=at_ms,
            )
            return _write(connection, draft, first=False)

    def discard(self, *, revision: int) -> DraftConflict | None:
        """Remove the draft, because it was published or is not wanted.

        Args:
            revision: what whoever decided so has seen.

        Returns:
            None if it is gone.

        Raises:
            OfficeError: if it cannot be written.
        """
        with self._database.writing() as connection:
            current = _draft(_row(connection))
            if current is None or current.revision != revision:
                return DraftConflict(current=current)
            connection.execute(update(_DRAFT).values(content=None, revision=revision + 1))
        return None


def _row(connection: Connection) -> Row[Any] | None:
    return connection.execute(select(_DRAFT)).one_or_none()


def _write(connection: Connection, draft: RulesDraft, *, first: bool) -> RulesDraft:
    check_int("length of the draft", len(draft.content), 1, TEXT_CHARACTERS_MAX)
    values = {
        "content": draft.content,
        "base_version": draft.base_version,
        "revision": draft.revision,
        "account": draft.account,
        "changed_at_ms": draft.changed_at_ms,
    }
    if first:
        connection.execute(insert(_DRAFT).values(draft_id=_ONLY, **values))
    else:
        connection.execute(update(_DRAFT).values(values))
    return draft


def _draft(row: Row[Any] | None) -> RulesDraft | None:
    if row is None or row.content is None:
        return None
    return RulesDraft(
        content=row.content,
        base_version=row.base_version,
        revision=row.revision,
        account=row.account,
        changed_at_ms=row.changed_at_ms,
    )
