"""Finds this request's place at the desk, and keeps everybody else out."""

from __future__ import annotations

from typing import Final, cast

from flask import abort, current_app, redirect, request, url_for
from werkzeug.wrappers import Response

from web_admin.access.signing_in import over_https
from web_admin.context import current_clock, current_door
from web_admin.setup.desk import CLAIM_MS, Desk
from web_admin.setup.draft import Draft
from web_admin.setup.steps import Step, first_open, may_open
from web_admin.setup_code import current_setup_code

#: Holds a random secret that opens the desk for a while, and nothing that was typed.
COOKIE: Final = "mohr_setup"
_DESK: Final = "mohr-setup-desk"
_PATH: Final = "/setup"


def current_desk() -> Desk:
    """The desk of the application that serves this request; made when it is first asked for."""
    return cast("Desk", current_app.extensions.setdefault(_DESK, Desk(current_clock())))


def has_house() -> bool:
    """Whether a gateway runs already."""
    return current_door().house is not None


def live_code() -> str:
    """The one-time code; once there is an owner, nothing of the wizard is there any more."""
    code = current_setup_code()
    if code is None:
        abort(404)
    return code


def own_secret() -> str | None:
    """What this browser holds."""
    secret = request.cookies.get(COOKIE)
    return secret if secret and len(secret) <= 64 else None


def draft_for(step: Step) -> Draft | Response:
    """The draft, for a step that may be opened; or the way to where this browser may be."""
    live_code()
    draft = current_desk().draft_of(own_secret())
    if draft is None:
        return redirect(url_for("setup.enter"), 303)
    if not may_open(step, draft, has_house=has_house()):
        return redirect(url_of(first_open(draft, has_house=has_house())), 303)
    return draft


def url_of(step: Step) -> str:
    """A step's page."""
    return url_for(f"setup.{step.value}")


def give_secret(response: Response, secret: str) -> None:
    """Let the browser keep its place."""
    response.set_cookie(
        COOKIE,
        secret,
        max_age=CLAIM_MS // 1_000,
        path=_PATH,
        httponly=True,
        # A link to the printed address may stand on another site's page, such as a web console.
        samesite="Lax",
        secure=over_https(),
    )


def take_secret(response: Response) -> None:
    """Have the browser forget its place."""
    response.delete_cookie(COOKIE, path=_PATH)
