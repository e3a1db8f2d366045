"""An onlooker at the broker who checks the seal of every receipt with the gateway's public key."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Final, Self

from gateway.crypto.public_key import PublicKey
from gateway.crypto.seal import SealType, parse_envelope, verify_envelope
from gateway.errors import MohrError
from gateway.model.receipt import Receipt, Result
from gateway.wire.receipt import decode_receipt
from mqtt.link import Delivered, LinkEvent
from mqtt.paho_link import PahoLink
from mqtt.settings import LinkSettings, MqttVersion
from mqtt.topics import Leaf, parse_topic

_EVERY_ANSWER: Final = "mohr/v1/+/+/rx"


class ReceiptsSeen:
    """Keeps verified results by terminal and seq, and counts what it could not verify."""

    def __init__(self, gateway: PublicKey, host: str, port: int) -> None:
        """Prepare to look; nothing is connected before the context is entered."""
        self._gateway = gateway
        self._lock = threading.Lock()
        self._results: dict[tuple[str, int], Result] = {}
        self._link = PahoLink(
            LinkSettings(
                host=host,
                port=port,
                client_id="onlooker",
                subscriptions=(_EVERY_ANSWER,),
                version=MqttVersion.V311,  # all that the embedded broker speaks
            )
        )
        self.verified = 0
        self.failed = 0

    def result(self, terminal: str, seq: int) -> Result | None:
        """What a verified receipt said of a transaction, if one did."""
        with self._lock:
            return self._results.get((terminal, seq))

    def __enter__(self) -> Self:
        self._link.start(self._on_event)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._link.stop()

    def _on_event(self, event: LinkEvent) -> None:
        if not isinstance(event, Delivered):
            return
        place = parse_topic(event.topic)
        if place is not None and place.leaf is Leaf.RX:
            self._take(event.payload)
        self._link.ack(event.token)

    def _take(self, payload: bytes) -> None:
        try:
            envelope = parse_envelope(payload)
            if envelope.seal_type is not SealType.RECEIPT:
                return
            verify_envelope(envelope, self._gateway)
            receipt: Receipt = decode_receipt(envelope.payload)
        except MohrError:
            with self._lock:
                self.failed += 1
            return
        with self._lock:
            self.verified += 1
            for result in receipt.results:
                self._results[receipt.terminal, result.seq] = result
