"""Turning a person into a session and back: cookies, known devices, and where to go next."""

from __future__ import annotations

from typing import Final

from flask import Response, make_response, redirect, request
from flask import session as form_session
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeTimedSerializer

from gateway.office.account import Account
from gateway.office.sessions import Stage, Visitor
from web_admin.access.current import (
    SESSION_COOKIE,
    forget_login,
    login_or_none,
    session_limits,
    web_settings,
)
from web_admin.access.next_page import safe_next
from web_admin.context import current_office

#: Says that somebody has logged in to an account with this browser before: wrong tries of
#: strangers elsewhere then do not make its owner wait. It opens nothing.
DEVICE_COOKIE: Final = "mohr_device"
_DEVICE_DAYS: Final = 180
_DEVICE_S: Final = _DEVICE_DAYS * 86_400
START_PAGE: Final = "/"


def visitor() -> Visitor:
    """Where this request comes from, as it says."""
    return Visitor(device=request.headers.get("User-Agent", ""), address=request.remote_addr or "")


def open_session(account: Account, stage: Stage, target: str) -> Response:
    """Begin a session under a new secret and lead the browser on.

    Args:
        account: whose.
        stage: how far the login has come.
        target: the path to go to.

    Raises:
        OfficeError: if it cannot be written.
    """
    response = make_response(redirect(target, code=303))
    keep_session(account, stage, response)
    return response


def keep_session(account: Account, stage: Stage, response: Response) -> None:
    """Begin a session under a new secret, which an answer carries to the browser.

    Whatever session the browser had ends, and so do its form tokens: nothing that was in the
    browser before a login is worth anything after it.

    Raises:
        OfficeError: if it cannot be written.
    """
    office = current_office()
    office.sessions.sweep(session_limits())
    secret = office.sessions.open(
        account.account_id, stage, visitor(), instead_of=request.cookies.get(SESSION_COOKIE)
    )
    form_session.clear()
    forget_login()
    _set_cookie(response, SESSION_COOKIE, secret, None)
    if stage is Stage.FULL:
        office.accounts.note_login(account.account_id)
        _set_cookie(response, DEVICE_COOKIE, _devices().dumps(account.account_id), _DEVICE_S)


def close_session(target: str) -> ResponseReturnValue:
    """End this browser's session and lead it on.

    Raises:
        OfficeError: if it cannot be written.
    """
    login = login_or_none()
    if login is not None:
        current_office().sessions.close(login.secret)
    form_session.clear()
    forget_login()
    response = make_response(redirect(target, code=303))
    response.delete_cookie(SESSION_COOKIE)
    return response


def next_or_start(text: str | None) -> str:
    """Where a login leads."""
    return safe_next(text) or START_PAGE


def guess_key(account: Account | None, login: str) -> str:
    """What wrong tries are counted under: the login, and apart from strangers a known browser.

    Args:
        account: the account of the login; None where nobody has it, which looks the same outside.
        login: what was typed.
    """
    known = account is not None and _is_known_device(account)
    return f"{'known' if known else 'other'} {account.login if account else login[:64]}"


def _is_known_device(account: Account) -> bool:
    try:
        found = _devices().loads(request.cookies.get(DEVICE_COOKIE, ""), max_age=_DEVICE_S)
    except BadSignature:
        # None, an old one, or somebody's own invention: a stranger like any other.
        return False
    return bool(found == account.account_id)


def _devices() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_office().key.derive("known devices"))


def _set_cookie(response: Response, name: str, value: str, max_age_s: int | None) -> None:
    response.set_cookie(
        name,
        value,
        max_age=max_age_s,
        httponly=True,
        samesite="Lax",
        secure=over_https(),
    )


def over_https() -> bool:
    """Whether this browser reaches us by HTTPS, directly or by a proxy we trust."""
    public = web_settings().public_url
    return request.is_secure or (public is not None and public.startswith("https://"))
