"""Makes the HTTP API as an application of its own, to be mounted under ``/api``.

Apart from the pages it has no sessions, cookies or forms: a token alone opens it, so that no page
that somebody is tricked into opening can ask it for anything.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any, Final, cast

import structlog
from apiflask import APIFlask
from apiflask.exceptions import HTTPError
from flask import Response, request
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from gateway.formatting.numbers import Language
from gateway.office.house import House
from web_admin.api.description import SECURITY, complete
from web_admin.api.guard import init_guard
from web_admin.api.limits import ApiLimits
from web_admin.api.members import blueprint as members
from web_admin.api.organisation import blueprint as organisation
from web_admin.api.problems import (
    Code,
    ProblemError,
    answer_problem,
    problem_of_status,
)
from web_admin.api.reasons import faults_of
from web_admin.api.terminals import blueprint as terminals
from web_admin.api.transactions import blueprint as transactions
from web_admin.tongues import Readers, install_language

_PURPOSE: Final = (
    "Read members, balances, transactions and terminals of one gateway. Points and money are "
    "whole numbers; times are Unix milliseconds. Errors are RFC 9457 problems, their words in "
    "Persian or English after Accept-Language."
)


def create_api(house: House, limits: ApiLimits | None = None) -> APIFlask:
    """Make the application.

    Args:
        house: the gateway that it reads.
        limits: how often callers may ask; the usual ones where None.
    """
    app = APIFlask(
        "web_admin.api",
        title="Mohr",
        version=version("mohr"),
        docs_path=None,
        json_errors=False,
        static_folder=cast("str", None),  # its annotation forgot what Flask allows
    )
    app.config.update(
        OPENAPI_VERSION="3.1.0",
        DESCRIPTION=_PURPOSE,
        SECURITY_SCHEMES=SECURITY,
        SERVERS=[{"url": "/api"}],
        AUTO_VALIDATION_ERROR_RESPONSE=False,
        AUTO_404_RESPONSE=False,
    )
    # Neither a doubled nor a trailing slash is another name for the same thing.
    app.url_map.merge_slashes = False
    app.url_map.strict_slashes = True
    install_language(
        app,
        Readers(
            # Both, whichever the house speaks: who calls is a program somewhere else.
            languages=lambda: tuple(Language),
            default=lambda: Language.EN,
            account_language=lambda: None,
            zone=lambda: None,
        ),
    )
    init_guard(app, house, limits or ApiLimits())
    app.spec_processor(cast("Any", complete))  # the description is JSON here, never YAML
    _init_problems(app)
    for blueprint in (members, transactions, terminals, organisation):
        app.register_blueprint(blueprint)
    return app


def _init_problems(app: APIFlask) -> None:
    app.register_error_handler(ProblemError, _on_problem)
    app.register_error_handler(HTTPError, _on_invalid)
    app.register_error_handler(HTTPException, _on_status)
    app.register_error_handler(Exception, _on_fault)


def _on_problem(problem: Exception) -> Response:
    return answer_problem(cast("ProblemError", problem))


def _on_status(error: Exception) -> Response:
    return answer_problem(problem_of_status(cast("HTTPException", error)))


def _on_invalid(error: Exception) -> Response:
    """Answer for parameters that apiflask refused; what it was refused by is the cause."""
    found = error.__cause__
    if not isinstance(found, ValidationError):
        return answer_problem(ProblemError(Code.BAD_REQUEST))
    return answer_problem(ProblemError(Code.INVALID_PARAMETERS, errors=faults_of(found)))


def _on_fault(error: Exception) -> Response:
    structlog.get_logger("mohr.web").error(
        "a request of the API failed",
        path=request.path,
        fault=type(error).__name__,
        exc_info=error,
    )
    return answer_problem(ProblemError(Code.INTERNAL))
