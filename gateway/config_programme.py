"""Programme files: the rules as a shop owner writes them, checked before they count.

A file holds one version. Whoever changes the rules raises ``version`` and says from when the new
ones apply; what was sold before keeps the rules of its own time.
"""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gateway.errors import ConfigError
from gateway.model.money import Currency
from gateway.model.programme import Programme, RefundPolicy, UnknownCardPolicy
from gateway.program.templates import TemplateName, programme_of

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
hold_ttl_s = {hold_ttl_s}
"""

_Strict = ConfigDict(extra="forbid", frozen=True, strict=True)


class _ProgrammeFile(BaseModel):
    """The file's fields; ranges are the model's business."""

    model_config = _Strict

    name: str
    version: int
    currency: str
    currency_exponent: int
    earn_points: int
    earn_per_minor: int
    redeem_points: int
    redeem_value_minor: int
    effective_from: datetime | None = None
    redeem_minimum_points: int = 1
    redeem_share_percent: int = 100
    redeemed_amount_earns: bool = False
    unknown_card: Annotated[UnknownCardPolicy, Field(strict=False)] = UnknownCardPolicy.ENROL
    refund: Annotated[RefundPolicy, Field(strict=False)] = RefundPolicy.ALLOW_NEGATIVE
    hold_ttl_s: int = 300


def parse_programme(text: str) -> Programme:
    """Read a programme from TOML.

    Args:
        text: the file's text; ``effective_from`` needs a time zone, and left out means that the
            rules apply to every sale however old.

    Returns:
        the programme.

    Raises:
        ConfigError: naming each field that is missing, surplus or of the wrong kind.
        ProgrammeError: if the rules contradict each other.
        ValueRangeError: if the currency is malformed.
    """
    try:
        fields = _ProgrammeFile.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"the programme is not TOML: {error}") from error
    except ValidationError as error:
        wrong = "; ".join(f"{item['loc'][0]}: {item['msg']}" for item in error.errors())
        raise ConfigError(f"the programme cannot be used: {wrong}") from error
    return Programme(
        name=fields.name,
        version=fields.version,
        effective_from_ms=_unix_ms(fields.effective_from),
        currency=Currency(code=fields.currency, exponent=fields.currency_exponent),
        earn_points=fields.earn_points,
        earn_per_minor=fields.earn_per_minor,
        redeem_points=fields.redeem_points,
        redeem_value_minor=fields.redeem_value_minor,
        redeem_minimum_points=fields.redeem_minimum_points,
        redeem_share_percent=fields.redeem_share_percent,
        redeemed_amount_earns=fields.redeemed_amount_earns,
        unknown_card=fields.unknown_card,
        refund=fields.refund,
        hold_ttl_ms=fields.hold_ttl_s * 1_000,
    )


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
    """Write a programme as a commented file that ``parse_programme`` reads back."""
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
        hold_ttl_s=programme.hold_ttl_ms // 1_000,
    )
    if not programme.effective_from_ms:
        return body
    moment = datetime.fromtimestamp(programme.effective_from_ms / 1_000, UTC)
    return f"{body}effective_from = {moment.isoformat()}\n"


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


def _unix_ms(moment: datetime | None) -> int:
    if moment is None:
        return 0
    if moment.tzinfo is None:
        raise ConfigError("effective_from needs a time zone, for example 2027-01-01T00:00:00+03:30")
    return round(moment.timestamp() * 1_000)
