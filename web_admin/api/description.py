"""Completes the OpenAPI description that apiflask makes: errors, headers, exact paths."""

from __future__ import annotations

from typing import Any, Final

from gateway.model.checks import I63_MAX
from web_admin.api.asked import MEMBER_PATTERN, NAME_PATTERN
from web_admin.api.problems import MEDIA_TYPE, Problem

SECURITY: Final = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token that an owner or integrator made on the page of API tokens.",
    }
}
_PATHS: Final[dict[str, dict[str, object]]] = {
    "member_id": {"type": "string", "pattern": MEMBER_PATTERN},
    "terminal_name": {"type": "string", "pattern": NAME_PATTERN},
    "journal_index": {"type": "integer", "minimum": 0, "maximum": I63_MAX},
}
_ERRORS: Final = {
    "400": "The request cannot be understood.",
    "401": "A token is missing, or opens nothing.",
    "403": "The token lacks the scope.",
    "404": "There is no such thing.",
    "405": "The method is not allowed.",
    "406": "Only JSON is answered.",
    "413": "The request is too large.",
    "422": "A parameter cannot be used.",
    "429": "Too many requests.",
    "500": "Something went wrong.",
    "503": "Not available at the moment.",
}
_TEXT: Final = {"schema": {"type": "string"}}
_LIMIT_HEADERS: Final = {
    "RateLimit-Policy": {**_TEXT, "description": "How many requests a token has in a window."},
    "RateLimit": {**_TEXT, "description": "How many are left, and seconds to the next window."},
}
_ETAG: Final = {"ETag": {**_TEXT, "description": "Changes when the answer does."}}


def complete(spec: dict[str, Any]) -> dict[str, Any]:
    """Complete the description.

    Args:
        spec: as apiflask made it.

    Returns:
        the same, completed.
    """
    schemas = spec["components"].setdefault("schemas", {})
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs", {}))
    schemas["Problem"] = problem
    for path in spec["paths"].values():
        for operation in path.values():
            _complete_operation(operation)
    return spec


def _complete_operation(operation: dict[str, Any]) -> None:
    operation["security"] = [{"token": []}]
    for parameter in operation["parameters"]:
        if parameter["in"] == "path":
            parameter["schema"] = _PATHS[parameter["name"]]
        # An empty text means that it is not given, and is not one that may be given.
        if parameter["schema"].get("default") == "":
            del parameter["schema"]["default"]
    responses = operation["responses"]
    responses["200"]["headers"] = {**_LIMIT_HEADERS, **_ETAG}
    responses["304"] = {"description": "The answer is still the one with this ETag."}
    for status, description in _ERRORS.items():
        responses[status] = {
            "description": description,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    responses["429"]["headers"] = {
        **_LIMIT_HEADERS,
        "Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait."},
    }
