"""Speaks each visitor's language, and lets them change it from the top bar of every page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import Final

from flask import Blueprint, Flask, abort, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from gateway.formatting.numbers import Language
from web_admin.access.current import account_or_none
from web_admin.access.guard import public
from web_admin.access.next_page import safe_next
from web_admin.access.recording import recorded
from web_admin.context import current_office, house_or_none, organisation_or_none
from web_admin.tongues import LANGUAGE_COOKIE, Readers, install_language

_COOKIE_S: Final = 365 * 86_400

blueprint = Blueprint("language", __name__)


def init_language(app: Flask) -> None:
    """Have an application speak its visitors' language, and serve ``POST /language``.

    Raises:
        ConfigError: if a catalogue cannot be read.
    """
    install_language(
        app,
        Readers(
            languages=_languages, default=_default, account_language=_account_language, zone=_zone
        ),
    )
    app.register_blueprint(blueprint)


@blueprint.post("/language")
@public("whoever cannot read a page yet must be able to change its language")
def switch() -> BaseResponse:
    """Remember a language in this browser, and go back to the page."""
    code = request.form.get("language", "")
    if code not in _languages():
        abort(400)
    account = account_or_none()
    # An account's language would win over the cookie, and the switch would seem to do nothing.
    if account is not None and account.language != code:
        with recorded("account.language", account.login, {"language": account.language}) as change:
            current_office().accounts.set_language(account.account_id, code)
            change.after = {"language": code}
    response = redirect(safe_next(request.form.get("next")) or "/", 303)
    response.set_cookie(
        LANGUAGE_COOKIE,
        code,
        max_age=_COOKIE_S,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure,
    )
    return response


def _languages() -> Sequence[str]:
    house = house_or_none()
    return tuple(Language) if house is None else house.settings.languages


def _default() -> str:
    languages, organisation = _languages(), organisation_or_none()
    if organisation is not None and organisation.language in languages:
        return organisation.language
    return languages[0]


def _account_language() -> str | None:
    account = account_or_none()
    return None if account is None else account.language


def _zone() -> tzinfo | None:
    organisation = organisation_or_none()
    return None if organisation is None else organisation.zone
