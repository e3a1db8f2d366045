"""Profiles of members: kept, found again by name or phone, and erased without a trace.

The ledger knows a member by a pseudonym only; this is the one place that says who it is. Erasing
a profile leaves the pseudonym's points as they are, owned by nobody in particular.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from itertools import pairwise
from typing import Any, Final

from sqlalchemy import Connection, Index, Table, delete, insert, select

from gateway.formatting.fold import fold, fold_tight
from gateway.formatting.numbers import Language
from gateway.model.ids import BranchId, MemberId
from gateway.office.database import BUSY_TIMEOUT_MS, Database
from gateway.office.profile import Calendar, CheckedProfile, Profile
from gateway.office.schema import METADATA, number, text

#: At most this many pseudonyms in one question.
IDS_MAX: Final = 500
#: Words of a name that it can be found by, pairs of neighbours written together included.
WORDS_MAX: Final = 16

PERSON: Final = Table(
    "person",
    METADATA,
    text("member_id", key=True),
    text("branch"),
    text("name"),
    text("name_tight"),
    text("phone", null=True),
    text("phone_reversed", null=True),
    text("birthday", null=True),
    text("birthday_calendar", null=True),
    text("language", null=True),
    number("show_name_at_ms", null=True),
    number("messages_at_ms", null=True),
    text("note"),
    number("created_at_ms"),
    number("changed_at_ms"),
    # The branch stands in each, so that a search that must not leave a branch reads nothing else.
    Index("ix_person_phone", "phone", "branch", "member_id"),
    Index("ix_person_phone_reversed", "phone_reversed", "branch", "member_id"),
    Index("ix_person_name_tight", "name_tight", "member_id", "branch"),
    sqlite_with_rowid=False,
)
PERSON_WORD: Final = Table(
    "person_word",
    METADATA,
    text("word", key=True),
    text("member_id", key=True),
    text("branch"),
    Index("ix_person_word_member", "member_id", "word"),
    sqlite_with_rowid=False,
)

COLUMNS: Final = tuple(
    column for column in PERSON.c if column.name not in {"name_tight", "phone_reversed"}
)
"""What makes a ``Profile``; see ``profile_of``."""

#: Receipts wait behind a greeting; a writer who waits for a backup must not hold them up.
_GREETING_PATIENCE_MS: Final = 50


class People:
    """Profiles in the office's database. Every method may be called from any thread."""

    def __init__(self, database: Database) -> None:
        """Use a database whose tables are made.

        Args:
            database: the office's.
        """
        self.database: Final = database

    def profile(self, member_id: MemberId) -> Profile | None:
        """A member's profile, or None where nothing is known of the person."""
        return self.profiles([member_id]).get(member_id)

    def profiles(
        self, member_ids: Collection[MemberId], *, patience_ms: int = BUSY_TIMEOUT_MS
    ) -> dict[MemberId, Profile]:
        """The profiles of several members; who has none is left out.

        Args:
            member_ids: at most ``IDS_MAX``; the rest is left out.
            patience_ms: how long to wait for somebody who writes.

        Raises:
            OfficeError: if they cannot be read in that time.
        """
        wanted = sorted(set(member_ids))[:IDS_MAX]
        if not wanted:
            return {}
        with self.database.reading(patience_ms=patience_ms) as connection:
            return {one.member_id: one for one in _profiles(connection, wanted)}

    def knows_anybody(self) -> bool:
        """Whether somebody has written down who any member is."""
        with self.database.reading() as connection:
            return connection.scalar(select(PERSON.c.member_id).limit(1)) is not None

    def greeting(self, member_id: MemberId) -> str | None:
        """The name by which a display may greet a member; None without consent or name.

        Raises:
            OfficeError: if it cannot be read at once: a receipt waits behind the greeting.
        """
        with self.database.reading(patience_ms=_GREETING_PATIENCE_MS) as connection:
            found = next(iter(_profiles(connection, [member_id])), None)
        if found is None or found.show_name_at_ms is None:
            return None
        return found.name or None

    def save(
        self, member_id: MemberId, branch: BranchId, checked: CheckedProfile, at_ms: int
    ) -> Profile:
        """Keep a profile in the place of the one before.

        A consent that was given before keeps its moment; one that is taken back is forgotten.

        Args:
            member_id: whose; the caller made sure that the ledger knows it.
            branch: the member's home branch in the ledger.
            checked: what to keep.
            at_ms: Unix time in milliseconds.

        Returns:
            the profile as it is kept now.
        """
        with self.database.writing() as connection:
            _forget_for_good(connection)
            before = next(iter(_profiles(connection, [member_id])), None)
            shown = before.show_name_at_ms if before else None
            written = before.messages_at_ms if before else None
            after = Profile(
                member_id=member_id,
                branch=branch,
                name=checked.name,
                phone=checked.phone,
                birthday=checked.birthday,
                birthday_calendar=checked.birthday_calendar,
                language=checked.language,
                show_name_at_ms=_since(checked.show_name, shown, at_ms),
                messages_at_ms=_since(checked.messages, written, at_ms),
                note=checked.note,
                created_at_ms=before.created_at_ms if before else at_ms,
                changed_at_ms=at_ms,
            )
            _remove(connection, member_id)
            connection.execute(insert(PERSON), [_values(after)])
            words = name_words(after.name)
            if words:
                rows = [{"word": word, "member_id": member_id, "branch": branch} for word in words]
                connection.execute(insert(PERSON_WORD), rows)
        return after

    def erase(self, member_id: MemberId) -> bool:
        """Erase a profile; the freed pages are overwritten. The member's points stay.

        Returns:
            whether there was one.
        """
        with self.database.writing() as connection:
            _forget_for_good(connection)
            return _remove(connection, member_id)


def name_words(name: str) -> tuple[str, ...]:
    """The folded words a name is found by; neighbours also together, as others may write them."""
    words = fold(name).split(" ")
    pairs = [first + second for first, second in pairwise(words)]
    return tuple(dict.fromkeys(word for word in (*words, *pairs) if word))[:WORDS_MAX]


def profile_of(row: Any) -> Profile:  # noqa: ANN401 - a row mapping of COLUMNS
    """Make a profile of a row of ``COLUMNS``."""
    calendar, language, birthday = row["birthday_calendar"], row["language"], row["birthday"]
    return Profile(
        **{
            **{column.name: row[column.name] for column in COLUMNS},
            "birthday": None if birthday is None else date.fromisoformat(birthday),
            "birthday_calendar": None if calendar is None else Calendar(calendar),
            "language": None if language is None else Language(language),
        }
    )


def _profiles(connection: Connection, member_ids: Collection[MemberId]) -> list[Profile]:
    wanted = select(*COLUMNS).where(PERSON.c.member_id.in_(member_ids))
    return [profile_of(row) for row in connection.execute(wanted).mappings()]


def _values(profile: Profile) -> dict[str, object]:
    phone, birthday = profile.phone, profile.birthday
    return {
        **{column.name: getattr(profile, column.name) for column in COLUMNS},
        "name_tight": fold_tight(profile.name),
        "phone_reversed": None if phone is None else phone[::-1],
        "birthday": None if birthday is None else birthday.isoformat(),
    }


def _remove(connection: Connection, member_id: MemberId) -> bool:
    connection.execute(delete(PERSON_WORD).where(PERSON_WORD.c.member_id == member_id))
    gone = connection.execute(delete(PERSON).where(PERSON.c.member_id == member_id))
    return gone.rowcount > 0


def _forget_for_good(connection: Connection) -> None:
    # Without it SQLite leaves what was deleted in the file until something is written over it.
    connection.exec_driver_sql("PRAGMA secure_delete=ON").fetchall()


def _since(consented: bool, before_ms: int | None, at_ms: int) -> int | None:  # noqa: FBT001 - private, and the meaning is its name
    if not consented:
        return None
    return at_ms if before_ms is None else before_ms
