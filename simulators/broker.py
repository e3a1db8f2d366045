"""A broker in one thread, driven by steps of simulated time, that misbehaves from a seed.

``SimBroker`` models QoS 1 at least once: sessions that are clean or kept, retained messages,
wills, a window each way, redelivery of what was not acknowledged when a kept session comes back,
messages lost, repeated, reordered and delayed, connections dropped, and a broker that dies and
returns with empty hands. Everything that an owner's handler sees happens inside ``step``; nothing
is ever called from ``publish``, ``ack`` or a fault method. The same seed and the same calls give
the same run.

It does not model: bytes, packets and MQTT versions; TLS, users and access rules; keepalive (a
dropped connection is noticed at once by both sides); session expiry (a kept session lives until
the broker loses everything); QoS 0 and 2; shared subscriptions; refused subscriptions; the
broker's limits on bytes; what a slow owner does to a socket's buffer.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable
from dataclasses import replace

from mqtt.link import LinkError, Will
from mqtt.settings import TERMINAL_INFLIGHT_MAX, check_filter
from mqtt.topics import matches
from simulators.faults import QUIET, FaultPlan
from simulators.link import BrokerSide, SimClient, SimConnection, SimLink, SimMessage, SimSession


class SimBroker(BrokerSide):
    """A broker and the network around it.

    Args:
        random_source: where every choice comes from.
        plan: how badly to behave; may be set anew at any time.
        queue_max: messages kept for one session beyond its window; more are dropped silently,
            as Mosquitto does.
    """

    def __init__(
        self, random_source: random.Random, plan: FaultPlan = QUIET, *, queue_max: int = 100_000
    ) -> None:
        self.plan = plan
        self.queue_max = queue_max
        self._random = random_source
        self._now_ms = 0
        self._stepping = False
        self._up = True
        self._sessions: dict[str, SimSession] = {}
        self._retained: dict[str, SimMessage] = {}
        self._order = itertools.count()
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._life = 0
        self._faults_done = 0
        self._without_network: set[str] = set()

    def link(
        self,
        client_id: str,
        subscriptions: tuple[str, ...] = (),
        *,
        will: Will | None = None,
        clean: bool = True,
        inflight_max: int = TERMINAL_INFLIGHT_MAX,
        receive_max: int = TERMINAL_INFLIGHT_MAX,
    ) -> SimLink:
        """Make a link to this broker; it connects in a ``step`` after its ``start``."""
        if not client_id:
            raise LinkError("a link needs a fixed client id")
        for topic_filter in subscriptions:
            check_filter(topic_filter)
        client = SimClient(
            client_id=client_id,
            subscriptions=subscriptions,
            will=will,
            clean=clean,
            inflight_max=inflight_max,
            receive_max=receive_max,
        )
        return SimLink(self, client)

    def random_unit(self) -> float:
        """See ``BrokerSide``."""
        return self._random.random()

    @property
    def now_ms(self) -> int:
        """Simulated time: what the last ``step`` was given."""
        return self._now_ms

    @property
    def faults_done(self) -> int:
        """How often chance or a fault method made something go wrong so far."""
        return self._faults_done

    @property
    def next_due_ms(self) -> int | None:
        """When the next thing happens, or None where nothing is on its way."""
        return self._due[0][0] if self._due else None

    def step(self, now_ms: int) -> int:
        """Let everything happen that is due up to ``now_ms``, in order of time.

        Returns:
            how many things happened.

        Raises:
            LinkError: if called from an owner's handler, or with a time that goes back.
        """
        if self._stepping:
            raise LinkError("step was called from inside a step")
        if now_ms < self._now_ms:
            raise LinkError("simulated time does not go back")
        self._stepping = True
        happened = 0
        try:
            while self._due and self._due[0][0] <= now_ms:
                due_ms, _, action = heapq.heappop(self._due)
                self._now_ms = due_ms
                action()
                happened += 1
        finally:
            self._stepping = False
        self._now_ms = now_ms
        return happened

    def drop(self, client_id: str) -> None:
        """Cut a client's connection in the next step; its will is published."""
        self._after(0, lambda: self._drop_now(client_id))

    def cut_off(self, client_id: str) -> None:
        """Take a client's network away until ``reconnect``; its session, if kept, waits."""
        self._without_network.add(client_id)
        self.drop(client_id)

    def reconnect(self, client_id: str) -> None:
        """Give a client its network back; it connects when it next tries."""
        self._without_network.discard(client_id)

    def restart_empty(self, outage_ms: int = 0) -> None:
        """Lose everything in the next step, and take connections again ``outage_ms`` later."""
        self._after(0, lambda: self._restart_now(outage_ms))

    def go_down(self) -> None:
        """Lose everything in the next step and stay away until ``come_back``."""
        self._after(0, lambda: self._restart_now(None))

    def come_back(self) -> None:
        """Take connections again from the next step on."""
        self._after(0, self._come_back_now)

    # -- time ---------------------------------------------------------------------------------

    def _after(self, wait_ms: int, action: Callable[[], None]) -> None:
        heapq.heappush(self._due, (self._now_ms + wait_ms, next(self._order), action))

    def _hop_ms(self) -> int:
        return self._random.randint(self.plan.delay_min_ms, self.plan.delay_max_ms)

    def _chance(self, probability: float) -> bool:
        # A draw is made even where the answer is known, so that changing one probability does
        # not shift every later choice of the run.
        return self._random.random() < probability

    def _goes_wrong(self, probability: float) -> bool:
        wrong = self._chance(probability)
        self._faults_done += wrong
        return wrong

    def _upwards(self, connection: SimConnection, action: Callable[[], None]) -> None:
        """Let a packet of the client arrive at the broker, if the connection still lives then."""
        connection.up_due_ms = max(connection.up_due_ms, self._now_ms + self._hop_ms())
        self._on_connection(connection, connection.up_due_ms, action)

    def _downwards(self, connection: SimConnection, action: Callable[[], None]) -> None:
        connection.down_due_ms = max(connection.down_due_ms, self._now_ms + self._hop_ms())
        self._on_connection(connection, connection.down_due_ms, action)

    def _on_connection(
        self, connection: SimConnection, due_ms: int, action: Callable[[], None]
    ) -> None:
        self._after(due_ms - self._now_ms, lambda: action() if connection.open else None)

    # -- what links ask for ---------------------------------------------------------------------

    def connect_later(self, link: SimLink, wait_ms: int) -> None:
        """See ``BrokerSide``."""
        self._after(wait_ms + self._hop_ms(), lambda: self._connect(link))

    def send_publish(
        self, connection: SimConnection, message_id: int, message: SimMessage, *, retain: bool
    ) -> None:
        """See ``BrokerSide``."""
        self._upwards(
            connection, lambda: self._take(connection, message_id, message, retain=retain)
        )

    def send_ack(self, connection: SimConnection, packet_id: int) -> None:
        """See ``BrokerSide``."""
        self._upwards(connection, lambda: self._acknowledged(connection, packet_id))

    def send_goodbye(self, connection: SimConnection) -> None:
        """See ``BrokerSide``."""
        self._upwards(connection, lambda: self._close(connection, with_will=False))

    # -- the broker -----------------------------------------------------------------------------

    def _connect(self, link: SimLink) -> None:
        if not link.wants_connection:
            return
        if not self._up or link.client.client_id in self._without_network:
            reason = "there is no network" if self._up else "the broker is down"
            link.connection_failed(f"connection refused: {reason}")
            return
        old = self._sessions.get(link.client.client_id)
        if old is not None and old.connection is not None:
            self._cut(old.connection, "another link took over this client id")
        session = self._session_for(link.client)
        connection = SimConnection(link=link, session=session)
        session.connection = connection
        for packet_id, message in session.inflight.items():
            self._send_down(connection, packet_id, message)
        self._pump(session)
        self._queue_retained(session, link.client.subscriptions)
        link.connected(connection)

    def _session_for(self, client: SimClient) -> SimSession:
        """Find the kept session or make an empty one, and subscribe."""
        session = self._sessions.get(client.client_id)
        if session is None or client.clean:
            session = SimSession(client=client, subscriptions=client.subscriptions)
            self._sessions[client.client_id] = session
        session.client = client
        # A kept session keeps subscriptions that an earlier version of its owner made.
        session.subscriptions = tuple(dict.fromkeys(session.subscriptions + client.subscriptions))
        return session

    def _queue_retained(self, session: SimSession, subscriptions: tuple[str, ...]) -> None:
        for topic_filter in subscriptions:
            for topic, message in self._retained.items():
                if matches(topic_filter, topic):
                    self._enqueue(session, replace(message, retained=True))

    def _take(
        self, connection: SimConnection, message_id: int, message: SimMessage, *, retain: bool
    ) -> None:
        plan = self.plan
        if self._goes_wrong(plan.restart_empty):
            self._restart_now(plan.outage_ms)
            return
        dropped, taken = self._goes_wrong(plan.disconnect), self._chance(0.5)
        lost = self._goes_wrong(plan.lose)
        if (taken or not dropped) and not lost:
            self._route(message, retain=retain)
        if dropped:
            self._cut(connection, "connection lost while publishing")
        elif connection.open:
            self._downwards(connection, lambda: connection.link.confirmed(message_id))

    def _route(self, message: SimMessage, *, retain: bool) -> None:
        if retain and message.payload:
            self._retained[message.topic] = message
        elif retain:
            # An empty retained payload forgets the topic (MQTT 5 section 3.3.1.3).
            self._retained.pop(message.topic, None)
        for session in tuple(self._sessions.values()):
            if any(matches(name, message.topic) for name in session.subscriptions):
                copies = 2 if self._goes_wrong(self.plan.repeat) else 1
                for _ in range(copies):
                    self._route_copy(session, message)

    def _route_copy(self, session: SimSession, message: SimMessage) -> None:
        if not self._goes_wrong(self.plan.reorder):
            self._enqueue(session, message)
            return
        life = self._life
        self._after(
            self.plan.reorder_ms,
            lambda: self._enqueue(session, message) if life == self._life else None,
        )

    def _enqueue(self, session: SimSession, message: SimMessage) -> None:
        if len(session.queue) < self.queue_max:
            session.queue.append(message)
            self._pump(session)

    def _pump(self, session: SimSession) -> None:
        connection = session.connection
        while (
            connection is not None
            and session.queue
            and len(session.inflight) < session.client.receive_max
        ):
            packet_id = session.next_packet_id()
            session.inflight[packet_id] = session.queue.popleft()
            self._send_down(connection, packet_id, session.inflight[packet_id])

    def _send_down(self, connection: SimConnection, packet_id: int, message: SimMessage) -> None:
        self._downwards(connection, lambda: self._deliver(connection, packet_id, message))

    def _deliver(self, connection: SimConnection, packet_id: int, message: SimMessage) -> None:
        if self._goes_wrong(self.plan.disconnect):
            self._cut(connection, "connection lost while receiving")
        else:
            connection.link.arrived(packet_id, message)

    def _acknowledged(self, connection: SimConnection, packet_id: int) -> None:
        connection.session.inflight.pop(packet_id, None)
        self._pump(connection.session)

    def _drop_now(self, client_id: str) -> None:
        self._faults_done += 1
        session = self._sessions.get(client_id)
        if session is not None and session.connection is not None:
            self._cut(session.connection, "connection lost")

    def _cut(self, connection: SimConnection, reason: str) -> None:
        self._close(connection, with_will=True)
        connection.link.connection_failed(reason)

    def _close(self, connection: SimConnection, *, with_will: bool) -> None:
        session = connection.session
        connection.open = False
        session.connection = None
        if session.client.clean:
            self._sessions.pop(session.client.client_id, None)
        will = session.client.will
        if with_will and will is not None:
            self._route(SimMessage(topic=will.topic, payload=will.payload), retain=will.retain)

    def _restart_now(self, outage_ms: int | None) -> None:
        self._life += 1
        self._up = False
        sessions = tuple(self._sessions.values())
        self._sessions.clear()
        self._retained.clear()
        for session in sessions:
            connection, session.connection = session.connection, None
            if connection is not None:
                # A broker that died publishes no wills.
                connection.open = False
                connection.link.connection_failed("connection lost: the broker died")
        if outage_ms is not None:
            self._after(outage_ms, self._come_back_now)

    def _come_back_now(self) -> None:
        self._up = True
