"""Trial balances as pages show them: a sheet for each ledger, with what is owed and its value."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from flask_babel import gettext as _
from flask_babel import pgettext
from markupsafe import Markup

from gateway.accounting.account_class import AccountClass
from gateway.accounting.contract_liability import PointValue, expected_breakage_bp
from gateway.accounting.day_close import DayClose
from gateway.accounting.trial_balance import AccountTotal, TrialBalance, trial_balance
from gateway.model.programme import Programme
from web_admin.desk.rules import money, plain_money, voice
from web_admin.desk.words import words_of_account, words_of_ledger
from web_admin.filters import NOTHING, num
from web_admin.members.statement_file import harmless_cell

_POINTS: Final = "PTS:"
_BYTE_ORDER_MARK: Final = "\ufeff"


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRow:
    """One class of accounts, its figures written."""

    account: str
    debit: str
    credit: str
    balance: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One ledger.

    Attributes:
        title: what it counts.
        rows: the classes of accounts that moved, in order.
        owed: what members and cards could ask for at the end of it all.
        worth: what the points that are owed are worth in money; None for money.
        difference: by how much it does not add up; empty if it does, as it always must.
    """

    title: str
    rows: tuple[SheetRow, ...]
    owed: str
    worth: str | None
    difference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What the points are as a promise under IFRS 15.

    Attributes:
        owed: the points that members could ask for, as the shop calls them.
        worth_minor: what that is worth to them.
        breakage_bp: the share that is expected never to be asked for, in hundredths of a percent;
            None while nothing has come to an end that could tell.
        liability_minor: what is left of the worth without that share.
    """

    owed: Markup
    worth_minor: int
    breakage_bp: int | None
    liability_minor: int


def sheets(
    moved: Iterable[AccountTotal], to_date: Iterable[AccountTotal], rules: Programme | None
) -> tuple[Sheet, ...]:
    """Write a trial balance.

    Args:
        moved: what moved in the period that is shown.
        to_date: what moved since the beginning, that period included.
        rules: say what points are worth.
    """
    shown, standing = trial_balance(moved), trial_balance(to_date)
    ledgers = sorted({total.ledger for total in standing.totals}, key=_points_first)
    return tuple(_sheet(name, shown, standing, rules) for name in ledgers)


def promise(to_date: Iterable[AccountTotal], rules: Programme) -> Promise:
    """Reckon what the points that are owed will cost."""
    standing = trial_balance(to_date)
    balances = {
        total.account_class: total.balance
        for total in standing.totals
        if total.ledger.startswith(_POINTS)
    }
    owed = sum(
        standing.owed(name)
        for name in {total.ledger for total in standing.totals}
        if name.startswith(_POINTS)
    )
    expired = max(balances.get(AccountClass.EXPIRED, 0), 0)
    ended = expired + max(balances.get(AccountClass.REDEEMED, 0), 0)
    breakage_bp = expected_breakage_bp(expired, ended) if ended else None
    # What is owed to the shop, where balances are below zero, is no promise of the shop's.
    points = max(owed, 0)
    return Promise(
        owed=voice(rules).points(points),
        worth_minor=_value(rules, 0).worth_minor(points),
        breakage_bp=breakage_bp,
        liability_minor=_value(rules, breakage_bp or 0).worth_minor(points),
    )


def until(closes: Sequence[DayClose], close: DayClose | None = None) -> list[AccountTotal]:
    """What moved since the beginning, to the end of a closed day; None to that of the last."""
    return [
        total for one in closes if close is None or one.day <= close.day for total in one.totals
    ]


def day_file(close: DayClose, rules: Programme | None) -> str:
    """Write a closed day as CSV (RFC 4180) with a header in the reader's language.

    Figures stay plain: ASCII digits without separators, money in its unit with a point.

    Args:
        close: the day.
        rules: those in force; None before there are any.
    """
    written = io.StringIO()
    written.write(_BYTE_ORDER_MARK)  # or Excel takes it for another encoding
    rows = csv.writer(written, lineterminator="\r\n")
    rows.writerow(
        harmless_cell(str(name))
        for name in (
            _("Day"),
            _("Ledger"),
            _("Account"),
            _("Name"),
            pgettext("books", "Debit"),
            pgettext("books", "Credit"),
            pgettext("books", "Balance"),
        )
    )
    for total in close.totals:
        name = f"{words_of_ledger(total.ledger, rules)}: {words_of_account(total.account_class)}"
        figures = (total.debit, total.credit, total.balance)
        rows.writerow(
            (
                close.day.isoformat(),
                harmless_cell(total.ledger),
                total.account_class.value,
                harmless_cell(name),
                *(_plain(total.ledger, figure) for figure in figures),
            )
        )
    return written.getvalue()


def _sheet(
    ledger: str, shown: TrialBalance, standing: TrialBalance, rules: Programme | None
) -> Sheet:
    owed = standing.owed(ledger)
    worth = None
    if ledger.startswith(_POINTS) and rules is not None:
        worth = money(_value(rules, 0).worth_minor(max(owed, 0)), rules.currency.code)
    differences = dict(shown.differences) | dict(standing.differences)
    gap = differences.get(ledger, 0)
    return Sheet(
        title=words_of_ledger(ledger, rules),
        rows=tuple(_row(total) for total in shown.totals if total.ledger == ledger),
        owed=_write(ledger, owed),
        worth=worth,
        difference=_write(ledger, gap) if gap else "",
    )


def _row(total: AccountTotal) -> SheetRow:
    return SheetRow(
        account=str(words_of_account(total.account_class)),
        debit=_write(total.ledger, total.debit) if total.debit else NOTHING,
        credit=_write(total.ledger, total.credit) if total.credit else NOTHING,
        balance=_write(total.ledger, total.balance),
    )


def _value(rules: Programme, breakage_bp: int) -> PointValue:
    return PointValue(
        points=rules.redeem_points,
        amount_minor=rules.redeem_value_minor,
        breakage_bp=breakage_bp,
    )


def _points_first(ledger: str) -> tuple[bool, str]:
    return not ledger.startswith(_POINTS), ledger


def _write(ledger: str, amount: int) -> str:
    return num(amount) if ledger.startswith(_POINTS) else money(amount, _unit(ledger))


def _plain(ledger: str, amount: int) -> str:
    return str(amount) if ledger.startswith(_POINTS) else plain_money(amount, _unit(ledger))


def _unit(ledger: str) -> str:
    return ledger.partition(":")[2]
