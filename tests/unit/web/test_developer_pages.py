"""The developer's page: counters tapped and printed at with nothing but a browser."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from gateway.config import WebSettings
from gateway.formatting.numbers import Language, MoneyUnit
from gateway.ledger.kinds import CardState
from gateway.ledger.rows_members import CardRow
from gateway.model.ids import BranchId, TerminalId
from gateway.model.money import EUR, IRR
from gateway.office.account import Account
from gateway.office.accounts import Profile
from gateway.office.house import Door, FirstSteps, House
from gateway.office.organisation import Organisation
from gateway.office.roles import Role
from gateway.office.sessions import Stage, Visitor
from gateway.program.templates import TemplateName, programme_of
from gateway.service.front_door import GatewayDoor
from gateway.system_clock import SystemClock
from simulators.cards.named import NAMED_CARDS
from simulators.notifier import RecordingNotifier
from simulators.open_door import OpenDoor
from simulators.test_bench.cards import tray
from terminal_agent.texts.catalogue import load_texts
from web_admin.app import create_app, end_app
from web_admin.bench.baskets import baskets
from web_admin.bench.words import words_of_card, words_of_outcome

COUNTER = TerminalId("test-1")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A gateway in test mode with one simulated counter."""
    steps = FirstSteps(
        organisation="Café",
        identity="gateway",
        programme=programme_of(TemplateName.FIVE_PERCENT, EUR),
        language="en",
        broker_host=None,
        broker_port=18_831,
        test_mode=True,
        branch=BranchId("main"),
    )
    with GatewayDoor(tmp_path / "gateway", SystemClock(), RecordingNotifier()) as door:
        made = door.set_up(steps)
        assert made.test_bench is not None
        made.office.organisation.save(
            Organisation(name="Café", language=Language.EN, money_unit=MoneyUnit.CURRENCY)
        )
        made.test_bench.add_counter(COUNTER, "main")
        yield made


@pytest.fixture
def app(house: House, tmp_path: Path) -> Iterator[Flask]:
    """Its pages, by a door of their own."""
    del tmp_path
    made = create_app(OpenDoor(house), WebSettings())
    made.config["WTF_CSRF_ENABLED"] = False
    yield made
    end_app(made)


def visitor(app: Flask, house: House, role: Role) -> FlaskClient:
    """Somebody who is logged in."""
    branches = frozenset({BranchId("main")})
    made = house.office.accounts.add(
        role.value,
        Profile(display_name="Mina", role=role, branches=branches),
        "three green frogs",
        language="en",
        must_change_password=False,
    )
    assert isinstance(made, Account)
    client = app.test_client()
    seen = Visitor(device="test", address="127.0.0.1")
    client.set_cookie("mohr_session", house.office.sessions.open(made.account_id, Stage.FULL, seen))
    return client


def until(look: Callable[[], bool]) -> None:
    """Wait for what the counter and the gateway do between them."""
    end_s = time.monotonic() + 20
    while not look():
        assert time.monotonic() < end_s
        time.sleep(0.02)


def picture(client: FlaskClient) -> str:
    """The part of the page that the browser fetches again and again, as plain text."""
    found = client.get(f"/developer/{COUNTER}/picture")
    assert found.status_code == 200
    text = re.sub("[\u2066-\u2069]", "", re.sub(r"<[^>]+>", " ", found.text))
    return " ".join(text.split())


@pytest.mark.enable_socket
def test_a_tap_and_a_receipt_at_a_press(app: Flask, house: House) -> None:
    """The display answers the tap, the receipt brings points, and the member's page is linked."""
    client = visitor(app, house, Role.OWNER)
    page = client.get("/developer").text
    assert all(f'value="{card.name}"' in page for card in tray())
    answer = client.post(f"/developer/{COUNTER}/tap", data={"card": "first"})
    assert answer.location == f"/developer#counter-{COUNTER}"
    until(lambda: "Card recognised" in picture(client))
    assert "nobody has it yet" in picture(client)
    client.post(f"/developer/{COUNTER}/print", data={"amount": "12.50"})
    until(lambda: "member with 12 points" in picture(client))
    (member,) = house.ledger.balances()
    assert f"/members/{member.member_id}" in client.get("/developer").text


@pytest.mark.enable_socket
def test_the_blocked_card_is_blocked_once_it_is_somebodys(app: Flask, house: House) -> None:
    """The first tap asks for a receipt, the second blocks, and the trail says who did it."""
    client = visitor(app, house, Role.OWNER)
    client.post(f"/developer/{COUNTER}/tap", data={"card": "blocked"})
    assert "print a receipt" in client.get("/developer").text
    until(lambda: "Card recognised" in picture(client))
    client.post(f"/developer/{COUNTER}/print", data={"basket": "coffee"})
    until(lambda: "4 points" in picture(client))
    client.post(f"/developer/{COUNTER}/tap", data={"card": "blocked"})
    assert "blocked from now on" in client.get("/developer").text
    with house.ledger.batch() as batch:
        (card,) = batch.every(CardRow)
    assert card.state is CardState.BLOCKED
    (entry,) = house.office.trail.entries(action="card.block")
    assert (entry.actor.name, entry.after) == ("owner", {"blocked": True})


@pytest.mark.enable_socket
@pytest.mark.parametrize(
    "name", ["bank-card", "two-cards", "classic", "wrong-keys", "removed-early"]
)
def test_a_test_card_is_refused_at_the_counter(app: Flask, house: House, name: str) -> None:
    """The display says what the card's row says, and nobody is named."""
    client = visitor(app, house, Role.OWNER)
    client.post(f"/developer/{COUNTER}/tap", data={"card": name})
    trouble = NAMED_CARDS[name].expected
    words = load_texts(Language.EN).write(f"trouble.{trouble}")
    until(lambda: words in unescape(picture(client)))
    assert "Last card" not in picture(client)


@pytest.mark.enable_socket
def test_the_copied_card_is_caught(app: Flask, house: House) -> None:
    """The genuine card earns; its copy at another counter is refused, and the card blocked."""
    client = visitor(app, house, Role.OWNER)
    client.post(f"/developer/{COUNTER}/tap", data={"card": "ntag424"})
    until(lambda: "Card recognised" in picture(client))
    client.post(f"/developer/{COUNTER}/print", data={"basket": "coffee"})
    until(lambda: "member with 4 points" in picture(client))
    client.post("/developer/add", data={"name": "test-2", "branch": "main"})
    client.post("/developer/test-2/tap", data={"card": "clone"})
    client.post("/developer/test-2/print", data={"basket": "coffee"})
    until(lambda: "Blocked card" in picture(client))
    (balance,) = house.ledger.balances()
    assert balance.available == 4


@pytest.mark.enable_socket
@pytest.mark.parametrize("amount", ["", "0", "-5", "abc", "1" * 41, "99999999999"])
def test_an_amount_that_is_none_prints_nothing(app: Flask, house: House, amount: str) -> None:
    """The page says what to write, and the till stays silent."""
    client = visitor(app, house, Role.OWNER)
    client.post(f"/developer/{COUNTER}/print", data={"amount": amount})
    assert "mohr-flash-danger" in client.get("/developer").text


@pytest.mark.enable_socket
def test_unknown_things_do_not_exist(app: Flask, house: House) -> None:
    """No counter and no card but those there are can be named."""
    client = visitor(app, house, Role.INTEGRATOR)
    assert client.get("/developer/nobody/picture").status_code == 404
    assert client.post("/developer/nobody/tap", data={"card": "first"}).status_code == 404
    assert client.post("/developer/nobody/print", data={"amount": "5"}).status_code == 404
    assert client.post(f"/developer/{COUNTER}/tap", data={"card": "ace"}).status_code == 400


@pytest.mark.enable_socket
def test_another_counter_can_be_added(app: Flask, house: House) -> None:
    """It is there at once, the trail knows who added it, and a bad or taken name is refused."""
    client = visitor(app, house, Role.OWNER)
    added = client.post("/developer/add", data={"name": "test-2", "branch": "main"})
    assert added.location == "/developer#counter-test-2"
    assert 'id="counter-test-2"' in client.get("/developer").text
    (entry,) = house.office.trail.entries(action="test_counter.add")
    assert (entry.subject, entry.after) == ("test-2", {"branch": "main"})
    for name in ("Test 3", "test-2", ""):
        refused = client.post("/developer/add", data={"name": name, "branch": "main"})
        assert refused.location == "/developer"
        assert "mohr-flash-danger" in client.get("/developer").text


@pytest.mark.enable_socket
@pytest.mark.parametrize("role", [Role.MANAGER, Role.CASHIER, Role.SUPPORT, Role.AUDITOR])
def test_the_bench_is_not_for_everybody(app: Flask, house: House, role: Role) -> None:
    """Its sales are real to the ledger, so a role that may not sell may not tap either."""
    client = visitor(app, house, role)
    for path in ("/developer", f"/developer/{COUNTER}/picture", "/setup/tap"):
        assert client.get(path).status_code == 403
    for path in (f"/developer/{COUNTER}/tap", f"/developer/{COUNTER}/print", "/developer/add"):
        assert client.post(path).status_code == 403


def test_every_card_of_the_tray_has_words(app_words: Flask) -> None:
    """No card is called by its machine name."""
    with app_words.test_request_context():
        for card in tray():
            assert str(words_of_card(card)) != card.name
            assert str(words_of_outcome(card)) != card.outcome


@pytest.fixture
def app_words(quiet: Door) -> Iterator[Flask]:
    """Pages whose words alone are of interest."""
    made = create_app(quiet, WebSettings())
    yield made
    end_app(made)


def test_baskets_fit_the_currency() -> None:
    """Prices are those of daily shopping, and the paper of rials is Persian."""
    assert [basket.total_minor for basket in baskets(EUR)] == [420, 2_500, 8_950]
    assert [basket.total_minor for basket in baskets(IRR)] == [1_050_000, 6_250_000, 22_375_000]
    assert all("آ" <= item.label[0] <= "ی" for basket in baskets(IRR) for item in basket.items)
