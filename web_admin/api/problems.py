"""Every error of the API in one form: RFC 9457 problem details, in the caller's language.

``type`` and ``code`` never change and are what programs look at; ``title`` and ``detail`` are for
people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final

from flask import Response, make_response
from flask_babel import LazyString, lazy_gettext
from pydantic import BaseModel, ConfigDict
from werkzeug.exceptions import HTTPException

from gateway.errors import MohrError
from web_admin.reader import current_language

MEDIA_TYPE: Final = "application/problem+json"
TYPE_PREFIX: Final = "urn:mohr:problem:"


@unique
class Code(StrEnum):
    """What can go wrong."""

    BAD_REQUEST = "bad-request"
    TOKEN_MISSING = "token-missing"  # noqa: S105 - a code, no secret
    TOKEN_INVALID = "token-invalid"  # noqa: S105 - a code, no secret
    SCOPE_MISSING = "scope-missing"
    NOT_FOUND = "not-found"
    METHOD_NOT_ALLOWED = "method-not-allowed"
    NOT_ACCEPTABLE = "not-acceptable"
    TOO_LARGE = "too-large"
    INVALID_PARAMETERS = "invalid-parameters"
    TOO_MANY_REQUESTS = "too-many-requests"
    INTERNAL = "internal"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of problem: its HTTP status and its words."""

    status: int
    title: LazyString
    detail: LazyString


KINDS: Final[Mapping[Code, Kind]] = {
    Code.BAD_REQUEST: Kind(
        status=400,
        title=lazy_gettext("The request cannot be understood"),
        detail=lazy_gettext("It is no valid HTTP request. Check how it was put together."),
    ),
    Code.TOKEN_MISSING: Kind(
        status=401,
        title=lazy_gettext("A token is needed"),
        detail=lazy_gettext("Send one in the authorization header, as a bearer token."),
    ),
    Code.TOKEN_INVALID: Kind(
        status=401,
        title=lazy_gettext("This token opens nothing"),
        detail=lazy_gettext("It is unknown, has ended, or was revoked. Ask for a new one."),
    ),
    Code.SCOPE_MISSING: Kind(
        status=403,
        title=lazy_gettext("This token is not for that"),
        detail=lazy_gettext("It lacks the scope that the problem names. Ask for another token."),
    ),
    Code.NOT_FOUND: Kind(
        status=404,
        title=lazy_gettext("There is no such thing"),
        detail=lazy_gettext("Nothing is known under this address."),
    ),
    Code.METHOD_NOT_ALLOWED: Kind(
        status=405,
        title=lazy_gettext("This method is not allowed here"),
        detail=lazy_gettext("The API only reads. The answer's headers name the methods."),
    ),
    Code.NOT_ACCEPTABLE: Kind(
        status=406,
        title=lazy_gettext("Only JSON is answered"),
        detail=lazy_gettext("Ask for JSON, or say nothing of what you accept."),
    ),
    Code.TOO_LARGE: Kind(
        status=413,
        title=lazy_gettext("The request is too large"),
        detail=lazy_gettext("Requests of this API have no content."),
    ),
    Code.INVALID_PARAMETERS: Kind(
        status=422,
        title=lazy_gettext("A parameter cannot be used"),
        detail=lazy_gettext("Each one at fault is named below, with the reason."),
    ),
    Code.TOO_MANY_REQUESTS: Kind(
        status=429,
        title=lazy_gettext("Too many requests"),
        detail=lazy_gettext("Wait as many seconds as the answer's headers say."),
    ),
    Code.INTERNAL: Kind(
        status=500,
        title=lazy_gettext("Something went wrong on our side"),
        detail=lazy_gettext("The gateway's log says what. What is in the ledger is safe."),
    ),
    Code.UNAVAILABLE: Kind(
        status=503,
        title=lazy_gettext("Not available at the moment"),
        detail=lazy_gettext("The gateway is starting or busy. Try again later."),
    ),
}

_BY_STATUS: Final = {kind.status: code for code, kind in KINDS.items()}


class ParameterFault(BaseModel):
    """One parameter that cannot be used.

    Attributes:
        parameter: its name.
        reason: why, in the caller's language.
    """

    model_config = ConfigDict(extra="forbid")

    parameter: str
    reason: str


class Problem(BaseModel):
    """An error, as RFC 9457 has it.

    Attributes:
        type: names the kind of problem for ever.
        code: the same, short.
        title: what happened, in the caller's language.
        status: the HTTP status.
        detail: what to do, in the caller's language.
        required_scope: the scope that the token lacks, where that is the problem.
        errors: the parameters at fault, where they are the problem.
    """

    model_config = ConfigDict(extra="forbid")

    type: str
    code: Code
    title: str
    status: int
    detail: str
    required_scope: str | None
    errors: tuple[ParameterFault, ...]


class ProblemError(MohrError):
    """Ends a request with a problem."""

    def __init__(
        self,
        code: Code,
        *,
        required_scope: str | None = None,
        errors: Sequence[ParameterFault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Say which problem, and what belongs to it."""
        super().__init__(code.value)
        self.code = code
        self.required_scope = required_scope
        self.errors = tuple(errors)
        self.headers = dict(headers or {})


def answer_problem(problem: ProblemError) -> Response:
    """Answer a request with a problem."""
    kind = KINDS[problem.code]
    body = Problem(
        type=f"{TYPE_PREFIX}{problem.code}",
        code=problem.code,
        title=str(kind.title),
        status=kind.status,
        detail=str(kind.detail),
        required_scope=problem.required_scope,
        errors=problem.errors,
    )
    response = make_response(body.model_dump_json(), kind.status)
    response.headers["Content-Type"] = MEDIA_TYPE
    response.headers["Content-Language"] = str(current_language())
    response.headers.update(problem.headers)
    return response


def problem_of_status(error: HTTPException) -> ProblemError:
    """The problem for a fault that the framework found."""
    status = error.code or 500
    # A status that nobody foresaw is explained by its family.
    code = _BY_STATUS.get(status) or (Code.BAD_REQUEST if status < 500 else Code.INTERNAL)
    kept = {name: value for name, value in error.get_headers() if name == "Allow"}
    return ProblemError(code, headers=kept)
