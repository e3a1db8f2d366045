"""Any MQTT broker for a test: whichever can be had on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mqtt.embedded import LOOPBACK, EmbeddedBroker
from simulators.mosquitto_process import MosquittoProcess, free_port, mosquitto_program

_CONFIGURATION: Final = "listener {port} {host}\nallow_anonymous true\npersistence false\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerAddress:
    """Where a broker listens, without TLS and without asking who is there."""

    host: str
    port: int


@contextmanager
def running_broker(folder: Path) -> Iterator[BrokerAddress]:
    """Run a broker: Mosquitto where it is installed, otherwise amqtt in this process.

    Args:
        folder: where Mosquitto keeps its configuration and its log.

    Raises:
        LinkError: if neither is installed, or the broker does not come up.
    """
    if mosquitto_program() is None:
        embedded = EmbeddedBroker()
        embedded.start()
        try:
            yield BrokerAddress(host=embedded.host, port=embedded.port)
        finally:
            embedded.stop()
        return
    port = free_port()
    text = _CONFIGURATION.format(host=LOOPBACK, port=port)
    mosquitto = MosquittoProcess(text, port=port, folder=folder)
    mosquitto.start()
    try:
        yield BrokerAddress(host=LOOPBACK, port=port)
    finally:
        mosquitto.stop()
