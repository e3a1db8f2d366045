"""The socket that gathers reads and writes."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from mqtt.buffered_socket import BufferedSocket

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def pair() -> Iterator[tuple[BufferedSocket, socket.socket]]:
    """A buffered end and a plain one."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.settimeout(20)
    buffered = BufferedSocket(ours)
    try:
        yield buffered, theirs
    finally:
        buffered.close()
        theirs.close()


def test_what_was_read_ahead_is_given_in_order(pair: tuple[BufferedSocket, socket.socket]) -> None:
    """Small reads give the same bytes as one large read, and what waits is known."""
    buffered, theirs = pair
    theirs.sendall(b"0123456789")
    assert buffered.recv(1) == b"0"
    assert buffered.pending() == 9
    assert buffered.recv(4) == b"1234"
    assert buffered.recv(100) == b"56789"
    assert buffered.pending() == 0
    with pytest.raises(BlockingIOError):
        buffered.recv(1)


def test_the_other_sides_end_is_seen_after_its_last_bytes(
    pair: tuple[BufferedSocket, socket.socket],
) -> None:
    """Nothing that was sent before the end is lost, and the end is an empty read."""
    buffered, theirs = pair
    theirs.sendall(b"bye")
    theirs.shutdown(socket.SHUT_WR)
    assert buffered.recv(2) == b"by"
    assert buffered.recv(2) == b"e"
    assert buffered.recv(2) == b""


def test_writes_leave_together_on_flush(pair: tuple[BufferedSocket, socket.socket]) -> None:
    """Nothing is sent before the flush, and everything in order after it."""
    buffered, theirs = pair
    assert buffered.send(b"ab") == 2
    assert buffered.send(b"cd") == 2
    assert buffered.unsent == 4
    buffered.flush()
    assert buffered.unsent == 0
    assert theirs.recv(10) == b"abcd"


def test_a_full_connection_makes_the_writer_wait(
    pair: tuple[BufferedSocket, socket.socket],
) -> None:
    """When the other side takes nothing, memory stays bounded, and no byte is lost or doubled."""
    buffered, theirs = pair
    piece = bytes(range(256)) * 64
    sent = _send_until_full(buffered, piece)
    assert buffered.unsent < 300_000
    received = bytearray()
    while len(received) < sent:
        received += theirs.recv(65_536)
        buffered.flush()
    assert bytes(received) == piece * (sent // len(piece))


def _send_until_full(buffered: BufferedSocket, piece: bytes) -> int:
    sent = 0
    while True:
        try:
            sent += buffered.send(piece)
        except BlockingIOError:
            return sent


def test_closing_sends_the_last_words(pair: tuple[BufferedSocket, socket.socket]) -> None:
    """A DISCONNECT that was written is sent before the connection closes."""
    buffered, theirs = pair
    buffered.send(b"\xe0\x00")
    buffered.close()
    assert theirs.recv(10) == b"\xe0\x00"
    assert theirs.recv(10) == b""
    assert buffered.fileno() == -1


def test_closing_after_the_other_side_does_not_fail(
    pair: tuple[BufferedSocket, socket.socket],
) -> None:
    """Last words to somebody who is gone are dropped."""
    buffered, theirs = pair
    theirs.close()
    buffered.send(b"x")
    buffered.close()
    assert buffered.unsent == 0
