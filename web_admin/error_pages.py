"""What a visitor is told when a request cannot be answered: what happened, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import structlog
from flask import Flask, Response, current_app, make_response, render_template, request
from flask_babel import LazyString, force_locale, lazy_gettext
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError

from gateway.errors import GatewayBusyError, NoAnswerError
from gateway.formatting.numbers import Language
from gateway.ledger.errors import StoreFullError, StoreUnavailableError
from gateway.office.errors import OfficeFullError
from web_admin.reader import direction_of
from web_admin.tongues import LANGUAGE_COOKIE

_KEPT_HEADERS: Final = frozenset({"retry-after", "allow", "www-authenticate"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One fault in words.

    Attributes:
        title: what happened.
        hint: what to do.
        icon: its picture.
    """

    title: LazyString
    hint: LazyString
    icon: str = "alert-triangle"


EXPLANATIONS: Final = {
    400: Explanation(
        title=lazy_gettext("This request could not be understood"),
        hint=lazy_gettext("Go back and try again. If you followed a link, it may be incomplete."),
    ),
    401: Explanation(
        title=lazy_gettext("Please sign in"),
        hint=lazy_gettext("Your session has ended. Sign in, and repeat your last step."),
        icon="lock",
    ),
    403: Explanation(
        title=lazy_gettext("This is not open to you"),
        hint=lazy_gettext("Your role does not allow it. Ask an owner if you need it."),
        icon="lock",
    ),
    404: Explanation(
        title=lazy_gettext("There is no such page"),
        hint=lazy_gettext("Check the address, or begin at the overview."),
        icon="search",
    ),
    405: Explanation(
        title=lazy_gettext("This page cannot be used in that way"),
        hint=lazy_gettext("Open it from the menu and begin again."),
    ),
    413: Explanation(
        title=lazy_gettext("That is too large"),
        hint=lazy_gettext("Choose a smaller file, or a shorter text, and send it again."),
        icon="upload",
    ),
    429: Explanation(
        title=lazy_gettext("Too many attempts"),
        hint=lazy_gettext("Wait a minute, then try again."),
        icon="hourglass",
    ),
    500: Explanation(
        title=lazy_gettext("Something went wrong on our side"),
        hint=lazy_gettext(
            "What is in the ledger is safe. Try again. If it happens once more, tell whoever runs"
            " this gateway what you did and when; its log says why."
        ),
    ),
    503: Explanation(
        title=lazy_gettext("Not ready at the moment"),
        hint=lazy_gettext("The gateway is starting or busy. Try again in a minute."),
        icon="hourglass",
    ),
}
#: A form that was open for so long that its token has ended.
OLD_PAGE: Final = Explanation(
    title=lazy_gettext("This page has been open for too long"),
    hint=lazy_gettext("Go back, load the page anew and send it again."),
    icon="clock",
)
#: A disk that is full looks like a fault of ours, and is something that a person can mend.
NO_SPACE: Final = Explanation(
    title=lazy_gettext("There is no space left"),
    hint=lazy_gettext(
        "The gateway's disk is full, and nothing was changed. Make space on it, then try again."
        " What is in the ledger is safe."
    ),
    icon="database",
)
#: The gateway did not get to it within the time that a page may take.
BUSY: Final = Explanation(
    title=lazy_gettext("The gateway is too busy"),
    hint=lazy_gettext("Nothing was changed. Go back and send it again in a moment."),
    icon="hourglass",
)
#: It was asked, and nobody heard what came of it.
NO_ANSWER: Final = Explanation(
    title=lazy_gettext("The gateway gave no answer"),
    hint=lazy_gettext(
        "It may have been done or not. Go back, load the page again and look before you repeat it."
    ),
    icon="hourglass",
)
#: Faults that a person can do something about, the special before the general.
_CAUSES: Final[tuple[tuple[type[Exception], Explanation], ...]] = (
    (OfficeFullError, NO_SPACE),
    (StoreFullError, NO_SPACE),
    (GatewayBusyError, BUSY),
    (NoAnswerError, NO_ANSWER),
    (StoreUnavailableError, NO_ANSWER),
)


def init_error_pages(app: Flask) -> None:
    """Have an application answer its faults with pages of its own."""
    app.register_error_handler(HTTPException, _answer)
    # A fault is logged once, by ``_answer``, with the request it belongs to.
    app.logger.addFilter(lambda record: record.exc_info is None)


def _answer(error: HTTPException) -> Response:
    if error.code is None or error.code < 400:
        # What a view has made itself, such as a redirection, is an answer and no fault.
        return make_response(error.get_response())
    code = error.code
    cause = error.original_exception if isinstance(error, InternalServerError) else None
    if cause is not None:
        _log_fault(cause)
        # Whatever failed may be what a full page asks: the office, the session, the account.
        known = next((why for kind, why in _CAUSES if isinstance(cause, kind)), None)
        code = code if known is None else 503
        text = _bare_page(known or _explain(code))
    else:
        text = _page(code, error)
    response = make_response(text, code)
    for name, value in error.get_headers():
        if name.lower() in _KEPT_HEADERS:
            response.headers[name] = value
    return response


def _page(code: int, error: HTTPException) -> str:
    explanation = OLD_PAGE if isinstance(error, CSRFError) else _explain(code)
    name = "errors/fragment.html" if "HX-Request" in request.headers else "errors/page.html"
    try:
        return render_template(name, explanation=explanation, code=code)
    except Exception as second:  # noqa: BLE001 - logged; a page about a fault must not fail
        # Nobody is better off with no page at all; the log has the reason.
        _log_fault(second)
        return _bare_page(explanation)


def _bare_page(explanation: Explanation) -> str:
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    known = [str(language) for language in Language]
    language = Language(
        chosen if chosen in known else request.accept_languages.best_match(known, known[0])
    )
    with force_locale(str(language)):
        # Not render_template: that asks every context processor.
        template = current_app.jinja_env.get_template("errors/bare.html")
        return template.render(
            explanation=explanation, lang=str(language), dir=direction_of(language)
        )


def _explain(code: int) -> Explanation:
    # A code that nobody foresaw is explained by its family.
    return EXPLANATIONS.get(code) or EXPLANATIONS[400 if code < 500 else 500]


def _log_fault(error: BaseException) -> None:
    structlog.get_logger("mohr.web").error(
        "a request failed",
        path=request.path,
        method=request.method,
        fault=type(error).__name__,
        exc_info=error,
    )
