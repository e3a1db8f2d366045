"""A small HTTP server for one page on this machine: few connections, short requests, no writing.

It listens on the loopback address alone, so whoever reaches it runs on this machine or is a page
that this machine's browser has open. ``page_requests`` says what the latter is told.
"""

from __future__ import annotations

import socket
import threading
from http.server import ThreadingHTTPServer
from socketserver import BaseRequestHandler
from typing import Any, Final

from terminal_agent.customer_display.board import Board
from terminal_agent.customer_display.page_files import PageFile, version_of
from terminal_agent.customer_display.page_requests import PageRequests, Served

LOOPBACK: Final = "127.0.0.1"
#: A browser opens six at once for one page; two screens and a person with curl fit in.
CONNECTIONS_MAX: Final = 12
#: Whoever finds no free place waits so long for one.
_PLACE_WAIT_S: Final = 1.0
_POLL_S: Final = 0.2
_END_WAIT_S: Final = 5.0


class PageServer(ThreadingHTTPServer):
    """Serves until ``stop``; a thread for each connection, and no more than so many."""

    daemon_threads = True
    # Nothing that waits for longer is still of use to a page that reconnects by itself.
    request_queue_size = CONNECTIONS_MAX

    def __init__(self, port: int, files: dict[str, PageFile], board: Board) -> None:
        """Bind, without serving yet.

        Args:
            port: 0 takes a free one.
            files: what does not change.
            board: what does.

        Raises:
            OSError: if the port is taken.
        """
        super().__init__((LOOPBACK, port), BaseRequestHandler)
        self.port: int = self.server_address[1]
        self._served = Served(
            files=files, version=version_of(files), board=board, hosts=_hosts(self.port)
        )
        self._board = board
        self._places = threading.BoundedSemaphore(CONNECTIONS_MAX)
        self._lock = threading.Lock()
        self._open: dict[threading.Thread, socket.socket] = {}
        self._main = threading.Thread(
            target=self.serve_forever, args=(_POLL_S,), name="mohr-display", daemon=True
        )

    def start(self) -> None:
        """Serve from a thread of its own."""
        self._main.start()

    def stop(self) -> None:
        """Let everybody go and give the port back."""
        self._board.close()
        if self._main.ident is not None:
            self.shutdown()
            self._main.join(_END_WAIT_S)
        self.server_close()
        with self._lock:
            remaining = dict(self._open)
        for connection in remaining.values():
            _cut(connection)
        for thread in remaining:
            thread.join(_END_WAIT_S)

    def finish_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as socketserver has it
        """Answer one request."""
        PageRequests(request, client_address, self, served=self._served)

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as above
        """Give a connection a thread and a place, or turn it away where none gets free."""
        if not self._places.acquire(timeout=_PLACE_WAIT_S):
            self.shutdown_request(request)
            return
        thread = threading.Thread(
            target=self._serve_one,
            args=(request, client_address),
            name="mohr-display-page",
            daemon=True,
        )
        with self._lock:
            self._open[thread] = request
        thread.start()

    def _serve_one(self, request: socket.socket, client_address: Any) -> None:  # noqa: ANN401 - as above
        try:
            self.process_request_thread(request, client_address)
        finally:
            with self._lock:
                del self._open[threading.current_thread()]
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as above
        """Say what went wrong; a browser that left in the middle is nothing to tell."""
        del request, client_address
        self._served.note_fault()


def _hosts(port: int) -> frozenset[str]:
    return frozenset({f"{LOOPBACK}:{port}", f"localhost:{port}"})


def _cut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError as error:
        # It ended by itself a moment before.
        del error
