"""Profiles: checked, kept with their consents, greeted by only with consent, erased for good."""

from __future__ import annotations

import dataclasses
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from gateway.formatting.numbers import Language
from gateway.formatting.phone import mask_phone, normal_phone, write_phone
from gateway.model.ids import BranchId, MemberId
from gateway.office.database import Database
from gateway.office.errors import OfficeError
from gateway.office.people import People, name_words
from gateway.office.profile import (
    NAME_CHARACTERS_MAX,
    Calendar,
    CheckedProfile,
    Problem,
    Refused,
    TypedProfile,
    check_profile,
)

TODAY = date(2026, 11, 23)
MEMBER = MemberId("0" * 31 + "1")
NORTH = BranchId("north")


@pytest.fixture
def office_file(tmp_path: Path) -> Path:
    """Where the office's database lies."""
    return tmp_path / "office.db"


@pytest.fixture
def people(office_file: Path) -> People:
    """No profiles yet."""
    return People(Database(office_file))


def checked(typed: TypedProfile) -> CheckedProfile:
    """What may be kept of a good form."""
    found = check_profile(typed, TODAY)
    assert isinstance(found, CheckedProfile)
    return found


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("0912 123 4567", "989121234567"),
        ("۰۹۱۲۱۲۳۴۵۶۷", "989121234567"),
        ("٠٩١٢-١٢٣-٤٥٦٧", "989121234567"),
        ("9121234567", "989121234567"),
        ("+98 912 123 4567", "989121234567"),
        ("+98 0912 123 4567", "989121234567"),
        ("0098 9121234567", "989121234567"),
        ("989121234567", "989121234567"),
        ("021-8888 7777", "982188887777"),
        ("\u202d+49 (30) 123456\u202c", "4930123456"),
        ("0049 30 123456", "4930123456"),
    ],
)
def test_phone_numbers_have_one_form(typed: str, kept: str) -> None:
    """However a number is written, one form is kept, country code first."""
    assert normal_phone(typed) == kept


@pytest.mark.parametrize(
    "typed",
    ["", "12", "0912", "091212345678", "+98 12", "+1234567", "+1234567890123456", "۰۹۱۲ abc", "²³"],
)
def test_what_is_no_phone_number_is_refused(typed: str) -> None:
    """Too short, too long or with letters: no number is made of it."""
    assert normal_phone(typed) is None


def test_phone_numbers_are_shown_as_their_owner_knows_them() -> None:
    """Iranian numbers as dialled at home, others with plus; masked ones cannot be called."""
    assert write_phone("989121234567") == "0912 123 4567"
    assert write_phone("4930123456") == "+4930123456"
    assert mask_phone("989121234567") == "••• 4567"
    assert mask_phone(None) is None


def test_a_birthday_is_kept_with_the_calendar_it_was_said_in() -> None:
    """Both calendars name the same day and are told apart afterwards."""
    jalali = checked(TypedProfile(birthday="۱۳۷۰/۵/۲۳"))
    gregorian = checked(TypedProfile(birthday="1991-08-14"))
    assert jalali.birthday == gregorian.birthday == date(1991, 8, 14)
    assert jalali.birthday_calendar is Calendar.JALALI
    assert gregorian.birthday_calendar is Calendar.GREGORIAN


def test_every_field_that_cannot_be_kept_is_named() -> None:
    """A form full of nonsense comes back with a reason for each field."""
    found = check_profile(
        TypedProfile(
            name="x" * (NAME_CHARACTERS_MAX + 1),
            phone="call me",
            birthday="1370/13/40",
            language="tlh",
            note="n" * 10_000,
        ),
        TODAY,
    )
    assert isinstance(found, Refused)
    assert dict(found.problems) == {
        "name": Problem.TOO_LONG,
        "phone": Problem.NOT_A_PHONE,
        "birthday": Problem.NOT_A_DAY,
        "language": Problem.NOT_A_LANGUAGE,
        "note": Problem.TOO_LONG,
    }


@pytest.mark.parametrize("day", ["2026-11-24", "1405/12/29", "1889-12-31"])
def test_nobody_is_born_tomorrow_or_long_ago(day: str) -> None:
    """A day that cannot be a birthday is refused as such."""
    found = check_profile(TypedProfile(birthday=day), TODAY)
    assert isinstance(found, Refused)
    assert found.problems == {"birthday": Problem.NOT_A_BIRTHDAY}


def test_hostile_text_is_kept_without_what_could_hide_or_reorder() -> None:
    """Direction marks, control characters and lone surrogates go; joiners and markup stay text."""
    name = "\u202eevil\u0000 <script>{{7*7}}</script>\ud800 علی\u200cرضا\n x"
    kept = checked(TypedProfile(name=name, note="one\r\n\n\n\n\u2066two"))
    assert kept.name == "evil <script>{{7*7}}</script> علی\u200cرضا x"
    assert kept.note == "one\n\ntwo"


def test_a_profile_is_kept_and_changed(people: People) -> None:
    """What was saved is read back; saving again replaces it and keeps its beginning."""
    typed = TypedProfile(
        name="نرگس", phone="0912 123 4567", birthday="1370/05/23", language="fa", note="tea"
    )
    first = people.save(MEMBER, NORTH, checked(typed), 1_000)
    assert people.profile(MEMBER) == first
    assert (first.name, first.phone, first.language) == ("نرگس", "989121234567", Language.FA)
    second = people.save(MEMBER, NORTH, checked(dataclasses.replace(typed, name="Ada")), 2_000)
    assert people.profiles([MEMBER]) == {MEMBER: second}
    assert (second.name, second.created_at_ms, second.changed_at_ms) == ("Ada", 1_000, 2_000)


def test_each_consent_is_the_moment_it_was_given(people: People) -> None:
    """A consent keeps its moment over changes, is forgotten when taken back, and starts anew."""
    both = TypedProfile(name="Ada", show_name=True, messages=True)
    people.save(MEMBER, NORTH, checked(both), 1_000)
    people.save(MEMBER, NORTH, checked(dataclasses.replace(both, messages=False)), 2_000)
    kept = people.save(MEMBER, NORTH, checked(both), 3_000)
    assert (kept.show_name_at_ms, kept.messages_at_ms) == (1_000, 3_000)


def test_a_name_is_shown_only_with_consent(people: People) -> None:
    """The greeting is the name with consent, and nothing without it or without a name."""
    assert people.greeting(MEMBER) is None
    people.save(MEMBER, NORTH, checked(TypedProfile(name="Ada")), 1)
    assert people.greeting(MEMBER) is None
    people.save(MEMBER, NORTH, checked(TypedProfile(name="Ada", show_name=True)), 2)
    assert people.greeting(MEMBER) == "Ada"
    people.save(MEMBER, NORTH, checked(TypedProfile(name=" ", show_name=True)), 3)
    assert people.greeting(MEMBER) is None


def test_an_erased_profile_leaves_no_byte_in_the_file(people: People, office_file: Path) -> None:
    """Name, phone and note cannot be found in the file after erasing, nor after editing."""
    secret = TypedProfile(name="Xanthippe Quelle", phone="+49 30 9876543", note="zygomorphic")
    for _ in range(2):
        people.save(MEMBER, NORTH, checked(secret), 1)
        before = office_file.read_bytes()
        assert b"Xanthippe" in before
        assert b"zygomorphic" in before
        assert people.erase(MEMBER)
        for word in (b"Xanthippe", b"xanthippe", b"9876543", b"3456789", b"zygomorphic"):
            assert word not in office_file.read_bytes()
    assert people.profile(MEMBER) is None
    assert not people.erase(MEMBER)
    people.save(MEMBER, NORTH, checked(secret), 1)
    people.save(MEMBER, NORTH, checked(TypedProfile(name="Ada")), 2)
    assert b"anthippe" not in office_file.read_bytes()


def test_profiles_survive_a_restart(people: People, office_file: Path) -> None:
    """Another process that opens the file reads the same profile."""
    kept = people.save(MEMBER, NORTH, checked(TypedProfile(name="Ada")), 1)
    assert People(Database(office_file)).profile(MEMBER) == kept
    assert people.knows_anybody()


def test_words_of_a_name_are_folded_and_bounded() -> None:
    """Arabic and Persian letters fall together, neighbours are joined too, and words end."""
    assert name_words("علي‌رضا كريمي") == ("علیرضا", "کریمی", "علیرضاکریمی")
    assert name_words("") == ()
    assert len(name_words(" ".join(f"w{n}" for n in range(99)))) <= 16


def test_a_greeting_does_not_wait_for_a_writer_who_waits_for_a_backup(
    people: People, office_file: Path
) -> None:
    """While somebody holds the file a greeting is given up at once: a receipt stands behind it."""
    typed = TypedProfile(name="سارا", show_name=True)
    people.save(MEMBER, NORTH, checked(typed), 1)
    assert people.greeting(MEMBER) == "سارا"
    with closing(sqlite3.connect(office_file, isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        with pytest.raises(OfficeError, match="locked"):
            people.greeting(MEMBER)
        holder.execute("ROLLBACK")
    assert people.greeting(MEMBER) == "سارا"
