"""The broker for demonstrations: it starts, forgets, stops clean, and says what is wrong."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from mqtt.embedded import EmbeddedBroker
from mqtt.link import Delivered, LinkDown, LinkError, LinkEvent, LinkUp, Will
from mqtt.paho_link import PahoLink
from mqtt.settings import LinkSettings, MqttVersion


def wait(condition: Callable[[], bool]) -> None:
    """Wait until the condition holds; fail where it never does."""
    deadline_s = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline_s, "the condition was not met in 20 s"
        time.sleep(0.002)


def link_to(broker: EmbeddedBroker, version: MqttVersion) -> PahoLink:
    """Make a link as a terminal has it: with a will."""
    return PahoLink(
        LinkSettings(
            host=broker.host,
            port=broker.port,
            client_id="till-1",
            subscriptions=("a/x",),
            will=Will(topic="a/state", payload=b"{}"),
            connack_timeout_s=0.3,
            reconnect_min_s=0.02,
            reconnect_max_s=0.05,
            version=version,
        )
    )


def count(events: list[LinkEvent], kind: type[LinkEvent]) -> int:
    """Count the events of one kind."""
    return sum(isinstance(event, kind) for event in tuple(events))


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    """A started broker on a free port."""
    one = EmbeddedBroker()
    one.start()
    yield one
    one.stop()


def test_link_finds_the_version_that_amqtt_speaks(broker: EmbeddedBroker) -> None:
    """To an MQTT 5 CONNECT with a will amqtt says nothing; the link is up on 3.1.1 by itself."""
    events: list[LinkEvent] = []
    link = link_to(broker, MqttVersion.AUTO)
    link.start(events.append)
    wait(lambda: count(events, LinkUp) == 1)
    link.stop()
    assert events[0] == LinkDown(reason="no answer to CONNECT within 0.3 s")


def test_embedded_broker_forgets_and_keeps_its_port(broker: EmbeddedBroker) -> None:
    """Stop and start is a wipe: same port, no thread left behind, nothing retained."""
    port = broker.port
    events: list[LinkEvent] = []
    link = link_to(broker, MqttVersion.V311)
    link.start(events.append)
    wait(lambda: count(events, LinkUp) == 1)
    assert link.publish("a/x", b"kept", retain=True) is not None
    wait(lambda: count(events, Delivered) == 1)
    broker.stop()
    assert not any(one.name == "mqtt-broker" for one in threading.enumerate())
    broker.start()
    wait(lambda: count(events, LinkUp) == 2)
    link.stop()
    assert broker.port == port
    assert count(events, Delivered) == 1


def test_embedded_broker_can_be_stopped_twice_and_started_once(broker: EmbeddedBroker) -> None:
    """A second start is refused, and a second stop does nothing."""
    with pytest.raises(LinkError, match="started already"):
        broker.start()
    broker.stop()
    broker.stop()


def test_embedded_broker_says_that_its_port_is_taken() -> None:
    """A port in use is a LinkError that names it, and leaves nothing running."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        broker = EmbeddedBroker(int(taken.getsockname()[1]))
        with pytest.raises(LinkError, match=r"cannot listen on 127\.0\.0\.1:"):
            broker.start()
    assert not any(one.name == "mqtt-broker" for one in threading.enumerate())


def test_embedded_broker_names_the_extra_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without amqtt the error says which extra to install."""
    monkeypatch.setitem(sys.modules, "amqtt.broker", None)
    with pytest.raises(LinkError, match=r"install mohr\[demo\]"):
        EmbeddedBroker().start()
