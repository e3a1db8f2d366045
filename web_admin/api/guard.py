"""Before every view of the API: who asks, whether the token is for that, and how often it asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast

from flask import Flask, Response, current_app, g, request

from gateway.office.house import House
from gateway.office.tokens import Token, TokenScope
from gateway.queries.scope import EVERYTHING, Scope
from web_admin.api.limits import Allowance, ApiLimits, Windows
from web_admin.api.problems import Code, ProblemError
from web_admin.api.reasons import given_twice
from web_admin.reader import current_language

#: Every token sees all branches so far.
SEEN: Final[Scope] = EVERYTHING

_BODY_BYTES_MAX: Final = 16 * 1024
_NEEDS: Final = "__mohr_api_scope__"
_STATE: Final = "mohr-api"
_ALLOWANCE: Final = "mohr_allowance"
_OPEN_ENDPOINTS: Final = frozenset({"openapi.spec"})
_JSON: Final = ("application/json", "application/problem+json")

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class _State:
    house: House
    requests: Windows
    failures: Windows


def current_api_house() -> House:
    """The gateway that this API reads."""
    return _state().house


def needs(scope: TokenScope | None) -> Callable[[View], View]:
    """Say which scope a view's token must have; None for any living token."""

    def mark(view: View) -> View:
        setattr(view, _NEEDS, scope)
        return view

    return mark


def init_guard(app: Flask, house: House, limits: ApiLimits) -> None:
    """Have every request of an application checked before and marked after it is answered."""
    app.extensions[_STATE] = _State(house, Windows(limits.requests), Windows(limits.failures))
    app.before_request(_check)
    app.after_request(_finish)


def _check() -> None:
    if request.content_length is not None and request.content_length > _BODY_BYTES_MAX:
        raise ProblemError(Code.TOO_LARGE)
    accepted = request.accept_mimetypes
    if accepted.provided and accepted.best_match(_JSON) is None:
        raise ProblemError(Code.NOT_ACCEPTABLE)
    if request.routing_exception is not None or request.endpoint in _OPEN_ENDPOINTS:
        # There is no such page, or this one tells nothing of anybody.
        return
    view = current_app.view_functions.get(request.endpoint or "")
    token = _token()
    allowance = _state().requests.take(str(token.token_id), _now_ms())
    _note(allowance)
    scope = getattr(view, _NEEDS, "")
    # A view that names no scope at all is open to nobody.
    if scope is not None and scope not in token.scopes:
        raise ProblemError(Code.SCOPE_MISSING, required_scope=str(scope))
    repeated = [name for name, values in request.args.lists() if len(values) > 1]
    if repeated:
        raise ProblemError(
            Code.INVALID_PARAMETERS,
            errors=[given_twice(name) for name in repeated],
        )


def _token() -> Token:
    """The token that was sent.

    Raises:
        ProblemError: if there is none that opens anything, or too many wrong ones were tried.
        OfficeError: if it cannot be looked up.
    """
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    sent = scheme.lower() == "bearer" and bool(secret.strip())
    token = _state().house.office.tokens.find(secret.strip()) if sent else None
    if token is not None:
        return token
    _note(_state().failures.take(request.remote_addr or "", _now_ms()))
    raise ProblemError(
        Code.TOKEN_INVALID if sent else Code.TOKEN_MISSING,
        headers={"WWW-Authenticate": 'Bearer realm="mohr"'},
    )


def _note(allowance: Allowance) -> None:
    setattr(g, _ALLOWANCE, allowance)
    if not allowance.allowed:
        raise ProblemError(Code.TOO_MANY_REQUESTS)


def _finish(response: Response) -> Response:
    allowance = cast("Allowance | None", g.pop(_ALLOWANCE, None))
    if allowance is not None:
        response.headers.update(allowance.headers())
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    response.headers.setdefault("Content-Language", str(current_language()))
    response.vary.update(("Accept-Language", "Authorization"))
    if response.status_code == 200 and request.method in ("GET", "HEAD"):
        response.add_etag()
        response.make_conditional(request)
    return response


def _state() -> _State:
    return cast("_State", current_app.extensions[_STATE])


def _now_ms() -> int:
    return _state().house.clock.monotonic_ms()
