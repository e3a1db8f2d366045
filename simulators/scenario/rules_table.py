"""Reads the rules of a scenario: the keys of a programme file, with defaults that keep it short."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gateway.errors import ProgrammeError, ValueRangeError
from gateway.model.money import Currency
from gateway.model.programme import Programme
from gateway.programme_file.problems import ProgrammeFileError
from gateway.programme_file.reading import read_parts

_DEFAULTS: Final[Mapping[str, object]] = {
    "name": "points",
    "currency": "EUR",
    "currency_exponent": 2,
    "earn_points": 0,
    "earn_per_minor": 100,
    "redeem_points": 1,
    "redeem_value_minor": 1,
}
"""A scenario leaves out what it is not about. Nothing is earned unless it says so."""

_SET_BY_STEPS: Final = ("version", "effective_from")


def read_programme(table: Mapping[str, Any], version: int, where: str) -> Programme:
    """Read a version of the rules.

    Args:
        table: the settings of a programme file.
        version: its number.
        where: the path to it, for messages.

    Returns:
        The rules, in force from the beginning of time; whoever publishes them says from when.

    Raises:
        ValueRangeError: naming everything that is wrong.
    """
    for name in _SET_BY_STEPS:
        if name in table:
            raise ValueRangeError(f"{where}.{name}: the steps say when which version holds")
    try:
        parts = read_parts({**_DEFAULTS, **table, "version": version})
        base = parts.base
        ttl_ms = base.hold_ttl_s * 1_000 if base.hold_ttl_ms is None else base.hold_ttl_ms
        return Programme(
            name=base.name,
            version=version,
            effective_from_ms=0,
            currency=Currency(code=base.currency, exponent=base.currency_exponent),
            earn_points=base.earn_points,
            earn_per_minor=base.earn_per_minor,
            redeem_points=base.redeem_points,
            redeem_value_minor=base.redeem_value_minor,
            redeem_minimum_points=base.redeem_minimum_points,
            redeem_share_percent=base.redeem_share_percent,
            redeemed_amount_earns=base.redeemed_amount_earns,
            unknown_card=base.unknown_card,
            refund=base.refund,
            hold_ttl_ms=ttl_ms,
            rules=parts.rules,
            succeeds=parts.succeeds,
        )
    except ProgrammeFileError as error:
        wrong = "; ".join(f"{where}.{problem}" for problem in error.problems)
        raise ValueRangeError(wrong) from error
    except (ProgrammeError, ValueRangeError) as error:
        raise ValueRangeError(f"{where}: {error}") from error
