"""The overview: how the shop is doing, what waits for somebody, and what happened just now."""

from __future__ import annotations

from datetime import date
from typing import Final

from flask import Blueprint, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from gateway.formatting.dates import write_month
from gateway.model.ids import TerminalId
from gateway.office.decisions import SubjectKind, Verdict
from gateway.queries.figures import Figures
from gateway.queries.live import LiveEvent, LiveFilter, newest_rows
from gateway.queries.reading import reading
from gateway.queries.scope import Scope
from gateway.queries.terminals import TerminalView, terminals
from gateway.queries.waiting import Waiting, read_waiting
from web_admin.access.current import current_scope, may
from web_admin.access.guard import requires
from web_admin.access.permissions import Permission
from web_admin.access.unattended import unattended
from web_admin.context import current_clock, current_house, current_office
from web_admin.figures import current_figures
from web_admin.fleet.words import advice_on
from web_admin.live.words import badge_of_status, words_of_action
from web_admin.overview.attention import TERMINALS_MAX, FirstDays, at_a_glance
from web_admin.overview.periods import Period, chart_stretch, short_day, stretch_of
from web_admin.overview.tables import overview_of
from web_admin.reader import current_language

blueprint: Final = Blueprint("dashboard", __name__)

TAPS_SHOWN: Final = 10


@blueprint.get("/")
@requires(Permission.VIEW_DASHBOARD)
def overview() -> ResponseReturnValue:
    """The whole page."""
    house, office, scope = current_house(), current_office(), current_scope()
    kept = current_figures()
    decided = office.decisions.keys(SubjectKind.QUARANTINE, Verdict.KEPT)
    with reading(house.ledger.place) as connection:
        views: tuple[TerminalView, ...] = terminals(connection, scope, limit=TERMINALS_MAX + 1)
        waiting: Waiting = read_waiting(connection, scope, decided=decided)
        taps = newest_rows(connection, LiveFilter(scope=scope), limit=TAPS_SHOWN)
    newest = tuple(reversed(taps.events))
    names = _names(newest, scope)
    first_days = FirstDays(
        has_terminal=bool(views),
        has_sale=bool(newest),
        has_named_member=bool(names) or (bool(newest) and office.people.knows_anybody()),
    )
    return render_template(
        "dashboard/overview.html",
        waiting=waiting,
        glance=at_a_glance(views, house.hints(), waiting.programme_version),
        first_days=first_days,
        may_add_terminals=may(Permission.MANAGE_TERMINALS),
        may_see_terminals=may(Permission.VIEW_TERMINALS),
        may_see_queues=may(Permission.VIEW_QUEUES),
        may_see_taps=may(Permission.VIEW_LIVE),
        may_see_members=may(Permission.VIEW_MEMBERS),
        taps=newest if may(Permission.VIEW_LIVE) else (),
        names=names,
        scope=scope,
        refused=kept.refused(_own(views, scope)),
        advice_on=advice_on,
        badge_of_status=badge_of_status,
        words_of_action=words_of_action,
        **_figures(kept, scope),
    )


@blueprint.get("/figures")
@requires(Permission.VIEW_DASHBOARD)
@unattended
def figures() -> ResponseReturnValue:
    """The figures alone, asked for again and again until everything is counted."""
    kept = current_figures()
    shown = _figures(kept, current_scope())
    answer = make_response(render_template("dashboard/figures.html", **shown))
    if kept.progress().complete:
        # Now the whole page is right, its chart included.
        answer.headers["HX-Refresh"] = "true"
    return answer


def _own(views: tuple[TerminalView, ...], scope: Scope) -> frozenset[TerminalId] | None:
    """Whose messages the reader may count; None for everybody's."""
    return None if scope.everything else frozenset(view.terminal for view in views)


def _figures(kept: Figures, scope: Scope) -> dict[str, object]:
    """What the template of the figures needs."""
    language = current_language()
    today = date.fromordinal(kept.day_of(current_clock().unix_ms()))
    period = _period()
    stretch = stretch_of(period, today, language)
    chart = chart_stretch(stretch)
    return {
        "period": period,
        "periods": _choices(today),
        "stretch": stretch,
        "overview": overview_of(kept, scope, stretch),
        "chart_labels": [short_day(day, language) for day in chart.days],
    }


def _period() -> Period:
    wanted = request.args.get("period", "")
    return Period(wanted) if wanted in tuple(Period) else Period.WEEK


def _choices(today: date) -> list[tuple[Period, str]]:
    return [
        (Period.TODAY, _("Today")),
        (Period.WEEK, _("7 days")),
        (Period.DAYS_30, _("30 days")),
        (Period.MONTH, write_month(today, current_language())),
    ]


def _names(events: tuple[LiveEvent, ...], scope: Scope) -> dict[str, str]:
    """Names of the members in these rows whom the reader may know."""
    if not may(Permission.VIEW_MEMBERS):
        return {}
    shown = [
        event.member_id
        for event in events
        if event.member_id is not None and scope.holds(event.member_branch)
    ]
    profiles = current_office().people.profiles(shown)
    return {member_id: one.name for member_id, one in profiles.items() if one.name}
