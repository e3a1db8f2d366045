"""Who asks: the account and the session behind the request that is being answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast

from flask import abort, current_app, g, request

from gateway.config import WebSettings
from gateway.office.account import Account
from gateway.office.sessions import Session, SessionLimits, Stage
from gateway.queries.scope import Scope
from web_admin.access.permissions import Permission, allows
from web_admin.access.unattended import is_unattended
from web_admin.context import current_office, house_or_none

SESSION_COOKIE: Final = "mohr_session"
_SETTINGS: Final = "mohr-web-settings"
_FOUND: Final = "mohr_login"
#: A secret of 256 bits in base64; whatever is longer was not made here.
_SECRET_CHARACTERS_MAX: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A session and the account behind it.

    Attributes:
        secret: the session's secret, from the cookie.
        session: the session.
        account: whose it is.
    """

    secret: str
    session: Session
    account: Account


def keep_settings(extensions: dict[str, object], settings: WebSettings) -> None:
    """Give an application its settings; ``extensions`` is its own room for such."""
    extensions[_SETTINGS] = settings


def web_settings() -> WebSettings:
    """The settings of the application that serves this request."""
    return cast("WebSettings", current_app.extensions[_SETTINGS])


def session_limits() -> SessionLimits:
    """When sessions end, by the settings."""
    settings = web_settings()
    return SessionLimits(
        idle_ms=settings.idle_minutes * 60_000, age_ms=settings.session_hours * 3_600_000
    )


def login_or_none() -> Login | None:
    """The session of this request at whatever stage; None without one.

    Raises:
        OfficeError: if it cannot be looked up.
    """
    if _FOUND not in g:
        setattr(g, _FOUND, _look_up())
    return cast("Login | None", getattr(g, _FOUND))


def forget_login() -> None:
    """Look the session up anew at the next question, because it or its account changed."""
    g.pop(_FOUND, None)


def account_or_none() -> Account | None:
    """The account that is logged in; None where nobody is."""
    login = login_or_none()
    if login is None or login.session.stage is not Stage.FULL:
        return None
    return login.account


def current_login() -> Login:
    """The session that is logged in; the request ends with 401 where there is none."""
    login = login_or_none()
    if login is None or login.session.stage is not Stage.FULL:
        abort(401)
    return login


def current_account() -> Account:
    """The account that is logged in; the request ends with 401 where nobody is."""
    return current_login().account


def current_scope() -> Scope:
    """The rows that the account may see."""
    return Scope(current_account().branches)


def may(permission: Permission) -> bool:
    """Whether somebody is logged in who may do this; for templates that show or hide a button."""
    account = account_or_none()
    return account is not None and allows(account.role, permission)


def _look_up() -> Login | None:
    secret = request.cookies.get(SESSION_COOKIE)
    if not secret or len(secret) > _SECRET_CHARACTERS_MAX or house_or_none() is None:
        return None
    office = current_office()
    session = office.sessions.find(secret, session_limits(), in_use=not is_unattended())
    if session is None:
        return None
    account = office.accounts.get(session.account_id)
    if account is None or account.disabled:
        return None
    return Login(secret=secret, session=session, account=account)
