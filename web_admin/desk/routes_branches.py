"""What every branch gave, took and sold, and who owes whom for it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import pgettext

from gateway.queries.branch_totals import (
    BranchMoney,
    BranchReport,
    BranchTotals,
    branch_report,
)
from gateway.queries.settlement import Owing
from gateway.queries.stretch import rows_between
from web_admin.access.current import current_scope
from web_admin.access.guard import requires
from web_admin.access.permissions import Permission
from web_admin.context import current_house
from web_admin.day_span import DaySpan, asked_days
from web_admin.desk.rules import current_versions, money, plain_money
from web_admin.members.statement_file import harmless_cell

blueprint: Final = Blueprint("branches", __name__, url_prefix="/branches")

#: Days that are shown where the address names none.
USUAL_DAYS: Final = 30
#: More journal rows are only added up when somebody asks for it.
ROWS_MAX: Final = 250_000
_BYTE_ORDER_MARK: Final = "\ufeff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One branch's figures in one currency; points stand in its first line alone."""

    one: BranchTotals
    money: BranchMoney | None
    first: bool


@blueprint.get("")
@requires(Permission.VIEW_BRANCHES)
def overview() -> ResponseReturnValue:
    """Every branch's figures, and who owes whom."""
    span = asked_days(USUAL_DAYS)
    ledger = current_house().ledger
    many = rows_between(ledger, span.from_ms, span.until_ms) > ROWS_MAX
    report = None if many and request.args.get("reckon") != "yes" else _report(span)
    return render_template(
        "desk/branches.html",
        span=span,
        lines=None if report is None else list(_lines(report.totals)),
        owings=() if report is None else report.owings,
        currency=_currency(),
        money=money,
        address=_address,
    )


@blueprint.get("/totals.csv")
@requires(Permission.VIEW_BRANCHES)
def totals() -> ResponseReturnValue:
    """The figures as a file."""
    span = asked_days(USUAL_DAYS)
    return _file("branches", span, _total_rows(_lines(_report(span).totals)))


@blueprint.get("/owings.csv")
@requires(Permission.VIEW_BRANCHES)
def owings() -> ResponseReturnValue:
    """Who owes whom, as a file."""
    span = asked_days(USUAL_DAYS)
    return _file("owings", span, _owing_rows(_report(span).owings))


def _report(span: DaySpan) -> BranchReport:
    return branch_report(current_house().ledger, current_scope(), span.from_ms, span.until_ms)


def _address(endpoint: str, span: DaySpan, **more: str) -> str:
    """The address of a page or a file about the same days."""
    asked: dict[str, Any] = {**span.asked, **more}
    return url_for(f"branches.{endpoint}", **asked)


def _currency() -> str:
    """Of what branches owe: that of the newest rules, which ``settlement`` reckons in."""
    newest = current_versions().newest
    return "" if newest is None else newest.currency.code


def _lines(found: Iterable[BranchTotals]) -> Iterator[Line]:
    for one in found:
        for at, part in enumerate(one.money or (None,)):
            yield Line(one=one, money=part, first=at == 0)


def _total_rows(lines: Iterable[Line]) -> Iterator[Sequence[str | int]]:
    yield (
        _("Branch"),
        _("Currency"),
        _("Sales"),
        _("Sold"),
        _("Came back"),
        pgettext("branch", "Points given"),
        _("Points spent"),
        _("Points taken back"),
        pgettext("branch", "Credit given"),
        pgettext("branch", "Money paid in"),
        _("Stored money spent"),
    )
    for line in lines:
        one, part = line.one, line.money or BranchMoney(currency="")
        points = (one.earned, one.used, one.taken_back) if line.first else (0, 0, 0)
        yield (
            harmless_cell(one.branch),
            part.currency,
            one.sales if line.first else 0,
            *(plain_money(amount, part.currency) for amount in (part.sold, part.returned)),
            *points,
            *(
                plain_money(amount, part.currency)
                for amount in (part.credit, part.paid_in, part.used)
            ),
        )


def _owing_rows(found: Iterable[Owing]) -> Iterator[Sequence[str | int]]:
    yield _("Who owes"), _("Whom"), _("Points"), _("Amount"), _("Currency")
    currency = _currency()
    for one in found:
        amount = plain_money(one.amount_minor, currency)
        yield harmless_cell(one.debtor), harmless_cell(one.creditor), one.points, amount, currency


def _file(name: str, span: DaySpan, rows: Iterable[Sequence[str | int]]) -> Response:
    """Rows as CSV (RFC 4180) with a header in the reader's language."""
    written = io.StringIO()
    written.write(_BYTE_ORDER_MARK)  # or Excel takes it for another encoding
    csv.writer(written, lineterminator="\r\n").writerows(rows)
    answer = Response(written.getvalue(), mimetype="text/csv")
    days = f"{span.first.isoformat()}-{span.last.isoformat()}"
    answer.headers["Content-Disposition"] = f'attachment; filename="mohr-{name}-{days}.csv"'
    return answer
