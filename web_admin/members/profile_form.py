"""The form about who a member is, and how a change of it is written into the trail."""

from __future__ import annotations

from datetime import date
from typing import Final

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectChoice, SelectField, StringField, TextAreaField

from gateway.formatting.dates import write_typed_date
from gateway.formatting.numbers import Language
from gateway.formatting.phone import mask_phone, write_phone
from gateway.office.profile import (
    NAME_CHARACTERS_MAX,
    NOTE_CHARACTERS_MAX,
    Calendar,
    CheckedProfile,
    Profile,
    Refused,
    TypedProfile,
    check_profile,
)
from web_admin.members.words import words_of_problem

_LANGUAGES: Final = [
    SelectChoice("", lazy_gettext("Not said")),
    SelectChoice(Language.FA.value, lazy_gettext("Persian")),
    SelectChoice(Language.EN.value, lazy_gettext("English")),
]


class ProfileForm(FlaskForm):
    """Who a member is. What is kept is decided by ``gateway.office.profile``."""

    name = StringField(
        lazy_gettext("Name"),
        render_kw={
            "maxlength": NAME_CHARACTERS_MAX,
            "autocomplete": "off",
            "dir": "auto",
            "translate": "no",
        },
    )
    phone = StringField(
        lazy_gettext("Phone"),
        description=lazy_gettext("With the country's code if it is not Iranian."),
        render_kw={
            "maxlength": 40,
            "inputmode": "tel",
            "autocomplete": "off",
            "dir": "ltr",
            "translate": "no",
        },
    )
    birthday = StringField(
        lazy_gettext("Birthday"),
        description=lazy_gettext("Year, month and day, in either calendar."),
        render_kw={
            "maxlength": 20,
            "autocomplete": "off",
            "dir": "ltr",
            "translate": "no",
        },
    )
    language = SelectField(lazy_gettext("Language"), choices=_LANGUAGES, validate_choice=False)
    show_name = BooleanField(
        lazy_gettext("The customer agrees that displays greet by name"),
    )
    messages = BooleanField(
        lazy_gettext("The customer agrees to receive messages"),
    )
    note = TextAreaField(
        lazy_gettext("Note"),
        description=lazy_gettext("For the shop only; displays never show it."),
        render_kw={"maxlength": NOTE_CHARACTERS_MAX, "rows": 3, "dir": "auto", "translate": "no"},
    )

    def fill(self, profile: Profile | None) -> None:
        """Show what is kept."""
        if profile is None:
            return
        self.name.data = profile.name
        self.phone.data = "" if profile.phone is None else write_phone(profile.phone)
        self.birthday.data = typed_birthday(profile)
        self.language.data = profile.language.value if profile.language else ""
        self.show_name.data = profile.show_name_at_ms is not None
        self.messages.data = profile.messages_at_ms is not None
        self.note.data = profile.note

    def check(self, today: date) -> CheckedProfile | None:
        """What was typed, ready to be kept; None puts the reasons beside the fields."""
        checked = check_profile(
            TypedProfile(
                name=self.name.data or "",
                phone=self.phone.data or "",
                birthday=self.birthday.data or "",
                language=self.language.data or "",
                show_name=bool(self.show_name.data),
                messages=bool(self.messages.data),
                note=self.note.data or "",
            ),
            today,
        )
        if not isinstance(checked, Refused):
            return checked
        for name, problem in checked.problems.items():
            # Bounded, because the page shows again what was typed.
            self[name].data = (self[name].data or "")[:NOTE_CHARACTERS_MAX]
            self[name].errors = [words_of_problem(problem)]
        return None


def typed_birthday(profile: Profile) -> str:
    """A birthday as it was said: in its own calendar, digits as in that calendar's language."""
    if profile.birthday is None:
        return ""
    jalali = profile.birthday_calendar is Calendar.JALALI
    return write_typed_date(profile.birthday, Language.FA if jalali else Language.EN)


def trail_of(profile: Profile | None) -> dict[str, str | int | bool | None]:
    """What the trail may say of a profile.

    The trail outlives an erasure, so it names no person: it says which fields were filled, the
    name by its first letter and the phone by its last digits.
    """
    if profile is None:
        return {"profile": False}
    return {
        "profile": True,
        "name": f"{profile.name[:1]}…" if profile.name else None,
        "phone": mask_phone(profile.phone),
        "birthday": profile.birthday is not None,
        "language": profile.language.value if profile.language else None,
        "show_name": profile.show_name_at_ms is not None,
        "messages": profile.messages_at_ms is not None,
        "note": bool(profile.note),
    }
