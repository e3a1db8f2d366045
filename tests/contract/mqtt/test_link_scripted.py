"""How the link takes brokers that refuse, fall silent, set limits or send rubbish.

The broker here is a script: bytes written by hand from the MQTT specifications, over a real socket.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from mqtt.link import Delivered, LinkDown, LinkError, LinkEvent, LinkUp, Published, Will
from mqtt.paho_link import PahoLink
from mqtt.settings import LinkSettings, MqttVersion

PATIENCE_S = 20.0
V5, V311 = 5, 4


class Conversation:
    """One client's connection, as the script sees it."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.level = 0

    def read(self) -> bytes:
        """Return the next packet's first byte and body; empty where the client has gone."""
        head = self._exactly(1)
        length = shift = 0
        while head:
            digit = self._exactly(1)
            if not digit:
                return b""
            length |= (digit[0] & 0x7F) << shift
            shift += 7
            if digit[0] < 0x80:
                break
        return head + self._exactly(length) if head else b""

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            chunk = self.sock.recv(count - len(data))
            if not chunk:
                return b""
            data += chunk
        return data

    def read_connect(self) -> None:
        """Take CONNECT and note its protocol level (behind the six bytes of the name)."""
        self.level = self.read()[7]

    def connack(self, code: int = 0, properties: bytes = b"") -> None:
        """Answer CONNECT in the client's own version."""
        tail = bytes([len(properties)]) + properties if self.level == V5 else b""
        self.sock.sendall(bytes([0x20, 2 + len(tail), 0, code]) + tail)

    def suback(self, code: int = 1) -> None:
        """Answer SUBSCRIBE for one topic filter."""
        packet_id = self.read()[1:3]
        tail = b"\0" if self.level == V5 else b""
        self.sock.sendall(bytes([0x90, 3 + len(tail)]) + packet_id + tail + bytes([code]))

    def wait_for_the_end(self) -> list[bytes]:
        """Collect packets until the client closes."""
        packets = []
        while packet := self.read():
            packets.append(packet)
        return packets


Script = Callable[[Conversation], None]


def accept(talk: Conversation) -> None:
    """A well-behaved broker of whatever version the client speaks."""
    talk.connack()
    talk.suback()
    talk.wait_for_the_end()


def refuse_version(talk: Conversation) -> None:
    """A 3.1.1 broker: CONNACK with return code 1 to anything newer [MQTT-3.1.2-2]."""
    if talk.level == V5:
        talk.sock.sendall(b"\x20\x02\x00\x01")
    else:
        accept(talk)


def fall_silent(talk: Conversation) -> None:
    """A parser that lost its way in MQTT 5's properties: the connection stays open, mute."""
    if talk.level == V5:
        talk.wait_for_the_end()
    else:
        accept(talk)


def hang_up(talk: Conversation) -> None:
    """A broker that closes on what it does not understand."""
    if talk.level == V311:
        accept(talk)


class ScriptedBroker:
    """Plays a script to each client that connects, and notes the versions they speak."""

    def __init__(self) -> None:
        self.script: Script = accept
        self.levels: list[int] = []
        self.faults: list[BaseException] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._closed = threading.Event()
        self._current: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while not self._closed.is_set():
            with contextlib.suppress(OSError):
                client, _ = self._listener.accept()
                self._current = client
                with client:
                    talk = Conversation(client)
                    try:
                        talk.read_connect()
                        self.levels.append(talk.level)
                        self.script(talk)
                    except IndexError:
                        continue  # the client closed in the middle, as at the end of a test

    def drop(self) -> None:
        """Close the present connection."""
        if self._current is not None:
            with contextlib.suppress(OSError):
                self._current.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Stop listening and wait for the thread."""
        self._closed.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self.drop()
        self._thread.join()
        self._listener.close()


class Peer:
    """A link to the script and what it was told."""

    def __init__(self, port: int, **options: object) -> None:
        settings = {
            "host": "127.0.0.1",
            "port": port,
            "client_id": "till-1",
            "subscriptions": ("a/x",),
            "will": Will(topic="a/state", payload=b"{}"),
            "connack_timeout_s": 0.3,
            "reconnect_min_s": 0.02,
            "reconnect_max_s": 0.05,
        }
        self.events: list[LinkEvent] = []
        self.link = PahoLink(LinkSettings(**{**settings, **options}))  # type: ignore[arg-type]
        self.link.start(self.events.append)

    def of(self, kind: type[LinkEvent]) -> list[LinkEvent]:
        return [event for event in tuple(self.events) if isinstance(event, kind)]

    @property
    def reasons(self) -> list[str]:
        return [event.reason for event in tuple(self.events) if isinstance(event, LinkDown)]


def wait(condition: Callable[[], bool]) -> None:
    """Wait until the condition holds; fail where it never does."""
    deadline_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline_s, f"the condition was not met in {PATIENCE_S:g} s"
        time.sleep(0.002)


@pytest.fixture
def broker() -> Iterator[ScriptedBroker]:
    """A broker that plays a script."""
    one = ScriptedBroker()
    yield one
    one.close()


@pytest.fixture
def peers() -> Iterator[list[Peer]]:
    """Links that are stopped when the test ends."""
    started: list[Peer] = []
    yield started
    for peer in started:
        peer.link.stop()


@pytest.mark.parametrize("script", [refuse_version, fall_silent, hang_up])
def test_link_falls_back_to_mqtt_311(
    broker: ScriptedBroker, peers: list[Peer], script: Script
) -> None:
    """Whichever way an old broker refuses MQTT 5, the next attempt speaks 3.1.1 and is up."""
    broker.script = script
    peers.append(Peer(broker.port))
    wait(lambda: bool(peers[0].of(LinkUp)))
    assert broker.levels == [V5, V311]
    assert len(peers[0].reasons) == 1


def test_link_remembers_that_311_worked(broker: ScriptedBroker, peers: list[Peer]) -> None:
    """After a fallback, later connections speak 3.1.1 at once."""
    broker.script = refuse_version
    peers.append(Peer(broker.port))
    wait(lambda: len(peers[0].of(LinkUp)) == 1)
    broker.drop()
    wait(lambda: len(peers[0].of(LinkUp)) == 2)
    assert broker.levels == [V5, V311, V311]


def test_link_tries_mqtt_5_again_later(broker: ScriptedBroker, peers: list[Peer]) -> None:
    """A broker that was renewed meanwhile gets MQTT 5 back after the retry time."""
    broker.script = refuse_version
    peers.append(Peer(broker.port, version_retry_s=0.0))
    wait(lambda: broker.levels[:2] == [V5, V5])
    broker.script = accept
    wait(lambda: bool(peers[0].of(LinkUp)))
    assert broker.levels[-1] == V5


def test_link_keeps_to_a_version_that_was_named(broker: ScriptedBroker, peers: list[Peer]) -> None:
    """With 3.1.1 in the settings, MQTT 5 is never tried and no time is lost."""
    broker.script = fall_silent
    peers.append(Peer(broker.port, version=MqttVersion.V311))
    wait(lambda: bool(peers[0].of(LinkUp)))
    assert broker.levels == [V311]
    assert peers[0].reasons == []


def test_link_does_not_blame_the_version_for_other_refusals(
    broker: ScriptedBroker, peers: list[Peer]
) -> None:
    """The reason "Not authorized" is passed on, and the next attempt speaks MQTT 5 again."""
    broker.script = lambda talk: talk.connack(0x87)
    peers.append(Peer(broker.port))
    wait(lambda: len(broker.levels) >= 3)
    assert set(broker.levels) == {V5}
    assert peers[0].reasons[0] == "the broker refused the connection: Not authorized"


def test_link_says_which_subscription_was_refused(
    broker: ScriptedBroker, peers: list[Peer]
) -> None:
    """A refused subscription is a LinkDown that names it; the link never claims to be up."""

    def refuse(talk: Conversation) -> None:
        talk.connack()
        talk.suback(0x87)
        talk.wait_for_the_end()

    broker.script = refuse
    peers.append(Peer(broker.port))
    wait(lambda: bool(peers[0].reasons))
    assert peers[0].reasons[0] == "the broker refused the subscription to a/x: Not authorized"
    assert peers[0].of(LinkUp) == []


def test_link_stays_within_the_brokers_limits(broker: ScriptedBroker, peers: list[Peer]) -> None:
    """The broker's Receive Maximum bounds the window, and its packet size the payload."""
    receive_maximum, packet_maximum = b"\x21\x00\x02", b"\x27\x00\x00\x08\x00"

    def limit(talk: Conversation) -> None:
        talk.connack(properties=receive_maximum + packet_maximum)
        talk.suback()
        talk.wait_for_the_end()

    broker.script = limit
    peers.append(Peer(broker.port))
    wait(lambda: bool(peers[0].of(LinkUp)))
    link = peers[0].link
    with pytest.raises(LinkError, match="above the bound of 1024"):
        link.publish("a/y", bytes(1025))
    taken = [link.publish("a/y", bytes(1024)) for _ in range(4)]
    assert taken == [1, 2, None, None]


def test_link_says_that_a_message_was_refused(broker: ScriptedBroker, peers: list[Peer]) -> None:
    """A PUBACK with "quota exceeded" is no Published: the link goes down and says why."""

    def refuse(talk: Conversation) -> None:
        talk.connack()
        talk.suback()
        packet_id = talk.read()[6:8]  # behind the first byte and "a/y" with its length
        talk.sock.sendall(b"\x40\x04" + packet_id + b"\x97\x00")
        talk.wait_for_the_end()

    broker.script = refuse
    peers.append(Peer(broker.port))
    wait(lambda: bool(peers[0].of(LinkUp)))
    assert peers[0].link.publish("a/y", b"too much") == 1
    wait(lambda: bool(peers[0].reasons))
    assert peers[0].reasons[0] == "the broker refused a message on a/y: Quota exceeded"
    assert peers[0].of(Published) == []


@pytest.mark.parametrize(
    "rubbish",
    [
        b"\xff" * 64,
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x20\x02\x00\xfe",
        b"\x30\x02\x00\xff",
        b"\x32\x06\x00\x02\xff\xfe\x00\x01",
        bytes(40),
    ],
)
def test_link_survives_rubbish(broker: ScriptedBroker, peers: list[Peer], rubbish: bytes) -> None:
    """Bytes that are no MQTT cost one connection each, and the link lives on."""

    def babble(talk: Conversation) -> None:
        talk.sock.sendall(rubbish)

    broker.script = babble
    peers.append(Peer(broker.port))
    wait(lambda: len(peers[0].reasons) >= 3)
    broker.script = accept
    wait(lambda: bool(peers[0].of(LinkUp)))


def test_link_drops_what_it_did_not_subscribe_to(broker: ScriptedBroker, peers: list[Peer]) -> None:
    """A message on a foreign topic is acknowledged and not handed over, as with amqtt's leaks."""
    acknowledged: list[bytes] = []

    def leak(talk: Conversation) -> None:
        talk.connack()
        talk.sock.sendall(b"\x32\x09\x00\x03b/x\x00\x07\x00!")
        talk.suback()
        talk.sock.sendall(b"\x32\x09\x00\x03a/x\x00\x08\x00?")
        acknowledged.append(talk.read())
        talk.wait_for_the_end()

    broker.script = leak
    peers.append(Peer(broker.port))
    wait(lambda: bool(peers[0].of(Delivered)) and bool(acknowledged))
    delivered = peers[0].of(Delivered)
    assert [event.topic for event in delivered if isinstance(event, Delivered)] == ["a/x"]
    assert acknowledged == [b"\x40\x00\x07"]


def test_link_ends_visibly_when_its_owner_raises(
    broker: ScriptedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An exception out of the handler reaches the excepthook, every publish, and whoever looks."""
    seen: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", seen.append)

    def fail(event: LinkEvent) -> None:
        raise ZeroDivisionError(str(type(event)))

    link = PahoLink(
        LinkSettings(host="127.0.0.1", port=broker.port, client_id="till-1", subscriptions=("a/x",))
    )
    link.start(fail)
    wait(lambda: bool(seen))
    with pytest.raises(LinkError, match="ended by a fault") as refused:
        link.publish("a/x", b"")
    with pytest.raises(LinkError, match="ended by a fault"):
        link.check()
    link.stop()
    assert isinstance(refused.value.__cause__, ZeroDivisionError)
    assert seen[0].exc_type is ZeroDivisionError


def test_link_can_be_stopped_from_its_own_handler(broker: ScriptedBroker) -> None:
    """An owner that gives up inside its handler hears nothing more, and the thread ends."""
    events: list[LinkEvent] = []
    link = PahoLink(
        LinkSettings(host="127.0.0.1", port=broker.port, client_id="till-1", subscriptions=("a/x",))
    )

    def give_up(event: LinkEvent) -> None:
        events.append(event)
        link.stop()

    link.start(give_up)
    wait(lambda: not any(one.name == "mqtt-till-1" for one in threading.enumerate()))
    assert events == [LinkUp(generation=1)]


@pytest.mark.parametrize("host", ["a..b", "no-such-host.invalid", "127.0.0.1"])
def test_link_keeps_trying_a_broker_it_cannot_reach(peers: list[Peer], host: str) -> None:
    """A name that means nothing and a port where nobody listens are reasons, not ends."""
    peers.append(Peer(1, host=host))
    wait(lambda: len(peers[0].reasons) >= 3)
    assert all(reason.startswith(f"cannot reach {host}:1:") for reason in peers[0].reasons)
