"""The forms of logins and accounts."""

from __future__ import annotations

from typing import Final

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    HiddenField,
    PasswordField,
    RadioField,
    SelectMultipleField,
    StringField,
)
from wtforms.validators import EqualTo, InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from gateway.office.account import LOGIN_CHARACTERS_MAX, NAME_CHARACTERS_MAX
from gateway.office.passwords import CHARACTERS_MAX

#: Longer than any password that is taken, so that the refusal can say what is wrong.
_PASSWORD_TYPED_MAX: Final = 4 * CHARACTERS_MAX
_CODE_TYPED_MAX: Final = 40

_NEEDED: Final = InputRequired(lazy_gettext("Please fill this in."))
_OLD_PASSWORD: Final = {"autocomplete": "current-password", "dir": "ltr"}
_NEW_PASSWORD: Final = {"autocomplete": "new-password", "dir": "ltr"}
_ONE_TIME_CODE: Final = {
    "autocomplete": "one-time-code",
    "autocapitalize": "none",
    "spellcheck": "false",
    "dir": "ltr",
}
_LOGIN: Final = {
    "autocomplete": "username",
    "autocapitalize": "none",
    "spellcheck": "false",
    "dir": "auto",
}


class BoxesField(SelectMultipleField):
    """A choice of several as check boxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class LoginForm(FlaskForm):
    """Name and password."""

    login = StringField(
        lazy_gettext("Sign-in name"),
        validators=[_NEEDED, Length(max=4 * LOGIN_CHARACTERS_MAX)],
        render_kw=_LOGIN,
    )
    password = PasswordField(
        lazy_gettext("Password"),
        validators=[_NEEDED, Length(max=_PASSWORD_TYPED_MAX)],
        render_kw=_OLD_PASSWORD,
    )
    # Judged where it is used: a wrong one leads to the start page and is no fault of the form.
    next = HiddenField()


class CodeForm(FlaskForm):
    """A code of an authenticator, or a recovery code."""

    code = StringField(
        lazy_gettext("Code"),
        validators=[_NEEDED, Length(max=_CODE_TYPED_MAX)],
        render_kw=_ONE_TIME_CODE,
    )
    # Judged where it is used: a wrong one leads to the start page and is no fault of the form.
    next = HiddenField()


class ConfirmForm(FlaskForm):
    """The password once more, before something that lets others in."""

    password = PasswordField(
        lazy_gettext("Your password"),
        validators=[_NEEDED, Length(max=_PASSWORD_TYPED_MAX)],
        render_kw=_OLD_PASSWORD,
    )


class PasswordForm(ConfirmForm):
    """Another password."""

    new = PasswordField(
        lazy_gettext("New password"),
        description=lazy_gettext(
            "At least 10 characters. A sentence that only you would write is best."
        ),
        validators=[_NEEDED, Length(max=_PASSWORD_TYPED_MAX)],
        render_kw=_NEW_PASSWORD,
    )
    again = PasswordField(
        lazy_gettext("New password once more"),
        validators=[_NEEDED, EqualTo("new", lazy_gettext("The two passwords are not the same."))],
        render_kw=_NEW_PASSWORD,
    )


class ProfileForm(FlaskForm):
    """Who an account is for. ``role`` and ``branches`` get their choices from the view."""

    display_name = StringField(
        lazy_gettext("Name"),
        description=lazy_gettext("As others see it."),
        validators=[_NEEDED, Length(max=NAME_CHARACTERS_MAX)],
        render_kw={"autocomplete": "off", "dir": "auto"},
    )
    role = RadioField(lazy_gettext("Role"), validators=[_NEEDED])
    branches = BoxesField(
        lazy_gettext("Branches"),
        description=lazy_gettext("For managers, cashiers and support; the others see all."),
    )


class NewAccountForm(ProfileForm):
    """An account that is being added."""

    login = StringField(
        lazy_gettext("Sign-in name"),
        description=lazy_gettext("Letters, digits and . _ - @ + without spaces."),
        validators=[_NEEDED, Length(max=LOGIN_CHARACTERS_MAX)],
        render_kw={**_LOGIN, "autocomplete": "off"},
    )


class ResetForm(FlaskForm):
    """A new first password for somebody who lost theirs."""

    second_factor = BooleanField(
        lazy_gettext("Also remove the authenticator, recovery codes and passkeys")
    )
