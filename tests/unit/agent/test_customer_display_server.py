"""The customer's page as it is served: to whom, with which headers, how many, never in the way."""

from __future__ import annotations

import http.client
import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from gateway.formatting.numbers import Language, MoneyUnit
from terminal_agent.customer_display import page_requests
from terminal_agent.customer_display.board import Board
from terminal_agent.customer_display.brand import (
    Brand,
    Theme,
)
from terminal_agent.customer_display.page import CustomerDisplay, PageSettings
from terminal_agent.customer_display.page_requests import REQUEST_BYTES_MAX, STREAMS_MAX
from terminal_agent.customer_display.page_server import CONNECTIONS_MAX
from terminal_agent.session.view import Screen, View
from terminal_agent.texts.catalogue import load_texts

pytestmark = pytest.mark.enable_socket

_TIMEOUT_S = 20.0


def make_page(port: int = 0) -> CustomerDisplay:
    """A page with a name that would be markup if it could."""
    return CustomerDisplay(
        PageSettings(
            port=port,
            texts=load_texts(Language.EN),
            unit=MoneyUnit.CURRENCY,
            brand=Brand(name="<b>Café & Söhne</b>", theme=Theme.DARK),
        )
    )


@pytest.fixture
def page() -> Iterator[CustomerDisplay]:
    """A served page that leaves no thread behind."""
    before = set(threading.enumerate())
    with make_page() as served:
        yield served
    assert set(threading.enumerate()) <= before


def port_of(page: CustomerDisplay) -> int:
    """Where it is served."""
    assert page.address is not None
    return int(page.address.rsplit(":", 1)[1].rstrip("/"))


def ask(
    page: CustomerDisplay, path: str, method: str = "GET", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """One request as a program would make it; headers with _ for -."""
    with closing(
        http.client.HTTPConnection("127.0.0.1", port_of(page), timeout=_TIMEOUT_S)
    ) as connection:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, headers=sent)
        reply = connection.getresponse()
        return reply.status, dict(reply.getheaders()), reply.read()


def raw(page: CustomerDisplay, request: bytes) -> bytes:
    """Everything that is answered to some bytes."""
    with socket.create_connection(("127.0.0.1", port_of(page)), timeout=_TIMEOUT_S) as connection:
        connection.sendall(request)
        answered = b""
        while part := connection.recv(65_536):
            answered += part
        return answered


class Listener:
    """Reads a stream of events line by line, like a browser."""

    def __init__(self, page: CustomerDisplay) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port_of(page)), timeout=_TIMEOUT_S)
        host = f"127.0.0.1:{port_of(page)}"
        self._socket.sendall(f"GET /events HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        self._lines = self._socket.makefile("rb")
        self.status = int(self._lines.readline().split()[1])
        while self._lines.readline().strip():
            pass

    def event(self) -> tuple[str, str]:
        """The next event's name and data."""
        name, data = "", ""
        while line := self._lines.readline().decode().rstrip("\n"):
            field, _, value = line.partition(": ")
            name = value if field == "event" else name
            data = value if field == "data" else data
        return name, data

    def screen(self) -> str:
        """The screen of the next picture."""
        while True:
            name, data = self.event()
            if name == "picture":
                return str(json.loads(data)["screen"])
            assert name in ("page", "beat"), "the stream ended"

    def close(self) -> None:
        """Leave."""
        self._lines.close()
        self._socket.close()


# -- what is served -------------------------------------------------------------------------------


def test_page_consists_of_its_own_files(page: CustomerDisplay) -> None:
    """Page, styles, script and icon come with their types; everything they name is there."""
    status, headers, html = ask(page, "/")
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    text = html.decode()
    assert "&lt;b&gt;Café &amp; Söhne&lt;/b&gt;" in text
    assert "<b>Café" not in text
    assert '<html lang="en" dir="ltr" data-theme="dark">' in text
    assert "$" not in text
    for path, kind in (
        ("/display.css", "text/css; charset=utf-8"),
        ("/brand.css", "text/css; charset=utf-8"),
        ("/display.js", "text/javascript; charset=utf-8"),
        ("/icon.svg", "image/svg+xml"),
    ):
        assert path in text
        status, headers, content = ask(page, path)
        assert (status, headers["Content-Type"]) == (200, kind)
        assert content


def test_page_has_no_inline_script_or_style(page: CustomerDisplay) -> None:
    """Nothing in the page needs an exception from its own policy, and it names no other server."""
    html = ask(page, "/")[2].decode()
    assert "style=" not in html
    assert "<style" not in html
    assert "javascript:" not in html
    assert html.count("<script") == html.count('<script src="/display.js" defer></script>') == 1
    served = html + ask(page, "/display.css")[2].decode() + ask(page, "/display.js")[2].decode()
    assert set(re.findall(r"https?://[^\s\"']+", served)) == {"http://www.w3.org/2000/svg"}


def test_state_and_health_are_served(page: CustomerDisplay) -> None:
    """What is shown can be asked for as JSON, and whether the page is alive at all."""
    page.show(View(screen=Screen.SALE))
    status, headers, content = ask(page, "/state")
    assert (status, headers["Content-Type"]) == (200, "application/json")
    assert json.loads(content)["screen"] == "sale"
    assert ask(page, "/healthz")[::2] == (200, b"ok\n")


# -- to whom --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/", "/display.css", "/display.js", "/state", "/healthz", "/nowhere"]
)
def test_every_answer_has_the_headers(page: CustomerDisplay, path: str) -> None:
    """Policy, type sniffing, framing, caching and referrer are settled on every answer."""
    _, headers, _ = ask(page, path)
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'self';")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in headers
    assert "Python" not in headers["Server"]


def test_only_this_machine_s_names_are_answered(page: CustomerDisplay) -> None:
    """Another name in Host, none, or two are refused: a foreign page could have pointed it here."""
    port = port_of(page)
    for host in (f"127.0.0.1:{port}", f"localhost:{port}", f"LOCALHOST:{port}"):
        assert ask(page, "/state", Host=host)[0] == 200
    for host in ("evil.example", f"evil.example:{port}", "127.0.0.1", f"127.0.0.1:{port + 1}", ""):
        assert ask(page, "/state", Host=host)[0] == 403
    good = f"Host: 127.0.0.1:{port}\r\n"
    assert raw(page, f"GET /state HTTP/1.1\r\n{good}{good}\r\n".encode()).startswith(
        b"HTTP/1.1 403"
    )
    assert raw(page, b"GET /state HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 403")


def test_it_listens_on_the_loopback_alone(page: CustomerDisplay) -> None:
    """Nobody on the network finds the page."""
    for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        local = line.split()[1]
        if int(local.split(":")[1], 16) == port_of(page):
            assert local.startswith("0100007F")


def test_pages_of_others_may_link_but_not_read(page: CustomerDisplay) -> None:
    """A request that a browser says another site made is refused, but for opening the page."""
    assert ask(page, "/state", Sec_Fetch_Site="cross-site")[0] == 403
    assert ask(page, "/events", Sec_Fetch_Site="same-site")[0] == 403
    assert ask(page, "/", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="no-cors")[0] == 403
    assert ask(page, "/", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate")[0] == 200
    assert ask(page, "/state", Sec_Fetch_Site="same-origin")[0] == 200


@pytest.mark.parametrize(
    "method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "CONNECT"]
)
def test_nothing_but_reading_is_allowed(page: CustomerDisplay, method: str) -> None:
    """Other methods are refused with the one that is allowed."""
    status, headers, _ = ask(page, "/", method)
    assert (status, headers["Allow"]) == (405, "GET")


@pytest.mark.parametrize(
    "request_line",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"BREW / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 200 + b"\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"a" * REQUEST_BYTES_MAX + b"\r\n\r\n",
    ],
    ids=["bytes", "method", "version", "path", "headers", "header"],
)
def test_what_is_no_request_is_refused_in_few_words(
    page: CustomerDisplay, request_line: bytes
) -> None:
    """Nonsense and floods end with a short refusal that repeats nothing, and the page goes on."""
    answered = b""
    try:
        answered = raw(page, request_line)
    except ConnectionResetError:
        # What was not read any more; the refusal may be lost with it.
        assert len(request_line) > REQUEST_BYTES_MAX
    assert len(answered) < 2_000
    assert b"aaaa" not in answered
    if answered:
        assert answered.split()[1][:1] in (b"4", b"5")
        assert b"default-src 'self'" in answered
    assert ask(page, "/healthz")[0] == 200


def test_paths_lead_nowhere_else(page: CustomerDisplay) -> None:
    """Only listed paths are served; there is no file system behind them."""
    for path in ("/../../etc/passwd", "/%2e%2e/page.py", "/display.html", "/static/"):
        assert ask(page, path)[0] == 404


# -- the stream -----------------------------------------------------------------------------------


def test_a_stream_follows_what_is_shown(page: CustomerDisplay) -> None:
    """The picture comes at once, each that follows as it is shown, and a beat while none does."""
    page.show(View(screen=Screen.READY))
    with closing(Listener(page)) as listener:
        assert listener.event()[0] == "page"
        assert listener.screen() == "ready"
        page.show(View(screen=Screen.SALE))
        assert listener.screen() == "sale"


def test_a_stream_has_a_heartbeat(page: CustomerDisplay, monkeypatch: pytest.MonkeyPatch) -> None:
    """While nothing is shown there is a sign of life, with the standing picture's number."""
    monkeypatch.setattr(page_requests, "BEAT_S", 0.05)
    with closing(Listener(page)) as listener:
        listener.screen()
        assert listener.event() == ("beat", "1")
        assert listener.event() == ("beat", "1")
        page.show(View(screen=Screen.SALE))
        assert listener.screen() == "sale"


def test_whoever_comes_back_sees_what_is_there_now(page: CustomerDisplay) -> None:
    """A page that lost its connection gets the newest picture, not those it missed."""
    with closing(Listener(page)) as listener:
        listener.screen()
    for screen in Screen:
        page.show(View(screen=screen))
    page.show(View(screen=Screen.LATE))
    with closing(Listener(page)) as listener:
        assert listener.screen() == "late"


def test_the_agent_s_end_is_the_stream_s(page: CustomerDisplay) -> None:
    """The last picture still arrives; then the stream ends, and the page knows."""
    with closing(Listener(page)) as listener:
        listener.screen()
        page.show(View(screen=Screen.STOPPED))
        assert listener.screen() == "stopped"
        page.stop()
        assert listener.event() == ("", "")


def test_a_slow_reader_blocks_nobody(page: CustomerDisplay) -> None:
    """A page that reads nothing, while more is shown than its buffers hold, delays no ``show``."""
    with closing(Listener(page)) as sleeper, closing(Listener(page)) as reader:
        assert sleeper.status == reader.status == 200
        screens = list(Screen)
        for turn in range(20_000):
            page.show(View(screen=screens[turn % len(screens)]))
        page.show(View(screen=Screen.LATE))
        assert ask(page, "/healthz")[0] == 200
        while reader.screen() != "late":
            pass


def test_only_so_many_pages_listen(page: CustomerDisplay) -> None:
    """Listeners beyond the bound are told to come back, and the page itself is still served."""
    with ExitStack() as stack:
        listeners = [stack.enter_context(closing(Listener(page))) for _ in range(STREAMS_MAX)]
        assert {listener.status for listener in listeners} == {200}
        status, headers, _ = ask(page, "/events")
        assert (status, headers["Retry-After"]) == (503, "5")
        assert ask(page, "/")[0] == 200


def test_only_so_many_connections_are_kept(
    page: CustomerDisplay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Silent connections take the places until they are timed out; then others are served."""
    monkeypatch.setattr(page_requests.PageRequests, "timeout", 0.2)
    with ExitStack() as stack:
        for _ in range(CONNECTIONS_MAX + 4):
            stack.enter_context(
                socket.create_connection(("127.0.0.1", port_of(page)), timeout=_TIMEOUT_S)
            )
        assert ask(page, "/healthz")[0] == 200
        serving = [one for one in threading.enumerate() if one.name == "mohr-display-page"]
        assert len(serving) <= CONNECTIONS_MAX


def test_a_taken_port_stops_no_agent(page: CustomerDisplay) -> None:
    """A second page on the same port is not served, says so, and can still be shown on."""
    with make_page(port_of(page)) as second:
        assert second.address is None
        second.show(View(screen=Screen.READY))
    assert ask(page, "/healthz")[0] == 200


def test_a_board_hands_on_the_newest_only() -> None:
    """Who was away gets the last picture; who waits for nothing newer gets none when time is up."""
    board = Board(b"1")
    assert board.wait_newer(1, 0.001) is None
    for number in range(2, 6):
        board.post(str(number).encode())
    newest = board.wait_newer(1, 0.001)
    assert newest is not None
    assert (newest.number, newest.json) == (5, b"5")
    board.close()
    assert board.wait_newer(5, 60.0) is None
