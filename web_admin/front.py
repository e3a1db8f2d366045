"""The web server: waitress on threads of its own, stopped with the gateway that holds it.

Every live viewer holds a thread for as long as it looks (waitress knows no other way), so there
are more threads than viewers: ``WebSettings`` says how many of each.
"""

from __future__ import annotations

import socket
import threading
from types import TracebackType
from typing import Final

import structlog
from waitress import wasyncore
from waitress.server import create_server

from gateway.config import WebSettings
from gateway.errors import ConfigError
from gateway.office.house import Door, WebFront
from web_admin.app import create_app, end_app, setup_code_of

#: A request's head and body; uploads are a terminal's registration or a logo.
_HEADER_BYTES_MAX: Final = 32 * 1024
_BODY_BYTES_MAX: Final = 1024 * 1024
_CONNECTIONS_SPARE: Final = 64
_BACKLOG: Final = 128
_LOOP_S: Final = 0.25
_STOP_S: Final = 10.0
_ANY_ADDRESS: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - read, not bound


class WaitressFront(WebFront):
    """Serves the pages of a door until its context is left."""

    def __init__(self, door: Door, settings: WebSettings) -> None:
        """Listen, and begin to answer.

        Args:
            door: the gateway behind the pages, set up or not.
            settings: where to listen, and how many at once.

        Raises:
            ConfigError: if the address cannot be listened on.
        """
        self._door = door
        self._host = settings.host
        self._log = structlog.get_logger("mohr.web")
        self._app = create_app(door, settings)
        try:
            self._socket = socket.create_server(
                (settings.host, settings.port),
                family=socket.AF_INET6 if ":" in settings.host else socket.AF_INET,
                backlog=_BACKLOG,
            )
        except OSError as error:
            end_app(self._app)
            raise ConfigError(
                f"cannot listen on {settings.host}:{settings.port} ({error.strerror}): set another"
                " port under [web], or enabled = false"
            ) from error
        self._port = int(self._socket.getsockname()[1])
        self._map: dict[int, object] = {}
        self._server = create_server(
            self._app.wsgi_app,
            map=self._map,
            sockets=[self._socket],
            threads=settings.threads,
            connection_limit=settings.threads + _CONNECTIONS_SPARE,
            max_request_header_size=_HEADER_BYTES_MAX,
            max_request_body_size=_BODY_BYTES_MAX,
            ident="",
            # Whoever is not a proxy of ours must not say whom it speaks for.
            clear_untrusted_proxy_headers=settings.trusted_proxies == 0,
        )
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="mohr-web")
        self._thread.start()

    @property
    def address(self) -> str:
        """Where a browser on this machine finds it."""
        host = _ANY_ADDRESS.get(self._host, self._host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self._port}"

    @property
    def setup_address(self) -> str | None:
        """The address with the one-time code for the first run; None once there is an owner."""
        code = setup_code_of(self._app)
        return None if code is None else f"{self.address}/setup?code={code}"

    def _serve(self) -> None:
        try:
            while not self._stopping.is_set():
                wasyncore.loop(timeout=_LOOP_S, use_poll=True, map=self._map, count=1)
        except Exception as error:  # noqa: BLE001 - logged; the ledger goes on without its pages
            self._log.exception("the web server ended", fault=type(error).__name__)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Streams end first, or their threads would be waited for.
        end_app(self._app)
        self._server.task_dispatcher.shutdown(cancel_pending=True, timeout=_STOP_S)
        self._stopping.set()
        self._thread.join()
        wasyncore.close_all(self._map)
        self._socket.close()


def open_front(door: Door, settings: WebSettings) -> WebFront:
    """Serve the pages; the entry point ``mohr.web``.

    Raises:
        ConfigError: if the address cannot be listened on.
    """
    return WaitressFront(door, settings)
