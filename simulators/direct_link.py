"""A link without a broker: deliveries are put in by hand, and what goes out is written down.

Safe to use from several threads, unlike the simulated broker, which is stepped by one. It does not
model sessions, redelivery, or the acknowledgement order of a real driver.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass

from mqtt.link import AckToken, Delivered, Link, LinkError, LinkEvent, LinkUp, Published


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One message that went out."""

    topic: str
    payload: bytes
    retain: bool


class DirectLink(Link):
    """A link that connects at once.

    Attributes:
        window: messages that may be unconfirmed; more are not taken. They are confirmed by
            ``confirm``, or at once while ``confirms`` is true.
        confirms: whether messages are confirmed as soon as they are taken.
        log: everything that the owner did, in order.
        ended: whether the link has died of a fault; a real one's thread can.
    """

    def __init__(self, *, window: int = 1_000, confirms: bool = True) -> None:
        self.window = window
        self.confirms = confirms
        self.log: list[Sent | AckToken] = []
        self.ended = False
        self._changed = threading.Condition()
        self._on_event: Callable[[LinkEvent], None] | None = None
        self._packets = itertools.count(1)
        self._messages = itertools.count(1)
        self._unconfirmed: list[int] = []

    def start(self, on_event: Callable[[LinkEvent], None]) -> None:
        """See ``Link``."""
        self._on_event = on_event
        self.emit(LinkUp(generation=1))

    def check(self) -> None:
        """See ``Link``."""
        if self.ended:
            raise LinkError("the link has ended by a fault")

    def stop(self) -> None:
        """See ``Link``."""
        self._on_event = None

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> int | None:
        """See ``Link``."""
        if "#" in topic:
            raise LinkError("a wildcard in a topic")
        with self._changed:
            if len(self._unconfirmed) >= self.window:
                return None
            message_id = next(self._messages)
            if not self.confirms:
                self._unconfirmed.append(message_id)
            self.log.append(Sent(topic=topic, payload=payload, retain=retain))
            self._changed.notify_all()
            return message_id

    def ack(self, token: AckToken) -> None:
        """See ``Link``."""
        with self._changed:
            self.log.append(token)
            self._changed.notify_all()

    # -- the test's side ------------------------------------------------------------------------

    def emit(self, event: LinkEvent) -> None:
        """Let something happen to the owner."""
        if self._on_event is not None:
            self._on_event(event)

    def deliver(self, topic: str, payload: bytes) -> AckToken:
        """Let a message arrive."""
        token = AckToken(generation=1, packet_id=next(self._packets))
        self.emit(Delivered(topic=topic, payload=payload, token=token))
        return token

    def confirm(self) -> None:
        """Let the broker take over the oldest unconfirmed message."""
        with self._changed:
            message_id = self._unconfirmed.pop(0)
        self.emit(Published(message_id=message_id))

    def wait_for(self, condition: Callable[[], bool], timeout_s: float = 20.0) -> bool:
        """Wait until the owner has done enough; false where it has not in time."""
        with self._changed:
            return self._changed.wait_for(condition, timeout_s)

    @property
    def acks(self) -> list[AckToken]:
        """What was acknowledged, in order."""
        return [one for one in self.log if isinstance(one, AckToken)]

    @property
    def sent(self) -> list[Sent]:
        """What went out, in order."""
        return [one for one in self.log if isinstance(one, Sent)]
