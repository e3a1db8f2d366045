"""Benches for links: a broker, the means to mistreat it, and links that note all they hear.

The contract tests run on them, and so can the author of another ``Link`` driver.
"""

from __future__ import annotations

import random
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from mqtt.embedded import EmbeddedBroker
from mqtt.link import AckToken, Delivered, Link, LinkEvent, LinkUp, Published, Will
from mqtt.mosquitto import MosquittoSettings, mosquitto_configuration
from mqtt.paho_link import PahoLink
from mqtt.settings import LinkSettings, MqttVersion
from simulators.broker import SimBroker
from simulators.mosquitto_process import MosquittoProcess, free_port
from simulators.tcp_proxy import TcpProxy

EventT = TypeVar("EventT", bound=LinkEvent)

PATIENCE_S: Final = 30.0


class Peer:
    """A link and everything it was told."""

    def __init__(self, link: Link, *, acknowledge: bool) -> None:
        self.link = link
        self.events: list[LinkEvent] = []
        self.acknowledge = acknowledge

    def on_event(self, event: LinkEvent) -> None:
        """Note an event, and acknowledge a delivery at once unless told not to."""
        if isinstance(event, Delivered) and self.acknowledge:
            self.link.ack(event.token)
        self.events.append(event)

    def of(self, kind: type[EventT]) -> list[EventT]:
        """Return the events of one kind so far."""
        return [event for event in tuple(self.events) if isinstance(event, kind)]

    @property
    def payloads(self) -> list[bytes]:
        """The payloads delivered so far."""
        return [event.payload for event in self.of(Delivered)]

    @property
    def tokens(self) -> list[AckToken]:
        """The tokens delivered so far."""
        return [event.token for event in self.of(Delivered)]


class Bench(ABC):
    """A broker and the means to mistreat it."""

    def __init__(self) -> None:
        self.links: list[Link] = []

    def peer(
        self,
        client_id: str,
        *subscriptions: str,
        will: Will | None = None,
        clean: bool = True,
        receive_max: int = 20,
        acknowledge: bool = True,
    ) -> Peer:
        """Make and start a link, and wait until it is up."""
        link = self.make_link(client_id, subscriptions, will, clean=clean, receive_max=receive_max)
        self.links.append(link)
        peer = Peer(link, acknowledge=acknowledge)
        link.start(peer.on_event)
        self.wait(lambda: bool(peer.of(LinkUp)))
        return peer

    def publish(self, peer: Peer, topic: str, payload: bytes, *, retain: bool = False) -> int:
        """Publish one message, waiting for room in the window, and for the confirmation."""
        taken: list[int] = []

        def offer() -> bool:
            message_id = peer.link.publish(topic, payload, retain=retain)
            taken.extend([] if message_id is None else [message_id])
            return bool(taken)

        self.wait(offer)
        self.wait(lambda: Published(message_id=taken[0]) in peer.events)
        return taken[0]

    def close(self) -> None:
        """Stop every link and the broker."""
        for link in self.links:
            link.stop()

    @abstractmethod
    def make_link(
        self,
        client_id: str,
        subscriptions: tuple[str, ...],
        will: Will | None,
        *,
        clean: bool,
        receive_max: int,
    ) -> Link:
        """Make a link to this bench's broker; ``peer`` starts it."""

    @abstractmethod
    def wait(self, condition: Callable[[], bool]) -> None:
        """Let things happen until the condition holds; fail where it never does."""

    @abstractmethod
    def settle(self) -> None:
        """Let everything arrive that is on its way."""

    @abstractmethod
    def cut(self, client_id: str) -> None:
        """Break a link's connection without a goodbye."""

    @abstractmethod
    def go_down(self) -> None:
        """Let the broker die and lose everything."""

    @abstractmethod
    def come_back(self) -> None:
        """Let the broker take connections again."""


class SimBench(Bench):
    """Simulated links and broker, in simulated time."""

    def __init__(self) -> None:
        super().__init__()
        self.broker = SimBroker(random.Random(7))

    def make_link(
        self,
        client_id: str,
        subscriptions: tuple[str, ...],
        will: Will | None,
        *,
        clean: bool,
        receive_max: int,
    ) -> Link:
        """See ``Bench``."""
        return self.broker.link(
            client_id, subscriptions, will=will, clean=clean, receive_max=receive_max
        )

    def wait(self, condition: Callable[[], bool]) -> None:
        """See ``Bench``."""
        for _ in range(100_000):
            if condition():
                return
            self.broker.step(self.broker.now_ms + 10)
        raise AssertionError("the condition was not met in 1000 simulated seconds")

    def settle(self) -> None:
        """See ``Bench``."""
        self.broker.step(self.broker.now_ms + 300_000)

    def cut(self, client_id: str) -> None:
        """See ``Bench``."""
        self.broker.drop(client_id)

    def go_down(self) -> None:
        """See ``Bench``."""
        self.broker.go_down()

    def come_back(self) -> None:
        """See ``Bench``."""
        self.broker.come_back()


class RealBench(Bench):
    """Links on paho, each through a proxy of its own that can be cut."""

    version = MqttVersion.AUTO

    def __init__(self, port: int) -> None:
        super().__init__()
        self.port = port
        self.proxies: dict[str, TcpProxy] = {}

    def make_link(
        self,
        client_id: str,
        subscriptions: tuple[str, ...],
        will: Will | None,
        *,
        clean: bool,
        receive_max: int,
    ) -> Link:
        """See ``Bench``."""
        self.proxies[client_id] = TcpProxy(self.port)
        settings = LinkSettings(
            host="127.0.0.1",
            port=self.proxies[client_id].port,
            client_id=client_id,
            subscriptions=subscriptions,
            will=will,
            clean=clean,
            session_expiry_s=0 if clean else 3600,
            receive_max=receive_max,
            reconnect_min_s=0.02,
            reconnect_max_s=0.1,
            version=self.version,
        )
        return PahoLink(settings)

    def wait(self, condition: Callable[[], bool]) -> None:
        """See ``Bench``."""
        deadline_s = time.monotonic() + PATIENCE_S
        while not condition():
            if time.monotonic() > deadline_s:
                raise AssertionError(f"the condition was not met in {PATIENCE_S:g} s")
            time.sleep(0.002)

    def settle(self) -> None:
        """See ``Bench``."""
        time.sleep(0.3)

    def cut(self, client_id: str) -> None:
        """See ``Bench``."""
        self.proxies[client_id].cut()

    def close(self) -> None:
        """See ``Bench``."""
        super().close()
        for proxy in self.proxies.values():
            proxy.close()


class AmqttBench(RealBench):
    """The demonstration broker, which speaks MQTT 3.1.1 and keeps no sessions."""

    version = MqttVersion.V311

    def __init__(self) -> None:
        self.broker = EmbeddedBroker()
        self.broker.start()
        super().__init__(self.broker.port)

    def go_down(self) -> None:
        """See ``Bench``."""
        self.broker.stop()

    def come_back(self) -> None:
        """See ``Bench``."""
        self.broker.start()

    def close(self) -> None:
        """See ``Bench``."""
        super().close()
        self.broker.stop()


class MosquittoBench(RealBench):
    """A real Mosquitto with our limits, in MQTT 5."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        files = mosquitto_configuration(
            MosquittoSettings(
                terminals=10, port=port, bind_address="127.0.0.1", tls=None, log_to_stderr=True
            )
        )
        self.broker = MosquittoProcess(files.configuration, port=port, folder=folder)
        self.broker.start()
        super().__init__(port)

    def go_down(self) -> None:
        """See ``Bench``."""
        self.broker.kill()

    def come_back(self) -> None:
        """See ``Bench``."""
        self.broker.start()

    def close(self) -> None:
        """See ``Bench``."""
        super().close()
        self.broker.stop()


class Mosquitto311Bench(MosquittoBench):
    """The same with links that speak MQTT 3.1.1."""

    version = MqttVersion.V311
