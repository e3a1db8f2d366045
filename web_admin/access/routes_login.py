"""Logging in with a password and a code, and out again."""

from __future__ import annotations

import structlog
from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from gateway.office.account import Account
from gateway.office.sessions import Stage
from web_admin.access.blueprint import blueprint
from web_admin.access.current import account_or_none, login_or_none
from web_admin.access.forms import CodeForm, LoginForm
from web_admin.access.guard import SETUP_PAGE, public
from web_admin.access.limits import (
    WRONG,
    limit_failures,
    note_failure,
    note_success,
    refuse_while_waiting,
)
from web_admin.access.passkeys import current_site
from web_admin.access.signing_in import close_session, guess_key, next_or_start, open_session
from web_admin.context import current_office, house_or_none


@blueprint.route("/login", methods=["GET", "POST"])
@public("whoever logs in has not logged in yet")
@limit_failures
def login() -> ResponseReturnValue:
    """Ask for name and password."""
    if house_or_none() is None or not current_office().accounts.has_owner():
        return redirect(SETUP_PAGE)
    form = LoginForm()
    if request.method == "GET":
        form.next.data = request.args.get("next")
        if account_or_none() is not None:
            return redirect(next_or_start(form.next.data))
        return _login_page(form)
    account = _check(form)
    if account is None:
        return _login_page(form), WRONG
    if account.has_code:
        return open_session(account, Stage.CODE, url_for("access.code", next=_only(form.next.data)))
    _log("logged in", account)
    return open_session(account, Stage.FULL, next_or_start(form.next.data))


def _check(form: LoginForm) -> Account | None:
    """The account whose name and password were typed; otherwise the form says what is wrong."""
    if not form.validate():
        return None
    typed = form.login.data or ""
    accounts = current_office().accounts
    key = guess_key(accounts.by_login(typed), typed)
    refuse_while_waiting(key)
    account = accounts.check_password(typed, form.password.data or "")
    if account is None:
        note_failure(key)
        _log("a login failed", None)
        # The same sentence whatever was wrong: nobody learns which names exist.
        form.password.errors = [_("The sign-in name or the password is wrong.")]
        return None
    note_success(key)
    return account


@blueprint.route("/login/code", methods=["GET", "POST"])
@public("the password was right and the second factor is still missing")
@limit_failures
def code() -> ResponseReturnValue:
    """Ask for a code of the authenticator, or a recovery code."""
    found = login_or_none()
    if found is None or found.session.stage is not Stage.CODE:
        # Logged in already, or the five minutes are over.
        return redirect(url_for("access.login"))
    form = CodeForm()
    if request.method == "GET":
        form.next.data = request.args.get("next")
        return render_template("access/code.html", form=form)
    if not form.validate():
        return render_template("access/code.html", form=form), WRONG
    account, factors = found.account, current_office().second_factors
    key = f"code {account.account_id}"
    refuse_while_waiting(key)
    typed = form.code.data or ""
    if not (
        factors.take_code(account.account_id, typed)
        or factors.take_recovery(account.account_id, typed)
    ):
        note_failure(key)
        _log("a code was wrong", account)
        form.code.errors = [_("This code is wrong or was used before. Wait for the next one.")]
        return render_template("access/code.html", form=form), WRONG
    note_success(key)
    _log("logged in", account)
    return open_session(account, Stage.FULL, next_or_start(form.next.data))


@blueprint.post("/logout")
@public("a session that ended meanwhile can be logged out of, too")
def logout() -> ResponseReturnValue:
    """End this browser's session."""
    if house_or_none() is None:
        abort(404)
    return close_session(url_for("access.login"))


def _login_page(form: LoginForm) -> str:
    return render_template("access/login.html", form=form, has_passkeys=current_site() is not None)


def _only(text: str | None) -> str | None:
    target = next_or_start(text)
    return None if target == "/" else target


def _log(event: str, account: Account | None) -> None:
    # What was typed is not logged: people type their password into the field for the name.
    structlog.get_logger("mohr.web").info(
        event,
        account=None if account is None else account.account_id,
        address=request.remote_addr,
    )
