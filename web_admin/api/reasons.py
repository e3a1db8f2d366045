"""Says in the caller's language why a parameter cannot be used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask_babel import gettext, lazy_gettext
from pydantic import ValidationError

from web_admin.api.problems import ParameterFault

#: Names in addresses are whatever was sent; a fault repeats this much of one.
_NAME_MAX: Final = 100

# The names of the library's own kinds of error; each bound of ``asked`` makes one of these.
_PLAIN: Final = {
    "extra_forbidden": lazy_gettext("It is unknown here."),
    "string_pattern_mismatch": lazy_gettext("It does not have the form that the description asks."),
    "value_error": lazy_gettext("It is no whole number in plain digits."),
}


def faults_of(error: ValidationError) -> tuple[ParameterFault, ...]:
    """Each parameter at fault, with why."""
    return tuple(
        ParameterFault(
            parameter=".".join(str(part) for part in found["loc"])[:_NAME_MAX],
            reason=_reason(found["type"], found.get("ctx", {})),
        )
        for found in error.errors(include_url=False, include_input=False)
    )


def given_twice(name: str) -> ParameterFault:
    """A parameter that came more than once: no one of the values is meant for sure."""
    return ParameterFault(parameter=name[:_NAME_MAX], reason=gettext("It is given more than once."))


def _reason(kind: str, bounds: Mapping[str, Any]) -> str:
    if kind == "greater_than_equal":
        return str(gettext("It must be %(number)s or more.", number=bounds["ge"]))
    if kind == "less_than_equal":
        return str(gettext("It must be %(number)s or less.", number=bounds["le"]))
    return str(_PLAIN.get(kind, lazy_gettext("It cannot be read.")))
