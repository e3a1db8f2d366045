"""Somebody at the broker with bytes of their own making: a stranger, or a terminal under load."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from threading import Condition
from types import TracebackType
from typing import Final, Self

from mqtt.link import Delivered, LinkEvent, LinkUp, Published
from mqtt.paho_link import PahoLink
from mqtt.settings import GATEWAY_INFLIGHT_MAX, LinkSettings
from simulators.command_process import PATIENCE_S, CommandError

_LOOK_S: Final = 0.05
_PAYLOAD_BYTES_MAX: Final = 16 * 1024 * 1024


class WireClient:
    """A plain MQTT client on this machine. Use as a context manager; it connects on entering.

    Everything delivered to it is acknowledged and kept in ``payloads``. Bounds that a link of ours
    would keep are lifted: a stranger knows none.

    Args:
        port: of a broker on 127.0.0.1.
        client_id: who it says it is.
        subscriptions: what it listens to.
    """

    def __init__(self, port: int, client_id: str, subscriptions: Sequence[str] = ()) -> None:
        self._link = PahoLink(
            LinkSettings(
                host="127.0.0.1",
                port=port,
                client_id=client_id,
                subscriptions=tuple(subscriptions),
                inflight_max=GATEWAY_INFLIGHT_MAX,
                receive_max=GATEWAY_INFLIGHT_MAX,
                payload_bytes_max=_PAYLOAD_BYTES_MAX,
            )
        )
        self._changed = Condition()
        self._up = False
        self._confirmed: set[int] = set()
        self._payloads: list[bytes] = []

    def __enter__(self) -> Self:
        self._link.start(self._on_event)
        self._wait(lambda: self._up, "the connection")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._link.stop()

    @property
    def payloads(self) -> tuple[bytes, ...]:
        """Everything that was delivered so far."""
        with self._changed:
            return tuple(self._payloads)

    def publish(self, topic: str, *payloads: bytes) -> None:
        """Publish, and wait until the broker has confirmed every message.

        Raises:
            CommandError: if it does not.
        """
        waiting: set[int] = set()
        for payload in payloads:
            waiting.add(self._publish_one(topic, payload))
        self._wait(lambda: waiting <= self._confirmed, "the broker's confirmations")

    def _publish_one(self, topic: str, payload: bytes) -> int:
        message_id = self._link.publish(topic, payload)
        until_s = time.monotonic() + PATIENCE_S
        while message_id is None:
            if time.monotonic() > until_s:
                raise CommandError(f"waited {PATIENCE_S} s for room in the window")
            # A confirmation or a new connection makes room.
            with self._changed:
                self._changed.wait(_LOOK_S)
            message_id = self._link.publish(topic, payload)
        return message_id

    def _on_event(self, event: LinkEvent) -> None:
        with self._changed:
            match event:
                case LinkUp():
                    self._up = True
                case Published(message_id=message_id):
                    self._confirmed.add(message_id)
                case Delivered(payload=payload, token=token):
                    self._payloads.append(payload)
                    self._link.ack(token)
            self._changed.notify_all()

    def _wait(self, look: Callable[[], bool], what: str) -> None:
        with self._changed:
            if not self._changed.wait_for(look, PATIENCE_S):
                raise CommandError(f"waited {PATIENCE_S} s for {what}")
