"""Who a member is in the world, and the checks on what somebody types about it. Pure.

Only with consent is the name shown to others, and only with consent are messages sent; each
consent is the moment it was given, and nothing else stands for it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from gateway.formatting.bidi import without_controls
from gateway.formatting.dates import JALALI_YEARS, read_date
from gateway.formatting.digits import fold_digits
from gateway.formatting.numbers import Language
from gateway.formatting.phone import normal_phone
from gateway.model.ids import BranchId, MemberId

NAME_CHARACTERS_MAX: Final = 80
NOTE_CHARACTERS_MAX: Final = 500
#: Longer texts are not even looked at.
_TYPED_CHARACTERS_MAX: Final = 4_000
_BIRTH_YEAR_MIN: Final = 1890
_SPACES: Final = re.compile(r"\s+")
_BLANK_LINES: Final = re.compile(r"\n{3,}")


class Calendar(StrEnum):
    """The calendar somebody said a day in; it is said back in the same."""

    JALALI = "jalali"
    GREGORIAN = "gregorian"


class Problem(StrEnum):
    """Why a field cannot be kept."""

    TOO_LONG = "too-long"
    NOT_A_PHONE = "not-a-phone"
    NOT_A_DAY = "not-a-day"
    NOT_A_BIRTHDAY = "not-a-birthday"
    NOT_A_LANGUAGE = "not-a-language"


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedProfile:
    """A form's fields as they were typed; ``birthday`` in either calendar and script."""

    name: str = ""
    phone: str = ""
    birthday: str = ""
    language: str = ""
    show_name: bool = False
    messages: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedProfile:
    """The same, ready to be kept. An empty name is nobody's, None is what was not said."""

    name: str = ""
    phone: str | None = None
    birthday: date | None = None
    birthday_calendar: Calendar | None = None
    language: Language | None = None
    show_name: bool = False
    messages: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why a profile cannot be kept: the first problem of each field, by the field's name."""

    problems: Mapping[str, Problem]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What is kept about a member.

    Attributes:
        member_id: the ledger's pseudonym.
        branch: the home branch; it never changes, so it may be kept here too.
        name: as the person writes it; empty where nobody said it.
        phone: digits, country code first; None where nobody said it.
        birthday: the day in the Gregorian calendar.
        birthday_calendar: the calendar it was said in.
        language: what to write to the person in.
        show_name_at_ms: when showing the name on displays was consented to; None: it was not.
        messages_at_ms: the same for messages.
        note: whatever the shop should know.
        created_at_ms: when something was first known.
        changed_at_ms: when it last changed.
    """

    member_id: MemberId
    branch: BranchId
    name: str
    phone: str | None
    birthday: date | None
    birthday_calendar: Calendar | None
    language: Language | None
    show_name_at_ms: int | None
    messages_at_ms: int | None
    note: str
    created_at_ms: int
    changed_at_ms: int


def check_profile(typed: TypedProfile, today: date) -> CheckedProfile | Refused:
    """Check what was typed.

    Args:
        typed: the fields.
        today: nobody is born after it.

    Returns:
        what may be kept, or why not.
    """
    problems: dict[str, Problem] = {}
    name = _one_line(typed.name)
    if name is None or len(name) > NAME_CHARACTERS_MAX:
        problems["name"] = Problem.TOO_LONG
    note = _lines(typed.note)
    if note is None or len(note) > NOTE_CHARACTERS_MAX:
        problems["note"] = Problem.TOO_LONG
    phone = normal_phone(typed.phone[:_TYPED_CHARACTERS_MAX]) if typed.phone.strip() else None
    if typed.phone.strip() and phone is None:
        problems["phone"] = Problem.NOT_A_PHONE
    birthday, calendar, problem = _birthday(typed.birthday.strip(), today)
    if problem is not None:
        problems["birthday"] = problem
    language = None
    if typed.language in tuple(Language):
        language = Language(typed.language)
    elif typed.language:
        problems["language"] = Problem.NOT_A_LANGUAGE
    if problems:
        return Refused(problems=MappingProxyType(problems))
    return CheckedProfile(
        name=name or "",
        phone=phone,
        birthday=birthday,
        birthday_calendar=calendar,
        language=language,
        show_name=typed.show_name,
        messages=typed.messages,
        note=note or "",
    )


def _birthday(text: str, today: date) -> tuple[date | None, Calendar | None, Problem | None]:
    if not text:
        return None, None, None
    plain = fold_digits(text[:_TYPED_CHARACTERS_MAX])
    day = read_date(plain)
    if day is None:
        return None, None, Problem.NOT_A_DAY
    if day.year < _BIRTH_YEAR_MIN or day > today:
        return None, None, Problem.NOT_A_BIRTHDAY
    jalali = int(plain[:4]) in JALALI_YEARS
    return day, Calendar.JALALI if jalali else Calendar.GREGORIAN, None


def _one_line(text: str) -> str | None:
    """A stranger's line without what could reorder or hide; None where it is far too long."""
    if len(text) > _TYPED_CHARACTERS_MAX:
        return None
    return _SPACES.sub(" ", _harmless(text.replace("\n", " "))).strip()


def _lines(text: str) -> str | None:
    if len(text) > _TYPED_CHARACTERS_MAX:
        return None
    plain = _harmless(text.replace("\r\n", "\n").replace("\r", "\n"))
    return _BLANK_LINES.sub("\n\n", plain).strip()


def _harmless(text: str) -> str:
    """Take out direction marks, control characters and lone surrogates; joiners stay."""
    composed = without_controls(unicodedata.normalize("NFC", text))
    kept = (
        sign
        for sign in composed
        if sign in "\n\t\u200c\u200d" or unicodedata.category(sign) not in {"Cc", "Cf", "Cs"}
    )
    return "".join(kept)
