"""One request to the customer's page: who may ask, and what is answered.

The Host header must name this machine, or a page of the internet could make its own name point
here and read what is shown (DNS rebinding). Everything that changes anything is refused: there is
nothing to change.
"""

from __future__ import annotations

import io
import socket
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import BaseServer
from typing import Any, Final

import structlog

from terminal_agent.customer_display.board import Board
from terminal_agent.customer_display.page_files import PageFile

#: The page draws itself as lost after three beats without a sign of life (``static/display.js``).
BEAT_S: Final = 4.0
#: A page asks in an instant; whoever needs longer is none, and holds a place.
REQUEST_WAIT_S: Final = 5.0
#: Whoever does not read a few hundred bytes in this time has gone.
SEND_WAIT_S: Final = 10.0
REQUEST_BYTES_MAX: Final = 16 * 1024
STREAMS_MAX: Final = 4

HEADERS: Final = (
    (
        "Content-Security-Policy",
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cache-Control", "no-store"),
    ("Connection", "close"),
)
_TEXT: Final = "text/plain; charset=utf-8"

_log = structlog.get_logger(__name__)


@dataclass(slots=True, kw_only=True)
class Served:
    """What all requests share.

    Attributes:
        files: what does not change, by path.
        version: of the files; a page that was loaded before a change loads itself anew.
        board: the newest picture.
        hosts: the Host headers that name this page.
        streams: places for pages that stay and listen.
    """

    files: Mapping[str, PageFile]
    version: str
    board: Board
    hosts: frozenset[str]
    streams: threading.BoundedSemaphore = field(
        default_factory=lambda: threading.BoundedSemaphore(STREAMS_MAX)
    )

    def note_fault(self) -> None:
        """Log the fault that is being handled; one of the connection's is nobody's concern."""
        fault = sys.exc_info()[1]
        if not isinstance(fault, OSError):
            _log.error("customer page", error=repr(fault))


class _Short(io.RawIOBase):
    """A request's bytes, up to a bound: headers without end are an end."""

    def __init__(self, stream: io.BufferedIOBase) -> None:
        self._stream = stream
        self.left = REQUEST_BYTES_MAX

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        data = self._stream.read1(min(len(buffer), self.left))
        self.left -= len(data)
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()


class PageRequests(BaseHTTPRequestHandler):
    """Answers one request and closes: a connection that idles would hold a place."""

    protocol_version = "HTTP/1.1"
    # Without a version there would be an answer without headers, as in 1991.
    default_request_version = "HTTP/1.0"
    timeout = REQUEST_WAIT_S
    server_version = "mohr"
    sys_version = ""

    def __init__(
        self,
        request: socket.socket,
        client_address: tuple[str, int],
        server: BaseServer,
        *,
        served: Served,
    ) -> None:
        """Answer the connection's request; all is done when this returns."""
        self._served = served
        super().__init__(request, client_address, server)

    def setup(self) -> None:
        """Bound what is read."""
        super().setup()
        self._short = _Short(self.rfile)
        self.rfile = io.BufferedReader(self._short)

    def do_GET(self) -> None:
        """Answer what the page asks for."""
        served = self._served
        if not self._short.left:
            self._answer(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, _TEXT, b"too long\n")
            return
        if not self._from_here(self.headers):
            self._answer(HTTPStatus.FORBIDDEN, _TEXT, b"not from there\n")
            return
        path = self.path.partition("?")[0]
        if path in served.files:
            file = served.files[path]
            self._answer(HTTPStatus.OK, file.media_type, file.content)
        elif path == "/state":
            self._answer(HTTPStatus.OK, "application/json", served.board.newest().json + b"\n")
        elif path == "/healthz":
            self._answer(HTTPStatus.OK, _TEXT, b"ok\n")
        elif path == "/events":
            self._stream()
        else:
            self._answer(HTTPStatus.NOT_FOUND, _TEXT, b"not here\n")

    def _refuse_method(self) -> None:
        self.send_response(HTTPStatus.METHOD_NOT_ALLOWED)
        self.send_header("Allow", "GET")
        self._finish(_TEXT, b"this page is only read\n")

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _refuse_method  # noqa: N815 - as http.server has it
    do_OPTIONS = do_TRACE = do_CONNECT = _refuse_method  # noqa: N815 - as above

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what is no request, with our headers and without repeating what was sent."""
        del message, explain
        self.log_error("refused: %d", code)
        self._answer(HTTPStatus(code), _TEXT, b"that is no request\n")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - as http.server has it
        """Stay quiet: which page asks for its own files is of no interest."""

    def _from_here(self, headers: Message) -> bool:
        """Whether the request was made for this page, by this page or by a person."""
        hosts = headers.get_all("Host") or []
        if len(hosts) != 1 or hosts[0].strip().lower() not in self._served.hosts:
            return False
        # A browser says where a request comes from; other programs say nothing. Another page may
        # lead here with a link, but not read, nor take up the places of those who listen.
        if headers.get("Sec-Fetch-Site", "none") in ("none", "same-origin"):
            return True
        return headers.get("Sec-Fetch-Mode") == "navigate" and self.path == "/"

    def _answer(self, status: HTTPStatus, media_type: str, content: bytes) -> None:
        self.send_response(status)
        self._finish(media_type, content)

    def _finish(self, media_type: str, content: bytes) -> None:
        self.send_header("Content-Length", str(len(content)))
        self._head(media_type)
        self.connection.settimeout(SEND_WAIT_S)
        self.wfile.write(content)

    def _head(self, media_type: str) -> None:
        self.send_header("Content-Type", media_type)
        for name, value in HEADERS:
            self.send_header(name, value)
        self.end_headers()

    # -- the stream -----------------------------------------------------------------------------

    def _stream(self) -> None:
        """Send the picture, each that follows, and a beat while none does (server-sent events)."""
        streams = self._served.streams
        if not streams.acquire(blocking=False):
            self.send_response(HTTPStatus.SERVICE_UNAVAILABLE)
            self.send_header("Retry-After", "5")
            self._finish(_TEXT, b"enough pages are listening\n")
            return
        try:
            self.send_response(HTTPStatus.OK)
            self._head("text/event-stream; charset=utf-8")
            self.connection.settimeout(SEND_WAIT_S)
            self._follow(self._served.board)
        finally:
            streams.release()

    def _follow(self, board: Board) -> None:
        # Whoever reconnects is shown what is there now, whatever it saw last.
        seen = 0
        version = self._served.version.encode()
        self.wfile.write(b"retry: 1000\nevent: page\ndata: %s\n\n" % version)
        while True:
            posted = board.wait_newer(seen, BEAT_S)
            if posted is not None:
                seen = posted.number
                self.wfile.write(
                    b"id: %d\nevent: picture\ndata: %s\n\n" % (posted.number, posted.json)
                )
            elif board.closed:
                return
            else:
                self.wfile.write(b"event: beat\ndata: %d\n\n" % seen)
