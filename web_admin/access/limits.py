"""How often one address may fail to log in, and how often one account may be guessed at."""

from __future__ import annotations

from typing import Final, cast

from flask import Flask, Response, current_app, g
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from werkzeug.exceptions import TooManyRequests

from web_admin.access.back_off import BackOff
from web_admin.context import current_clock

#: A wrong login answers with this status; only such answers are counted against an address.
WRONG: Final = 422
_NOT_FOUND: Final = 404
FAILURES_PER_ADDRESS: Final = "20 per minute; 200 per hour"
#: Challenges of passkeys cost a write each, and anybody may ask for them.
CHALLENGES_PER_ADDRESS: Final = "30 per minute"
_BACK_OFF: Final = "mohr-back-off"
_WAIT: Final = "mohr_wait_s"

#: In memory: a restart forgets, and one process serves all pages. ``init_app`` begins anew.
limiter = Limiter(get_remote_address, storage_uri="memory://", headers_enabled=True)

limit_failures = limiter.shared_limit(
    FAILURES_PER_ADDRESS,
    scope="login",
    methods=["POST"],
    deduct_when=lambda response: response.status_code == WRONG,
)
#: Whoever tries addresses that nobody was given; what is found is not counted.
limit_guesses = limiter.shared_limit(
    FAILURES_PER_ADDRESS,
    scope="guess",
    deduct_when=lambda response: response.status_code == _NOT_FOUND,
)
limit_challenges = limiter.limit(CHALLENGES_PER_ADDRESS)


def init_limits(app: Flask) -> None:
    """Limit an application's logins."""
    # Answers pass these in reverse: the limiter writes its own Retry-After, and ours comes last.
    app.after_request(_with_own_wait)
    limiter.init_app(app)
    app.extensions[_BACK_OFF] = BackOff()


def wait_s(key: str) -> int:
    """Whole seconds until the next try at an account counts; 0 for at once."""
    wait_ms = _back_off().wait_ms(key, current_clock().monotonic_ms())
    return -(-wait_ms // 1_000)


def note_failure(key: str) -> None:
    """Count a wrong try at an account."""
    _back_off().failed(key, current_clock().monotonic_ms())


def note_success(key: str) -> None:
    """Forget the wrong tries at an account."""
    _back_off().succeeded(key)


def refuse_while_waiting(key: str) -> None:
    """End the request with 429 and ``Retry-After`` where the account must wait."""
    seconds = wait_s(key)
    if seconds:
        setattr(g, _WAIT, seconds)
        raise TooManyRequests(retry_after=seconds)


def _with_own_wait(response: Response) -> Response:
    if _WAIT in g:
        response.headers["Retry-After"] = str(getattr(g, _WAIT))
    return response


def _back_off() -> BackOff:
    return cast("BackOff", current_app.extensions[_BACK_OFF])
