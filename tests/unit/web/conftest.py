"""A gateway with a few sales behind the pages, and visitors of every role."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest
from flask import Flask
from flask.testing import FlaskClient

from gateway.config import WebSettings
from gateway.model.ids import BranchId, TerminalId
from gateway.office.account import Account
from gateway.office.accounts import Profile
from gateway.office.passwords import HashCost
from gateway.office.roles import BRANCH_ROLES, Role
from gateway.office.sessions import Stage, Visitor
from simulators.clock import VirtualClock
from simulators.quiet_house import QuietHouse, QuietOptions
from simulators.sealed_terminal import SealedTerminal, card_evidence, sale_key
from web_admin.app import create_app, end_app

NOW_MS = 1_795_420_000_000
"""23 November 2026, a Monday."""

NORTH, SOUTH = BranchId("north"), BranchId("south")
CHEAP = HashCost(memory_kib=8, passes=1)
PASSWORD = "correct horse battery"

ClientAs: TypeAlias = Callable[..., FlaskClient]


@pytest.fixture
def clock() -> VirtualClock:
    """A clock that only moves when it is told to."""
    return VirtualClock(unix_ms=NOW_MS)


@pytest.fixture
def quiet(tmp_path: Path, clock: VirtualClock) -> Iterator[QuietHouse]:
    """A gateway with a till in each of two branches, and three members with a few sales."""
    options = QuietOptions(password_cost=CHEAP)
    with QuietHouse(tmp_path / "gateway", clock, options) as house:
        north = SealedTerminal(TerminalId("till-1"), now_ms=NOW_MS)
        south = SealedTerminal(TerminalId("till-2"), now_ms=NOW_MS)
        house.add_terminal(north, NORTH)
        house.add_terminal(south, SOUTH)
        for number, (till, card, total_minor) in enumerate(
            ((north, 1, 12_300), (north, 2, 4_500), (south, 3, 99_900), (north, 1, 700)), start=1
        ):
            clock.advance(60_000)
            till.now_ms = clock.unix_ms()
            sealed = till.earn(
                card_evidence(card), sale_key(number), total_minor, receipt=f"{number:04d}"
            )
            house.transact(till, sealed)
        yield house


@pytest.fixture
def app(quiet: QuietHouse) -> Iterator[Flask]:
    """The pages in front of it."""
    made = create_app(quiet, WebSettings())
    yield made
    end_app(made)


@pytest.fixture
def client_as(app: Flask, quiet: QuietHouse) -> ClientAs:
    """A visitor who is logged in under a role; cashier, manager and support belong to ``north``.

    The form tokens are off for these visitors: who proves something about tokens logs in by hand.
    """
    app.config["WTF_CSRF_ENABLED"] = False
    numbers = itertools.count(1)
    # Somebody must own the house, or every page leads to the wizard.
    _account(quiet, "the-owner", Role.OWNER, frozenset())

    def log_in(role: Role, branches: frozenset[BranchId] | None = None) -> FlaskClient:
        if branches is None:
            branches = frozenset({NORTH}) if role in BRANCH_ROLES else frozenset()
        account = _account(quiet, f"{role.value}-{next(numbers)}", role, branches)
        visitor = Visitor(device="test", address="127.0.0.1")
        secret = quiet.office.sessions.open(account.account_id, Stage.FULL, visitor)
        client = app.test_client()
        client.set_cookie("mohr_session", secret)
        return client

    return log_in


def _account(quiet: QuietHouse, login: str, role: Role, branches: frozenset[BranchId]) -> Account:
    profile = Profile(display_name=f"The {role.value}", role=role, branches=branches)
    made = quiet.office.accounts.add(
        login, profile, PASSWORD, language="en", must_change_password=False
    )
    assert isinstance(made, Account), made
    return made
