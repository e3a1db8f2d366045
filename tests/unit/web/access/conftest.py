"""A desk: pages with cheap passwords, a clock to move, and one account of every role."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gateway.config import WebSettings
from gateway.model.ids import BranchId, TerminalId
from gateway.model.ledger_command import LedgerCommandKind
from gateway.office.account import Account
from gateway.office.accounts import Profile
from gateway.office.house import House
from gateway.office.passwords import HashCost
from gateway.office.roles import BRANCH_ROLES, Role
from gateway.office.sessions import Stage, Visitor
from gateway.office.store import OFFICE_FILE, OfficeStore
from simulators.clock import VirtualClock
from simulators.desk import DeskHand
from simulators.doubtful_papers import review_of_totals
from simulators.open_door import OpenDoor
from simulators.quiet_house import QuietHouse
from simulators.sealed_terminal import SealedTerminal, card_evidence, sale_key
from web_admin.app import create_app, end_app

#: What the test client or the settings take by name.
Anything: TypeAlias = Any

NOW_MS = 1_795_420_000_000
CHEAP = HashCost(memory_kib=8, passes=1)
PASSWORD = "correct horse battery"
BRANCH = BranchId("north")
OTHER_BRANCH = BranchId("south")
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass
class Browser:
    """A browser that fills forms in as a person does, token included."""

    client: FlaskClient
    base: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.base.setdefault("headers", {}).setdefault("Accept-Language", "en")

    def get(self, path: str, **more: Anything) -> TestResponse:
        return self.client.get(path, **self.base, **more)

    def token(self, path: str = "/login") -> str:
        """The form token of a page."""
        found = _TOKEN.search(self.get(path).text)
        assert found is not None, f"{path} has no form"
        return found.group(1)

    def send(self, path: str, *, form: str = "/login", **fields: Anything) -> TestResponse:
        """Fill in the form of a page and send it to a path."""
        data = {"csrf_token": self.token(form), **fields}
        return self.client.post(path, data=data, **self.base)

    def log_in(self, login: str, password: str = PASSWORD, **fields: Anything) -> TestResponse:
        return self.send("/login", login=login, password=password, **fields)

    def secret(self) -> str | None:
        """The session's secret in the cookie."""
        cookie = self.client.get_cookie("mohr_session")
        return None if cookie is None else cookie.value


@dataclass
class Desk:
    """The pages, what is behind them, and who may log in."""

    app: Flask
    office: OfficeStore
    house: House
    clock: VirtualClock
    accounts: dict[Role, Account]

    def browser(self, **base: Anything) -> Browser:
        return Browser(self.app.test_client(), base)

    def client_as(self, role: Role) -> FlaskClient:
        """A bare client with a session of its own; switch form tokens off to use it for changes."""
        visitor = Visitor(device="test", address="127.0.0.1")
        account_id = self.accounts[role].account_id
        client = self.app.test_client()
        client.set_cookie(
            "mohr_session", self.office.sessions.open(account_id, Stage.FULL, visitor)
        )
        return client

    def inside(self, role: Role) -> Browser:
        """A browser that is logged in."""
        browser = self.browser()
        answer = browser.log_in(role.value)
        assert answer.status_code == 303, answer.text
        return browser


def make_accounts(office: OfficeStore) -> None:
    """One account of every role, named like it."""
    for role in Role:
        branches = frozenset({BRANCH}) if role in BRANCH_ROLES else frozenset()
        profile = Profile(display_name=f"The {role.value}", role=role, branches=branches)
        account = office.accounts.add(
            role.value, profile, PASSWORD, language="en", must_change_password=False
        )
        assert isinstance(account, Account)


@pytest.fixture(scope="session")
def furnished_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A house with two terminals, a gift card of each and every account, closed, to be copied."""
    folder = tmp_path_factory.mktemp("furnished")
    clock = VirtualClock(unix_ms=NOW_MS)
    with QuietHouse(folder, clock) as quiet:
        for number, branch in enumerate((BRANCH, OTHER_BRANCH), start=1):
            till = SealedTerminal(TerminalId(f"till-{number}"), now_ms=NOW_MS)
            quiet.add_terminal(till, branch)
            # A member with a sale, a paper that is not sure, a transaction
            # that is refused, and one that is no good.
            sold = till.earn(card_evidence(number), sale_key(number), 12_300, receipt="1")
            doubt = review_of_totals(sale_key(50 + number), {}, None)
            quiet.transact(till, sold, till.doubt(doubt), till.void(till.new_id()))
            broken = bytearray(till.enrol(card_evidence(9)))
            broken[-1] ^= 1
            quiet.transact(till, bytes(broken))
        hand = DeskHand(quiet.house)
        clock.advance(60_000)
        hand.publish()
        for number, branch in enumerate((BRANCH, OTHER_BRANCH), start=1):
            hand.do(
                LedgerCommandKind.ISSUE_GIFT_CARD,
                branch,
                token=f"{100 + number:064x}",
                amount=1_000,
                last_four="",
            )
    make_accounts(OfficeStore(folder / OFFICE_FILE, clock, cost=CHEAP))
    return folder


@pytest.fixture
def open_desk(tmp_path: Path, furnished_folder: Path) -> Iterator[Callable[..., Desk]]:
    """Open a desk with settings of its own."""
    opened: list[tuple[QuietHouse, Flask]] = []

    def make(**settings: Anything) -> Desk:
        clock = VirtualClock(unix_ms=NOW_MS)
        folder = tmp_path / f"house-{len(opened)}"
        shutil.copytree(furnished_folder, folder)
        quiet = QuietHouse(folder, clock)
        office = OfficeStore(folder / OFFICE_FILE, clock, cost=CHEAP)
        house = replace(quiet.house, office=office)
        app = create_app(OpenDoor(house), WebSettings(**settings))
        opened.append((quiet, app))
        accounts = {account.role: account for account in office.accounts.all()}
        return Desk(app, office, house, clock, accounts)

    yield make
    for quiet, app in opened:
        end_app(app)
        quiet.__exit__(None, None, None)


@pytest.fixture
def desk(open_desk: Callable[..., Desk]) -> Desk:
    """A desk on loopback with plain HTTP."""
    return open_desk()
