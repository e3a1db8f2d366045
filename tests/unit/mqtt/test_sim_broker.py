"""The simulated broker: the same run from the same seed, and each fault as its plan says."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqtt.link import Delivered, LinkDown, LinkError, LinkEvent, LinkUp, Published
from simulators.broker import SimBroker
from simulators.faults import QUIET, ROUGH, FaultPlan
from simulators.link import SimLink


class Owner:
    """Sends numbers until the other side has said that it saw each, as an outbox does."""

    def __init__(self, broker: SimBroker, count: int) -> None:
        self.broker = broker
        self.missing = set(range(count))
        self.log: list[str] = []
        self.sender = broker.link("sender", ("seen/#",))
        self.receiver = broker.link("receiver", ("said/#",), clean=False)
        self.sender.start(self.on_sender)
        self.receiver.start(self.on_receiver)

    def on_sender(self, event: LinkEvent) -> None:
        self.log.append(f"{self.broker.now_ms} sender {event}")
        if isinstance(event, Delivered):
            self.missing.discard(int(event.payload))
            self.sender.ack(event.token)

    def on_receiver(self, event: LinkEvent) -> None:
        self.log.append(f"{self.broker.now_ms} receiver {event}")
        if isinstance(event, Delivered):
            self.receiver.publish("seen/x", event.payload)
            self.receiver.ack(event.token)

    def run(self, until_ms: int) -> None:
        while self.missing and self.broker.now_ms < until_ms:
            for number in sorted(self.missing):
                if self.sender.publish("said/x", b"%d" % number) is None:
                    break
            self.broker.step(self.broker.now_ms + 100)


@given(st.integers(0, 2**32))
def test_same_seed_gives_the_same_run(seed: int) -> None:
    """Two runs from one seed log the same events at the same times, faults included."""
    runs = []
    for _ in range(2):
        owner = Owner(SimBroker(random.Random(seed), ROUGH), 20)
        owner.run(3_600_000)
        runs.append(owner.log)
    assert runs[0] == runs[1]
    assert runs[0]


@given(st.integers(0, 2**32))
def test_an_owner_that_sends_again_loses_nothing_on_a_bad_day(seed: int) -> None:
    """Whatever is lost, doubled, overtaken or wiped, everything arrives in the end."""
    owner = Owner(SimBroker(random.Random(seed), ROUGH), 20)
    owner.run(24 * 3_600_000)
    assert owner.missing == set()


class Recorder:
    """A started link and what it heard."""

    def __init__(self, broker: SimBroker, client_id: str, *subscriptions: str) -> None:
        self.link: SimLink = broker.link(client_id, subscriptions)
        self.events: list[LinkEvent] = []
        self.link.start(self.on_event)

    def on_event(self, event: LinkEvent) -> None:
        self.events.append(event)
        if isinstance(event, Delivered):
            self.link.ack(event.token)

    @property
    def payloads(self) -> list[bytes]:
        return [event.payload for event in self.events if isinstance(event, Delivered)]


def say(plan: FaultPlan, count: int) -> tuple[Recorder, Recorder, SimBroker]:
    """Send ``count`` messages under a plan, one each 10 ms, and let everything settle."""
    broker = SimBroker(random.Random(3))
    receiver, sender = Recorder(broker, "receiver", "a/#"), Recorder(broker, "sender")
    broker.step(1_000)
    broker.plan = plan
    for number in range(count):
        assert sender.link.publish("a/x", b"%d" % number) is not None
        broker.step(broker.now_ms + 10)
    broker.plan = QUIET
    broker.step(broker.now_ms + 600_000)
    return sender, receiver, broker


def confirmed(peer: Recorder) -> int:
    """Count the messages that the broker took over."""
    return sum(isinstance(event, Published) for event in peer.events)


def test_a_lost_message_is_confirmed_all_the_same() -> None:
    """The nastiest fault: the sender is told Published and nobody ever receives it."""
    sender, receiver, _ = say(FaultPlan(lose=1.0), 10)
    assert confirmed(sender) == 10
    assert receiver.payloads == []


def test_a_repeated_message_is_delivered_twice() -> None:
    """Repeat gives two deliveries with packet ids of their own."""
    _, receiver, _ = say(FaultPlan(repeat=1.0), 3)
    assert receiver.payloads == [b"0", b"0", b"1", b"1", b"2", b"2"]


def test_a_reordered_message_is_overtaken() -> None:
    """All arrive, and not in the order they were sent in."""
    _, receiver, _ = say(FaultPlan(reorder=0.5, reorder_ms=25), 20)
    assert sorted(receiver.payloads, key=int) == [b"%d" % number for number in range(20)]
    assert receiver.payloads != sorted(receiver.payloads, key=int)


def test_delays_keep_the_order_of_one_connection() -> None:
    """Messages take their time but do not overtake each other unless told to."""
    _, receiver, _ = say(FaultPlan(delay_min_ms=1, delay_max_ms=80), 20)
    assert receiver.payloads == [b"%d" % number for number in range(20)]


def test_a_broker_that_dies_by_itself_comes_back_empty() -> None:
    """A restart takes both links down without a confirmation, and both come back."""
    sender, receiver, _ = say(FaultPlan(restart_empty=1.0), 1)
    assert confirmed(sender) == 0
    for peer in (sender, receiver):
        kinds = [type(event) for event in peer.events]
        assert kinds[:2] == [LinkUp, LinkDown]
        assert kinds[-1] is LinkUp


def test_a_full_queue_drops_without_a_word() -> None:
    """Beyond its window and queue a session loses the newest messages, as with Mosquitto."""
    broker = SimBroker(random.Random(3), queue_max=5)
    receiver = broker.link("receiver", ("a/#",), receive_max=2)
    heard: list[LinkEvent] = []
    receiver.start(heard.append)
    sender = Recorder(broker, "sender")
    broker.step(1_000)
    for number in range(20):
        sender.link.publish("a/x", b"%d" % number)
    broker.step(2_000)
    for _ in range(20):
        for event in tuple(heard):
            if isinstance(event, Delivered):
                receiver.ack(event.token)
        broker.step(broker.now_ms + 1_000)
    payloads = [event.payload for event in heard if isinstance(event, Delivered)]
    assert confirmed(sender) == 20
    assert payloads == [b"%d" % number for number in range(7)]


def test_publish_beyond_the_window_is_refused() -> None:
    """With 20 messages unconfirmed the next gets None, until the broker has confirmed some."""
    broker = SimBroker(random.Random(3))
    sender = Recorder(broker, "sender")
    broker.step(1_000)
    taken = [sender.link.publish("a/x", b"") for _ in range(25)]
    broker.step(2_000)
    assert taken == [*range(1, 21), None, None, None, None, None]
    assert sender.link.publish("a/x", b"") == 21


def test_nothing_happens_outside_a_step() -> None:
    """Publish, ack, drop and restart only leave something for the next step to do."""
    broker = SimBroker(random.Random(3))
    peer = Recorder(broker, "peer", "a/#")
    broker.step(1_000)
    before = len(peer.events)
    peer.link.publish("a/x", b"")
    broker.drop("peer")
    broker.restart_empty()
    assert len(peer.events) == before
    assert broker.next_due_ms == 1_000
    assert broker.step(1_000) > 0
    assert len(peer.events) > before


def test_a_handler_cannot_step_the_broker() -> None:
    """Calling step from inside a handler is a fault of the owner and raises."""
    broker = SimBroker(random.Random(3))
    link = broker.link("peer")

    def misbehave(_event: LinkEvent) -> None:
        broker.step(broker.now_ms + 1)

    link.start(misbehave)
    with pytest.raises(LinkError, match="inside a step"):
        broker.step(1_000)


def test_simulated_time_does_not_go_back() -> None:
    """An earlier time than the last step's raises."""
    broker = SimBroker(random.Random(3))
    broker.step(10)
    with pytest.raises(LinkError, match="does not go back"):
        broker.step(9)


def test_two_links_with_one_client_id_throw_each_other_out() -> None:
    """The second takes over, the first hears why and fights back after its wait."""
    broker = SimBroker(random.Random(3))
    first = Recorder(broker, "same")
    broker.step(100)
    second = Recorder(broker, "same")
    broker.step(200)
    assert first.events == [
        LinkUp(generation=1),
        LinkDown(reason="another link took over this client id"),
    ]
    assert second.events == [LinkUp(generation=1)]


MISUSES: list[Callable[[], object]] = [
    lambda: FaultPlan(lose=1.1),
    lambda: FaultPlan(repeat=-0.1),
    lambda: FaultPlan(delay_min_ms=0),
    lambda: FaultPlan(delay_min_ms=5, delay_max_ms=4),
    lambda: FaultPlan(outage_ms=-1),
]


@pytest.mark.parametrize("misuse", MISUSES)
def test_plans_that_make_no_sense_are_refused(misuse: Callable[[], object]) -> None:
    """Probabilities outside [0, 1] and impossible delays raise."""
    with pytest.raises(ValueError, match=r"must"):
        misuse()
