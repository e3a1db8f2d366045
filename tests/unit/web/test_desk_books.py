"""The books' pages: the open day, closing it for good, closed days and their files."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

import pytest
from flask.testing import FlaskClient

from gateway.model.ids import BranchId, MemberId
from gateway.model.ledger_command import LedgerCommandKind
from gateway.model.rules.earning import Unit
from gateway.office.roles import Role
from simulators.clock import VirtualClock
from simulators.desk import DeskHand
from simulators.quiet_house import QuietHouse
from web_admin.desk import routes_books

if TYPE_CHECKING:
    from tests.unit.web.conftest import ClientAs

NORTH = BranchId("north")
DAY_MS = 86_400_000


@pytest.fixture
def hand(quiet: QuietHouse, clock: VirtualClock) -> DeskHand:
    """Rules that allow everything, and a little of every unit."""
    clock.advance(60_000)
    made = DeskHand(quiet.house)
    made.publish()
    who = MemberId(f"{1:032x}")
    made.do(LedgerCommandKind.ADJUST, NORTH, member_id=who, unit=Unit.CREDIT, amount=700)
    made.do(
        LedgerCommandKind.ISSUE_GIFT_CARD, NORTH, token="a" * 64, amount=2_500, last_four="1234"
    )
    return made


@pytest.fixture
def owner(client_as: ClientAs) -> FlaskClient:
    """Who may do everything."""
    return client_as(Role.OWNER)


def get(client: FlaskClient, address: str, status: int = 200) -> str:
    """A page's text."""
    answer = client.get(address)
    assert answer.status_code == status, answer.text[:2_000]
    return answer.text


def close(client: FlaskClient) -> str:
    """Close the day that the page offers first; where that leads."""
    answer = client.post("/books/close", data={"day": offered(client)[0]}, follow_redirects=True)
    assert answer.status_code == 200
    return answer.text


def offered(client: FlaskClient) -> list[str]:
    """The days that the page lets its reader choose from."""
    return re.findall(r'<option value="([0-9-]+)"', get(client, "/books"))


def test_the_open_day_adds_up_and_says_what_is_owed(owner: FlaskClient, hand: DeskHand) -> None:
    """Each unit has its sheet; points are shown with what they are worth under the rules."""
    del hand
    page = get(owner, "/books")
    # 130 + 45 + 999 points; a hundred of them are one euro under the rules of this house.
    assert "1,174" in page
    assert "Owed in all: 7.00 euros" in page
    assert "Owed in all: 25.00 euros" in page
    assert "does not add up" not in page
    assert "Members are owed 1,174 points, worth" in page
    assert "it cannot be said how many" in page
    assert "No day was closed yet" in page


def test_a_day_is_closed_for_good(owner: FlaskClient, quiet: QuietHouse, hand: DeskHand) -> None:
    """The last day that is over is closed once, is listed, and takes in what came before."""
    del hand
    page = close(owner)
    assert "22 Nov 2026 is closed" in page
    assert "What moved since 22 Nov 2026 was closed" in page
    assert page.count("Nothing moved.") == 3
    assert "Owed in all: 25.00 euros" in page
    assert "/books/close" not in page
    again = owner.post("/books/close", data={"day": "2026-11-22"}, follow_redirects=True)
    assert "closed already" in again.text
    future = owner.post("/books/close", data={"day": "2026-12-31"}, follow_redirects=True)
    assert "closed already, or it is not over yet" in future.text
    assert owner.post("/books/close", data={"day": "x"}).status_code == 400
    outcomes = [
        (one.action, one.subject, one.outcome) for one in quiet.office.trail.entries(limit=3)
    ]
    assert outcomes[-1] == ("books.close", "2026-11-22", "done")


def test_any_day_that_is_over_can_be_chosen(
    client_as: ClientAs, clock: VirtualClock, hand: DeskHand
) -> None:
    """The days since the last closed one are offered, newest first; each closes all before it."""
    del hand
    owner = client_as(Role.OWNER)
    assert offered(owner)[0] == "2026-11-22"
    close(owner)
    assert offered(owner) == []
    assert "/books/close" not in get(owner, "/books")
    clock.advance(4 * DAY_MS)
    owner = client_as(Role.OWNER)
    assert offered(owner) == ["2026-11-26", "2026-11-25", "2026-11-24", "2026-11-23"]
    data = {"day": "2026-11-24"}
    page = owner.post("/books/close", data=data, follow_redirects=True).text
    assert "24 Nov 2026 is closed, and with it all that came before." in page
    assert offered(owner) == ["2026-11-26", "2026-11-25"]
    early = owner.post("/books/close", data={"day": "2026-11-23"}, follow_redirects=True).text
    assert "closed already" in early
    today = owner.post("/books/close", data={"day": "2026-11-27"}, follow_redirects=True).text
    assert "it is not over yet" in today


@pytest.mark.parametrize(
    "day", ["", "x", "0000-00-00", "2026-13-01", "۲۰۲۶-۱۱-۲۲", "<b>", "9" * 4_000]
)
def test_what_is_no_day_closes_nothing(owner: FlaskClient, hand: DeskHand, day: str) -> None:
    """A form that somebody changed answers 400, and no day is closed."""
    del hand
    assert owner.post("/books/close", data={"day": day}).status_code == 400
    assert "No day was closed yet" in get(owner, "/books")


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "1800-01-01"])
def test_days_at_the_ends_of_the_calendar(owner: FlaskClient, hand: DeskHand, day: str) -> None:
    """A day that no shop has is not closed, and nothing fails."""
    del hand
    answer = owner.post("/books/close", data={"day": day}, follow_redirects=True)
    assert "Not done" in answer.text
    get(owner, "/books")
    get(owner, f"/books/{day}", 404)


def test_a_closed_day_is_shown_and_downloaded(owner: FlaskClient, hand: DeskHand) -> None:
    """The page of a closed day shows its totals; its file has a line for each class."""
    del hand
    close(owner)
    page = get(owner, "/books/2026-11-22")
    assert "Closed for good" in page
    assert "Owed in all: 7.00 euros" in page
    answer = owner.get("/books/2026-11-22/totals.csv")
    assert answer.mimetype == "text/csv"
    assert "mohr-2026-11-22.csv" in answer.headers["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert rows[0] == ["Day", "Ledger", "Account", "Name", "Debit", "Credit", "Balance"]
    assert [
        "2026-11-22",
        "GC:EUR",
        "topped_up",
        "Gift cards: Paid in",
        "25.00",
        "0.00",
        "-25.00",
    ] in rows
    assert [
        "2026-11-22",
        "PTS:points",
        "available",
        "Points: Can be spent",
        "0",
        "1174",
        "1174",
    ] in rows
    for ledger in {row[1] for row in rows[1:]}:
        assert sum(float(row[6]) for row in rows if row[1] == ledger) == 0
    for nothing in ("2026-11-21", "x", "2026-11-22x"):
        get(owner, f"/books/{nothing}", 404)
        get(owner, f"/books/{nothing}/totals.csv", 404)


def test_what_moves_later_goes_into_the_next_day(
    client_as: ClientAs, quiet: QuietHouse, clock: VirtualClock, hand: DeskHand
) -> None:
    """A second closing holds what came after the first, and sums go on from there."""
    del quiet
    close(client_as(Role.OWNER))
    clock.advance(DAY_MS)
    who = MemberId(f"{1:032x}")
    hand.do(LedgerCommandKind.ADJUST, NORTH, member_id=who, unit=Unit.POINTS, amount=26)
    owner = client_as(Role.OWNER)
    close(owner)
    page = get(owner, "/books/2026-11-23")
    assert "Owed in all: 1,200" in page
    assert page.count("Nothing moved.") == 2
    assert re.findall(r'href="/books/(2026-11-\d\d)"', get(owner, "/books")) == [
        "2026-11-23",
        "2026-11-22",
    ]
    assert re.findall(r'href="/books/(2026-11-\d\d)"', get(owner, "/books?before=2026-11-23")) == [
        "2026-11-22"
    ]


def test_a_long_open_stretch_is_reckoned_when_asked(
    owner: FlaskClient, hand: DeskHand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where very much moved since the last closing, the page comes at once and offers to reckon."""
    del hand
    monkeypatch.setattr(routes_books, "OPEN_ROWS_MAX", 3)
    page = get(owner, "/books")
    assert "A lot has moved" in page
    assert "1,174" not in page
    assert "1,174" in get(owner, "/books?reckon=yes")


def test_before_there_is_anything_the_books_are_empty(owner: FlaskClient) -> None:
    """Without gift cards or credit their sheets are not there or empty, and nothing fails."""
    page = get(owner, "/books")
    assert "1,174" in page
    assert "Owed in all" in page


def test_who_may_look_and_close(client_as: ClientAs) -> None:
    """The books are of all branches: owners and auditors look, owners alone close."""
    auditor = client_as(Role.AUDITOR)
    assert "/books/close" not in get(auditor, "/books")
    assert auditor.post("/books/close", data={"day": "2026-11-22"}).status_code == 403
    for role in (Role.MANAGER, Role.CASHIER, Role.SUPPORT, Role.INTEGRATOR):
        assert client_as(role).get("/books").status_code == 403
