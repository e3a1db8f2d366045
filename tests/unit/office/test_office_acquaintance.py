"""Birthdays out of profiles: in the calendar they were said in, and never at a sale's cost."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway.ledger.memory_store import MemoryLedgerStore
from gateway.ledger.rows_sales import RatingRow
from gateway.model.ids import BranchId, MemberId
from gateway.model.member_facts import MemberDate
from gateway.model.rules.condition import Condition, MemberDay
from gateway.model.rules.earning import EarningKind, EarningRule
from gateway.model.rules.expiry import CalendarKind
from gateway.model.rules.rules import Rules
from gateway.office.acquaintance import OfficeAcquaintance
from gateway.office.database import Database
from gateway.office.people import IDS_MAX, People
from gateway.office.profile import CheckedProfile, TypedProfile, check_profile
from simulators.rules_shop import RulesShop, club

TODAY = date(2026, 11, 23)
NORTH = BranchId("north")
ADA, BOB, EVE = (MemberId(name * 32) for name in "abe")


@pytest.fixture
def office_file(tmp_path: Path) -> Path:
    """Where the office's database lies."""
    return tmp_path / "office.db"


@pytest.fixture
def people(office_file: Path) -> People:
    """No profiles yet."""
    return People(Database(office_file))


def tell(people: People, member_id: MemberId, birthday: str) -> None:
    """Keep what somebody said."""
    checked = check_profile(TypedProfile(name="x", birthday=birthday), TODAY)
    assert isinstance(checked, CheckedProfile)
    people.save(member_id, NORTH, checked, 1)


@contextmanager
def somebody_writes(office_file: Path) -> Iterator[None]:
    """Somebody holds the file for longer than a sale waits."""
    with closing(sqlite3.connect(office_file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


def test_a_birthday_comes_back_in_the_calendar_it_was_said_in(people: People) -> None:
    """30 Esfand and 29 February stay the leap days they are; who said none is left out."""
    tell(people, ADA, "1399/12/30")
    tell(people, BOB, "2000-02-29")
    tell(people, EVE, "")
    found = OfficeAcquaintance(people).dates_of([ADA, BOB, EVE, MemberId("f" * 32)])
    assert found == {
        ADA: (MemberDate(month=12, day_of_month=30, calendar=CalendarKind.JALALI),),
        BOB: (MemberDate(month=2, day_of_month=29, calendar=CalendarKind.GREGORIAN),),
    }


def test_more_members_than_one_question_takes(people: People) -> None:
    """A batch of many members is asked for in several questions."""
    many = [MemberId(f"{number:032x}") for number in range(IDS_MAX + 1)]
    for member_id in (many[0], many[-1]):
        tell(people, member_id, "2000-01-15")
    assert OfficeAcquaintance(people).dates_of(many).keys() == {many[0], many[-1]}


def test_nobody_asked_for_is_nobody_found(people: People) -> None:
    """A batch without members asks nothing."""
    assert OfficeAcquaintance(people).dates_of([]) == {}


def test_a_file_that_cannot_be_read_is_told_of_once(people: People, office_file: Path) -> None:
    """While somebody holds the file nobody has a birthday; the log says so once."""
    tell(people, ADA, "2000-01-15")
    known = OfficeAcquaintance(people)
    with capture_logs() as logs:
        with somebody_writes(office_file):
            assert known.dates_of([ADA]) == {}
            assert known.dates_of([ADA]) == {}
        assert known.dates_of([ADA]).keys() == {ADA}
        assert known.dates_of([ADA]).keys() == {ADA}
    assert [line["event"] for line in logs] == [
        "sales are rated without birthdays",
        "birthdays can be read again",
    ]
    assert ADA not in json.dumps(logs)


def test_a_sale_on_a_birthday_earns_more_and_waits_for_nobody(
    people: People, office_file: Path
) -> None:
    """The rule of the day counts once its file can be read; a sale before is rated without it."""
    rule = EarningRule(
        id="birthday",
        kind=EarningKind.FIXED,
        points=500,
        when=Condition(member_day=MemberDay()),
    )
    shop = RulesShop(MemoryLedgerStore(), club(Rules(earning=(rule,))))
    till = shop.till()
    shop.do(till.enrol("ada"))
    today = datetime.fromtimestamp(shop.now_ms // 1000, UTC).date()
    tell(people, shop.member("ada"), today.replace(year=1990).isoformat())
    shop.diary = OfficeAcquaintance(people)  # type: ignore[assignment] # another acquaintance
    shop.restart()
    with somebody_writes(office_file):
        assert shop.do(till.sell("ada", "s", 1_000)).points == 10
    assert shop.do(till.sell("ada", "t", 1_000)).points == 510
    assert shop.do(till.sell("ada", "u", 1_000)).points == 10
    known = ["dates" in json.loads(row.facts) for row in shop.rows(RatingRow)]
    assert known == [False, True, True]
