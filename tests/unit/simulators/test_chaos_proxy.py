"""The fault proxy: slow, trickling, cut, and a hole that swallows without a word."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from simulators.tcp_proxy import CLEAR, TcpProxy, Weather

pytestmark = pytest.mark.enable_socket

LINE = b"twenty bytes of text"
PATIENCE_S = 20


class Server:
    """Takes connections one after the other and keeps what they say."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.listener.getsockname()[1])

    def accept(self) -> socket.socket:
        """The next connection."""
        self.listener.settimeout(PATIENCE_S)
        connection, _ = self.listener.accept()
        connection.settimeout(PATIENCE_S)
        return connection


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Closes what a test opens."""
    with ExitStack() as stack:
        yield stack


def connected(stack: ExitStack) -> tuple[TcpProxy, socket.socket, socket.socket, Server]:
    """A proxy, the client's end, the server's end, and the server."""
    server = Server()
    stack.callback(server.listener.close)
    proxy = TcpProxy(server.port)
    stack.callback(proxy.close)
    client = stack.enter_context(
        socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE_S)
    )
    return proxy, client, stack.enter_context(server.accept()), server


def received(connection: socket.socket, size: int) -> list[bytes]:
    """The next bytes, piece by piece as they came."""
    pieces: list[bytes] = []
    while sum(map(len, pieces)) < size:
        piece = connection.recv(size)
        assert piece, "the connection ended"
        pieces.append(piece)
    return pieces


def test_bytes_trickle_one_by_one_and_in_order(stack: ExitStack) -> None:
    """With pieces of one byte nothing is lost or mixed, and no two travel together."""
    proxy, client, server, _ = connected(stack)
    proxy.set_weather(Weather(bytes_per_s=100, piece_bytes=1))
    client.sendall(LINE)
    pieces = received(server, len(LINE))
    assert b"".join(pieces) == LINE
    assert len(pieces) > len(LINE) // 2, "a busy reader may find a few together"
    server.sendall(LINE)
    assert b"".join(received(client, len(LINE))) == LINE


def test_a_slow_network_speeds_up_when_the_weather_clears(stack: ExitStack) -> None:
    """What is on its way at a byte per hour arrives as soon as the network is well again."""
    proxy, client, server, _ = connected(stack)
    proxy.set_weather(Weather(latency_s=3_600, bytes_per_s=1, piece_bytes=4))
    client.sendall(LINE)
    server.settimeout(0.2)
    with pytest.raises(TimeoutError):
        server.recv(1)
    server.settimeout(PATIENCE_S)
    proxy.set_weather(CLEAR)
    assert b"".join(received(server, len(LINE))) == LINE


def test_weather_says_how_long_a_piece_takes() -> None:
    """Latency and bandwidth add up; without a limit only latency counts."""
    assert Weather(latency_s=0.1, bytes_per_s=1_000).delay_s(500) == pytest.approx(0.6)
    assert Weather(latency_s=0.1).delay_s(10**6) == pytest.approx(0.1)
    assert CLEAR.delay_s(10**6) == 0


def test_a_cut_ends_both_sides_and_a_refusal_keeps_it_so(stack: ExitStack) -> None:
    """Both ends hear of a cut; new connections are closed at once until they may pass again."""
    proxy, client, server, far = connected(stack)
    proxy.refuse(refusing=True)
    proxy.cut()
    assert client.recv(1) == b""
    assert server.recv(1) == b""
    refused = stack.enter_context(socket.create_connection(("127.0.0.1", proxy.port), timeout=5))
    assert refused.recv(1) == b""
    proxy.refuse(refusing=False)
    again = stack.enter_context(socket.create_connection(("127.0.0.1", proxy.port), timeout=5))
    again.sendall(LINE)
    carried = stack.enter_context(far.accept())
    # The refused one never reached the server.
    assert b"".join(received(carried, len(LINE))) == LINE


def test_a_hole_swallows_everything_and_nobody_hears_the_other_end(stack: ExitStack) -> None:
    """Neither bytes nor the end of the other side get through; mended, the stream is cut."""
    proxy, client, server, _ = connected(stack)
    proxy.swallow()
    client.sendall(LINE)
    server.settimeout(0.2)
    with pytest.raises(TimeoutError):
        server.recv(1)
    server.close()
    client.settimeout(0.2)
    with pytest.raises(TimeoutError):
        client.recv(1)
    client.settimeout(PATIENCE_S)
    proxy.stop_swallowing()
    assert client.recv(1) == b"", "a stream with a hole in it is of no use"


def test_closing_a_proxy_with_a_hole_in_bad_weather_leaves_no_thread(stack: ExitStack) -> None:
    """However it stands, it ends at once."""
    before = set(threading.enumerate())
    proxy, client, _, _ = connected(stack)
    proxy.set_weather(Weather(latency_s=3_600))
    client.sendall(LINE)
    proxy.swallow()
    proxy.close()
    left = [one for one in threading.enumerate() if one not in before and one.is_alive()]
    for one in left:
        one.join(PATIENCE_S)
    assert [one.name for one in left if one.is_alive()] == []
