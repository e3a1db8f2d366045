"""The accounts of others: adding, changing, disabling, resetting."""

from __future__ import annotations

import secrets
from typing import Final, TypeVar

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _

from gateway.model.ids import BranchId
from gateway.office.account import Account
from gateway.office.accounts import AccountRefusal, Profile
from gateway.office.trail import Values
from web_admin.access.blueprint import blueprint
from web_admin.access.branches import known_branches
from web_admin.access.current import current_account
from web_admin.access.forms import NewAccountForm, ProfileForm, ResetForm
from web_admin.access.guard import requires
from web_admin.access.limits import WRONG
from web_admin.access.permissions import Permission, Role
from web_admin.access.recording import recorded
from web_admin.access.words import words_of_duty, words_of_refusal, words_of_role
from web_admin.context import current_office

#: Read aloud or written on paper once, so without signs that look alike. 12 of 31: 59 bits.
_FIRST_PASSWORD_SIGNS: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # noqa: S105 - an alphabet
_FIRST_PASSWORD_LENGTH: Final = 12

_Form = TypeVar("_Form", bound=ProfileForm)


@blueprint.get("/accounts")
@requires(Permission.MANAGE_ACCOUNTS)
def accounts() -> str:
    """Everybody who may log in."""
    return render_template(
        "access/accounts.html",
        accounts=current_office().accounts.all(),
        words_of_role=words_of_role,
    )


@blueprint.route("/accounts/add", methods=["GET", "POST"])
@requires(Permission.MANAGE_ACCOUNTS)
def add_account() -> ResponseReturnValue:
    """Add an account under a first password, which is shown once."""
    form = _with_choices(NewAccountForm())
    if request.method == "GET":
        form.role.data = Role.CASHIER.value
        return _add_page(form)
    if not form.validate():
        return _add_page(form), WRONG
    login, first = form.login.data or "", _first_password()
    wanted = _profile(form)
    with recorded("account.add", login, {}) as change:
        made = current_office().accounts.add(
            login, wanted, first, language=_language(), must_change_password=True
        )
        if isinstance(made, AccountRefusal):
            change.refuse(made.value)
        else:
            change.after = _values(made)
    if isinstance(made, AccountRefusal):
        _say(form, made)
        return _add_page(form), WRONG
    return render_template("access/first_password.html", one=made, password=first)


@blueprint.route("/accounts/<int:account_id>", methods=["GET", "POST"])
@requires(Permission.MANAGE_ACCOUNTS)
def edit_account(account_id: int) -> ResponseReturnValue:
    """Change who an account is for, and what it may do."""
    one = _account(account_id)
    form = _with_choices(ProfileForm())
    if request.method == "GET":
        form.display_name.data, form.role.data = one.display_name, one.role.value
        form.branches.data = sorted(one.branches or ())
        return _edit_page(form, one)
    if not form.validate():
        return _edit_page(form, one), WRONG
    office = current_office()
    with recorded("account.change", one.login, _values(one)) as change:
        made = office.accounts.change(account_id, _profile(form))
        if isinstance(made, AccountRefusal):
            change.refuse(made.value)
        else:
            change.after = _values(made)
            if (made.role, made.branches) != (one.role, one.branches):
                # What somebody may do has changed: they log in anew.
                office.sessions.close_all(account_id)
    if isinstance(made, AccountRefusal):
        _say(form, made)
        return _edit_page(form, one), WRONG
    flash(_("The account was changed."), "success")
    return redirect(url_for("access.accounts"), 303)


@blueprint.post("/accounts/<int:account_id>/disable")
@requires(Permission.MANAGE_ACCOUNTS)
def disable_account(account_id: int) -> ResponseReturnValue:
    """Forbid an account to log in; its sessions end at once."""
    return _set_disabled(account_id, disabled=True)


@blueprint.post("/accounts/<int:account_id>/enable")
@requires(Permission.MANAGE_ACCOUNTS)
def enable_account(account_id: int) -> ResponseReturnValue:
    """Let an account log in again."""
    return _set_disabled(account_id, disabled=False)


@blueprint.post("/accounts/<int:account_id>/reset")
@requires(Permission.MANAGE_ACCOUNTS)
def reset_account(account_id: int) -> ResponseReturnValue:
    """Give an account a new first password, shown once; its sessions end."""
    one, office, form = _account(account_id), current_office(), ResetForm()
    if account_id == current_account().account_id:
        flash(_("Choose your own password on the page of your account."), "warning")
        return redirect(url_for("access.edit_account", account_id=account_id), 303)
    first, also = _first_password(), bool(form.second_factor.data)
    with recorded("account.reset", one.login, {"authenticator": one.has_code}) as change:
        refused = office.accounts.set_password(account_id, first, must_change_password=True)
        if refused is not None:
            change.refuse(refused.value)
        else:
            if also:
                office.second_factors.remove(account_id)
                office.passkeys.remove_all(account_id)
            ended = office.sessions.close_all(account_id)
            change.after = {"second_factor_removed": also, "sessions_ended": ended}
    if refused is not None:
        abort(404)
    return render_template("access/first_password.html", one=one, password=first)


def _set_disabled(account_id: int, *, disabled: bool) -> ResponseReturnValue:
    one, office = _account(account_id), current_office()
    back = redirect(url_for("access.edit_account", account_id=account_id), 303)
    if disabled and account_id == current_account().account_id:
        flash(_("You cannot disable your own account."), "warning")
        return back
    action = "account.disable" if disabled else "account.enable"
    with recorded(action, one.login, {"disabled": one.disabled}) as change:
        made = office.accounts.set_disabled(account_id, disabled=disabled)
        if isinstance(made, AccountRefusal):
            change.refuse(made.value)
        else:
            office.sessions.close_all(account_id)
            change.after = {"disabled": made.disabled}
    if isinstance(made, AccountRefusal):
        flash(words_of_refusal(made), "warning")
    else:
        flash(_("The account was changed."), "success")
    return back


def _account(account_id: int) -> Account:
    found = current_office().accounts.get(account_id)
    if found is None:
        abort(404)
    return found


def _with_choices(form: _Form) -> _Form:
    form.role.choices = [(role.value, words_of_role(role)) for role in Role]
    form.branches.choices = [(branch, branch) for branch in known_branches()]
    return form


def _profile(form: ProfileForm) -> Profile:
    return Profile(
        display_name=form.display_name.data or "",
        role=Role(form.role.data),
        branches=frozenset(BranchId(branch) for branch in form.branches.data or ()),
    )


def _say(form: ProfileForm, refusal: AccountRefusal) -> None:
    """Put a refusal beside the field that can mend it."""
    field = {
        AccountRefusal.BAD_NAME: form.display_name,
        AccountRefusal.NO_BRANCH: form.branches,
        AccountRefusal.LAST_OWNER: form.role,
    }.get(refusal, getattr(form, "login", form.display_name))
    field.errors = [words_of_refusal(refusal)]


def _values(account: Account) -> Values:
    branches = None if account.branches is None else " ".join(sorted(account.branches))
    return {
        "display_name": account.display_name,
        "role": account.role.value,
        "branches": branches,
        "disabled": account.disabled,
    }


def _language() -> str:
    locale = get_locale()
    return "en" if locale is None else locale.language


def _first_password() -> str:
    return "".join(
        secrets.choice(_FIRST_PASSWORD_SIGNS) for _index in range(_FIRST_PASSWORD_LENGTH)
    )


def _add_page(form: NewAccountForm) -> str:
    return render_template("access/account_add.html", form=form, duties=_duties())


def _edit_page(form: ProfileForm, one: Account) -> str:
    return render_template(
        "access/account_edit.html",
        form=form,
        one=one,
        reset=ResetForm(formdata=None),
        duties=_duties(),
        is_own=one.account_id == current_account().account_id,
    )


def _duties() -> list[tuple[str, str]]:
    return [(words_of_role(role), words_of_duty(role)) for role in Role]
