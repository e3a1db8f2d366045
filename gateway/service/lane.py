"""The one lane to the writer's thread: deliveries in order, and calls beside.

Memory is bounded here and not by trust in the broker. It is told how many deliveries it may have
with us unacknowledged (MQTT 5 Receive Maximum), but Mosquitto 2.0.11, which Debian 12 ships,
forgets that limit as soon as acknowledgements flow. So what comes is kept as it came, closed, up
to so many deliveries and so many bytes; the surplus is acknowledged in its turn and forgotten.
That loses nothing: no receipt is ever given for it, so its terminal keeps it and sends it again.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Generic, TypeVar

from gateway.errors import ConfigError
from gateway.wire.batch import envelopes_claimed
from mqtt.link import AckToken, Delivered

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """Something to be done on the writer's thread, between two batches."""

    work: Callable[[], T]
    done: Future[T]

    def run(self) -> None:
        """Do it, and hand its result or its fault to whoever waits."""
        if not self.done.set_running_or_notify_cancel():
            return
        try:
            result = self.work()
        except Exception as error:  # noqa: BLE001 - raised again where the result is awaited
            self.done.set_exception(error)
        else:
            self.done.set_result(result)


@dataclass(frozen=True, slots=True)
class Shed:
    """A delivery that was forgotten, but must be acknowledged in its turn."""

    token: AckToken


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What the writer's thread is to do next; both parts may be empty."""

    calls: tuple[Call[object], ...] = ()
    deliveries: tuple[Delivered | Shed, ...] = ()


class Lane:
    """Deliveries and calls on their way to the writer's thread."""

    def __init__(self, *, places: int, bytes_max: int) -> None:
        """Begin empty.

        Args:
            places: deliveries that may be here or with the writer at once.
            bytes_max: payload bytes that may be here or with the writer at once.
        """
        self._places = places
        self._bytes_max = bytes_max
        self._changed = threading.Condition()
        self._deliveries: deque[Delivered | Shed] = deque()
        self._calls: deque[Call[object]] = deque()
        self._outstanding = 0
        self._outstanding_bytes = 0
        self._shed = 0
        self._writer_waits = False
        self._closed = False

    # -- any thread ---------------------------------------------------------------------------

    def put(self, delivered: Delivered) -> None:
        """Take a delivery; never blocks, because the link's thread calls it."""
        with self._changed:
            if self._closed:
                return
            room = self._bytes_max - self._outstanding_bytes
            if self._outstanding >= self._places or len(delivered.payload) > room:
                self._shed += 1
                self._deliveries.append(Shed(delivered.token))
            else:
                self._outstanding += 1
                self._outstanding_bytes += len(delivered.payload)
                self._deliveries.append(delivered)
            if self._writer_waits:
                self._changed.notify()

    def call(self, work: Callable[[], T]) -> Future[T]:
        """Have ``work`` done on the writer's thread.

        Raises:
            ConfigError: if the lane is closed.
        """
        call = Call(work, Future())
        with self._changed:
            if self._closed:
                raise ConfigError("the gateway is stopping")
            self._calls.append(call)  # type: ignore[arg-type] # a Call is read-only to its runner
            self._changed.notify()
        return call.done

    def close(self) -> None:
        """Take nothing more; what was not handed to the writer yet stays unacknowledged."""
        with self._changed:
            self._closed = True
            for call in self._calls:
                call.done.set_exception(ConfigError("the gateway is stopping"))
            self._calls.clear()
            self._deliveries.clear()
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        """Whether nothing more will come."""
        return self._closed

    @property
    def waiting(self) -> int:
        """Deliveries that are not settled yet."""
        return self._outstanding

    @property
    def shed(self) -> int:
        """Deliveries forgotten since the start because there was no room for them."""
        return self._shed

    # -- the writer's thread ------------------------------------------------------------------

    def next(self, *, timeout_s: float, transactions_max: int) -> Work:
        """Wait for something to do.

        Args:
            timeout_s: how long to wait at most.
            transactions_max: take deliveries until they claim this many transactions; 0 takes
                calls only. The last delivery may go beyond it: a terminal's batch is not torn
                apart.

        Returns:
            what there is; both parts empty after the time is up, or when the lane was closed.
        """
        with self._changed:
            self._writer_waits = True
            self._changed.wait_for(
                lambda: self._closed or self._calls or (transactions_max and self._deliveries),
                timeout_s,
            )
            self._writer_waits = False
            if self._closed:
                return Work()
            calls = tuple(self._calls)
            self._calls.clear()
            if calls or not transactions_max:
                return Work(calls=calls)
            return Work(deliveries=self._take(transactions_max))

    def settle(self, deliveries: tuple[Delivered | Shed, ...]) -> None:
        """Note that these were handled: their room is free."""
        payloads = [len(one.payload) for one in deliveries if isinstance(one, Delivered)]
        with self._changed:
            self._outstanding -= len(payloads)
            self._outstanding_bytes -= sum(payloads)

    def _take(self, transactions_max: int) -> tuple[Delivered | Shed, ...]:
        taken: list[Delivered | Shed] = []
        transactions = 0
        while self._deliveries and transactions < transactions_max:
            one = self._deliveries.popleft()
            transactions += envelopes_claimed(one.payload) if isinstance(one, Delivered) else 1
            taken.append(one)
        return tuple(taken)
