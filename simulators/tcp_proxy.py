"""A TCP proxy that misbehaves: the network between a link and a real broker.

It can be cut, slowed, made to trickle, or turned into a hole that swallows everything without a
word. A cut closes both sides; a hole closes neither, as when a router between them has died.

Not modelled: lost and reordered packets, which TCP hides from both sides anyway, and full windows
in the middle of a handshake. Latency delays each piece and is not pipelined, so a slow network here
is slower than a real one of the same figures.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass

_CHUNK_BYTES = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """How the network carries bytes just now.

    Attributes:
        latency_s: how long each piece is on its way.
        bytes_per_s: what it carries at most; None for as much as comes.
        piece_bytes: it carries pieces of this size; 1 lets bytes trickle one by one.
    """

    latency_s: float = 0.0
    bytes_per_s: int | None = None
    piece_bytes: int = _CHUNK_BYTES

    def delay_s(self, piece_bytes: int) -> float:
        """How long a piece of this size takes."""
        if self.bytes_per_s is None:
            return self.latency_s
        return self.latency_s + piece_bytes / self.bytes_per_s


CLEAR = Weather()


class TcpProxy:
    """Listens on a free loopback port and carries bytes to another one, as well as it is told to.

    Args:
        target_port: where connections go, on 127.0.0.1.
    """

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._cuts = 0
        self._closed = threading.Event()
        self._refusing = threading.Event()
        self._through = threading.Event()
        self._through.set()
        self._weather = CLEAR
        self._changed = threading.Event()
        self._acceptor = self._spawn(self._accept)

    @property
    def port(self) -> int:
        """The port to connect to."""
        return int(self._listener.getsockname()[1])

    def cut(self) -> None:
        """Close every connection; new ones are carried again at once."""
        with self._lock:
            self._cuts += 1
            for one in self._open:
                # A plain close would not wake the thread that reads from it.
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def refuse(self, *, refusing: bool) -> None:
        """Close new connections at once, or stop doing so."""
        (self._refusing.set if refusing else self._refusing.clear)()

    def set_weather(self, weather: Weather) -> None:
        """Carry bytes like this from now on; what is on its way arrives at the new pace."""
        self._weather = weather
        self._changed.set()

    def swallow(self) -> None:
        """Let everything vanish: connections stay open, and no byte or end of one gets through."""
        self._through.clear()

    def stop_swallowing(self) -> None:
        """Carry again. Connections that lost something are cut: their streams have holes."""
        if not self._through.is_set():
            self.cut()
            self._through.set()

    def close(self) -> None:
        """Stop listening, close everything and wait for the threads."""
        self._closed.set()
        self._through.set()
        self._changed.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self.cut()
        # Once it has ended nobody starts another thread.
        self._acceptor.join()
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _spawn(self, work: Callable[..., None], *arguments: socket.socket) -> threading.Thread:
        thread = threading.Thread(target=work, args=arguments, name="tcp-proxy", daemon=True)
        self._threads = [one for one in self._threads if one.is_alive()]
        self._threads.append(thread)
        thread.start()
        return thread

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._closed.is_set() or self._refusing.is_set():
                client.close()
                continue
            self._carry(client)

    def _carry(self, client: socket.socket) -> None:
        cuts = self._cuts
        try:
            server = socket.create_connection(("127.0.0.1", self._target_port), timeout=5)
        except OSError:
            client.close()
            return
        server.settimeout(None)
        for one in (client, server):
            # Whether small pieces wait for each other is the weather's business.
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            # A cut while this one was being made must not pass it by.
            ended = self._closed.is_set() or self._cuts != cuts
            if not ended:
                self._open |= {client, server}
        if ended:
            client.close()
            server.close()
            return
        self._spawn(self._pump_both, client, server)

    def _pump_both(self, client: socket.socket, server: socket.socket) -> None:
        back = threading.Thread(
            target=self._pump, args=(server, client), name="tcp-proxy", daemon=True
        )
        back.start()
        self._pump(client, server)
        back.join()
        with self._lock:
            self._open -= {client, server}
        client.close()
        server.close()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        """Carry bytes one way until either side ends, then end both."""
        whole = True
        with contextlib.suppress(OSError):
            # A stream that lost something is of no use to anybody once the hole is mended.
            while (chunk := source.recv(_CHUNK_BYTES)) and (whole or not self._through.is_set()):
                whole &= self._carry_on(chunk, sink)
        # Nobody hears through a hole that the other side has ended.
        self._through.wait()
        for one in (source, sink):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _carry_on(self, chunk: bytes, sink: socket.socket) -> bool:
        """Pass bytes on in the weather's pieces; False if a hole swallowed any."""
        rest = memoryview(chunk)
        while rest and self._through.is_set():
            weather = self._weather
            piece = rest[: weather.piece_bytes]
            rest = rest[weather.piece_bytes :]
            if weather is not CLEAR:
                self._wait(weather.delay_s(len(piece)))
            sink.sendall(piece)
        return not rest

    def _wait(self, delay_s: float) -> None:
        """Let a piece be on its way; a change of weather or the end cuts the wait short."""
        self._changed.clear()
        if not self._closed.is_set():
            self._changed.wait(delay_s)
