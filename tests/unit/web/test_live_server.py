"""The live page's stream on the real server: forty browsers, and room for everybody else."""

from __future__ import annotations

import itertools
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import pytest

from gateway.config import WebSettings
from gateway.model.ids import TerminalId
from gateway.office.account import Account
from gateway.office.accounts import Profile
from gateway.office.passwords import HashCost
from gateway.office.roles import Role
from gateway.office.sessions import Stage, Visitor
from gateway.system_clock import SystemClock
from simulators.quiet_house import QuietHouse, QuietOptions
from simulators.sealed_terminal import SealedTerminal, card_evidence, sale_key
from web_admin.front import WaitressFront
from web_admin.live import routes
from web_admin.live.stream import Pace

pytestmark = [pytest.mark.enable_socket, pytest.mark.slow]

VIEWERS = 40
PATIENCE_S = 30.0
_ID = re.compile(rb"^id: (\d+)\nevent: tap", re.MULTILINE)


class Browser:
    """A raw socket that asks for the stream and keeps what comes."""

    def __init__(self, port: int, secret: str, last_id: int | None = None) -> None:
        self.heard = b""
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        again = "" if last_id is None else f"Last-Event-ID: {last_id}\r\n"
        self._socket.sendall(
            f"GET /live/stream HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"Cookie: mohr_session={secret}\r\n{again}\r\n".encode()
        )

    def until(self, reached: Callable[[bytes], bool]) -> bytes:
        """Read on until what was heard satisfies; fails where nothing comes any more."""
        while not reached(self.heard):
            piece = self._socket.recv(65_536)
            assert piece, self.heard
            self.heard += piece
        return self.heard

    @property
    def taps(self) -> list[int]:
        """The indexes of the rows that came; chunks of the transfer are never torn within one."""
        return [int(found) for found in _ID.findall(self.heard)]

    def close(self) -> None:
        """Go away without a word."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(slots=True)
class Place:
    """A server in front of a till."""

    house: QuietHouse
    port: int
    secret: str
    till: SealedTerminal
    _sales: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def sell(self) -> None:
        """Sell one thing."""
        sealed = self.till.earn(card_evidence(1), sale_key(next(self._sales)), 100)
        self.house.transact(self.till, sealed)

    def browser(self, last_id: int | None = None) -> Browser:
        """Another browser that watches."""
        return Browser(self.port, self.secret, last_id)

    def status(self, path: str) -> bytes:
        """The head of an ordinary page's answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S) as one:
            one.sendall(
                f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nConnection: close\r\n"
                f"Cookie: mohr_session={self.secret}\r\n\r\n".encode()
            )
            head = b""
            while b"\r\n\r\n" not in head:
                piece = one.recv(4_096)
                assert piece
                head += piece
            return head.split(b"\r\n\r\n")[0]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A real server on a free port, whose streams beat often so that the test is short."""
    monkeypatch.setattr(routes, "_PACE", Pace(heartbeat_ms=300))
    options = QuietOptions(password_cost=HashCost(memory_kib=8, passes=1))
    with QuietHouse(tmp_path / "gateway", SystemClock(), options) as house:
        till = SealedTerminal(TerminalId("till-1"), now_ms=house.clock.unix_ms())
        house.add_terminal(till, "north")
        profile = Profile(display_name="Ada", role=Role.OWNER)
        account = house.office.accounts.add(
            "ada", profile, "correct horse battery", language="en", must_change_password=False
        )
        assert isinstance(account, Account)
        secret = house.office.sessions.open(
            account.account_id, Stage.FULL, Visitor(device="test", address="127.0.0.1")
        )
        settings = WebSettings(port=0, viewers=VIEWERS, threads=VIEWERS + 8)
        with WaitressFront(house, settings) as front:
            port = int(front.address.rsplit(":", 1)[1])
            yield Place(house, port, secret, till)
    assert not [one for one in threading.enumerate() if one.name.startswith("mohr")]


def _begun(heard: bytes) -> bool:
    return b"event: here" in heard


def test_forty_browsers_watch_and_pages_still_answer(place: Place) -> None:
    """Everybody gets every row; one too many is asked to come back; others are not kept waiting."""
    with ExitStack() as stack:
        browsers = [stack.enter_context(place.browser()) for _ in range(VIEWERS)]
        for one in browsers:
            assert b"text/event-stream" in one.until(_begun)
        place.sell()
        for one in browsers:
            one.until(lambda heard: b"id: 1\nevent: tap" in heard)
        assert b" 200 " in place.status("/healthz")
        assert b" 200 " in place.status("/live")
        refused = place.status("/live/stream")
        assert b" 503 " in refused
        assert b"Retry-After: 10" in refused


def test_a_browser_that_goes_frees_its_place(place: Place) -> None:
    """Threads of browsers that vanished are free after a heartbeat, and the feed's own ends."""
    browsers = [place.browser() for _ in range(VIEWERS)]
    for one in browsers:
        one.until(_begun)
    for one in browsers:
        one.close()
    end = time.monotonic() + PATIENCE_S
    while [one for one in threading.enumerate() if one.name == "mohr-live"]:
        assert time.monotonic() < end
        time.sleep(0.05)
    with place.browser() as again:
        again.until(_begun)


def test_a_browser_that_comes_back_misses_and_repeats_nothing(place: Place) -> None:
    """With the id of its last row it gets exactly the rows since then, and then the new ones."""
    place.sell()
    with place.browser() as first:
        first.until(_begun)
        place.sell()
        first.until(lambda _: first.taps == [2])
    place.sell()
    place.sell()
    with place.browser(last_id=2) as second:
        second.until(_begun)
        place.sell()
        second.until(lambda _: len(second.taps) >= 3)
        assert second.taps == [3, 4, 5]


def test_a_session_that_ends_ends_its_streams(place: Place) -> None:
    """Signing out elsewhere ends a stream that is open, at its next heartbeat."""
    with place.browser() as one:
        one.until(_begun)
        place.house.office.sessions.close(place.secret)
        one.until(lambda heard: heard.endswith(b"0\r\n\r\n"))
        assert one.taps == []
