"""One connection to a broker, from CONNECT to its end, as the link's network thread drives it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque

from mqtt.link import LinkEvent
from mqtt.reconnect import Attempt


class Connection(ABC):
    """One connection, used once and by one thread. It never blocks except in ``open``.

    What happens is noted in ``events`` and handed to the owner by the driving thread, when no
    library code is on the stack. The first thing noted is ``LinkUp``; deliveries that a broker
    sends before it has confirmed the subscriptions wait behind it.

    Attributes:
        events: what happened since the driving thread last looked, oldest first.
        ended: why the connection is over, in words for a person; None while it lives.
        attempt: what the attempt to connect taught us, as soon as it is known.
        window: how many published messages may be unconfirmed at once; final with ``LinkUp``.
        publish_bytes_max: the largest payload that the broker takes; final with ``LinkUp``.
    """

    def __init__(self, *, window: int, publish_bytes_max: int) -> None:
        self.events: deque[LinkEvent] = deque()
        self.ended: str | None = None
        self.attempt: Attempt = Attempt.OTHER
        self.window = window
        self.publish_bytes_max = publish_bytes_max

    @abstractmethod
    def open(self) -> None:
        """Connect, blocking for a bounded time, and send CONNECT. Failure is noted in ``ended``."""

    @property
    @abstractmethod
    def fileno(self) -> int | None:
        """The socket to wait on, or None once it is closed."""

    @property
    @abstractmethod
    def wants_write(self) -> bool:
        """Whether bytes wait to be sent."""

    @abstractmethod
    def read(self) -> None:
        """Take what the socket has."""

    @abstractmethod
    def write(self) -> None:
        """Send what the socket takes."""

    @abstractmethod
    def tick(self) -> None:
        """Look after keepalive and deadlines; call at least once a second."""

    @abstractmethod
    def publish(self, message_id: int, topic: str, payload: bytes, *, retain: bool) -> None:
        """Send a message at QoS 1; ``Published`` with this id follows."""

    @abstractmethod
    def ack(self, packet_id: int) -> None:
        """Note the owner's acknowledgement and send those that are now in order."""

    @abstractmethod
    def say_goodbye(self) -> None:
        """Queue DISCONNECT, so that the broker drops the will."""

    @abstractmethod
    def close(self) -> None:
        """Close the socket, whatever its state. May be called more than once."""
