"""A member's page after a redenomination: amounts in both currencies, commands in the new one."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from flask.testing import FlaskClient

from gateway.config_programme import programme_text
from gateway.model.ids import BranchId, MemberId
from gateway.model.ledger_command import LedgerCommandKind
from gateway.model.money import EUR, Currency
from gateway.model.rules.earning import Unit
from gateway.model.rules.succession import Succession
from gateway.office.commands import AddProgramme
from gateway.office.roles import Role
from simulators.clock import VirtualClock
from simulators.desk import DeskHand
from simulators.quiet_house import QuietHouse

if TYPE_CHECKING:
    from tests.unit.web.conftest import ClientAs

ADA = MemberId(f"{1:032x}")
NORTH = BranchId("north")


@pytest.fixture
def owner(client_as: ClientAs, quiet: QuietHouse, clock: VirtualClock) -> FlaskClient:
    """Ada had 12.50 euros when five of them became one of another unit."""
    clock.advance(60_000)
    hand = DeskHand(quiet.house)
    hand.publish()
    give = {"reason": "a mistake", "unit": Unit.CREDIT}
    hand.do(LedgerCommandKind.ADJUST, NORTH, member_id=ADA, amount=1_250, **give)  # type: ignore[arg-type] # parts by name
    clock.advance(60_000)
    with quiet.house.ledger.batch() as batch:
        newest = batch.programmes()[-1]
    wanted = replace(
        newest,
        version=newest.version + 1,
        effective_from_ms=clock.unix_ms(),
        currency=Currency(code="XTS", exponent=2),
        succeeds=Succession(currency=EUR, old_units_per_unit=5),
    )
    quiet.house.execute(AddProgramme(programme=programme_text(wanted)))
    clock.advance(60_000)
    hand.do(LedgerCommandKind.ADJUST, NORTH, member_id=ADA, amount=100, **give)  # type: ignore[arg-type] # parts by name
    return client_as(Role.OWNER)


def test_credit_stands_in_both_currencies(owner: FlaskClient) -> None:
    """Two fifty were brought over and one was given; beside them is what they were."""
    answer = owner.get(f"/members/{ADA}/wallets", headers={"Accept-Language": "en"})
    text = re.sub(r"<[^>]*>|[\u2066-\u2069]", "", answer.text)
    assert answer.status_code == 200
    assert "3.50 XTS (17.50 euros)" in text


def test_the_rules_say_what_became_of_the_old_currency(owner: FlaskClient) -> None:
    """Whoever reads the rules is told the rate."""
    answer = owner.get("/programme", headers={"Accept-Language": "en"}, follow_redirects=True)
    text = re.sub(r"<[^>]*>|[\u2066-\u2069]", "", answer.text)
    assert "5.00 euros of before are 1.00 XTS now" in text
