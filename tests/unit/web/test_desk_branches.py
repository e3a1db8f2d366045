"""The branches' page and its files: figures, owings, days, and who may see what."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest

from gateway.model.ids import BranchId, MemberId, TerminalId
from gateway.model.ledger_command import LedgerCommandKind
from gateway.model.transaction import Redemption
from gateway.office.roles import Role
from simulators.desk import DeskHand
from simulators.sealed_terminal import SealedTerminal, card_evidence, sale_key
from web_admin.desk import routes_branches

if TYPE_CHECKING:
    from simulators.clock import VirtualClock
    from simulators.quiet_house import QuietHouse
    from tests.unit.web.conftest import ClientAs

NORTH, SOUTH = BranchId("north"), BranchId("south")
ADA = MemberId(f"{1:032x}")


@pytest.fixture
def traded(quiet: QuietHouse, clock: VirtualClock) -> None:
    """Ada, whose points are the north's, pays with a hundred of them in the south."""
    clock.advance(60_000)
    hand = DeskHand(quiet.house)
    hand.publish()
    hand.do(
        LedgerCommandKind.ISSUE_GIFT_CARD, NORTH, token="a" * 64, amount=2_500, last_four="1234"
    )
    till = SealedTerminal(TerminalId("till-9"), now_ms=clock.unix_ms())
    quiet.add_terminal(till, SOUTH)
    hold_id = till.new_id()
    asked = till.reserve(hold_id, card_evidence(1), sale_key(50), points=100, total_minor=5_000)
    quiet.ask(till, asked)
    used = Redemption(hold_id=hold_id, points=100, amount_minor=100)
    quiet.transact(till, till.redeem(card_evidence(1), sale_key(50), 5_000, used))


def rows_of(text: str) -> list[dict[str, str]]:
    """The rows of a file."""
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


@pytest.mark.usefixtures("traded")
def test_figures_and_owings(client_as: ClientAs) -> None:
    """The page shows what each branch did, and that the north owes the south a euro."""
    page = client_as(Role.OWNER).get("/branches").text
    assert "175.00 euros" in page  # what the north sold
    assert "999.00 euros" in page  # what the south sold
    assert "25.00 euros" in page  # a gift card was paid for
    owing = page[page.index('id="content"') :].partition("Who owes whom")[2]
    owing = owing[owing.index("<tbody") :]
    assert owing.index(">north<") < owing.index(">south<") < owing.index("1.00 euros")


@pytest.mark.usefixtures("traded")
def test_files(client_as: ClientAs) -> None:
    """Both tables are files with plain figures that can be reckoned with."""
    client = client_as(Role.OWNER)
    answer = client.get("/branches/totals.csv")
    assert "mohr-branches-" in answer.headers["Content-Disposition"]
    north, south = rows_of(answer.text)
    assert (north["Branch"], north["Sales"], north["Sold"]) == ("north", "3", "175.00")
    assert (north["Money paid in"], north["Currency"]) == ("25.00", "EUR")
    assert (south["Points spent"], south["Sold"]) == ("100", "999.00")
    (owing,) = rows_of(client.get("/branches/owings.csv").text)
    assert owing == {
        "Who owes": "north",
        "Whom": "south",
        "Points": "100",
        "Amount": "1.00",
        "Currency": "EUR",
    }


@pytest.mark.usefixtures("traded")
def test_an_account_of_one_branch_sees_its_own(client_as: ClientAs) -> None:
    """A manager of one branch reads no figure of another, on the page and in files."""
    south = client_as(Role.MANAGER, frozenset({SOUTH}))
    page, file = south.get("/branches").text, south.get("/branches/totals.csv").text
    assert "999.00 euros" in page
    assert "175.00 euros" not in page
    assert [row["Branch"] for row in rows_of(file)] == ["south"]
    assert "1.00" in south.get("/branches/owings.csv").text
    west = client_as(Role.MANAGER, frozenset({BranchId("west")}))
    assert "Nothing happened in these days." in west.get("/branches").text
    assert rows_of(west.get("/branches/owings.csv").text) == []


@pytest.mark.usefixtures("traded")
@pytest.mark.parametrize("role", [Role.CASHIER, Role.SUPPORT, Role.INTEGRATOR])
def test_it_is_for_whoever_answers_for_branches(client_as: ClientAs, role: Role) -> None:
    """Nobody else opens the page or its files."""
    client = client_as(role)
    for path in ("/branches", "/branches/totals.csv", "/branches/owings.csv"):
        assert client.get(path).status_code == 403


@pytest.mark.usefixtures("traded")
@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("from=yesterday", "That is no day."),
        ("until=1405-13-01", "That is no day."),
        ("from=2026-12-01&until=2026-11-01", "The first day is after the last one."),
        ("from=2020-01-01&until=2020-12-31", "Nothing happened in these days."),
        ("from=۱۴۰۵/۹/۱&until=۱۴۰۵/۹/۳۰", "999.00 euros"),
        ("from=" + "9" * 4_000, "That is no day."),
    ],
)
def test_days_are_typed_in_either_calendar(client_as: ClientAs, query: str, said: str) -> None:
    """What is no day is said to be none, and days before the shop are empty."""
    answer = client_as(Role.OWNER).get(f"/branches?{query}")
    assert answer.status_code == 200
    assert said in answer.text
    assert client_as(Role.OWNER).get(f"/branches/totals.csv?{query}").status_code == 200


@pytest.mark.usefixtures("traded")
def test_a_long_stretch_waits(client_as: ClientAs, monkeypatch: pytest.MonkeyPatch) -> None:
    """More journal rows than a page may read are added up when somebody asks for it."""
    monkeypatch.setattr(routes_branches, "ROWS_MAX", 2)
    client = client_as(Role.OWNER)
    assert "999.00 euros" not in client.get("/branches").text
    assert "999.00 euros" in client.get("/branches?reckon=yes").text
