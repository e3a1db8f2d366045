"""A member's wallets: shown to those who may, and changed once by those who may change them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from flask.testing import FlaskClient

from gateway.model.ids import BranchId, MemberId
from gateway.model.ledger_command import LedgerCommandKind
from gateway.model.rules.earning import Unit
from gateway.office.roles import Role
from simulators.clock import VirtualClock
from simulators.desk import COUPON, DeskHand
from simulators.quiet_house import QuietHouse

if TYPE_CHECKING:
    from tests.unit.web.conftest import ClientAs

ADA, BOB, EVE = (MemberId(f"{number:032x}") for number in (1, 2, 3))
"""Ada and Bob enrolled in ``north``, Eve in ``south``; Ada has 130 points."""
NORTH = BranchId("north")


@pytest.fixture
def hand(quiet: QuietHouse, clock: VirtualClock) -> DeskHand:
    """Rules that allow everything are in force."""
    clock.advance(60_000)
    made = DeskHand(quiet.house)
    made.publish()
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


def command_id(page: str) -> str:
    """The id that lives in a form."""
    found = re.search(r'name="command"[^>]* value="([0-9a-f]{32})"', page)
    assert found is not None, page[:2_000]
    return found[1]


def fill(client: FlaskClient, address: str, **fields: Any) -> tuple[int, str]:  # noqa: ANN401 - what a form takes
    """Open a form, fill it in, send it, and confirm it where it asks; follow where it leads."""
    data = {"command": command_id(get(client, address)), "reason": "a mistake at the till"} | fields
    answer = client.post(address, data=data, follow_redirects=True)
    if 'name="confirmed"' in answer.text:
        answer = client.post(address, data={**data, "confirmed": "yes"}, follow_redirects=True)
    return answer.status_code, answer.text


def desk(member_id: str, what: str) -> str:
    """The address of something that can be done to a member."""
    return f"/members/{member_id}/wallets/{what}"


def test_points_are_given_and_taken(owner: FlaskClient, hand: DeskHand) -> None:
    """What is given and taken is told beforehand, done, and told with both balances afterwards."""
    del hand
    address = desk(ADA, "adjust")
    fields = {"unit": "points", "way": "give", "amount": "۲۰", "reason": "goodwill"}
    look = owner.post(address, data={"command": "a" * 32, **fields})
    assert look.status_code == 200
    assert re.search(r">130</td>.*<strong>150</strong>", look.text, re.DOTALL)
    assert "130" in get(owner, f"/members/{ADA}/wallets")
    status, page = fill(owner, address, **fields)
    assert status == 200
    assert "130 before, 150 now" in page
    status, page = fill(owner, address, unit="points", way="take", amount="50")
    assert "150 before, 100 now" in page
