"""A shop in rials with something of everything in its rules, and an owner who edits them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import TypeAlias

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from gateway.config import WebSettings
from gateway.config_programme import parse_programme, programme_text
from gateway.model.ids import BranchId
from gateway.model.programme import Programme
from gateway.office.account import Account
from gateway.office.accounts import Profile
from gateway.office.commands import AddProgramme
from gateway.office.drafts import RulesDraft
from gateway.office.passwords import HashCost
from gateway.office.roles import BRANCH_ROLES, Role
from gateway.office.sessions import Stage, Visitor
from gateway.office.trail import TrailOutcome
from simulators.clock import VirtualClock
from simulators.given.programme_pages import NOW_MS, RICH, SOON_MS
from simulators.quiet_house import QuietHouse, QuietOptions
from web_admin.app import create_app, end_app


class _Form(HTMLParser):
    """Reads what a browser would send of a page's forms."""

    def __init__(self) -> None:
        super().__init__()
        self.values: MultiDict[str, str] = MultiDict()
        self._select: str | None = None
        self._options: list[tuple[str, bool]] = []
        self._area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("name") or ""
        if tag == "input" and name:
            ticked = given.get("type") in ("checkbox", "radio")
            if not ticked or "checked" in given:
                self.values.add(name, given.get("value") or ("y" if ticked else ""))
        elif tag == "select":
            self._select, self._options = name, []
        elif tag == "option":
            self._options.append((given.get("value") or "", "selected" in given))
        elif tag == "textarea":
            self._area = name
            self.values.add(name, "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self._select and self._options:
            first = self._options[0][0]
            chosen = next((value for value, selected in self._options if selected), first)
            self.values.add(self._select, chosen)
        if tag == "select":
            self._select = None
        if tag == "textarea":
            self._area = None

    def handle_data(self, data: str) -> None:
        if self._area:
            self.values[self._area] = (self.values[self._area] + data).lstrip("\n")


@dataclass
class Shop:
    """The shop's pages, and whoever looks at them."""

    quiet: QuietHouse
    app: Flask
    clock: VirtualClock
    clients: dict[str, FlaskClient] = field(default_factory=dict)

    def client(self, login: str = "mina", role: Role = Role.OWNER) -> FlaskClient:
        """A browser of somebody's, who is logged in."""
        if login not in self.clients:
            branches = frozenset({BranchId("north")}) if role in BRANCH_ROLES else frozenset()
            profile = Profile(display_name=login, role=role, branches=branches)
            made = self.quiet.office.accounts.add(
                login, profile, "correct horse battery", language="en", must_change_password=False
            )
            assert isinstance(made, Account), made
            visitor = Visitor(device="test", address="127.0.0.1")
            client = self.app.test_client()
            secret = self.quiet.office.sessions.open(made.account_id, Stage.FULL, visitor)
            client.set_cookie("mohr_session", secret)
            self.clients[login] = client
        return self.clients[login]

    def form(self, path: str, login: str = "mina") -> MultiDict[str, str]:
        """What the form of a page would send, were nothing changed."""
        answer = self.client(login).get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return read_form(answer)

    def send(self, path: str, login: str = "mina", **changes: str) -> TestResponse:
        """Change some inputs of a page's form, and send it."""
        values = self.form(path, login)
        for name, value in changes.items():
            values[name.replace("__", "-")] = value
        return self.client(login).post(path, data=values)

    def begin(self, programme: Programme | None = None) -> RulesDraft:
        """Begin a draft of the rich rules, or of others."""
        wanted = programme or RICH
        made = self.quiet.office.drafts.begin(
            programme_text(wanted), base_version=1, account="mina", at_ms=NOW_MS
        )
        assert isinstance(made, RulesDraft)
        return made

    def publish_rich(self, at_ms: int = NOW_MS + SOON_MS) -> None:
        """Have the rich rules published from a moment on, as the command line does."""
        rich = replace(RICH, effective_from_ms=at_ms)
        assert self.quiet.execute(AddProgramme(programme=programme_text(rich))).ok

    def actions(self) -> list[tuple[str, TrailOutcome | None]]:
        """What the trail says of programmes, the newest first."""
        entries = self.quiet.office.trail.entries()
        return [(one.action, one.outcome) for one in entries if one.action.startswith("programme")]

    def kept(self) -> RulesDraft:
        """The draft as it is kept now."""
        found = self.quiet.office.drafts.read()
        assert found is not None
        return found

    def drafted(self) -> Programme:
        """The rules that the draft says now."""
        return parse_programme(self.kept().content)


OpenShop: TypeAlias = Callable[[], Shop]


def read_form(answer: TestResponse) -> MultiDict[str, str]:
    """What the forms in a page's body would send."""
    reader = _Form()
    reader.feed(answer.text[answer.text.index('id="content"') :])
    return reader.values


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop whose first rules are one percent back; the form tokens are off."""
    clock = VirtualClock(unix_ms=NOW_MS)
    options = QuietOptions(currency="IRR", password_cost=HashCost(memory_kib=8, passes=1))
    with QuietHouse(tmp_path / "gateway", clock, options) as quiet:
        app = create_app(quiet, WebSettings())
        app.config["WTF_CSRF_ENABLED"] = False
        yield Shop(quiet, app, clock)
        end_app(app)
