"""Messages on their way out: as many as the link's window takes, the rest in a bounded queue.

Nothing here is durable and nothing has to be. A message that is dropped is one that its terminal
asks for again: receipts are cumulative, answers are repeated for the same request, and
configurations are published anew with each connection.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Final

import structlog

from gateway.service.messages import Publish
from mqtt.link import Link, LinkError

QUEUE_MAX: Final = 10_000


class Outgoing:
    """Hands messages to a link in order, answers and receipts before configurations."""

    def __init__(self, link: Link, *, queue_max: int = QUEUE_MAX) -> None:
        """Begin without a connection.

        Args:
            link: where they go.
            queue_max: messages of either kind that wait for the window at most.
        """
        self._link = link
        self._queue_max = queue_max
        self._log = structlog.get_logger("mohr.gateway")
        self._lock = threading.Lock()
        self._prompt: deque[Publish] = deque()
        # A thousand terminals' configurations after a reconnect must not delay a customer.
        self._patient: deque[Publish] = deque()
        self._connected = False
        self._handed_over = 0
        self._dropped = 0

    @property
    def handed_over(self) -> int:
        """Messages that the link took."""
        return self._handed_over

    @property
    def dropped(self) -> int:
        """Messages that found no connection or no place in the queue."""
        return self._dropped

    @property
    def is_connected(self) -> bool:
        """Whether there is a connection at this moment."""
        return self._connected

    def connected(self) -> None:
        """Note a connection: what is sent from now on may wait for the window."""
        with self._lock:
            self._connected = True

    def disconnected(self) -> None:
        """Forget what waits: after a reconnect everything that matters is asked for again."""
        with self._lock:
            self._connected = False
            self._dropped += len(self._prompt) + len(self._patient)
            self._prompt.clear()
            self._patient.clear()

    def send(self, publish: Publish) -> None:
        """Send a message as soon as those before it are gone."""
        with self._lock:
            queue = self._patient if publish.retain else self._prompt
            if not self._connected or len(queue) >= self._queue_max:
                self._dropped += 1
                return
            queue.append(publish)
            self._drain()

    def window_opened(self) -> None:
        """Go on: the broker has taken over an earlier message."""
        with self._lock:
            self._drain()

    def _drain(self) -> None:
        for queue in (self._prompt, self._patient):
            while queue:
                if not self._hand_over(queue[0]):
                    return
                queue.popleft()

    def _hand_over(self, publish: Publish) -> bool:
        """Offer one message to the link; false where it has to wait."""
        try:
            taken = self._link.publish(publish.topic, publish.payload, retain=publish.retain)
        except LinkError as error:
            # It will never be possible to send this one, so it must not block the others.
            self._log.error("message cannot be published", topic=publish.topic, error=str(error))
            self._dropped += 1
            return True
        if taken is None:
            return False
        self._handed_over += 1
        return True
