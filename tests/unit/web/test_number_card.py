"""A member's number as a card: it follows the profile, and never takes somebody else's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from flask.testing import FlaskClient

from gateway.crypto.card_token import card_token
from gateway.errors import GatewayBusyError
from gateway.ledger.kinds import CardState
from gateway.model.card import CardProfile
from gateway.model.ids import MemberId
from gateway.office.commands import Command, Reply
from gateway.office.roles import Role
from gateway.queries.member_points import points_of
from gateway.service.data_dir import DataDir, read_card_key
from simulators.clock import VirtualClock
from simulators.desk import DeskHand
from simulators.quiet_house import QuietHouse
from web_admin.pages import members

if TYPE_CHECKING:
    from tests.unit.web.conftest import ClientAs

ADA, EVE = MemberId(f"{1:032x}"), MemberId(f"{3:032x}")
"""Ada enrolled in ``north``, Eve in ``south``."""
TYPED, OTHER = "0912 123 4567", "+49 30 1234567"
NUMBERS = {TYPED: b"989121234567", OTHER: b"49301234567"}


@pytest.fixture
def owner(client_as: ClientAs, quiet: QuietHouse, clock: VirtualClock) -> FlaskClient:
    """Who may do everything, under rules that are in force."""
    clock.advance(60_000)
    DeskHand(quiet.house).publish()
    return client_as(Role.OWNER)


@pytest.fixture
def save(owner: FlaskClient) -> Callable[..., Any]:
    """Sends the form about a member, and says what page comes of it."""

    def save(phone: str, member_id: str = ADA) -> Any:  # noqa: ANN401 - a test response
        address = f"/members/{member_id}/profile"
        return owner.post(address, data={"name": "N", "phone": phone}, follow_redirects=True)

    return save


def state(quiet: QuietHouse, typed: str, member_id: MemberId = ADA) -> CardState | None:
    """How a number stands among a member's cards."""
    card_key = read_card_key(DataDir(quiet.data_dir))
    token = card_token(card_key, CardProfile.PHONE, NUMBERS[typed])
    cards = points_of(quiet.house.ledger, member_id).cards
    return next((one.state for one in cards if one.token == token), None)


def test_a_number_becomes_a_card_and_follows_the_profile(
    quiet: QuietHouse, save: Callable[..., Any], owner: FlaskClient
) -> None:
    """Saved it is a card, changed the old one is blocked, back it is free again, erased blocked."""
    page = save(TYPED).text
    assert "Saved." in page
    assert "Phone number as a card" in page
    assert state(quiet, TYPED) is CardState.ACTIVE
    save(TYPED)
    assert len(points_of(quiet.house.ledger, ADA).cards) == 2
    save(OTHER)
    assert (state(quiet, TYPED), state(quiet, OTHER)) == (CardState.BLOCKED, CardState.ACTIVE)
    save(TYPED)
    assert (state(quiet, TYPED), state(quiet, OTHER)) == (CardState.ACTIVE, CardState.BLOCKED)
    owner.post(f"/members/{ADA}/erase")
    assert state(quiet, TYPED) is CardState.BLOCKED


def test_a_card_that_was_blocked_by_hand_stays_blocked(
    quiet: QuietHouse, save: Callable[..., Any], owner: FlaskClient
) -> None:
    """Saving the same number again unblocks nothing."""
    save(TYPED)
    reference = next(
        members._reference(one)
        for one in points_of(quiet.house.ledger, ADA).cards
        if one.profile is CardProfile.PHONE
    )
    owner.post(f"/members/{ADA}/cards/{reference}/block")
    save(TYPED)
    assert state(quiet, TYPED) is CardState.BLOCKED


def test_a_number_that_is_anothers_changes_nothing(
    quiet: QuietHouse, save: Callable[..., Any]
) -> None:
    """The form comes back and says whose it is; neither profile nor card is changed."""
    save(TYPED)
    answer = save(TYPED, EVE)
    assert answer.status_code == 422
    assert f"the member&#39;s with the code {ADA[:8]}" in answer.text
    assert quiet.office.people.profile(EVE) is None
    assert state(quiet, TYPED) is CardState.ACTIVE
    assert state(quiet, TYPED, EVE) is None


def test_a_gateway_that_is_away_is_asked_again_next_time(
    quiet: QuietHouse, save: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The profile is kept and the page says what is left; saving it once more does that."""

    def busy(_command: Command) -> Reply:
        raise GatewayBusyError("busy")

    house = quiet.house
    with monkeypatch.context() as patch:
        patch.setattr(quiet, "_house", replace(house, execute=busy))
        page = save(TYPED).text
    assert "Tills do not go by the change of the number yet" in page
    kept = quiet.office.people.profile(ADA)
    assert kept is not None
    assert kept.phone == "989121234567"
    assert state(quiet, TYPED) is None
    assert "Tills do not go by" not in save(TYPED).text
    assert state(quiet, TYPED) is CardState.ACTIVE
