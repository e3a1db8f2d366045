"""A ``Link`` to a simulated broker, and what the two keep about their conversation."""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from mqtt.link import (
    PAYLOAD_BYTES_MAX,
    AckToken,
    Delivered,
    Link,
    LinkDown,
    LinkError,
    LinkEvent,
    LinkUp,
    Published,
    Will,
)
from mqtt.ordering import AckOrder
from mqtt.reconnect import Backoff
from mqtt.settings import check_payload, check_topic

_PACKET_IDS: Final = 65_535
_RECONNECT_MIN_S: Final = 1.0
_RECONNECT_MAX_S: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SimMessage:
    """A message on its way or kept."""

    topic: str
    payload: bytes
    retained: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SimClient:
    """What a link says of itself when it connects; see ``mqtt.settings.LinkSettings``."""

    client_id: str
    subscriptions: tuple[str, ...]
    will: Will | None
    clean: bool
    inflight_max: int
    receive_max: int


@dataclass(slots=True, kw_only=True, eq=False)
class SimSession:
    """What the broker remembers of one client id.

    Attributes:
        client: what the link said when it last connected.
        subscriptions: its topic filters, and those that a kept session brought along.
        connection: the open one, if any.
        queue: messages that wait for room in the window.
        inflight: messages that the client has not acknowledged, by packet id, oldest first.
        last_packet_id: the last one used.
    """

    client: SimClient
    subscriptions: tuple[str, ...]
    connection: SimConnection | None = None
    queue: deque[SimMessage] = field(default_factory=deque)
    inflight: OrderedDict[int, SimMessage] = field(default_factory=OrderedDict)
    last_packet_id: int = 0

    def next_packet_id(self) -> int:
        """Return the next packet id that is free, counting from 1 round to 65535."""
        self.last_packet_id = self.last_packet_id % _PACKET_IDS + 1
        while self.last_packet_id in self.inflight:
            self.last_packet_id = self.last_packet_id % _PACKET_IDS + 1
        return self.last_packet_id


@dataclass(slots=True, kw_only=True, eq=False)
class SimConnection:
    """One connection of one link. What is on its way when it closes is gone.

    ``up_due_ms`` and ``down_due_ms`` are when the last packet sent each way arrives: a later one
    never overtakes it, as on a TCP stream.
    """

    link: SimLink
    session: SimSession
    open: bool = True
    up_due_ms: int = 0
    down_due_ms: int = 0


class BrokerSide(ABC):
    """What a simulated link asks of the broker and of the network between."""

    @abstractmethod
    def random_unit(self) -> float:
        """Return a random number in [0, 1) for the jitter of a reconnect."""

    @abstractmethod
    def connect_later(self, link: SimLink, wait_ms: int) -> None:
        """Let the link try to connect after a wait."""

    @abstractmethod
    def send_publish(
        self, connection: SimConnection, message_id: int, message: SimMessage, *, retain: bool
    ) -> None:
        """Carry a message to the broker."""

    @abstractmethod
    def send_ack(self, connection: SimConnection, packet_id: int) -> None:
        """Carry an acknowledgement to the broker."""

    @abstractmethod
    def send_goodbye(self, connection: SimConnection) -> None:
        """Carry a DISCONNECT to the broker, behind everything sent before."""


class SimLink(Link):
    """A link whose owner's handler is called from the broker's ``step`` only."""

    def __init__(self, broker: BrokerSide, client: SimClient) -> None:
        self.client = client
        self._broker = broker
        self._message_ids = itertools.count(1)
        self._backoff = Backoff(min_s=_RECONNECT_MIN_S, max_s=_RECONNECT_MAX_S)
        self._on_event: Callable[[LinkEvent], None] | None = None
        self._stopped = False
        self._connection: SimConnection | None = None
        self._generation = 0
        self._unconfirmed = 0
        self._acks = AckOrder()

    def start(self, on_event: Callable[[LinkEvent], None]) -> None:
        """See ``Link``."""
        if self._on_event is not None or self._stopped:
            raise LinkError("a link is started once")
        self._on_event = on_event
        self._broker.connect_later(self, 0)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> int | None:
        """See ``Link``."""
        check_topic(topic)
        check_payload(payload, PAYLOAD_BYTES_MAX)
        if self._connection is None or self._unconfirmed >= self.client.inflight_max:
            return None
        self._unconfirmed += 1
        message_id = next(self._message_ids)
        message = SimMessage(topic=topic, payload=payload)
        self._broker.send_publish(self._connection, message_id, message, retain=retain)
        return message_id

    def ack(self, token: AckToken) -> None:
        """See ``Link``."""
        if self._connection is not None and token.generation == self._generation:
            for packet_id in self._acks.given(token.packet_id):
                self._broker.send_ack(self._connection, packet_id)

    def stop(self) -> None:
        """See ``Link``."""
        self._stopped = True
        if self._connection is not None:
            self._broker.send_goodbye(self._connection)
            self._connection = None

    @property
    def wants_connection(self) -> bool:
        """Whether the broker should let it in: started, not stopped, not connected."""
        return self._on_event is not None and not self._stopped and self._connection is None

    def connected(self, connection: SimConnection) -> None:
        """Take note of a connection; the broker calls this in a step."""
        self._connection = connection
        self._generation += 1
        self._unconfirmed = 0
        self._acks = AckOrder()
        self._backoff.reset()
        self._emit(LinkUp(generation=self._generation))

    def connection_failed(self, reason: str) -> None:
        """Take note of the end of a connection, or that there was none; and try again."""
        self._connection = None
        self._unconfirmed = 0
        self._emit(LinkDown(reason=reason))
        if not self._stopped:
            wait_s = self._backoff.next_wait_s(self._broker.random_unit())
            self._broker.connect_later(self, round(wait_s * 1000))

    def confirmed(self, message_id: int) -> None:
        """Take note that the broker took a message over."""
        self._unconfirmed -= 1
        self._emit(Published(message_id=message_id))

    def arrived(self, packet_id: int, message: SimMessage) -> None:
        """Take a delivery."""
        self._acks.arrived(packet_id)
        token = AckToken(generation=self._generation, packet_id=packet_id)
        self._emit(
            Delivered(
                topic=message.topic,
                payload=message.payload,
                token=token,
                retained=message.retained,
            )
        )

    def _emit(self, event: LinkEvent) -> None:
        if self._on_event is not None and not self._stopped:
            self._on_event(event)
