"""A socket that asks the system rarely: reads are taken in large pieces, writes are gathered.

paho reads a packet in at least three pieces and writes each by itself. Every one of these system
calls also gives the interpreter's lock away, and a busy gateway takes up to 5 ms to give it back.
"""

from __future__ import annotations

import socket
import ssl
from typing import Final

_PIECE_BYTES: Final = 65_536
#: Beyond this the writer is told to wait, as a full socket buffer would tell it.
_UNSENT_BYTES_MAX: Final = 262_144


class BufferedSocket:
    """Wraps a connected socket that is, or is about to be, non-blocking. For one thread.

    Args:
        sock: the socket; it belongs to this object from now on.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._read = b""
        self._read_at = 0
        self._unsent = bytearray()

    def recv(self, bytes_max: int) -> bytes:
        """Give bytes that were read ahead, or else whatever the socket has.

        Returns:
            up to ``bytes_max`` bytes; empty where the other side has closed.

        Raises:
            BlockingIOError: if there is nothing (``ssl.SSLWantReadError`` on TLS).
            OSError: if the connection is broken.
        """
        if self._read_at == len(self._read):
            self._read = self._sock.recv(_PIECE_BYTES)
            self._read_at = 0
        start = self._read_at
        piece = self._read[start : start + bytes_max]
        self._read_at += len(piece)
        return piece

    def send(self, data: bytes | bytearray) -> int:
        """Take bytes for the next ``flush``.

        Returns:
            how many were taken: all of them.

        Raises:
            BlockingIOError: if so much is unsent that the caller has to wait.
            OSError: if the connection is broken.
        """
        if len(self._unsent) >= _UNSENT_BYTES_MAX:
            self.flush()
            if len(self._unsent) >= _UNSENT_BYTES_MAX:
                raise BlockingIOError("the connection takes no more at the moment")
        self._unsent += data
        return len(data)

    def flush(self) -> None:
        """Send what was gathered, as far as the connection takes it now.

        Raises:
            OSError: if the connection is broken.
        """
        while self._unsent:
            try:
                sent = self._sock.send(self._unsent)
            except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
                return
            del self._unsent[:sent]

    @property
    def unsent(self) -> int:
        """Bytes that ``flush`` could not send yet."""
        return len(self._unsent)

    def pending(self) -> int:
        """Bytes that were read ahead or decrypted, and that no selector will ever announce."""
        decrypted = self._sock.pending() if isinstance(self._sock, ssl.SSLSocket) else 0
        return len(self._read) - self._read_at + decrypted

    def setblocking(self, flag: bool) -> None:  # noqa: FBT001 - as in socket
        """See ``socket.socket``."""
        self._sock.setblocking(flag)

    def fileno(self) -> int:
        """See ``socket.socket``; -1 once it is closed."""
        return self._sock.fileno()

    def close(self) -> None:
        """Close the socket; a last DISCONNECT still goes out if the connection takes it."""
        try:
            self.flush()
        except OSError:
            # The other side is gone already, which is what closing is about.
            self._unsent.clear()
        finally:
            self._sock.close()
