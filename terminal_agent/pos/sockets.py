"""How every port of ours sets its TCP sockets."""

from __future__ import annotations

import socket
import struct
from typing import Final

from terminal_agent.pos.device import Address

#: A peer that lost its power says nothing: after 30 s of silence it is asked, and after three
#: more questions without an answer it counts as gone (tcp(7)).
_KEEPALIVE: Final = (
    (socket.TCP_KEEPIDLE, 30),
    (socket.TCP_KEEPINTVL, 10),
    (socket.TCP_KEEPCNT, 3),
)
_BACKLOG: Final = 8
#: ``struct linger`` with a time of zero: closing sends a reset and forgets what was not sent.
_LINGER_ZERO: Final = struct.pack("ii", 1, 0)


def listening_socket(address: Address) -> socket.socket:
    """Listen on an address, without blocking.

    Raises:
        OSError: if it cannot be had: unknown name, taken, or none of this machine's.
    """
    family, kind, protocol, _, place = socket.getaddrinfo(
        address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        # A till that was connected when we were stopped must not keep us out for a minute.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(place)
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener


def set_up_connection(connection: socket.socket) -> None:
    """Let a connection pass small pieces at once, notice a dead peer, and never block.

    Raises:
        OSError: if the peer is gone already.
    """
    connection.setblocking(False)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in _KEEPALIVE:
        connection.setsockopt(socket.IPPROTO_TCP, option, value)


def reset(connection: socket.socket) -> None:
    """Close a connection so that its peer sees a fault and no orderly end."""
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
    except OSError:
        # It has ended by itself: there is nobody left to tell.
        pass
    finally:
        connection.close()


def fault_text(error: OSError) -> str:
    """What to tell of a socket that failed."""
    return error.strerror or str(error) or type(error).__name__
