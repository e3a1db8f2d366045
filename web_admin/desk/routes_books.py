"""The books: the open day, closed days, and closing one for good."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from gateway.accounting.closing import closings, last_ended_day, open_totals
from gateway.accounting.day_close import DayClose
from gateway.accounting.trial_balance import AccountTotal
from gateway.ledger.errors import AdministrationError
from gateway.office.commands import CloseDay
from web_admin.access.current import may
from web_admin.access.guard import requires
from web_admin.access.permissions import Permission
from web_admin.changes import recorded_command
from web_admin.context import current_clock, current_house
from web_admin.desk.book_sheets import day_file, promise, sheets, until
from web_admin.desk.rules import current_rules, money
from web_admin.filters import date_of

blueprint: Final = Blueprint("books", __name__, url_prefix="/books")

#: Closed days on one page.
PAGE_DAYS: Final = 31
#: So many days stand to choose from; one that is older is closed with the one that is chosen.
CHOICE_DAYS: Final = 366
#: Where no day was closed yet, the last one that is over and so many before it.
FIRST_DAYS: Final = 30
#: An open stretch of more journal rows is only reckoned when somebody asks for it.
OPEN_ROWS_MAX: Final = 250_000


@blueprint.get("")
@requires(Permission.VIEW_BOOKS)
def overview() -> ResponseReturnValue:
    """What moved since the last closed day, what is owed, and the closed days."""
    asked = request.args.get("reckon") == "yes"
    closed, moved = _books(asked=asked)
    rules = current_rules()
    to_date = None if moved is None else [*until(closed), *moved]
    before = _day(request.args.get("before", ""))
    older = [one for one in reversed(closed) if before is None or one.day < before]
    return render_template(
        "desk/books.html",
        last=closed[-1] if closed else None,
        sheets=None if moved is None or to_date is None else sheets(moved, to_date, rules),
        promise=None if to_date is None or rules is None else promise(to_date, rules),
        currency=None if rules is None else rules.currency.code,
        money=money,
        closed=older[:PAGE_DAYS],
        next_url=url_for("books.overview", before=older[PAGE_DAYS - 1].day.isoformat())
        if len(older) > PAGE_DAYS
        else None,
        first_url=url_for("books.overview") if before is not None else None,
        closing=_to_close(closed) if may(Permission.CLOSE_DAYS) else (),
    )


@blueprint.get("/<day>")
@requires(Permission.VIEW_BOOKS)
def closed_day(day: str) -> ResponseReturnValue:
    """What a closed day moved."""
    closed, close = _closed_or_404(day)
    return render_template(
        "desk/closed_day.html",
        close=close,
        sheets=sheets(close.totals, until(closed, close), current_rules()),
    )


@blueprint.get("/<day>/totals.csv")
@requires(Permission.VIEW_BOOKS)
def totals(day: str) -> ResponseReturnValue:
    """A closed day as a file."""
    _closed, close = _closed_or_404(day)
    answer = Response(day_file(close, current_rules()), mimetype="text/csv")
    name = f"mohr-{close.day.isoformat()}.csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@blueprint.post("/close")
@requires(Permission.CLOSE_DAYS)
def close() -> ResponseReturnValue:
    """Close a day for good."""
    day = _day(request.form.get("day", ""))
    if day is None:
        abort(400)
    with current_house().ledger.batch() as batch:
        offered = _to_close(closings(batch))
    if day not in offered:
        return _not_closed()
    try:
        reply = recorded_command(
            "books.close", day.isoformat(), {}, CloseDay(day=day), {"day": day.isoformat()}
        )
    except AdministrationError:
        # Somebody else was faster.
        return _not_closed()
    if not reply.ok:
        return _not_closed()
    flash(_("%(day)s is closed, and with it all that came before.", day=date_of(day)), "success")
    return redirect(url_for("books.overview"), 303)


def _not_closed() -> ResponseReturnValue:
    flash(_("Not done: that day is closed already, or it is not over yet."), "info")
    return redirect(url_for("books.overview"), 303)


def _books(*, asked: bool) -> tuple[tuple[DayClose, ...], tuple[AccountTotal, ...] | None]:
    """The closed days, and what moved since; None where that is a lot and nobody asked for it."""
    with current_house().ledger.batch() as batch:
        closed = closings(batch)
        first = closed[-1].last_index if closed else 0
        if batch.head().journal_index - first > OPEN_ROWS_MAX and not asked:
            return closed, None
        return closed, open_totals(batch)


def _closed_or_404(text: str) -> tuple[tuple[DayClose, ...], DayClose]:
    day = _day(text)
    with current_house().ledger.batch() as batch:
        closed = closings(batch)
    found = next((one for one in closed if one.day == day), None)
    if found is None:
        abort(404)
    return closed, found


def _to_close(closed: tuple[DayClose, ...]) -> list[date]:
    """The days that can be closed now: those that are over and not closed, the newest first."""
    rules = current_rules()
    if rules is None:
        return []
    newest = last_ended_day(rules, current_clock().unix_ms())
    oldest = closed[-1].day + timedelta(days=1) if closed else newest - timedelta(days=FIRST_DAYS)
    count = min((newest - oldest).days + 1, CHOICE_DAYS)
    return [newest - timedelta(days=number) for number in range(count)]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        # It came from an address or a form that somebody changed.
        return None
