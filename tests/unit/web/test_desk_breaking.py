"""Whatever somebody types, changes in an address or sends twice: no page of the desk fails."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from flask.testing import FlaskClient

from gateway.ledger.checks import broken_invariants
from gateway.model.ids import BranchId, MemberId
from gateway.model.ledger_command import LedgerCommandKind
from gateway.model.rules.earning import Unit
from gateway.office.roles import Role
from gateway.queries.gift_cards import GiftCardFilter, gift_cards
from gateway.queries.member_wallets import wallets_of
from gateway.queries.scope import EVERYTHING
from simulators.desk import COUPON, DeskHand

if TYPE_CHECKING:
    from simulators.clock import VirtualClock
    from simulators.quiet_house import QuietHouse
    from tests.unit.web.conftest import ClientAs

NORTH, SOUTH = BranchId("north"), BranchId("south")
ADA, BOB, EVE = (MemberId(f"{number:032x}") for number in (1, 2, 3))
WALLETS = f"/members/{ADA}/wallets"
SCRIPT = "<script>alert(1)</script>"
#: Figures of other alphabets, figures that are none, and texts that lead programs astray.
EVIL = (
    "",
    " ",
    "0",
    "-5",
    "−5",
    "9" * 18,
    "9" * 19,
    "9" * 400,
    "1" + "0" * 15,
    "1e3",
    "0x10",
    "5.999",
    "NaN",
    "½",
    "٥٠٠",
    "५००",
    "500",
    "۵٬۰۰۰٫۵",
    "٣٫٥",
    "null",
    "\x00",
    "a\nb",
    "\u202e502",
    "﷽" * 300,
    "👩‍👩‍👧‍👦" * 100,
    SCRIPT,
    "{{7*7}} ${7*7} %(x)s %d",
    "'; DROP TABLE lot; --",
    "../../etc/passwd",
    "x" * 5_000,
)
ACTIONS = (
    *(
        f"{WALLETS}/{what}"
        for what in (
            "adjust",
            "transfer",
            "coupon",
            "coupon-back",
            "segments",
            "referrer",
            "card",
            "phone",
            "household/found",
            "household/invite",
            "household/join",
            "household/leave",
        )
    ),
    "/gift-cards/sell",
    "/gift-cards/{card}/load",
    "/gift-cards/{card}/block",
    "/gift-cards/{card}/unblock",
)
#: What every field gets while another one is tried.
SOUND = {
    "unit": "points",
    "way": "give",
    "amount": "5",
    "reason": "a try",
    "other": BOB,
    "member": BOB,
    "branch": "north",
    "quantity": "1",
    "last_four": "1234",
    "confirmed": "yes",
}


@pytest.fixture
def hand(quiet: QuietHouse, clock: VirtualClock) -> DeskHand:
    """Rules that allow everything, and something of everything."""
    clock.advance(60_000)
    made = DeskHand(quiet.house)
    made.publish()
    kind = LedgerCommandKind
    made.do(kind.ADJUST, NORTH, member_id=ADA, unit=Unit.CREDIT, amount=9_000)
    made.do(kind.GRANT_VOUCHER, NORTH, member_id=ADA, reward=COUPON, quantity=2)
    made.do(kind.ISSUE_GIFT_CARD, NORTH, token="a" * 64, amount=2_500, last_four="1234")
    made.do(kind.ISSUE_GIFT_CARD, SOUTH, token="b" * 64, amount=2_500, last_four="9876")
    return made


def card_in(quiet: QuietHouse, branch: BranchId) -> str:
    """What stands for a branch's gift card in addresses."""
    cards = gift_cards(quiet.house.ledger, GiftCardFilter(scope=EVERYTHING), quiet.clock.unix_ms())
    return next(one.name for one in cards if one.branch == branch)


def fields_of(client: FlaskClient, address: str) -> dict[str, str]:
    """The fields of an action's form, with what they hold; choices hold their last one."""
    page = client.get(address).text
    page = page[page.index('id="content"') :]
    found: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name = re.search(r'name="([^"]+)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name is not None:
            found[name[1]] = "" if value is None else value[1]
    for name_of, options in re.findall(
        r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL
    ):
        values = re.findall(r'<option[^>]*value="([^"]*)"', options)
        found[name_of] = values[-1] if values else ""
    return found


def whole(quiet: QuietHouse) -> None:
    """The books hold all their invariants.

    Raises:
        AssertionError: if they do not.
    """
    with quiet.store.batch() as batch:
        assert list(broken_invariants(batch)) == []


@pytest.mark.parametrize("action", ACTIONS)
def test_nothing_that_is_typed_breaks_a_form(
    client_as: ClientAs, quiet: QuietHouse, hand: DeskHand, action: str
) -> None:
    """Each field of each form takes, refuses or explains anything; the books stay whole."""
    del hand
    client = client_as(Role.OWNER)
    address = action.format(card=card_in(quiet, NORTH))
    fields = fields_of(client, address)
    sound = {name: SOUND.get(name, value) for name, value in fields.items()}
    broken: dict[tuple[str, str], Any] = {}
    for name in [*fields, "nothing_of_ours"]:
        for evil in EVIL:
            data = {**sound, "confirmed": "yes", name: evil}
            if name != "command":
                data.pop("command", None)
            answer = client.post(address, data=data)
            if answer.status_code >= 429 or SCRIPT in answer.text:
                broken[name, evil[:40]] = answer.status_code
    assert broken == {}
    whole(quiet)


LISTS = (
    ("/gift-cards", ("after", "last_four", "state")),
    ("/gift-cards/{card}", ("before",)),
    ("/corrections", ("before", "kind", "branch", "from", "until")),
    ("/books", ("before", "reckon")),
    ("/branches", ("from", "until", "reckon")),
    ("/branches/totals.csv", ("from", "until")),
    ("/programme", ("version",)),
    ("/programme/offers", ("version",)),
    ("/programme/versions/1", ("against",)),
    ("/programme/try", ("rules",)),
    (WALLETS, ("before",)),
)


@pytest.mark.parametrize(("address", "names"), LISTS)
def test_nothing_in_an_address_breaks_a_page(
    client_as: ClientAs, quiet: QuietHouse, hand: DeskHand, address: str, names: tuple[str, ...]
) -> None:
    """Whatever stands behind the question mark, the page answers, or says that it is not there."""
    del hand
    client = client_as(Role.OWNER)
    address = address.format(card=card_in(quiet, NORTH))
    broken = {}
    for name in names:
        for evil in (*EVIL, "0001-01-01", "9999-12-31", "1800-01-01", "2199-12-31", "1599/12/29"):
            answer = client.get(address, query_string={name: evil})
            if answer.status_code >= 500 or SCRIPT in answer.text:
                broken[name, evil[:40]] = answer.status_code
    assert broken == {}


def test_another_branch_cannot_be_reached_by_its_ids(
    client_as: ClientAs, quiet: QuietHouse, hand: DeskHand
) -> None:
    """A manager who changes an id in an address or a form moves nothing of another branch."""
    del hand
    manager, owner = client_as(Role.MANAGER), client_as(Role.OWNER)
    theirs = f"/members/{EVE}/wallets"
    assert manager.get(theirs).status_code == 404
    for address in (f"{theirs}/adjust", f"/gift-cards/{card_in(quiet, SOUTH)}/load"):
        assert manager.get(address).status_code == 404
        assert manager.post(address, data=SOUND).status_code == 404
    sold = {**SOUND, "branch": "south", "amount": "20", "number": "c" * 64, "profile": "uid"}
    manager.post("/gift-cards/sell", data=sold)
    issued = gift_cards(quiet.house.ledger, GiftCardFilter(scope=EVERYTHING), 0)
    assert sorted(one.branch for one in issued) == [NORTH, SOUTH]
    for action in ("transfer", "referrer", "household/invite"):
        fields = fields_of(manager, f"{WALLETS}/{action}")
        text = next((name for name in fields if name not in {"command", "reason", "amount"}), "")
        manager.post(f"{WALLETS}/{action}", data={**SOUND, text: EVE, "confirmed": "yes"})
    eve = wallets_of(quiet.house.ledger, EVE, quiet.clock.unix_ms())
    assert eve is not None
    assert (eve.points.available, eve.household_id) == (999, None)
    assert owner.get(theirs).status_code == 200


def test_two_tabs_and_a_double_click(
    client_as: ClientAs, quiet: QuietHouse, hand: DeskHand
) -> None:
    """A form that is sent twice is done once; two forms open in two tabs are done once each."""
    del hand
    client = client_as(Role.OWNER)
    address = f"{WALLETS}/adjust"
    first, second = fields_of(client, address)["command"], fields_of(client, address)["command"]
    assert first != second
    for command in (first, first, second, first, second):
        data = {**SOUND, "command": command}
        assert client.post(address, data=data).status_code == 303
    ada = wallets_of(quiet.house.ledger, ADA, quiet.clock.unix_ms())
    assert ada is not None
    assert ada.points.available == 130 + 2 * 5
    # The same id for something else is no repetition and must not look like one.
    other = client.post(address, data={**SOUND, "command": first, "amount": "7"})
    assert other.status_code in (303, 422)
    again = wallets_of(quiet.house.ledger, ADA, quiet.clock.unix_ms())
    assert again is not None
    assert again.points.available == ada.points.available
    whole(quiet)


def test_what_was_typed_is_kept_where_something_is_wrong(
    client_as: ClientAs, hand: DeskHand
) -> None:
    """A form that is refused comes back with all that was typed, and says beside which field."""
    del hand
    client = client_as(Role.OWNER)
    data = {**SOUND, "amount": "a lot", "reason": "the till was wrong on Monday"}
    answer = client.post(f"{WALLETS}/adjust", data=data)
    assert answer.status_code == 422
    assert 'value="a lot"' in answer.text
    assert "the till was wrong on Monday" in answer.text
    assert "is-invalid" in answer.text
