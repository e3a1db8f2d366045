"""The guard before every route: it says what it needs, or nobody gets in.

A view carries its requirement as an attribute that ``requires`` or ``public`` set. Before each
request the guard reads it; a view without one is refused like a page that does not exist.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto, unique
from typing import Any, Final, TypeVar

import structlog
from flask import Flask, abort, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue

from gateway.office.account import Account
from web_admin.access.current import account_or_none
from web_admin.access.next_page import here
from web_admin.access.permissions import Permission, allows
from web_admin.context import house_or_none

#: Where a gateway is set up that has no owner yet.
SETUP_PAGE: Final = "/setup"
_MARK: Final = "__mohr_requirement__"
#: Flask's own views, which cannot be marked where they are made.
_FLASK_PUBLIC: Final = frozenset({"static"})
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What a route needs.

    Attributes:
        permission: what the account must be allowed; None for a public route.
        reason: why a public route is public.
    """

    permission: Permission | None
    reason: str = ""


@unique
class Verdict(Enum):
    """What becomes of a request."""

    PASS = auto()
    LOG_IN = auto()
    CHANGE_PASSWORD = auto()
    FORBID = auto()
    HIDE = auto()


def requires(permission: Permission) -> Callable[[View], View]:
    """Let a view be used by accounts with a permission; stands under the route's decorator."""
    return _marking(Requirement(permission=permission))


def public(reason: str) -> Callable[[View], View]:
    """Let anybody use a view.

    Args:
        reason: why that is right; a test wants one.
    """
    return _marking(Requirement(permission=None, reason=reason))


def requirement_of(app: Flask, endpoint: str) -> Requirement | None:
    """What the view behind an endpoint needs; None where nobody said."""
    if endpoint in _FLASK_PUBLIC:
        return Requirement(permission=None, reason="files that every page loads")
    found = getattr(app.view_functions.get(endpoint), _MARK, None)
    return found if isinstance(found, Requirement) else None


def judge(requirement: Requirement | None, account: Account | None) -> Verdict:
    """Say what becomes of a request. The whole policy is here.

    Args:
        requirement: what the route needs; None where nobody said.
        account: who is logged in; None where nobody is.
    """
    if requirement is None:
        return Verdict.HIDE
    if requirement.permission is None:
        return Verdict.PASS
    if account is None:
        return Verdict.LOG_IN
    if not allows(account.role, requirement.permission):
        return Verdict.FORBID
    if account.must_change_password and requirement.permission is not Permission.OWN_ACCOUNT:
        return Verdict.CHANGE_PASSWORD
    return Verdict.PASS


def guard_request() -> ResponseReturnValue | None:
    """Refuse the request that is being answered, or return None to let it pass."""
    if request.endpoint is None or request.routing_exception is not None:
        # There is no such page: Flask's own 404 or 405 tells nobody anything.
        return None
    requirement = requirement_of(current_app, request.endpoint)
    if requirement is not None and requirement.permission is None:
        return None
    verdict = judge(requirement, account_or_none())
    if verdict is Verdict.PASS:
        return None
    if verdict is Verdict.LOG_IN:
        return _to_login()
    if verdict is Verdict.CHANGE_PASSWORD:
        return redirect(url_for("access.password"))
    if verdict is Verdict.HIDE:
        structlog.get_logger("mohr.web").error(
            "a route says nobody who may use it", endpoint=request.endpoint
        )
    return abort(403 if verdict is Verdict.FORBID else 404)


def _to_login() -> ResponseReturnValue:
    # What changes something is never carried through a login, and a fragment of a page that asks
    # for itself must not receive the login form in its place.
    if request.method not in _SAFE_METHODS or "HX-Request" in request.headers:
        abort(401)
    if house_or_none() is None:
        return redirect(SETUP_PAGE)
    return redirect(url_for("access.login", next=here()))


def _marking(requirement: Requirement) -> Callable[[View], View]:
    def mark(view: View) -> View:
        setattr(view, _MARK, requirement)
        return view

    return mark
