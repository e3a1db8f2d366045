"""Programme files: the rules as a shop owner writes them, checked before they count.

A file holds one version. Whoever changes the rules raises ``version`` and says from when the new
ones apply; what was sold before keeps the rules of its own time.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final

from gateway.errors import ConfigError, ProgrammeError, ValueRangeError
from gateway.model.money import Currency
from gateway.model.programme import Programme
from gateway.program.templates import TemplateName, programme_of
from gateway.programme_file.moment import moment_text
from gateway.programme_file.problems import ProgrammeFileError, with_line
from gateway.programme_file.reading import ProgrammeParts, read_parts
from gateway.programme_file.succession import succession_text
from gateway.programme_file.writing import rules_text

#: Minor-unit digits of the currencies a new gateway can be made for by name (ISO 4217, except that
#: shops in Iran have long stopped counting dinars).
EXPONENTS: Final = {"EUR": 2, "GBP": 2, "IRR": 0, "JPY": 0, "KWD": 3, "TRY": 2, "USD": 2}

_TEMPLATE: Final = """\
# The rules of the programme, version {version}. To change them: edit, raise `version`, say from
# when with `effective_from = 2027-01-01T00:00:00+00:00`, then run `mohr gateway programme FILE`.
name = "{name}"
version = {version}
currency = "{currency}"
currency_exponent = {exponent}
# Each whole `earn_per_minor` of a sale's total earns `earn_points`.
earn_points = {earn_points}
earn_per_minor = {earn_per_minor}
# Each `redeem_points` are worth `redeem_value_minor` off a sale.
redeem_points = {redeem_points}
redeem_value_minor = {redeem_value_minor}
redeem_minimum_points = {redeem_minimum_points}
redeem_share_percent = {redeem_share_percent}
redeemed_amount_earns = {redeemed_amount_earns}
# "enrol": the first purchase makes the member. "hold": points wait until the card is enrolled.
unknown_card = "{unknown_card}"
# "allow_negative": a refund may take a balance below zero. "clamp": it stops at zero.
refund = "{refund}"
{hold_ttl}
"""


def parse_programme(text: str) -> Programme:
    """Read a programme from TOML.

    Args:
        text: the file's text; ``effective_from`` needs a time zone, and left out means that the
            rules apply to every sale however old.

    Returns:
        the programme.

    Raises:
        ProgrammeFileError: naming each setting that is missing, surplus or of the wrong kind, and
            the line it stands in; a ``ConfigError``.
        ProgrammeError: if a number of the base is out of range.
        ValueRangeError: if the currency is malformed.
    """
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # Also a number of thousands of digits, and brackets in brackets in brackets.
        raise ProgrammeFileError([f"it is not TOML: {error}"]) from error
    try:
        parts = read_parts(table)
    except ProgrammeFileError as error:
        problems = [with_line(problem, text, table) for problem in error.problems]
        raise ProgrammeFileError(problems) from error
    try:
        return _programme(parts)
    except ProgrammeError as error:
        raise ProgrammeError(with_line(str(error), text, table)) from error
    except ValueRangeError as error:
        raise ValueRangeError(with_line(str(error), text, table)) from error


def load_programme(path: Path) -> Programme:
    """Read a programme file.

    Raises:
        ConfigError: if it cannot be read; otherwise as ``parse_programme``.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
    return parse_programme(text)


def programme_text(programme: Programme) -> str:
    """Write a programme as a commented file that ``parse_programme`` reads back.

    Raises:
        ConfigError: if it begins after the year 9999, which no file can say.
    """
    whole_s, rest_ms = divmod(programme.hold_ttl_ms, 1_000)
    body = _TEMPLATE.format(
        name=programme.name,
        version=programme.version,
        currency=programme.currency.code,
        exponent=programme.currency.exponent,
        earn_points=programme.earn_points,
        earn_per_minor=programme.earn_per_minor,
        redeem_points=programme.redeem_points,
        redeem_value_minor=programme.redeem_value_minor,
        redeem_minimum_points=programme.redeem_minimum_points,
        redeem_share_percent=programme.redeem_share_percent,
        redeemed_amount_earns=str(programme.redeemed_amount_earns).lower(),
        unknown_card=programme.unknown_card.value,
        refund=programme.refund.value,
        hold_ttl=f"hold_ttl_ms = {programme.hold_ttl_ms}" if rest_ms else f"hold_ttl_s = {whole_s}",
    )
    if programme.effective_from_ms:
        body += f"effective_from = {moment_text(programme.effective_from_ms)}\n"
    return body + rules_text(programme.rules) + succession_text(programme.succeeds)


def default_programme(currency_code: str) -> Programme:
    """Give the programme a new gateway starts with: 1 % back, redeemable in steps of 100 points.

    One whole unit (or 10,000 rials) earns a point; 100 points are worth one unit (or 10,000 rials).

    Raises:
        ConfigError: for a currency whose minor unit we do not know.
    """
    if currency_code not in EXPONENTS:
        known = ", ".join(EXPONENTS)
        raise ConfigError(
            f"currency {currency_code!r} is not one of {known}: edit a programme file"
        )
    currency = Currency(code=currency_code, exponent=EXPONENTS[currency_code])
    return programme_of(TemplateName.ONE_PERCENT, currency)


def _programme(parts: ProgrammeParts) -> Programme:
    base = parts.base
    return Programme(
        name=base.name,
        version=base.version,
        effective_from_ms=parts.effective_from_ms,
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
        hold_ttl_ms=base.hold_ttl_s * 1_000 if base.hold_ttl_ms is None else base.hold_ttl_ms,
        rules=parts.rules,
        succeeds=parts.succeeds,
    )
