"""A gateway with every kind of thing in it, its API, and tokens for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

import pytest
from apiflask import APIFlask
from werkzeug.test import TestResponse

from gateway.model.ids import TerminalId
from gateway.office.passwords import HashCost
from gateway.office.tokens import TokenScope
from gateway.queries.members import newest_members
from simulators.clock import VirtualClock
from simulators.quiet_house import QuietHouse, QuietOptions
from simulators.sealed_terminal import SealedTerminal, card_evidence, sale_key
from web_admin.api.app import create_api
from web_admin.api.limits import ApiLimits

NOW_MS = 1_795_420_000_000
MEMBERS = 7

Ask: TypeAlias = Callable[..., TestResponse]


@pytest.fixture
def clock() -> VirtualClock:
    """A clock that only moves when it is told to."""
    return VirtualClock(unix_ms=NOW_MS)


@pytest.fixture
def quiet(tmp_path: Path, clock: VirtualClock) -> Iterator[QuietHouse]:
    """Two tills in two branches, seven members, twenty sales, a hold, and a hint."""
    options = QuietOptions(password_cost=HashCost(memory_kib=8, passes=1))
    with QuietHouse(tmp_path / "gateway", clock, options) as house:
        north = SealedTerminal(TerminalId("till-1"), now_ms=NOW_MS)
        south = SealedTerminal(TerminalId("till-2"), now_ms=NOW_MS)
        house.add_terminal(north, "north")
        house.add_terminal(south, "south")
        for number in range(1, 21):
            clock.advance(60_000)
            till = south if number % 3 == 0 else north
            till.now_ms = clock.unix_ms()
            card = card_evidence(number % MEMBERS + 1)
            sealed = till.earn(card, sale_key(number), 12_300, receipt=f"{number:04d}")
            house.transact(till, sealed)
        clock.advance(60_000)
        north.now_ms = clock.unix_ms()
        reserve = north.reserve(
            north.new_id(), card_evidence(1), sale_key(99), points=100, total_minor=5_000
        )
        house.ask(north, reserve)
        house.hint(north, b'{"session": "ab", "online": true, "version": "0.1.0", "pending": 3}')
        yield house


@pytest.fixture
def api(quiet: QuietHouse) -> APIFlask:
    """The API in front of it."""
    return create_api(quiet.house, ApiLimits(requests=100_000, failures=100_000))


@pytest.fixture
def token(quiet: QuietHouse) -> Callable[..., str]:
    """Makes tokens; with every scope unless some are named."""

    def make(*scopes: TokenScope, expires_at_ms: int | None = None) -> str:
        wanted = frozenset(scopes or TokenScope)
        return quiet.office.tokens.make(
            name="test", scopes=wanted, created_by="test", expires_at_ms=expires_at_ms
        ).text

    return make


@pytest.fixture
def ask(api: APIFlask, token: Callable[..., str]) -> Ask:
    """Asks the API with a token that may read everything, or with another."""
    every = token()

    def get(
        path: str, *, by: str | None = every, headers: Mapping[str, str] | None = None
    ) -> TestResponse:
        sent = dict(headers or {})
        if by is not None:
            sent["Authorization"] = f"Bearer {by}"
        return api.test_client().get(path, headers=sent)

    return get


@pytest.fixture
def member(quiet: QuietHouse) -> str:
    """The member who enrolled last."""
    return newest_members(quiet.house.ledger, limit=1)[0].member_id
