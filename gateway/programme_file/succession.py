"""The part of a programme file that says which currency was before, and at what rate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gateway.errors import ValueRangeError
from gateway.model.money import Currency
from gateway.model.rules.succession import Succession
from gateway.programme_file.spelling import check_names

SECTION: Final = "redenomination"
_KINDS: Final[Mapping[str, tuple[type, str]]] = {
    "from": (str, "text"),
    "from_exponent": (int, "a whole number"),
    "old_units_per_unit": (int, "a whole number"),
}


def read_succession(value: object, where: str) -> Succession:
    """Read the section.

    Args:
        value: as TOML gave it.
        where: its path, for messages.

    Raises:
        ValueRangeError: naming what is missing, surplus or out of range.
    """
    if not isinstance(value, Mapping):
        raise ValueRangeError(f"{where}: must be a table")
    check_names(_KINDS, value, where)
    for name, (kind, words) in _KINDS.items():
        inner = f"{where}.{name}"
        if name not in value:
            raise ValueRangeError(f"{inner}: is missing")
        if type(value[name]) is not kind:
            raise ValueRangeError(f"{inner}: must be {words}")
    try:
        return Succession(
            currency=Currency(code=value["from"], exponent=value["from_exponent"]),
            old_units_per_unit=value["old_units_per_unit"],
        )
    except ValueRangeError as error:
        raise ValueRangeError(f"{where}: {error}") from error


def succession_text(succeeds: Succession | None) -> str:
    """Write the section as the end of a file; nothing where there is none."""
    if succeeds is None:
        return ""
    lines = (
        "",
        "# The currency that this one took the place of: so many of its units are one of these.",
        f"[{SECTION}]",
        f'from = "{succeeds.currency.code}"',
        f"from_exponent = {succeeds.currency.exponent}",
        f"old_units_per_unit = {succeeds.old_units_per_unit}",
    )
    return "\n".join(lines) + "\n"


def succession_table(succeeds: Succession) -> dict[str, object]:
    """What the section says, as TOML's values."""
    return {
        "from": succeeds.currency.code,
        "from_exponent": succeeds.currency.exponent,
        "old_units_per_unit": succeeds.old_units_per_unit,
    }
