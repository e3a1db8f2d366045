"""The ``Link`` port: a session with a broker that may lose, repeat and reorder everything.

Deliveries carry an ``AckToken`` that the owner gives back once the message is durably handled; the
driver acknowledges in order of arrival and drops tokens of an earlier connection, because a packet
id means something else after a reconnect. QoS is 1 throughout.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

PAYLOAD_BYTES_MAX: Final = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class AckToken:
    """Names one delivery within one connection."""

    generation: int
    packet_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkUp:
    """Connected and subscribed. ``generation`` counts connections of this link from 1."""

    generation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkDown:
    """The connection is gone or was refused; the link keeps trying by itself.

    One comes for each attempt that fails, so several may follow each other. Nothing published and
    not yet named by ``Published`` will be: whoever keeps it sends it again after ``LinkUp``.
    ``reason`` is English, for a log or a status line of an integrator.
    """

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """A message arrived; it may come again.

    After a reconnect of a kept session it does, unless ``token`` was given back. ``retained`` says
    that the broker had kept it from before we subscribed.
    """

    topic: str
    payload: bytes
    token: AckToken
    retained: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """The broker took over a message handed to ``publish``. Says nothing about its disk."""

    message_id: int


LinkEvent = LinkUp | LinkDown | Delivered | Published


@dataclass(frozen=True, slots=True, kw_only=True)
class Will:
    """What the broker publishes (QoS 1) when the link vanishes without saying goodbye."""

    topic: str
    payload: bytes
    retain: bool = True


class Link(ABC):
    """A session with a broker. Reconnects by itself, with jitter, for as long as it lives."""

    @abstractmethod
    def start(self, on_event: Callable[[LinkEvent], None]) -> None:
        """Begin connecting.

        Args:
            on_event: called for each event, one at a time, from a thread of the driver (or
                from the simulator's step); must not block.
        """

    @abstractmethod
    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> int | None:
        """Hand a message to the broker at QoS 1.

        Returns:
            a message id that a later ``Published`` names (from another thread perhaps before this
            call has returned), or None where there is no connection or no room in the window now:
            the message is then not queued, and the owner's own outbox tries again. Ids count from
            1 over the life of the link, so no two messages share one.

        Raises:
            LinkError: if topic or payload is one that MQTT or the broker cannot carry.
        """

    @abstractmethod
    def ack(self, token: AckToken) -> None:
        """Give a delivery back as handled. Stale tokens are ignored.

        In whatever order they come, the broker hears of them in order of arrival: a delivery that
        is never given back holds back all later ones, and in the end the broker's window.
        """

    def check(self) -> None:  # noqa: B027 - a link that cannot end by itself has nothing to say
        """Find out whether the link still lives; its owner looks now and then.

        Raises:
            LinkError: if it ended by a fault, and will neither connect nor deliver any more.
        """

    @abstractmethod
    def stop(self) -> None:
        """Send what ``publish`` took, disconnect cleanly (no will), and wait for the driver to end.

        No event is delivered after this returns. Do not call it holding a lock that the handler
        takes: it waits for a handler that is running.
        """


class LinkError(Exception):
    """The link was asked for something MQTT cannot do, or its settings cannot work."""
