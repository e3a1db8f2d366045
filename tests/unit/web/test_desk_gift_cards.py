"""Gift cards at the desk: sold, loaded, blocked, let go and listed, each for those who may."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from flask.testing import FlaskClient

from gateway.ledger.kinds import GiftCardState
from gateway.model.ids import BranchId
from gateway.model.ledger_command import LedgerCommandKind
from gateway.office.roles import Role
from gateway.queries.gift_cards import GiftCardFilter, GiftCardLine, gift_cards
from gateway.queries.scope import EVERYTHING
from simulators.clock import VirtualClock
from simulators.desk import DeskHand
from simulators.quiet_house import QuietHouse

if TYPE_CHECKING:
    from tests.unit.web.conftest import ClientAs

NORTH, SOUTH = BranchId("north"), BranchId("south")
DAY_MS = 86_400_000


@pytest.fixture
def hand(quiet: QuietHouse, clock: VirtualClock) -> DeskHand:
    """Rules that allow everything are in force; a card of each branch was sold."""
    clock.advance(60_000)
    made = DeskHand(quiet.house)
    made.publish()
    for number, branch in ((1, NORTH), (2, SOUTH)):
        clock.advance(1_000)
        made.do(
            LedgerCommandKind.ISSUE_GIFT_CARD,
            branch,
            token=f"{number:064x}".replace("0", "a"),
            amount=number * 1_000,
            last_four=f"111{number}",
        )
    return made


@pytest.fixture
def owner(client_as: ClientAs, hand: DeskHand) -> FlaskClient:
    """Who may do everything."""
    del hand
    return client_as(Role.OWNER)


def get(client: FlaskClient, address: str, status: int = 200) -> str:
    """A page's text."""
    answer = client.get(address)
    assert answer.status_code == status, answer.text[:2_000]
    return answer.text


def send(client: FlaskClient, address: str, **fields: Any) -> tuple[int, str]:  # noqa: ANN401 - what forms take
    """Fill in a form, send it, confirm it where it asks, and follow where it leads."""
    found = re.search(r'name="command"[^>]* value="([0-9a-f]{32})"', get(client, address))
    assert found is not None
    data = {"command": found[1], "reason": "at the desk", **fields}
    answer = client.post(address, data=data, follow_redirects=True)
    if 'name="confirmed"' in answer.text:
        answer = client.post(address, data={**data, "confirmed": "yes"}, follow_redirects=True)
    return answer.status_code, answer.text


def cards(quiet: QuietHouse) -> dict[str, GiftCardLine]:
    """Every gift card by its last digits."""
    wanted = GiftCardFilter(scope=EVERYTHING)
    found = gift_cards(quiet.house.ledger, wanted, quiet.clock.unix_ms())
    return {one.last_four: one for one in found}


def test_cards_are_listed_newest_first(owner: FlaskClient) -> None:
    """The list shows endings, balances and last days, and no token."""
    page = get(owner, "/gift-cards")
    assert re.findall(r"•••• (\d{4})", page) == ["1112", "1111"]
    assert "20.00 euros" in page
    assert "23 Nov 2027" in page
    assert "aaaaaaaa" not in page
    assert re.findall(r"•••• (\d{4})", get(owner, "/gift-cards?last_four=۱۱۱۱")) == ["1111"]
    assert "There are no such gift cards" in get(owner, "/gift-cards?state=blocked")


def test_a_card_is_sold_and_loaded(owner: FlaskClient, quiet: QuietHouse) -> None:
    """A card is named by its number, the amount looked at, and more money added later."""
    fields = {
        "branch_sold": "south",
        "profile": "uid",
        "card": "04 11 22 33 44 55 66",
        "last_four": "۹۹۹۹",
        "amount": "25",
    }
    status, page = send(owner, "/gift-cards/sell", **fields)
    assert status == 200
    assert "can be used at once" in page
    sold = cards(quiet)["9999"]
    assert (sold.available_minor, sold.branch) == (2_500, SOUTH)
    status, page = send(owner, f"/gift-cards/{sold.name}/load", amount="5")
    assert "25.00 euros before, 30.00 euros now" in page
    assert page.count("Loaded") == 2
    # Selling it once more is loading it, and shows what is on it beforehand.
    status, page = send(owner, "/gift-cards/sell", **{**fields, "amount": "5"})
    assert cards(quiet)["9999"].available_minor == 3_500


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"amount": "1"}, "less than the rules let a gift card be sold for"),
        ({"amount": "600"}, "more than the rules allow"),
        ({"amount": "ten"}, "Write a figure above zero"),
        ({"last_four": "12"}, "Write four digits or letters"),
        ({"card": "no card"}, "This is no card"),
        ({"card": f"{1:064x}"}, "belongs to a member"),
        ({"branch_sold": "nowhere"}, "Not a valid choice"),
    ],
)
def test_what_is_not_sold_says_why(
    owner: FlaskClient, quiet: QuietHouse, fields: dict[str, str], said: str
) -> None:
    """A wrong figure, card or branch, and what the rules refuse, is told in words."""
    good = {"branch_sold": "north", "profile": "uid", "card": "04112233445566", "amount": "25"}
    status, page = send(owner, "/gift-cards/sell", **(good | fields))
    assert status == 422
    assert said in page
    assert len(cards(quiet)) == 2


def test_a_card_is_blocked_and_let_go(owner: FlaskClient, quiet: QuietHouse) -> None:
    """Blocked with a reason, it cannot be loaded; let go, it can; the trail has both."""
    name = cards(quiet)["1111"].name
    status, _page = send(owner, f"/gift-cards/{name}/block")
    assert status == 200
    assert cards(quiet)["1111"].state is GiftCardState.BLOCKED
    assert "This card is blocked" in get(owner, f"/gift-cards/{name}/block")
    assert "This card is blocked" in get(owner, f"/gift-cards/{name}/load")
    assert send(owner, f"/gift-cards/{name}/unblock")[0] == 200
    assert cards(quiet)["1111"].state is GiftCardState.ACTIVE
    assert "not blocked" in get(owner, f"/gift-cards/{name}/unblock")
    actions = [entry.action for entry in quiet.office.trail.entries(limit=2)]
    assert actions == ["ledger.unblock_gift_card", "ledger.block_gift_card"]


def test_a_lapsed_card_shows_no_money(
    client_as: ClientAs, quiet: QuietHouse, clock: VirtualClock, hand: DeskHand
) -> None:
    """After its last day a card shows what a till would give: nothing."""
    del hand
    clock.advance(366 * DAY_MS)
    assert cards(quiet)["1111"].available_minor == 0
    page = get(client_as(Role.OWNER), "/gift-cards")
    assert page.count("Run out") == 2
    assert "20.00 euros" not in page


def test_branches_keep_to_their_own_cards(client_as: ClientAs, hand: DeskHand) -> None:
    """A manager of ``north`` lists, opens and changes cards of ``north``, and sells there."""
    del hand
    manager = client_as(Role.MANAGER)
    page = get(manager, "/gift-cards")
    assert re.findall(r"•••• (\d{4})", page) == ["1111"]
    options = re.findall(r'<option[^>]* value="(north|south)"', get(manager, "/gift-cards/sell"))
    assert options == ["north"]


def test_who_may_do_what(client_as: ClientAs, quiet: QuietHouse, hand: DeskHand) -> None:
    """Support sees and blocks, auditors see, cashiers and integrators do not even see."""
    del hand
    name = cards(quiet)["1111"].name
    support, auditor = client_as(Role.SUPPORT), client_as(Role.AUDITOR)
    assert "/block" in get(support, f"/gift-cards/{name}")
    assert "/load" not in get(support, f"/gift-cards/{name}")
    assert send(support, f"/gift-cards/{name}/block")[0] == 200
    assert support.get("/gift-cards/sell").status_code == 403
    assert "/block" not in get(auditor, f"/gift-cards/{name}")
    assert auditor.post(f"/gift-cards/{name}/unblock").status_code == 403
    for role in (Role.CASHIER, Role.INTEGRATOR):
        assert client_as(role).get("/gift-cards").status_code == 403


def test_without_the_rules_none_are_sold(client_as: ClientAs) -> None:
    """Under rules without gift cards the page says so."""
    assert "let no gift cards be sold" in get(client_as(Role.OWNER), "/gift-cards/sell")


@pytest.mark.parametrize("name", ["x", "f" * 32, "..%2f", "' OR 1=1"])
def test_nonsense_is_not_found(owner: FlaskClient, name: str) -> None:
    """What names no card is a page that does not exist."""
    get(owner, f"/gift-cards/{name}", 404)


def test_the_list_goes_on_by_key(owner: FlaskClient, hand: DeskHand, quiet: QuietHouse) -> None:
    """A long list goes on where it ended, without gaps and repetitions, and comes to an end."""
    for number in range(40):
        hand.do(
            LedgerCommandKind.ISSUE_GIFT_CARD,
            NORTH,
            token=f"{1_000 + number:064x}",
            amount=500,
            last_four=f"{number:04d}",
        )
    seen: list[str] = []
    address: str | None = "/gift-cards"
    pages = 0
    while address is not None:
        page = get(owner, address)
        pages += 1
        seen += re.findall(r'href="/gift-cards/([0-9a-f]{32})"', page)
        found = re.search(r'rel="next" href="([^"]+)"', page)
        address = found[1].replace("&amp;", "&") if found else None
    assert pages == 2
    assert len(seen) == len(set(seen)) == 42
    assert len(cards(quiet)) == 25
    for nonsense in ("after=x", "after=-1", "after=" + "9" * 400, "last_four=%00", "state=x"):
        get(owner, f"/gift-cards?{nonsense}")
