"""What every ``Link`` promises: on the simulated broker, on amqtt and on a real Mosquitto."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from mqtt.link import PAYLOAD_BYTES_MAX, Delivered, LinkDown, LinkError, LinkUp, Published, Will
from mqtt.paho_link import PahoLink
from mqtt.settings import GATEWAY_INFLIGHT_MAX, LinkSettings
from simulators.broker import SimBroker
from simulators.link_bench import (
    AmqttBench,
    Bench,
    Mosquitto311Bench,
    MosquittoBench,
    SimBench,
)
from simulators.mosquitto_process import mosquitto_program


def open_bench(name: str, folder: Path) -> Bench:
    """Start a broker by its name."""
    if name == "sim":
        return SimBench()
    if name == "amqtt":
        return AmqttBench()
    # Without leave to skip, starting it fails and says what to install.
    if mosquitto_program() is None and os.environ.get("MOHR_ALLOW_SKIPS") == "1":
        pytest.skip("mosquitto is not installed")
    return MosquittoBench(folder) if name == "mosquitto" else Mosquitto311Bench(folder)


MOSQUITTO = pytest.param("mosquitto", marks=pytest.mark.real)
MOSQUITTO_311 = pytest.param("mosquitto-3.1.1", marks=pytest.mark.real)


@pytest.fixture(params=["sim", "amqtt", MOSQUITTO, MOSQUITTO_311])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    """Every broker."""
    one = open_bench(request.param, tmp_path)
    yield one
    one.close()


@pytest.fixture(params=["sim", MOSQUITTO, MOSQUITTO_311])
def keeping_bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    """Brokers that keep sessions; amqtt forgets unacknowledged deliveries with the connection."""
    one = open_bench(request.param, tmp_path)
    yield one
    one.close()


def test_link_carries_a_message_as_it_is(bench: Bench) -> None:
    """A payload of any bytes arrives unchanged on its topic, and the sender is told its id."""
    receiver = bench.peer("receiver", "a/+/b")
    sender = bench.peer("sender")
    payload = bytes(range(256)) * 4
    bench.publish(sender, "a/1/b", payload)
    bench.wait(lambda: receiver.payloads == [payload])
    delivered = receiver.of(Delivered)[0]
    assert (delivered.topic, delivered.retained) == ("a/1/b", False)


def test_link_delivers_a_thousand_messages_in_order(bench: Bench) -> None:
    """Nothing is lost, doubled or overtaken while broker and connections behave."""
    receiver = bench.peer("receiver", "a/#")
    sender = bench.peer("sender")
    waiting = [b"%d" % number for number in range(1000)]
    expected = list(waiting)

    def offer() -> bool:
        while waiting and sender.link.publish("a/x", waiting[0]) is not None:
            waiting.pop(0)
        return len(receiver.payloads) >= len(expected)

    bench.wait(offer)
    bench.wait(lambda: len(sender.of(Published)) == len(expected))
    bench.settle()
    assert receiver.payloads == expected


def test_link_comes_up_before_it_delivers_and_counts(bench: Bench) -> None:
    """LinkUp is the first event of each connection, and its generation counts from 1."""
    peer = bench.peer("peer", "a/#")
    bench.publish(peer, "a/1", b"x", retain=True)
    bench.cut("peer")
    bench.wait(lambda: len(peer.of(LinkUp)) == 2)
    bench.wait(lambda: any(event.retained for event in peer.of(Delivered)))
    assert [event.generation for event in peer.of(LinkUp)] == [1, 2]
    second_up = peer.events.index(LinkUp(generation=2))
    retained = next(i for i, e in enumerate(peer.events) if isinstance(e, Delivered) and e.retained)
    assert isinstance(peer.events[0], LinkUp)
    assert second_up < retained


def test_link_refuses_while_it_is_down(bench: Bench) -> None:
    """Where there is no connection, publish says None and nothing is sent later."""
    receiver = bench.peer("receiver", "a/#")
    sender = bench.peer("sender")
    bench.go_down()
    bench.wait(lambda: bool(sender.of(LinkDown)))
    refused = [sender.link.publish("a/x", b"lost") for _ in range(50)]
    bench.come_back()
    bench.wait(lambda: len(sender.of(LinkUp)) == 2 and len(receiver.of(LinkUp)) == 2)
    bench.publish(sender, "a/x", b"found")
    bench.wait(lambda: bool(receiver.payloads))
    assert refused == [None] * 50
    assert receiver.payloads == [b"found"]


def test_link_returns_to_a_broker_that_lost_everything(bench: Bench) -> None:
    """After the broker died and came back empty, links are up and subscribed by themselves."""
    receiver = bench.peer("receiver", "a/#", clean=False)
    sender = bench.peer("sender")
    bench.publish(sender, "a/kept", b"old", retain=True)
    bench.wait(lambda: receiver.payloads == [b"old"])
    bench.go_down()
    bench.wait(lambda: bool(receiver.of(LinkDown)) and bool(sender.of(LinkDown)))
    bench.come_back()
    bench.wait(lambda: len(receiver.of(LinkUp)) == 2 and len(sender.of(LinkUp)) == 2)
    bench.publish(sender, "a/x", b"new")
    bench.wait(lambda: len(receiver.payloads) == 2)
    bench.settle()
    assert receiver.payloads == [b"old", b"new"]


def test_link_gets_retained_messages_when_it_subscribes(bench: Bench) -> None:
    """A retained message reaches a later subscriber marked as such, until it is cleared."""
    sender = bench.peer("sender")
    bench.publish(sender, "a/cfg", b"v1", retain=True)
    bench.publish(sender, "a/cfg", b"v2", retain=True)
    first = bench.peer("first", "a/cfg")
    bench.wait(lambda: bool(first.payloads))
    bench.publish(sender, "a/cfg", b"", retain=True)
    second = bench.peer("second", "a/cfg")
    bench.settle()
    assert {(e.payload, e.retained) for e in first.of(Delivered)[:1]} == {(b"v2", True)}
    assert second.payloads == []


def test_link_speaks_its_will_only_when_it_vanishes(bench: Bench) -> None:
    """A cut connection lets the will be published; a clean stop does not."""
    watcher = bench.peer("watcher", "will/+")
    bench.peer("cut", will=Will(topic="will/cut", payload=b"gone"))
    stopped = bench.peer("stopped", will=Will(topic="will/stopped", payload=b"gone"))
    stopped.link.stop()
    bench.cut("cut")
    bench.wait(lambda: bool(watcher.payloads))
    bench.settle()
    assert {event.topic for event in watcher.of(Delivered)} == {"will/cut"}
    late = bench.peer("late", "will/+")
    bench.wait(lambda: bool(late.of(Delivered)))
    # amqtt says it twice: once to every client that connects, once to the one that subscribes.
    assert all(event.retained for event in late.of(Delivered))


def test_link_sends_what_it_took_before_stop(bench: Bench) -> None:
    """A message handed over just before stop still arrives."""
    receiver = bench.peer("receiver", "a/#")
    sender = bench.peer("sender")
    assert sender.link.publish("a/bye", b"bye") is not None
    sender.link.stop()
    bench.wait(lambda: receiver.payloads == [b"bye"])
    events = len(sender.events)
    bench.settle()
    assert len(sender.events) == events
    assert sender.link.publish("a/bye", b"again") is None


def test_link_bounds_payloads(bench: Bench) -> None:
    """The largest payload arrives whole, and one byte more is refused before it is sent."""
    receiver = bench.peer("receiver", "a/#")
    sender = bench.peer("sender")
    largest = b"\xa5" * PAYLOAD_BYTES_MAX
    bench.publish(sender, "a/x", largest)
    bench.wait(lambda: receiver.payloads == [largest])
    with pytest.raises(LinkError, match="above the bound"):
        sender.link.publish("a/x", largest + b"\0")


@pytest.mark.parametrize("topic", ["", "a/+", "a/#", "a/\0", "a" * 65_536, "a/\ud800"])
def test_link_refuses_topics_that_mqtt_cannot_carry(topic: str) -> None:
    """Wildcards, NUL, lone surrogates and bad lengths raise, connected or not."""
    links = (
        SimBroker(random.Random(1)).link("one"),
        PahoLink(LinkSettings(host="127.0.0.1", port=1, client_id="one")),
    )
    for link in links:
        with pytest.raises(LinkError):
            link.publish(topic, b"")
        link.stop()


def test_link_hands_a_gateway_many_unacknowledged_messages(bench: Bench) -> None:
    """A gateway that acknowledges late still gets hundreds: the window is not Mosquitto's 20."""
    receiver = bench.peer("gw", "a/#", receive_max=GATEWAY_INFLIGHT_MAX, acknowledge=False)
    sender = bench.peer("sender")
    for number in range(300):
        bench.publish(sender, "a/x", b"%d" % number)
    bench.wait(lambda: len(receiver.payloads) == 300)
    for token in receiver.tokens:
        receiver.link.ack(token)


@pytest.mark.parametrize("keeping_bench", ["sim", MOSQUITTO], indirect=True)
def test_link_gets_no_more_than_its_window(keeping_bench: Bench) -> None:
    """With nothing acknowledged the broker stops at the window, and goes on when there is room.

    Only MQTT 5 lets a client name its window.
    """
    receiver = keeping_bench.peer("gw", "a/#", receive_max=5, acknowledge=False)
    sender = keeping_bench.peer("sender")
    for number in range(12):
        keeping_bench.publish(sender, "a/x", b"%d" % number)
    keeping_bench.settle()
    held = len(receiver.payloads)
    receiver.acknowledge = True
    for token in receiver.tokens:
        receiver.link.ack(token)
    keeping_bench.wait(lambda: len(receiver.payloads) == 12)
    assert held == 5
    assert receiver.payloads == [b"%d" % number for number in range(12)]


def test_kept_session_redelivers_only_what_was_not_acknowledged(keeping_bench: Bench) -> None:
    """After a cut, unacknowledged deliveries come again in order and acknowledged ones do not."""
    receiver = keeping_bench.peer("gw", "a/#", clean=False, acknowledge=False)
    sender = keeping_bench.peer("sender")
    for payload in (b"0", b"1", b"2", b"3"):
        keeping_bench.publish(sender, "a/x", payload)
    keeping_bench.wait(lambda: len(receiver.payloads) == 4)
    for token in receiver.tokens[:2]:
        receiver.link.ack(token)
    keeping_bench.settle()
    keeping_bench.cut("gw")
    keeping_bench.wait(lambda: len(receiver.payloads) == 6)
    keeping_bench.settle()
    assert receiver.payloads[4:] == [b"2", b"3"]
    assert {token.generation for token in receiver.tokens[4:]} == {2}


def test_kept_session_queues_while_the_link_is_away(keeping_bench: Bench) -> None:
    """What is published while a kept session has no connection arrives when it is back."""
    receiver = keeping_bench.peer("gw", "a/#", clean=False)
    sender = keeping_bench.peer("sender")
    receiver.link.stop()
    keeping_bench.settle()
    for payload in (b"0", b"1", b"2"):
        keeping_bench.publish(sender, "a/x", payload)
    again = keeping_bench.peer("gw", "a/#", clean=False)
    keeping_bench.wait(lambda: again.payloads == [b"0", b"1", b"2"])


def test_acknowledgements_given_backwards_wait_for_the_first(keeping_bench: Bench) -> None:
    """The broker hears of no delivery before every earlier one is acknowledged."""
    receiver = keeping_bench.peer("gw", "a/#", clean=False, acknowledge=False)
    sender = keeping_bench.peer("sender")
    for payload in (b"0", b"1", b"2"):
        keeping_bench.publish(sender, "a/x", payload)
    keeping_bench.wait(lambda: len(receiver.payloads) == 3)
    for token in (receiver.tokens[2], receiver.tokens[1]):
        receiver.link.ack(token)
    keeping_bench.settle()
    keeping_bench.cut("gw")
    keeping_bench.wait(lambda: len(receiver.payloads) == 6)
    for token in reversed(receiver.tokens[3:]):
        receiver.link.ack(token)
    keeping_bench.settle()
    keeping_bench.cut("gw")
    keeping_bench.wait(lambda: len(receiver.of(LinkUp)) == 3)
    keeping_bench.settle()
    assert receiver.payloads == [b"0", b"1", b"2"] * 2


def test_stale_acknowledgement_is_ignored(keeping_bench: Bench) -> None:
    """A token of an earlier connection acknowledges nothing, although its packet id is in use."""
    receiver = keeping_bench.peer("gw", "a/#", clean=False, acknowledge=False)
    sender = keeping_bench.peer("sender")
    keeping_bench.publish(sender, "a/x", b"precious")
    keeping_bench.wait(lambda: len(receiver.payloads) == 1)
    keeping_bench.cut("gw")
    keeping_bench.wait(lambda: len(receiver.payloads) == 2)
    receiver.link.ack(receiver.tokens[0])
    keeping_bench.settle()
    keeping_bench.cut("gw")
    keeping_bench.wait(lambda: len(receiver.payloads) == 3)
    assert receiver.tokens[0].packet_id == receiver.tokens[1].packet_id
    assert receiver.payloads == [b"precious"] * 3
