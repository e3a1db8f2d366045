"""``mohr program effect``: what an offer brings, measured against members who were held out."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Final
from zoneinfo import ZoneInfo

import typer

from gateway.cli.administer import DirOption
from gateway.cli.tables import JsonOption, show_json, show_table
from gateway.config import load_settings
from gateway.errors import ConfigError
from gateway.formatting.dates import GREGORIAN_YEARS
from gateway.formatting.numbers import Language, write_number, write_percent
from gateway.model.money import Currency
from gateway.service.data_dir import DataDir

if TYPE_CHECKING:
    from gateway.queries.offer_effect import Comparison, OfferEffect
    from gateway.queries.uplift import Group, Interval

_BASIS_POINTS: Final = 10_000
_HUNDREDTHS: Final = 100


def effect(
    offer: Annotated[str, typer.Argument(help="The offer's id.")],
    directory: DirOption,
    *,
    first: Annotated[
        str | None, typer.Option("--from", help="The first day, such as 2027-03-21.")
    ] = None,
    last: Annotated[str | None, typer.Option("--until", help="The last day.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare members who got an offer with members whom the lot kept from it.

    Without days, everything since the beginning. Days begin at midnight in the programme's zone.
    """
    from gateway.ledger.queries import LedgerReader  # noqa: PLC0415 - loads the ledger
    from gateway.queries.offer_effect import offer_effect  # noqa: PLC0415 - the same
    from gateway.queries.offer_rows import Asked  # noqa: PLC0415 - the same
    from gateway.queries.scope import EVERYTHING  # noqa: PLC0415 - the same

    ledger = LedgerReader(DataDir(directory).ledger_place(load_settings(directory)))
    with ledger.batch() as batch:
        known = batch.programmes()
    if not any(one.id == offer for rules in known for one in rules.rules.offers):
        raise ConfigError(f"no version of the programme has an offer {offer!r}")
    zone = ZoneInfo(known[-1].rules.settings.zone)
    asked = Asked(
        offer=offer,
        scope=EVERYTHING,
        from_ms=None if first is None else _midnight_ms(_day(first), zone),
        until_ms=None if last is None else _midnight_ms(_day(last) + timedelta(days=1), zone),
    )
    found = offer_effect(ledger, asked)
    if as_json:
        show_json(_as_json(offer, found))
    else:
        _show(found)


def _show(found: OfferEffect) -> None:
    """Both groups, what the offer cost, and what it brought."""
    currency = found.currency
    rows = [
        ("members", str(found.given.members), str(found.held_out.members)),
        ("sales", str(found.given.sales), str(found.held_out.sales)),
        ("visits of each", *(_hundredths(one) for one in (found.given, found.held_out))),
    ]
    if currency is not None:
        paid = (_paid(one, currency) for one in (found.given, found.held_out))
        rows.append((f"paid by each, {currency.code}", *paid))
    show_table(("", "got the offer", "held out"), rows)
    if currency is not None:
        cost = found.cost
        for name, amount_minor in (
            ("money off", cost.discount_minor),
            (f"{cost.points} points", cost.points_minor),
            ("stored credit", cost.credit_minor),
        ):
            typer.echo(f"cost: {name}: {_money(amount_minor, currency)}")
        typer.echo(f"given out: {cost.coupons} coupons, {cost.benefits} benefits")
    if found.comparison is not None and currency is not None:
        for line in _compared(found.comparison, currency):
            typer.echo(line)
    else:
        typer.echo(_OBSTACLES[str(found.obstacle)])


_OBSTACLES: Final = {
    "too_few": "too few to say: it takes at least 30 members in each group",
    "two_currencies": "not compared: the rules changed their currency in this time",
}


def _compared(found: Comparison, currency: Currency) -> list[str]:
    lines = [f"each paid more: {_range(found.each, currency)}"]
    if found.share is not None:
        parts = (_percent(one) for one in (found.share.middle, found.share.low, found.share.high))
        lines.append("in percent: {} (95 %: {} to {})".format(*parts))
    lines.append(f"brought in all: {_range(found.brought, currency)}")
    return lines


def _range(interval: Interval, currency: Currency) -> str:
    parts = (interval.middle, interval.low, interval.high)
    return "{} (95 %: {} to {})".format(*(_money(_whole(one), currency) for one in parts))


def _as_json(offer: str, found: OfferEffect) -> dict[str, object]:
    comparison, cost = found.comparison, found.cost
    return {
        "offer": offer,
        "currency": None if found.currency is None else found.currency.code,
        "given": _group_json(found.given, found.currency),
        "held_out": _group_json(found.held_out, found.currency),
        "cost": {
            "discount_minor": cost.discount_minor,
            "credit_minor": cost.credit_minor,
            "points": cost.points,
            "points_minor": cost.points_minor,
            "total_minor": cost.total_minor,
            "coupons": cost.coupons,
            "benefits": cost.benefits,
        },
        "obstacle": found.obstacle,
        "method": "95 % intervals: Welch for amounts, Fieller for the share; intention to treat",
        "each_minor": None if comparison is None else _interval_json(comparison.each, 1),
        "share_bp": None
        if comparison is None or comparison.share is None
        else _interval_json(comparison.share, _BASIS_POINTS),
        "brought_minor": None if comparison is None else _interval_json(comparison.brought, 1),
    }


def _group_json(group: Group, currency: Currency | None) -> dict[str, int | None]:
    known = currency is not None
    return {
        "members": group.members,
        "sales": group.sales,
        "visits": group.visits,
        "spent_minor": group.spent_minor if known else None,
        "mean_spent_minor": _whole(group.mean_spent) if known else None,
    }


def _interval_json(interval: Interval, scale: int) -> dict[str, int]:
    return {
        "low": _whole(interval.low * scale),
        "middle": _whole(interval.middle * scale),
        "high": _whole(interval.high * scale),
    }


def _whole(figure: Fraction) -> int:
    from gateway.queries.uplift import rounded  # noqa: PLC0415 - loads the ledger's package

    return rounded(figure)


def _paid(group: Group, currency: Currency) -> str:
    return _money(_whole(group.mean_spent), currency)


def _hundredths(group: Group) -> str:
    return write_number(_whole(group.mean_visits * _HUNDREDTHS), Language.EN, exponent=2)


def _percent(share: Fraction) -> str:
    return write_percent(_whole(share * _BASIS_POINTS), Language.EN)


def _money(amount_minor: int, currency: Currency) -> str:
    return f"{write_number(amount_minor, Language.EN, exponent=currency.exponent)} {currency.code}"


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"{text!r} is not a day such as 2027-03-21") from error
    if day.year not in GREGORIAN_YEARS:
        raise ConfigError(f"{text!r} is in no year that a shop has")
    return day


def _midnight_ms(day: date, zone: ZoneInfo) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) * 1_000
