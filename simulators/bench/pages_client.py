"""A browser's part in measuring: one connection kept open, a login, and the time of each answer."""

from __future__ import annotations

import gzip
import http.client
import re
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlencode, urlsplit

from gateway.errors import MohrError

_TIMEOUT_S: Final = 120.0
_CSRF: Final = re.compile(r'name="csrf_token"[^>]*?value="([^"]+)"')


class PageError(MohrError):
    """A page did not answer as it should."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back.

    Attributes:
        status: the HTTP status.
        headers: by lower-case name.
        body: as it came over the wire.
        wire_bytes: of the body and the head.
        took_ms: from the first byte sent to the last received.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    wire_bytes: int
    took_ms: float

    @property
    def text(self) -> str:
        """The body as it was before it was compressed."""
        packed = self.headers.get("content-encoding") == "gzip"
        return (gzip.decompress(self.body) if packed else self.body).decode()


class PageClient:
    """Asks one server over one connection. Use as a context manager.

    Args:
        address: such as ``http://127.0.0.1:8080``.
        headers: sent with each request.
    """

    def __init__(self, address: str, headers: dict[str, str] | None = None) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=_TIMEOUT_S)
        self._address = address
        self._headers = dict(headers or {})
        self._cookies: dict[str, str] = {}

    @property
    def cookie(self) -> str:
        """The cookies, as a browser sends them."""
        return "; ".join(f"{name}={value}" for name, value in self._cookies.items())

    def get(self, path: str, headers: dict[str, str] | None = None) -> Answer:
        """Ask for a page."""
        return self._ask("GET", path, headers=headers)

    def log_in(self, login: str, password: str) -> None:
        """Log in with a password.

        Raises:
            PageError: if the login page is none, or nobody is logged in afterwards.
        """
        page = self.get("/login").text
        found = _CSRF.search(page)
        if found is None:
            raise PageError("the login page has no form")
        form = {"csrf_token": found.group(1), "login": login, "password": password}
        answer = self._ask(
            "POST",
            "/login",
            body=urlencode(form),
            headers={
                "Content-Type": "application/x-www-form-urlencoded",
                "Referer": f"{self._address}/login",
            },
        )
        if answer.status not in (302, 303):
            raise PageError(f"nobody was logged in: {answer.status}")

    def _ask(
        self, method: str, path: str, *, body: str = "", headers: dict[str, str] | None = None
    ) -> Answer:
        sent = {**self._headers, **(headers or {})}
        if self._cookies:
            sent["Cookie"] = self.cookie
        began_ns = time.perf_counter_ns()
        self._connection.request(method, path, body=body or None, headers=sent)
        response = self._connection.getresponse()
        content = response.read()
        took_ms = (time.perf_counter_ns() - began_ns) / 1_000_000
        for name, value in response.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self._cookies[key] = rest.partition(";")[0]
        head = sum(len(name) + len(value) + 4 for name, value in response.getheaders())
        return Answer(
            status=response.status,
            headers={name.lower(): value for name, value in response.getheaders()},
            body=content,
            wire_bytes=len(content) + head,
            took_ms=took_ms,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()
