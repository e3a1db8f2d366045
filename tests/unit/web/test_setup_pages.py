"""The wizard from a blank directory to the first points, and every way in which it may go wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gateway.config import WebSettings
from gateway.errors import ConfigError
from gateway.formatting.numbers import Language, MoneyUnit
from gateway.office.house import Door, FirstSteps, House
from gateway.office.roles import Role
from gateway.service.data_dir import DataDir
from gateway.service.front_door import GatewayDoor
from gateway.system_clock import SystemClock
from simulators.notifier import RecordingNotifier
from web_admin.app import create_app, end_app, setup_code_of

pytestmark = pytest.mark.enable_socket

PASSWORD = "three green frogs"
OWNER = {"display_name": "Mina", "login": "owner", "password": PASSWORD, "again": PASSWORD}
SHOP = {
    "name": "کافه مینا",
    "money": "EUR:currency",
    "colour": "#AA5500",
    "time_zone": "Asia/Tehran",
    "branch": "main",
}
COUNTER = {"kind": "simulated", "name": "test-1", "host": "127.0.0.1", "port": "1883"}


class Visitor:
    """A browser without scripts: it follows where it is led and sends forms with their tokens."""

    def __init__(self, app: Flask) -> None:
        self.client: FlaskClient = app.test_client()
        self.path = ""
        self.status = 0
        self.text = ""

    def open(self, path: str) -> str:
        """Go to a page and on to wherever it leads."""
        return self._follow(self.client.get(path), path)

    def send(self, path: str, **fields: str) -> str:
        """Send a form of the page one is at."""
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.text)
        assert found is not None, self.text[:400]
        return self._follow(self.client.post(path, data={"csrf_token": found[1], **fields}), path)

    def _follow(self, response: TestResponse, path: str) -> str:
        while response.status_code in {302, 303}:
            path = response.location
            response = self.client.get(path)
        self.path, self.status, self.text = path, response.status_code, response.text
        return self.path

    def answer_up_to_counter(self, code: str, language: str = "en") -> None:
        """Answer everything before the last question."""
        self.open(f"/setup?code={code}")
        self.send("/setup/language", language=language)
        self.send("/setup/owner", **OWNER)
        self.send("/setup/shop", **SHOP)
        assert self.send("/setup/programme", template="five_percent") == "/setup/counter"


@pytest.fixture
def door(tmp_path: Path) -> Iterator[GatewayDoor]:
    """A blank directory."""
    with GatewayDoor(tmp_path / "gateway", SystemClock(), RecordingNotifier()) as made:
        yield made


@pytest.fixture
def app(door: GatewayDoor) -> Iterator[Flask]:
    """The pages before it."""
    made = create_app(door, WebSettings())
    yield made
    end_app(made)


@pytest.fixture
def code(app: Flask) -> str:
    """What the gateway printed."""
    found = setup_code_of(app)
    assert found is not None
    return found


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    """Somebody with a browser."""
    return Visitor(app)


@pytest.mark.parametrize("language", ["fa", "en"])
def test_from_nothing_to_the_first_points(
    door: GatewayDoor, app: Flask, visitor: Visitor, code: str, language: str
) -> None:
    """Seven pages, and the balance of the first member stands on the last one."""
    visitor.answer_up_to_counter(code, language)
    assert visitor.send("/setup/counter", **COUNTER) == "/setup/tap"
    assert visitor.status == 200
    visitor.send("/setup/tap/test-1/card", card="first")
    assert visitor.send("/setup/tap/test-1/receipt", basket="breakfast") == "/setup/tap"
    house = door.house
    assert house is not None
    (member,) = house.ledger.balances()
    # 25.00 euros at one point for each.
    assert member.available == 25
    assert f"/members/{member.member_id}" in visitor.text
    assert ("۲۵" if language == "fa" else "25") in visitor.text
    (account,) = house.office.accounts.all()
    assert (account.login, account.role, account.language) == ("owner", Role.OWNER, language)
    look = house.office.organisation.read()
    assert (look.name, look.colour, look.language) == (
        SHOP["name"],
        "#aa5500",
        Language(language),
    )
    assert look.money_unit is MoneyUnit.CURRENCY
    assert [entry.action for entry in house.office.trail.entries()] == [
        "account.first_owner",
        "organisation.set_up",
    ]
    # The wizard is gone, for the owner and for everybody else.
    assert setup_code_of(app) is None
    for path in ("/setup", f"/setup?code={code}", "/setup/owner", "/setup/counter"):
        assert visitor.client.get(path).status_code == 404
        assert app.test_client().get(path).status_code == 404


def test_the_session_is_a_fresh_one(app: Flask, visitor: Visitor, code: str) -> None:
    """The owner is logged in by a new secret, and what opened the desk opens nothing any more."""
    visitor.client.set_cookie("mohr_session", "planted")
    visitor.answer_up_to_counter(code)
    desk_secret = visitor.client.get_cookie("mohr_setup", path="/setup")
    assert desk_secret is not None
    visitor.send("/setup/counter", **COUNTER)
    session = visitor.client.get_cookie("mohr_session")
    assert session is not None
    assert session.value not in {"planted", desk_secret.value}
    assert visitor.client.get_cookie("mohr_setup", path="/setup") is None
    stranger = app.test_client()
    stranger.set_cookie("mohr_setup", desk_secret.value, path="/setup")
    assert stranger.get("/setup/tap").status_code in {302, 303}


def test_nobody_gets_in_without_the_code(app: Flask, visitor: Visitor) -> None:
    """No page of the wizard tells or takes anything; a wrong code is said to be wrong."""
    for path in ("language", "owner", "shop", "programme", "programme/numbers", "counter"):
        assert visitor.open(f"/setup/{path}") == "/setup"
    visitor.open("/setup?code=guess")
    assert visitor.status == 422
    assert visitor.send("/setup/owner", **OWNER) == "/setup"
    assert setup_code_of(app) is not None


def test_forms_need_their_token(app: Flask, visitor: Visitor, code: str) -> None:
    """A form that another site sends is refused."""
    visitor.open(f"/setup?code={code}")
    assert visitor.client.post("/setup/language", data={"language": "fa"}).status_code == 400
    assert app.test_client().post("/setup", data={"code": code}).status_code == 400


def test_what_was_answered_stays(visitor: Visitor, code: str) -> None:
    """Reloading, going back and opening the address anew lose nothing; later steps stay closed."""
    visitor.open(f"/setup?code={code}")
    assert visitor.open("/setup/counter") == "/setup/language"
    visitor.send("/setup/language", language="en")
    visitor.send("/setup/owner", **OWNER)
    assert visitor.open("/setup") == "/setup/shop"
    visitor.open("/setup/owner")
    assert 'value="Mina"' in visitor.text
    assert PASSWORD not in visitor.text
    visitor.open("/setup/shop")
    visitor.send("/setup/shop", **SHOP)
    visitor.open("/setup/shop")
    assert SHOP["name"] in visitor.text
    assert visitor.open(f"/setup?code={code}") == "/setup/programme"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"password": "short", "again": "short"}, "at least 10"),
        ({"password": "1234567890", "again": "1234567890"}, "Too many people"),
        ({"again": "three red frogs"}, "not the same"),
        ({"login": "two words"}, "without spaces"),
        ({"login": ""}, "fill this in"),
        ({"display_name": ""}, "fill this in"),
        ({"display_name": "x" * 81}, "80"),
    ],
)
def test_a_wrong_owner_is_told_what_to_do(
    visitor: Visitor, code: str, change: dict[str, str], said: str
) -> None:
    """Each mistake has its sentence at its field, and the step stays open."""
    visitor.open(f"/setup?code={code}")
    visitor.send("/setup/language", language="en")
    visitor.send("/setup/owner", **OWNER | change)
    assert visitor.status == 422
    assert said in visitor.text
    assert visitor.open("/setup") == "/setup/owner"


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"name": "x" * 65},
        {"name": "\u202e"},
        {"branch": "Main Street"},
        {"colour": "red"},
        {"time_zone": "Mars/Olympus"},
        {"money": "ZZZ:currency"},
    ],
)
def test_a_wrong_shop_is_refused(visitor: Visitor, code: str, change: dict[str, str]) -> None:
    """What cannot be kept is not taken."""
    visitor.open(f"/setup?code={code}")
    visitor.send("/setup/language", language="en")
    visitor.send("/setup/owner", **OWNER)
    visitor.send("/setup/shop", **SHOP | change)
    assert visitor.status == 422
    assert "is-invalid" in visitor.text


def test_the_numbers_can_be_changed_and_are_explained(
    door: GatewayDoor, visitor: Visitor, code: str
) -> None:
    """Amounts are typed in tomans; the sentence says what they mean; the gateway gets them."""
    visitor.open(f"/setup?code={code}")
    visitor.send("/setup/language", language="fa")
    visitor.send("/setup/owner", **OWNER)
    visitor.send("/setup/shop", **SHOP | {"money": "IRR:toman"})
    page = visitor.send("/setup/programme", template="one_percent", change="1")
    assert page == "/setup/programme/numbers"
    numbers = {
        "earn_points": "۳",
        "earn_amount": "۵٬۰۰۰",
        "redeem_points": "۵۰",
        "redeem_amount": "2000",
        "minimum_points": "۱۰۰",
        "share_percent": "۴۰",
    }
    visitor.send("/setup/programme/numbers", look="1", **numbers)
    # 25,000 tomans are five times 5,000: fifteen points.
    assert "۱۵ امتیاز" in visitor.text
    visitor.send("/setup/programme/numbers", **numbers | {"redeem_amount": "۲۰۰٬۰۰۰"})
    assert visitor.status == 422
    assert "بیش از آنچه" in visitor.text
    visitor.send("/setup/programme/numbers", **numbers | {"earn_amount": "abc"})
    assert visitor.status == 422
    assert visitor.send("/setup/programme/numbers", **numbers) == "/setup/counter"
    visitor.send("/setup/counter", **COUNTER)
    assert door.house is not None
    with door.house.ledger.batch() as batch:
        (rules,) = batch.programmes()
    assert (rules.earn_points, rules.earn_per_minor) == (3, 50_000)
    assert (rules.redeem_points, rules.redeem_value_minor) == (50, 20_000)
    assert (rules.redeem_minimum_points, rules.redeem_share_percent) == (100, 40)


def test_another_currency_brings_other_rules(visitor: Visitor, code: str) -> None:
    """Going back to change the currency asks for the rules again, in that currency."""
    visitor.answer_up_to_counter(code)
    visitor.open("/setup/shop")
    assert visitor.send("/setup/shop", **SHOP | {"money": "IRR:toman"}) == "/setup/programme"
    assert visitor.open("/setup/counter") == "/setup/programme"
    assert "tomans" in visitor.text


def test_two_browsers_do_not_mix(app: Flask, visitor: Visitor, code: str) -> None:
    """The second is told; if it takes over, it goes on where the first was, who is sent away."""
    visitor.open(f"/setup?code={code}")
    visitor.send("/setup/language", language="en")
    second = Visitor(app)
    second.open(f"/setup?code={code}")
    assert second.status == 409
    assert 'name="take_over"' in second.text
    assert second.send("/setup", code=code, take_over="1") == "/setup/owner"
    assert visitor.send("/setup/owner", **OWNER) == "/setup"
    assert second.send("/setup/owner", **OWNER) == "/setup/shop"


def test_a_real_terminal_is_told_how(door: GatewayDoor, visitor: Visitor, code: str) -> None:
    """Without simulated counters the page names the commands and gives the gateway's identity."""
    visitor.answer_up_to_counter(code)
    real = COUNTER | {"kind": "real", "host": "broker.example", "port": "8883"}
    assert visitor.send("/setup/counter", **real) == "/setup/real"
    assert "mohr terminal init" in visitor.text
    assert "--host broker.example --port 8883" in visitor.text
    assert "--profile generic-escpos-eur --currency EUR" in visitor.text
    assert (
        visitor.client.get("/setup/gateway.json").data
        == DataDir(door.data_dir).identity.read_bytes()
    )
    assert door.house is not None
    assert door.house.test_bench is None
    assert visitor.client.get("/setup/tap").status_code == 404
    assert visitor.client.get("/developer").status_code == 404


def test_a_wish_for_an_authenticator_is_remembered(visitor: Visitor, code: str) -> None:
    """Whoever ticked the box finds the way to it on the last page, also after a tap."""
    visitor.open(f"/setup?code={code}")
    visitor.send("/setup/language", language="en")
    visitor.send("/setup/owner", **OWNER, wants_code="y")
    visitor.send("/setup/shop", **SHOP)
    visitor.send("/setup/programme", template="generous")
    assert visitor.send("/setup/counter", **COUNTER) == "/setup/tap?code=1"
    assert "authenticator" in visitor.text
    assert visitor.send("/setup/tap/test-1/card", card="new", code="1") == "/setup/tap?code=1"


class StubbornDoor(Door):
    """A door behind which nothing can be made at first, such as on a full disk."""

    def __init__(self, door: GatewayDoor) -> None:
        self._door = door
        self.stubborn = True

    @property
    def house(self) -> House | None:
        """What is behind it."""
        return self._door.house

    @property
    def data_dir(self) -> Path:
        """Where."""
        return self._door.data_dir

    @property
    def clock(self) -> SystemClock:
        """The time."""
        return SystemClock()

    def set_up(self, steps: FirstSteps) -> House:
        """Make it, once it is not stubborn any more."""
        if self.stubborn:
            raise ConfigError("there is no space on the disk")
        return self._door.set_up(steps)


def test_a_failed_set_up_says_why_and_can_be_repeated(door: GatewayDoor) -> None:
    """The fault is on the page, nothing is lost, and the same button works afterwards."""
    stubborn = StubbornDoor(door)
    app = create_app(stubborn, WebSettings())
    found = setup_code_of(app)
    assert found is not None
    visitor = Visitor(app)
    visitor.answer_up_to_counter(found)
    assert visitor.send("/setup/counter", **COUNTER) == "/setup/counter"
    assert "there is no space on the disk" in visitor.text
    stubborn.stubborn = False
    assert visitor.send("/setup/counter", **COUNTER) == "/setup/tap"
    end_app(app)
