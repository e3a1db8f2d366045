"""The part of a link that does not depend on a library: its thread, its window, its patience."""

from __future__ import annotations

import contextlib
import itertools
import selectors
import socket
import threading
from abc import abstractmethod
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from mqtt.connection import Connection
from mqtt.link import AckToken, Link, LinkDown, LinkError, LinkEvent, LinkUp, Published
from mqtt.reconnect import Attempt, Backoff, VersionChoice
from mqtt.settings import LinkSettings, MqttVersion, check_payload, check_topic

#: Keepalives and deadlines are looked at this often on a quiet connection.
_TICK_S: Final = 1.0
#: The same while the broker has not answered yet: here a deadline is running.
_OPENING_TICK_S: Final = 0.1
#: How long ``stop`` waits for the broker to confirm what was just published.
_GOODBYE_S: Final = 2.0

_log = structlog.get_logger("mqtt.link")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Publish:
    message_id: int
    topic: str
    payload: bytes
    retain: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ack:
    packet_id: int


class ReconnectingLink(Link):
    """A link with one thread that connects, serves the connection, waits, and connects again.

    Only that thread touches the connection. ``publish`` and ``ack`` leave a command for it, and
    refuse one where there is no connection, so nothing is ever queued across connections.

    An exception out of the owner's handler ends the link: it is logged, raised in the thread
    (``threading.excepthook`` sees it), and every later ``publish`` raises ``LinkError`` from it.

    Args:
        settings: where to connect and how patiently.
        random_unit: a random number in [0, 1) for the jitter of reconnects.
        monotonic_s: a clock that never goes back, in seconds.
    """

    def __init__(
        self,
        settings: LinkSettings,
        *,
        random_unit: Callable[[], float],
        monotonic_s: Callable[[], float],
    ) -> None:
        self.settings = settings
        self._random_unit = random_unit
        self._monotonic_s = monotonic_s
        self._backoff = Backoff(min_s=settings.reconnect_min_s, max_s=settings.reconnect_max_s)
        self._versions = VersionChoice(
            wanted=settings.version, retry_after_s=settings.version_retry_s
        )
        self._message_ids = itertools.count(1)
        self._last_reason = ""
        self._thread: threading.Thread | None = None
        self._on_event: Callable[[LinkEvent], None] | None = None
        self._stopping = threading.Event()
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._wake_reader.setblocking(False)
        self._wake_writer.setblocking(False)
        # The lock guards what follows; it is never held while the owner's handler runs.
        self._lock = threading.Lock()
        self._commands: deque[_Publish | _Ack] = deque()
        self._generation = 0
        self._window = 0
        self._publish_bytes_max = settings.payload_bytes_max
        self._unconfirmed = 0
        self._failure: Exception | None = None
        self._wake_sent = False

    @abstractmethod
    def _connection(self, version: MqttVersion, generation: int) -> Connection:
        """Make a connection that has not been opened yet."""

    def start(self, on_event: Callable[[LinkEvent], None]) -> None:
        """See ``Link``."""
        if self._thread is not None or self._stopping.is_set():
            raise LinkError("a link is started once")
        self._on_event = on_event
        name = f"mqtt-{self.settings.client_id}"
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> int | None:
        """See ``Link``."""
        check_topic(topic)
        with self._lock:
            if self._failure is not None:
                raise LinkError("the link has ended by a fault") from self._failure
            check_payload(payload, self._publish_bytes_max)
            if self._unconfirmed >= self._window or self._stopping.is_set():
                return None
            self._unconfirmed += 1
            message_id = next(self._message_ids)
            self._commands.append(
                _Publish(message_id=message_id, topic=topic, payload=payload, retain=retain)
            )
            wake = self._must_wake()
        if wake:
            self._wake()
        return message_id

    def ack(self, token: AckToken) -> None:
        """See ``Link``."""
        with self._lock:
            if token.generation != self._generation or not self._window or not token.packet_id:
                return
            self._commands.append(_Ack(packet_id=token.packet_id))
            wake = self._must_wake()
        if wake:
            self._wake()

    def check(self) -> None:
        """See ``Link``."""
        with self._lock:
            if self._failure is not None:
                raise LinkError("the link has ended by a fault") from self._failure

    def stop(self) -> None:
        """See ``Link``."""
        self._stopping.set()
        self._wake()
        if self._thread is threading.current_thread():
            # Called from the owner's handler: the thread ends as soon as that returns.
            return
        if self._thread is not None:
            self._thread.join()
        self._close_wake()

    def _close_wake(self) -> None:
        self._wake_reader.close()
        self._wake_writer.close()

    def _must_wake(self) -> bool:
        """Say once, until the commands are looked at, that somebody must wake the thread.

        A system call for each of thousands of messages a second would cost more than the rest.
        Called with the lock held.
        """
        wake, self._wake_sent = not self._wake_sent, True
        return wake

    def _wake(self) -> None:
        # A full buffer means that enough wake-ups are on their way; a closed socket, that the
        # link has been stopped and nobody needs to wake up.
        with contextlib.suppress(BlockingIOError, OSError):
            self._wake_writer.send(b"\0")

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._stopping.wait(self._live_once())
        except Exception as error:
            # The owner's handler raised, or our own code: what a broker or a network does is caught
            # where it happens. The message itself stays out of the log, as it may hold payload.
            _log.error("a fault ends the link", error=type(error).__name__)
            with self._lock:
                self._failure = error
            raise
        finally:
            self._forget_connection()
            self._close_wake()

    def _live_once(self) -> float:
        """Connect, serve until the end, and return how long to wait before the next time."""
        started_s = self._monotonic_s()
        version = self._versions.version(started_s)
        connection = self._connection(version, self._generation + 1)
        try:
            connection.open()
            if connection.ended is None:
                self._serve(connection)
        finally:
            connection.close()
            self._forget_connection()
        at_once = self._versions.ended(version, connection.attempt, self._monotonic_s())
        if self._stopping.is_set():
            return 0.0
        reason = connection.ended or "the connection ended"
        self._note_down(version, reason)
        self._emit(LinkDown(reason=reason))
        if at_once:
            return 0.0
        lived_s = self._monotonic_s() - started_s
        if connection.attempt is Attempt.ACCEPTED and lived_s >= self.settings.stable_after_s:
            self._backoff.reset()
        return self._backoff.next_wait_s(self._random_unit())

    def _note_down(self, version: MqttVersion, reason: str) -> None:
        # A shop may be without a network for days: the same reason is news only once.
        note = _log.debug if reason == self._last_reason else _log.info
        note("down", client_id=self.settings.client_id, mqtt=version.value, reason=reason)
        self._last_reason = reason

    def _serve(self, connection: Connection) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._wake_reader, selectors.EVENT_READ)
            self._serve_until_stopped(connection, selector)
            if connection.ended is None:
                self._part(connection, selector)

    def _serve_until_stopped(
        self, connection: Connection, selector: selectors.BaseSelector
    ) -> None:
        while connection.ended is None and not self._stopping.is_set():
            self._step(connection, selector, _TICK_S if self._window else _OPENING_TICK_S)
            self._hand_over(connection)

    def _part(self, connection: Connection, selector: selectors.BaseSelector) -> None:
        """Send what was handed over before ``stop``, then say goodbye. No event is handed over."""
        deadline_s = self._monotonic_s() + _GOODBYE_S
        while connection.ended is None and self._monotonic_s() < deadline_s:
            self._confirm(connection)
            if not self._unconfirmed and not self._commands and not connection.wants_write:
                break
            self._step(connection, selector, 0.05)
        connection.say_goodbye()
        while connection.ended is None and self._monotonic_s() < deadline_s:
            self._step(connection, selector, 0.05)

    def _step(
        self, connection: Connection, selector: selectors.BaseSelector, timeout_s: float
    ) -> None:
        """Give the connection its commands, wait for the socket, and move bytes."""
        self._run_commands(connection)
        connection.write()
        fileno = connection.fileno
        if fileno is None:
            return
        mask = selectors.EVENT_READ | (selectors.EVENT_WRITE if connection.wants_write else 0)
        selector.register(fileno, mask)
        try:
            ready = {key.fd for key, _ in selector.select(timeout_s)}
        finally:
            selector.unregister(fileno)
        if self._wake_reader.fileno() in ready:
            # Many wake-ups may have gathered: one look at the commands serves them all.
            self._wake_reader.recv(65_536)
        if fileno in ready:
            connection.read()
        connection.tick()

    def _run_commands(self, connection: Connection) -> None:
        with self._lock:
            commands, self._commands = self._commands, deque()
            self._wake_sent = False
        for command in commands:
            if isinstance(command, _Ack):
                connection.ack(command.packet_id)
            else:
                connection.publish(
                    command.message_id, command.topic, command.payload, retain=command.retain
                )

    def _confirm(self, connection: Connection) -> None:
        """Take note of confirmations while parting, when the owner is told nothing any more."""
        confirmed = sum(isinstance(event, Published) for event in connection.events)
        connection.events.clear()
        with self._lock:
            self._unconfirmed -= confirmed

    def _hand_over(self, connection: Connection) -> None:
        while connection.events and not self._stopping.is_set():
            event = connection.events.popleft()
            with self._lock:
                if isinstance(event, LinkUp):
                    self._generation = event.generation
                    self._window = connection.window
                    self._publish_bytes_max = connection.publish_bytes_max
                elif isinstance(event, Published):
                    self._unconfirmed -= 1
            self._emit(event)

    def _emit(self, event: LinkEvent) -> None:
        if self._on_event is not None and not self._stopping.is_set():
            self._on_event(event)

    def _forget_connection(self) -> None:
        with self._lock:
            self._window = 0
            self._unconfirmed = 0
            self._commands.clear()
            self._wake_sent = False
            self._publish_bytes_max = self.settings.payload_bytes_max
