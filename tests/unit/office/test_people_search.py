"""Finding people: spellings, phone numbers, pages that go on by key, branches, and the plans."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from gateway.model.ids import BranchId, MemberId
from gateway.office.database import Database
from gateway.office.people import People
from gateway.office.people_search import (
    TYPED_CHARACTERS_MAX,
    SearchMode,
    search_people,
)
from gateway.office.profile import CheckedProfile, TypedProfile, check_profile

NORTH, SOUTH = BranchId("north"), BranchId("south")


def member(number: int) -> MemberId:
    """The pseudonym of a numbered member."""
    return MemberId(f"{number:032x}")


@pytest.fixture
def people(tmp_path: Path) -> People:
    """No profiles yet."""
    return People(Database(tmp_path / "office.db"))


@pytest.fixture
def keep(people: People) -> Callable[..., None]:
    """Keeps a numbered member's profile."""

    def keep(number: int, name: str, phone: str = "", branch: BranchId = NORTH) -> None:
        found = check_profile(TypedProfile(name=name, phone=phone), date(2026, 11, 23))
        assert isinstance(found, CheckedProfile)
        people.save(member(number), branch, found, 1)

    return keep


def names(people: People, typed: str, branches: set[BranchId] | None = None) -> list[str]:
    """The names found, in order of their pseudonyms."""
    found = search_people(people, typed, branches)
    return [one.name for one in sorted(found.profiles, key=lambda one: one.member_id)]


@pytest.mark.parametrize(
    "typed",
    ["كريمي", "کریمی", "کری", "علی کریمی", "کریمی علی", "عليرضا", "علی رضا", "علی‌رضا کر", "ضا کری"],
)
def test_every_spelling_finds_the_name(
    people: People, keep: Callable[..., None], typed: str
) -> None:
    """Arabic letters, joined or parted halves, any order, the middle of a name: all find it."""
    keep(1, "علی‌رضا کریمی")
    keep(2, "Grace Hopper")
    assert names(people, typed) == ["علی‌رضا کریمی"]


def test_the_middle_of_a_name_is_not_looked_for_where_nobody_wants_it(
    people: People, keep: Callable[..., None]
) -> None:
    """Whoever was found by a card already is not looked for in the middle of all names."""
    keep(1, "Ada Lovelace")
    assert search_people(people, "lace", None).profiles
    assert not search_people(people, "lace", None, middles=False).profiles
    assert search_people(people, "love", None, middles=False).profiles


def test_pages_of_several_words_go_on(people: People, keep: Callable[..., None]) -> None:
    """With common and rare words, short and long, the pages still hold everybody once."""
    for number in range(1, 30):
        keep(number, f"Ada {'Adalbert' if number % 2 else 'Byron'} {number}")
    for typed in ("a adalbert", "adalbert a", "ada ad", "ada by"):
        seen: list[MemberId] = []
        place = None
        while True:
            page = search_people(people, typed, None, after=place, limit=4)
            seen += [one.member_id for one in page.profiles]
            place = page.next_place
            if place is None:
                break
        wanted = {"adalbert": 15, "ad": 29, "by": 14, "a": 15}[typed.split()[1]]
        assert len(seen) == len(set(seen)) == wanted, typed


def test_words_found_twice_name_a_person_once(people: People, keep: Callable[..., None]) -> None:
    """«محمد محمدی» begins twice with what was typed and stands once on the page."""
    keep(1, "محمد محمدی")
    keep(2, "علی محمدی")
    assert names(people, "محمد") == ["محمد محمدی", "علی محمدی"]


def test_all_words_must_fit(people: People, keep: Callable[..., None]) -> None:
    """Each further word narrows what is found."""
    keep(1, "Ada Lovelace")
    keep(2, "Ada Byron")
    assert names(people, "ada") == ["Ada Lovelace", "Ada Byron"]
    assert names(people, "ada by") == ["Ada Byron"]
    assert names(people, "ada xy") == []


@pytest.mark.parametrize(
    "typed",
    ["4567", "۴۵۶۷", "234567", "0912 123 4567", "+989121234567", "09121234567", "0912123", "9121"],
)
def test_a_phone_number_is_found_whole_or_by_its_ends(
    people: People, keep: Callable[..., None], typed: str
) -> None:
    """The whole number, its last four digits or more, and its beginning."""
    keep(1, "Ada", "0912 123 4567")
    keep(2, "Bob", "0935 000 1111")
    assert names(people, typed) == ["Ada"]


@pytest.mark.parametrize("typed", ["", "   ", "567", "x" * (TYPED_CHARACTERS_MAX + 1), "\u202e"])
def test_too_little_or_too_much_finds_nobody(
    people: People, keep: Callable[..., None], typed: str
) -> None:
    """Nothing typed, three digits, or a novel: nobody, and no fault."""
    keep(1, "x", "0912 123 4567")
    assert names(people, typed) == []


def test_wildcards_are_letters(people: People, keep: Callable[..., None]) -> None:
    """Signs that mean something to SQL or to patterns are looked for as they stand."""
    keep(1, "Ada")
    keep(2, "100% O'Brien_")
    assert names(people, "%") == []
    assert names(people, "%o'b") == ["100% O'Brien_"]
    assert names(people, "a*") == []


def test_other_branches_are_never_found(people: People, keep: Callable[..., None]) -> None:
    """By word, by the middle of a name and by phone, only the branches that may be seen."""
    keep(1, "Ada", "0912 123 4567", NORTH)
    keep(2, "Ada", "0912 999 4567", SOUTH)
    for typed in ("ada", "da", "4567"):
        assert len(names(people, typed)) == 2
        assert len(names(people, typed, {SOUTH})) == 1
        assert names(people, typed, set()) == []


@pytest.mark.parametrize(
    ("typed", "mode"),
    [("same", SearchMode.WORDS), ("ame pers", SearchMode.INSIDE), ("0912", SearchMode.PHONE)],
)
def test_pages_go_on_until_everybody_was_shown_once(
    people: People, keep: Callable[..., None], typed: str, mode: SearchMode
) -> None:
    """Page after page, nobody is left out and nobody comes twice."""
    for number in range(1, 24):
        keep(number, "same person", f"0912 000 {number:04d}")
    seen: list[MemberId] = []
    place = None
    for _ in range(10):
        page = search_people(people, typed, None, after=place, limit=5)
        seen += [one.member_id for one in page.profiles]
        place = page.next_place
        if place is None:
            break
        assert place.mode is mode
        assert len(page.profiles) == 5
    assert seen == [member(number) for number in range(1, 24)]


def test_no_search_reads_a_table_whole(people: People, keep: Callable[..., None]) -> None:
    """SQLite's own plan of every statement that searching makes begins at a key or an index."""
    for number in range(1, 40):
        keep(number, f"same person {number}", f"0912 000 {number:04d}")
    seen: dict[str, Any] = {}

    def note(_c: Any, _cur: Any, sql: str, parameters: Any, _ctx: Any, _many: bool) -> None:  # noqa: ANN401, FBT001 - SQLAlchemy's own shape
        if sql.startswith("SELECT"):
            seen.setdefault(sql, parameters)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        for typed in ("same person", "ame", "zzz", "0912", "0001"):
            for branches in (None, {NORTH}):
                page = search_people(people, typed, branches, limit=5)
                if page.next_place is not None:
                    search_people(people, typed, branches, after=page.next_place, limit=5)
        people.profiles([member(1), member(2)])
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert len(seen) > 8
    with people.database.reading() as connection:
        for sql, parameters in seen.items():
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", parameters).all()
            steps = [step[3] for step in plan]
            scans = [step for step in steps if step.startswith("SCAN ")]
            # What was found by an index, at most a few hundred rows, is looked through.
            small = ("SCAN found", "SCAN anon_", "SCAN CONSTANT ROW")
            assert [step for step in scans if not step.startswith(small)] == [], sql
