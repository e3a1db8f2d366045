"""The password once more, before something that lets others in."""

from __future__ import annotations

from flask_babel import gettext as _

from web_admin.access.current import current_account
from web_admin.access.forms import ConfirmForm
from web_admin.access.limits import note_failure, note_success, refuse_while_waiting
from web_admin.context import current_office


def is_own_password(typed: str) -> bool:
    """Whether somebody typed the password of the account they are logged in to.

    A borrowed browser guesses no faster than a login.
    """
    account = current_account()
    key = f"own {account.account_id}"
    refuse_while_waiting(key)
    if current_office().accounts.check_password(account.login, typed) is None:
        note_failure(key)
        return False
    note_success(key)
    return True


def confirmed(form: ConfirmForm) -> bool:
    """Whether a form was filled in and holds the right password; otherwise it says what is not."""
    if not form.validate():
        return False
    if is_own_password(form.password.data or ""):
        return True
    form.password.errors = [_("This is not your password.")]
    return False
