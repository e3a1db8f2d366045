"""Finds profiles by words of a name or digits of a phone number, page by page.

A page goes on where the last one ended by the key of the index that found it, so that no page
costs more than another, however many people are called the same.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    exists,
    func,
    select,
    true,
    tuple_,
    union,
)

from gateway.formatting.fold import fold, fold_tight
from gateway.formatting.phone import phone_beginnings, phone_digits
from gateway.model.ids import BranchId
from gateway.office.people import COLUMNS, PERSON, PERSON_WORD, People, profile_of
from gateway.office.profile import Profile

#: Fewer digits name too many people.
PHONE_DIGITS_MIN: Final = 4
TYPED_CHARACTERS_MAX: Final = 120
#: What is looked through where only the middle of a name was typed.
LOOKED_THROUGH_MAX: Final = 200_000
#: More than a page has rows.
FOUND_INSIDE_MAX: Final = 101
_TYPED_WORDS_MAX: Final = 6
#: Beyond this every word is common alike.
_COUNTED_MAX: Final = 300
_LAST: Final = "\U0010ffff"


class SearchMode(StrEnum):
    """Which index a page came from; the next one comes from the same."""

    WORDS = "w"
    TOGETHER = "t"
    INSIDE = "i"
    PHONE = "p"


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPlace:
    """Where a page ended: the last row's key in its index."""

    mode: SearchMode
    key: str
    member_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPeople:
    """One page.

    Attributes:
        profiles: in the order of the index.
        next_place: where the next page begins; None where this is the last.
    """

    profiles: tuple[Profile, ...]
    next_place: SearchPlace | None


_NOBODY: Final = FoundPeople(profiles=(), next_place=None)


def search_people(
    people: People,
    typed: str,
    branches: Collection[BranchId] | None,
    *,
    after: SearchPlace | None = None,
    limit: int = 25,
    middles: bool = True,
) -> FoundPeople:
    """Find profiles.

    Four or more digits are the beginning or the end of a phone number. Everything else is words:
    each must be the beginning of a word of the name. Where that finds nobody, the words are tried
    written together, and then as the middle of a name.

    Args:
        people: the profiles.
        typed: what was typed, in any of the scripts' spellings.
        branches: home branches that may be seen; None for all.
        after: where the page before ended.
        limit: how many.
        middles: whether to look in the middle of names, the only search that reads many of them.
    """
    typed = typed.strip()
    sees_nobody = branches is not None and not branches
    if not typed or len(typed) > TYPED_CHARACTERS_MAX or sees_nobody:
        return _NOBODY
    search = _Search(typed=typed, branches=branches, after=after, limit=limit)
    modes = _modes(typed, middles=middles) if after is None else (after.mode,)
    with people.database.reading() as connection:
        for mode in modes:
            found = _page(connection, search, mode)
            if found.profiles:
                return found
    return _NOBODY


@dataclass(frozen=True, slots=True, kw_only=True)
class _Search:
    typed: str
    branches: Collection[BranchId] | None
    after: SearchPlace | None
    limit: int


def _modes(typed: str, *, middles: bool) -> tuple[SearchMode, ...]:
    digits = phone_digits(typed)
    if digits is not None:
        return (SearchMode.PHONE,) if len(digits) >= PHONE_DIGITS_MIN else ()
    words = (SearchMode.WORDS, SearchMode.TOGETHER)
    return (*words, SearchMode.INSIDE) if middles else words


def _page(connection: Connection, search: _Search, mode: SearchMode) -> FoundPeople:
    wanted = _wanted(connection, search, mode)
    if wanted is None:
        return _NOBODY
    rows = connection.execute(wanted.limit(search.limit + 1)).mappings().all()
    place = None
    if len(rows) > search.limit:
        last = rows[search.limit - 1]
        place = SearchPlace(mode=mode, key=last["key"], member_id=last["member_id"])
    shown = rows[: search.limit]
    return FoundPeople(profiles=tuple(profile_of(row) for row in shown), next_place=place)


def _wanted(connection: Connection, search: _Search, mode: SearchMode) -> Select[Any] | None:
    tight = fold_tight(search.typed)
    match mode:
        case SearchMode.PHONE:
            return _by_phone(search.typed, search.branches, search.after)
        case SearchMode.WORDS:
            words = fold(search.typed).split(" ")[:_TYPED_WORDS_MAX]
            lead = _rarest(connection, words, search.after)
            return _by_words(lead, words, search.branches, search.after)
        case SearchMode.TOGETHER:
            return _by_words(tight, [tight], search.branches, search.after)
        case SearchMode.INSIDE:
            return _by_inside(tight, search.branches, search.after)


def _rarest(connection: Connection, words: list[str], after: SearchPlace | None) -> str:
    """The word that fewest names have: it leads, and the others are looked up beside it."""
    if len(words) == 1:
        return words[0]
    if after is not None:
        # It led the page before too. Of two that fit, the longer one cannot be the commoner.
        return max((word for word in words if after.key.startswith(word)), key=len, default="")
    counts = connection.execute(
        select(
            *(
                select(func.count())
                .select_from(_having(PERSON_WORD, word).limit(_COUNTED_MAX).subquery())
                .scalar_subquery()
                for word in words
            )
        )
    ).one()
    return min(zip(words, counts, strict=True), key=lambda one: (one[1], -len(one[0])))[0]


def _having(table: FromClause, word: str) -> Select[Any]:
    return select(table.c.member_id).where(table.c.word >= word, table.c.word < word + _LAST)


def _by_words(
    lead: str,
    words: list[str],
    branches: Collection[BranchId] | None,
    after: SearchPlace | None,
) -> Select[Any] | None:
    if not lead:
        return None
    word = PERSON_WORD.alias("lead")
    earlier = PERSON_WORD.alias("earlier")
    wanted = (
        select(word.c.word.label("key"), *COLUMNS)
        .where(PERSON.c.member_id == word.c.member_id)
        .where(word.c.word < lead + _LAST, _within(word.c.branch, branches))
        # «محمد محمدی» begins twice with «محمد» and is found once, by the first.
        .where(
            ~exists()
            .where(earlier.c.member_id == word.c.member_id)
            .where(earlier.c.word >= lead, earlier.c.word < word.c.word)
        )
        .order_by(word.c.word, word.c.member_id)
    )
    if after is None:
        wanted = wanted.where(word.c.word >= lead)
    else:
        place = tuple_(word.c.word, word.c.member_id)
        wanted = wanted.where(place > tuple_(after.key, after.member_id))
    for number, other in enumerate(one for one in words if one != lead):
        beside = PERSON_WORD.alias(f"beside_{number}")
        wanted = wanted.where(
            exists()
            .where(beside.c.member_id == word.c.member_id)
            .where(beside.c.word >= other, beside.c.word < other + _LAST)
        )
    return wanted


def _by_inside(
    tight: str, branches: Collection[BranchId] | None, after: SearchPlace | None
) -> Select[Any] | None:
    if len(tight) < 2:
        return None
    name, start = PERSON.c.name_tight, (after.key, after.member_id) if after else ("", "")
    end = (
        select(name)
        .where(tuple_(name, PERSON.c.member_id) > tuple_(*start))
        .order_by(name, PERSON.c.member_id)
        .limit(1)
        .offset(LOOKED_THROUGH_MAX)
    )
    named = PERSON.alias("named")
    # The index alone is read, until enough are found; the rest of a profile only then.
    found = (
        select(named.c.name_tight, named.c.member_id)
        .where(tuple_(named.c.name_tight, named.c.member_id) > tuple_(*start))
        .where(named.c.name_tight < func.coalesce(end.scalar_subquery(), _LAST))
        .where(_within(named.c.branch, branches))
        .where(func.instr(named.c.name_tight, tight) > 0)
        .order_by(named.c.name_tight, named.c.member_id)
        .limit(FOUND_INSIDE_MAX)
        .subquery("found")
    )
    return (
        select(found.c.name_tight.label("key"), *COLUMNS)
        .where(PERSON.c.member_id == found.c.member_id)
        .order_by(found.c.name_tight, found.c.member_id)
    )


def _by_phone(
    typed: str, branches: Collection[BranchId] | None, after: SearchPlace | None
) -> Select[Any] | None:
    digits = phone_digits(typed)
    if digits is None or len(digits) < PHONE_DIGITS_MIN:
        return None
    end = digits[::-1]
    ranges = [(PERSON.c.phone, start) for start in phone_beginnings(typed)]
    ranges.append((PERSON.c.phone_reversed, end))
    # One question for each index; asked for together, SQLite would rather read every profile.
    beyond = after.member_id if after else ""
    owners = union(
        *(
            select(PERSON.c.member_id)
            .where(column >= start, column < start + _LAST)
            .where(_within(PERSON.c.branch, branches), PERSON.c.member_id > beyond)
            for column, start in ranges
        )
    )
    return (
        select(PERSON.c.phone.label("key"), *COLUMNS)
        .where(PERSON.c.member_id.in_(owners))
        .order_by(PERSON.c.member_id)
    )


def _within(column: Any, branches: Collection[BranchId] | None) -> ColumnElement[bool]:  # noqa: ANN401 - a column
    if branches is None:
        return true()
    wanted: ColumnElement[bool] = column.in_(sorted(branches))
    return wanted
