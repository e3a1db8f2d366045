"""Closed days as lines of a shop's own general ledger, by a mapping that its accountant writes.

Points become money at what they are worth when they are redeemed; stored credit and gift cards
are money already. The mapping names, for every class of accounts, an account of the shop's own
chart; what it does not name is not exported, and is said.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from gateway.accounting.account_class import AccountClass
from gateway.accounting.contract_liability import PointValue
from gateway.accounting.day_close import DayClose

Key: TypeAlias = tuple[str, AccountClass]
"""A ledger and a class of its accounts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalLine:
    """One line to be taken over: what a class of accounts moved in the day, all in all.

    Attributes:
        day: the closed day, ISO 8601.
        account: the account in the shop's chart.
        debit_minor: minor units.
        credit_minor: minor units.
        text: what it is.
    """

    day: str
    account: str
    debit_minor: int
    credit_minor: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """Lines, and what no account was named for."""

    lines: tuple[JournalLine, ...]
    unmapped: tuple[Key, ...]


def export_day(
    close: DayClose,
    mapping: Mapping[Key, str],
    *,
    points_ledger: str,
    value: PointValue,
) -> Export:
    """Turn a closed day into lines.

    Args:
        close: the day.
        mapping: accounts of the shop's chart by ledger and class.
        points_ledger: the ledger whose unit is points.
        value: what a point is worth; breakage is not taken off here, it has an account of its own.
    """
    balances = {(one.ledger, one.account_class): one.balance for one in close.totals}
    points = {key: balance for key, balance in balances.items() if key[0] == points_ledger}
    balances |= _in_money(points, value)
    mapped = [(key, balance) for key, balance in balances.items() if key in mapping]
    return Export(
        lines=tuple(
            JournalLine(
                day=close.day.isoformat(),
                account=mapping[key],
                debit_minor=max(-balance, 0),
                credit_minor=max(balance, 0),
                text=f"{key[0]} {key[1]}",
            )
            for key, balance in mapped
            if balance
        ),
        unmapped=tuple(key for key in balances if key not in mapping),
    )


def _in_money(balances: Mapping[Key, int], value: PointValue) -> dict[Key, int]:
    """Turn balances that add up to zero into money that does so as well.

    Each is rounded down, and what is missing then goes to those that lost most: an export whose
    lines do not add up is one that an accounting program refuses.
    """
    exact = {key: points * value.amount_minor for key, points in balances.items()}
    money = {key: worth // value.points for key, worth in exact.items()}
    by_loss = sorted(exact, key=lambda key: (-(exact[key] % value.points), key))
    for key in by_loss[: -sum(money.values())]:
        money[key] += 1
    return money


def csv_of(lines: Iterable[JournalLine]) -> str:
    """Write lines as CSV (RFC 4180) with a heading."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(("day", "account", "debit_minor", "credit_minor", "text"))
    for line in lines:
        writer.writerow((line.day, line.account, line.debit_minor, line.credit_minor, line.text))
    return out.getvalue()
