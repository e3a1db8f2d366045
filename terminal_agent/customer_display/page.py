"""The customer's page as a ``Display``: what is shown is drawn at once and sent by others."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Self

import structlog

from gateway.formatting.numbers import MoneyUnit
from terminal_agent.customer_display.board import Board
from terminal_agent.customer_display.brand import Brand
from terminal_agent.customer_display.page_files import page_files
from terminal_agent.customer_display.page_server import LOOPBACK, PageServer
from terminal_agent.customer_display.picture import picture_json, picture_of
from terminal_agent.display import Display
from terminal_agent.session.view import Screen, View
from terminal_agent.texts.catalogue import Texts

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSettings:
    """What the page is told.

    Attributes:
        port: on the loopback address; 0 takes a free one.
        texts: its language.
        unit: whether rials are shown as tomans.
        brand: what the shop puts on it.
    """

    port: int
    texts: Texts
    unit: MoneyUnit
    brand: Brand


class CustomerDisplay(Display):
    """Serves the customer's page while its context lasts."""

    def __init__(self, settings: PageSettings) -> None:
        """Make the page; nothing is served before ``start``."""
        self._settings = settings
        # What is shown until the agent shows something: it is about to.
        self._board = Board(self._drawn(View(screen=Screen.NOT_CONFIGURED)))
        self._server: PageServer | None = None

    @property
    def address(self) -> str | None:
        """Where a browser of this machine finds the page; None while it is not served."""
        return None if self._server is None else f"http://{LOOPBACK}:{self._server.port}/"

    def start(self) -> None:
        """Serve the page.

        Raises:
            OSError: if the port is taken.
        """
        settings = self._settings
        files = dict(page_files(settings.brand, settings.texts))
        self._server = PageServer(settings.port, files, self._board)
        self._server.start()

    def stop(self) -> None:
        """Stop serving; what is shown afterwards reaches nobody."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def show(self, view: View) -> None:
        """Draw the view and post it; sending it is other threads' work."""
        self._board.post(self._drawn(view))

    def _drawn(self, view: View) -> bytes:
        return picture_json(picture_of(view, self._settings.texts, self._settings.unit))

    def __enter__(self) -> Self:
        try:
            self.start()
        except OSError as error:
            # A shop must not stand still for its picture; the console and the log say so.
            _log.error(
                "the customer's page is not served: choose another [display] page_port",
                port=self._settings.port,
                error=str(error),
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
