"""The overview: right figures, for the branches of whoever looks, within the budget."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

import pytest
from flask import Flask
from flask.testing import FlaskClient

from gateway.formatting.numbers import Language
from gateway.model.ids import BranchId, TerminalId
from gateway.office.decisions import SubjectKind, Verdict
from gateway.office.roles import Role
from gateway.queries.figures import Budget, Figures
from gateway.queries.quarantine import suspects
from gateway.queries.reading import reading
from gateway.queries.scope import EVERYTHING, Scope
from gateway.queries.waiting import read_waiting
from simulators.clock import VirtualClock
from simulators.quiet_house import QuietHouse
from simulators.sealed_terminal import SealedTerminal, card_evidence, sale_key
from web_admin.overview.periods import Period, Stretch, chart_stretch, short_day, stretch_of

if TYPE_CHECKING:
    from tests.unit.web.conftest import ClientAs

TODAY = date(2026, 11, 23)


def get(client: FlaskClient, address: str = "/") -> str:
    """A page's text, on one line."""
    answer = client.get(address)
    assert answer.status_code == 200, answer.get_data(as_text=True)[:2_000]
    return re.sub(r"\s+", " ", answer.get_data(as_text=True))


def stat(page: str, label: str) -> str:
    """A figure by its label."""
    found = re.search(rf'mohr-stat-label">{label}</p> <p class="mohr-stat-value">([^<]*)<', page)
    assert found is not None, label
    return found[1]


def test_the_owner_sees_everything(client_as: ClientAs) -> None:
    """Four sales of three members, all branches together and one by one."""
    page = get(client_as(Role.OWNER))
    assert stat(page, "Sales") == "4"
    assert stat(page, "Active members") == "3"
    assert stat(page, "New members") == "3"
    assert stat(page, "Points issued") == "1,174"
    assert stat(page, "Points redeemed") == "0"
    assert stat(page, "Points outstanding") == "1,174"
    assert "By branch" in page
    assert page.count('translate="no" class="mohr-code font-monospace" dir="ltr">till-2<') >= 1


def test_a_manager_sees_the_own_branch(client_as: ClientAs) -> None:
    """Figures, taps and terminals of the other branch are not in what ``north`` is shown."""
    page = get(client_as(Role.MANAGER))
    assert stat(page, "Sales") == "3"
    assert stat(page, "Active members") == "2"
    assert stat(page, "Points outstanding") == "175"
    assert "till-2" not in page
    assert "By branch" not in page
    empty = get(client_as(Role.MANAGER, frozenset({BranchId("nowhere")})))
    assert stat(empty, "Sales") == "0"
    assert stat(empty, "Points outstanding") == "0"


def test_an_integrator_sees_no_members(client_as: ClientAs) -> None:
    """Whoever may not open members gets no link to one, and no queue without permission."""
    page = get(client_as(Role.INTEGRATOR))
    assert 'href="/members' not in page
    assert 'href="/quarantine' not in page
    cashier = get(client_as(Role.CASHIER))
    assert 'href="/terminals' not in cashier


def test_days_pass_out_of_a_period(client_as: ClientAs, clock: VirtualClock) -> None:
    """Yesterday's sales are not today's, and a month later only the points are left."""
    owner = client_as(Role.OWNER)
    clock.advance(10 * 60_000)
    assert stat(get(owner, "/?period=today"), "Sales") == "4"
    quiet_days = {"today": "0", "week": "0", "days-30": "4"}
    clock.advance(9 * 86_400_000)
    owner = client_as(Role.OWNER)
    for period, sales in quiet_days.items():
        assert stat(get(owner, f"/?period={period}"), "Sales") == sales, period
    clock.advance(40 * 86_400_000)
    owner = client_as(Role.OWNER)
    page = get(owner, "/?period=days-30")
    assert stat(page, "Sales") == "0"
    assert stat(page, "Points outstanding") == "1,174"


def test_a_sale_shows_at_the_next_look(
    client_as: ClientAs, quiet: QuietHouse, clock: VirtualClock
) -> None:
    """Figures are caught up with each request, the newest tap stands on top."""
    owner = client_as(Role.OWNER)
    get(owner)
    till = SealedTerminal(TerminalId("till-7"), now_ms=clock.unix_ms())
    quiet.add_terminal(till, BranchId("east"))
    quiet.transact(till, till.earn(card_evidence(1), sale_key(77), 5_000, receipt="0077"))
    page = get(owner)
    assert stat(page, "Sales") == "5"
    assert stat(page, "Points outstanding") == "1,224"
    assert ">east<" in page


def test_figures_that_are_not_ready_say_so(
    app: Flask, client_as: ClientAs, quiet: QuietHouse
) -> None:
    """While rows are unread the page says how far it is, asks again by itself, then starts over."""
    owner = client_as(Role.OWNER)
    get(owner)
    kept = app.extensions["mohr-figures"]
    app.extensions["mohr-figures"] = Figures(
        quiet.house.ledger, kept.zone, Budget(journal_rows=1, accounts=1)
    )
    page = get(owner)
    assert "Still counting" in page
    assert 'hx-get="/figures?period=week"' in page
    for _ in range(20):
        answer = owner.get("/figures?period=week")
        if "HX-Refresh" in answer.headers:
            break
        assert "Still counting" in answer.get_data(as_text=True)
    else:
        pytest.fail("the figures never got ready")
    assert stat(get(owner), "Sales") == "4"


def test_a_new_shop_is_told_what_to_do_next(client_as: ClientAs, quiet: QuietHouse) -> None:
    """The steps stand there until the first member has a name."""
    owner = client_as(Role.OWNER)
    assert "Next steps" in get(owner)
    owner.post(f"/members/{1:032x}/profile", data={"name": "Ada"})
    page = get(owner)
    assert "Next steps" not in page
    assert ">Ada<" in page
    assert quiet.office.people.knows_anybody()


def test_what_waits_is_counted_by_branch(quiet: QuietHouse) -> None:
    """Quarantine counts by the claimed terminal's branch; nothing is held here."""
    broken = SealedTerminal(TerminalId("till-1"))
    quiet.transact(broken, broken.earn(card_evidence(1), sale_key(5), 100))
    north, south = (Scope(frozenset({BranchId(name)})) for name in ("north", "south"))
    with reading(quiet.house.ledger.place) as connection:
        assert read_waiting(connection, EVERYTHING).quarantined == 1
        assert read_waiting(connection, north).quarantined == 1
        assert read_waiting(connection, south).quarantined == 0
        assert read_waiting(connection, EVERYTHING).held == 0
        assert read_waiting(connection, EVERYTHING).programme_version == 1


def test_what_was_decided_waits_for_nobody(quiet: QuietHouse) -> None:
    """A message that somebody keeps as evidence lies there, but does not wait any more."""
    broken = SealedTerminal(TerminalId("till-1"))
    quiet.transact(broken, broken.earn(card_evidence(1), sale_key(5), 100))
    north, south = (Scope(frozenset({BranchId(name)})) for name in ("north", "south"))
    decisions = quiet.office.decisions
    with reading(quiet.house.ledger.place) as connection:
        (suspect,) = suspects(connection, EVERYTHING, limit=5)

        def waiting(scope: Scope) -> int:
            decided = decisions.keys(SubjectKind.QUARANTINE, Verdict.KEPT)
            return read_waiting(connection, scope, decided=decided).quarantined

        for verdict, left in ((Verdict.KEPT, 0), (Verdict.REOPENED, 1)):
            decisions.record(
                SubjectKind.QUARANTINE, suspect.key, verdict, note="", account="ada", at_ms=1
            )
            assert (waiting(EVERYTHING), waiting(north), waiting(south)) == (left, left, 0)


def test_the_overview_speaks_persian(client_as: ClientAs, quiet: QuietHouse) -> None:
    """Words, digits and the month are Persian for an account that wants Persian."""
    client = client_as(Role.OWNER)
    for account in quiet.office.accounts.all():
        quiet.office.accounts.set_language(account.account_id, "fa")
    page = get(client, "/?period=month")
    assert '<html lang="fa" dir="rtl"' in page
    assert stat(page, "فروش‌ها") == "۴"
    assert stat(page, "امتیاز نزد اعضا") == "۱٬۱۷۴"
    assert "آذر ۱۴۰۵" in page


def test_a_month_is_the_readers_own() -> None:
    """The Jalali month of 23 November 2026 began on the 22nd, the Gregorian on the 1st."""
    assert stretch_of(Period.MONTH, TODAY, Language.FA).first == date(2026, 11, 22)
    assert stretch_of(Period.MONTH, TODAY, Language.EN).first == date(2026, 11, 1)
    week = stretch_of(Period.WEEK, TODAY, Language.FA)
    assert (len(week.days), week.last) == (7, TODAY)
    today = stretch_of(Period.TODAY, TODAY, Language.EN)
    assert today.days == (TODAY,)
    assert len(chart_stretch(today).days) == 7
    assert chart_stretch(Stretch(first=date(2026, 11, 1), last=TODAY)).first == date(2026, 11, 1)
    assert short_day(TODAY, Language.FA) == "۲ آذر"
    assert short_day(TODAY, Language.EN) == "23 Nov"
