"""Passkeys: logging in with one, and those of one's own account. Speaks JSON with access.js."""

from __future__ import annotations

import json
from typing import Any, Final

import structlog
from flask import Response, abort, flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from gateway.office.account import clean_name
from gateway.office.passkeys import NAME_CHARACTERS_MAX
from gateway.office.sessions import Stage
from web_admin.access.blueprint import blueprint
from web_admin.access.confirming import is_own_password
from web_admin.access.current import current_account
from web_admin.access.guard import public, requires
from web_admin.access.limits import WRONG, limit_challenges, limit_failures
from web_admin.access.passkeys import (
    ANSWER_BYTES_MAX,
    Site,
    current_site,
    finish_login,
    finish_register,
    login_options,
    register_options,
)
from web_admin.access.permissions import Permission
from web_admin.access.recording import recorded
from web_admin.access.signing_in import keep_session, next_or_start
from web_admin.context import current_office, house_or_none

_PASSWORD_TYPED_MAX: Final = 1024


@blueprint.post("/login/passkey/options")
@public("whoever logs in has not logged in yet")
@limit_challenges
def passkey_login_options() -> Response:
    """Begin a login with a passkey."""
    return jsonify(login_options(_site()))


@blueprint.post("/login/passkey")
@public("whoever logs in has not logged in yet")
@limit_failures
def passkey_login() -> ResponseReturnValue:
    """Log in with a passkey, which is both factors in one."""
    answer = _json()
    account = finish_login(_site(), _part(answer, "credential"))
    if account is None:
        structlog.get_logger("mohr.web").info(
            "a login with a passkey failed", address=request.remote_addr
        )
        return _wrong(_("This passkey was not accepted. Use your password instead."))
    target = answer.get("next")
    response = jsonify({"next": next_or_start(target if isinstance(target, str) else None)})
    keep_session(account, Stage.FULL, response)
    return response


@blueprint.post("/account/passkeys/options")
@requires(Permission.OWN_ACCOUNT)
def passkey_options() -> ResponseReturnValue:
    """Begin to make a passkey; asks for the password once more."""
    site = _site()
    password = _json().get("password")
    if not isinstance(password, str) or not is_own_password(password[:_PASSWORD_TYPED_MAX]):
        return _wrong(_("This is not your password."))
    return jsonify(register_options(site, current_account()))


@blueprint.post("/account/passkeys")
@requires(Permission.OWN_ACCOUNT)
def add_passkey() -> ResponseReturnValue:
    """Keep a passkey that the browser made."""
    own, answer = current_account(), _json()
    name = _name(answer.get("name"))
    with recorded("account.passkey.add", own.login, {}) as change:
        kept = finish_register(_site(), own, _part(answer, "credential"), name)
        if kept:
            change.after = {"name": name}
        else:
            change.refuse("the passkey was not accepted")
    if not kept:
        return _wrong(_("This passkey was not accepted. Begin again."))
    flash(_("The passkey was added."), "success")
    return jsonify({"next": url_for("access.account")})


@blueprint.post("/account/passkeys/<int:passkey_id>/rename")
@requires(Permission.OWN_ACCOUNT)
def rename_passkey(passkey_id: int) -> ResponseReturnValue:
    """Call a passkey something else."""
    name = _name(request.form.get("name"))
    if not current_office().passkeys.rename(current_account().account_id, passkey_id, name):
        abort(404)
    return redirect(url_for("access.account"), 303)


@blueprint.post("/account/passkeys/<int:passkey_id>/remove")
@requires(Permission.OWN_ACCOUNT)
def remove_passkey(passkey_id: int) -> ResponseReturnValue:
    """Forget a passkey."""
    own, passkeys = current_account(), current_office().passkeys
    names = {one.passkey_id: one.name for one in passkeys.of_account(own.account_id)}
    if passkey_id not in names:
        abort(404)
    with recorded("account.passkey.remove", own.login, {"name": names[passkey_id]}):
        passkeys.remove(own.account_id, passkey_id)
    flash(_("The passkey was removed."), "success")
    return redirect(url_for("access.account"), 303)


def _site() -> Site:
    site = None if house_or_none() is None else current_site()
    if site is None:
        abort(404)
    return site


def _json() -> dict[str, Any]:
    """The request's JSON object; ends the request with 400 where it is none."""
    if (request.content_length or 0) > ANSWER_BYTES_MAX:
        abort(413)
    try:
        found = json.loads(request.get_data())
    except (ValueError, RecursionError):
        abort(400)
    if not isinstance(found, dict):
        abort(400)
    return found


def _part(answer: dict[str, Any], name: str) -> dict[str, Any]:
    found = answer.get(name)
    return found if isinstance(found, dict) else {}


def _name(text: object) -> str:
    cleaned = clean_name(text) if isinstance(text, str) else None
    return (cleaned or _("Passkey"))[:NAME_CHARACTERS_MAX]


def _wrong(text: str) -> ResponseReturnValue:
    return jsonify({"error": text}), WRONG
