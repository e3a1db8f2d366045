"""Hears everything that a page says on the side: console, faults, requests, answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Dialog, Page, Request, Response
from playwright.sync_api import Error as PlaywrightError

from simulators.browser.finding import Finding, Rule

_LOCAL_SCHEMES = frozenset({"data", "blob", "about"})


class Listener:
    """Collects what goes wrong on one tab.

    Args:
        page: the tab.
        base_url: the only server that it may ask.
    """

    def __init__(self, page: Page, base_url: str) -> None:
        self._origin = urlsplit(base_url)[:2]
        self._found: list[Finding] = []
        self._forgiven: list[re.Pattern[str]] = []
        page.on("console", self._console)
        page.on("pageerror", self._page_error)
        page.on("dialog", self._dialog)
        page.on("request", self._request)
        page.on("requestfailed", self._failed)
        page.on("response", self._response)

    def take(self) -> tuple[Finding, ...]:
        """Everything since the last time."""
        found, self._found = tuple(self._found), []
        return found

    @contextmanager
    def forgiving(self, pattern: str) -> Iterator[None]:
        """Let pass what a test brings about on purpose, such as a server that goes away.

        Args:
            pattern: a regular expression that is searched in what would be a finding.
        """
        forgiven = re.compile(pattern)
        self._forgiven.append(forgiven)
        try:
            yield
        finally:
            self._forgiven.remove(forgiven)

    def _add(self, rule: Rule, detail: str) -> None:
        finding = Finding(rule, detail)
        if not any(one.search(str(finding)) for one in self._forgiven):
            self._found.append(finding)

    def _console(self, message: ConsoleMessage) -> None:
        where = message.location
        place = f"{where.get('url', '')}:{where.get('lineNumber', '')}"
        self._add(Rule.CONSOLE, f"{message.type}: {message.text} ({place})")

    def _page_error(self, error: PlaywrightError) -> None:
        self._add(Rule.PAGE_ERROR, str(error))

    def _dialog(self, dialog: Dialog) -> None:
        dialog.dismiss()
        self._add(Rule.DIALOG, f"{dialog.type}: {dialog.message}")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in _LOCAL_SCHEMES and parts[:2] != self._origin:
            self._add(Rule.REQUEST, f"asks somebody else: {request.url}")

    def _failed(self, request: Request) -> None:
        # Aborted is what a page's own leaving does to a stream or to a picture on its way.
        if request.failure != "net::ERR_ABORTED":
            self._add(Rule.REQUEST, f"{request.method} {request.url} failed: {request.failure}")

    def _response(self, response: Response) -> None:
        page_itself = response.request.is_navigation_request()
        if response.status >= (500 if page_itself else 400):
            self._add(
                Rule.STATUS, f"{response.status} for {response.request.method} {response.url}"
            )
