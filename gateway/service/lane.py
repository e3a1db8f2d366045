"""The one lane to the writer's thread: deliveries in order, opened by a pool, and calls beside.

Memory is bounded by count: the broker may have ``places`` deliveries with us unacknowledged, and
is told so (MQTT 5 Receive Maximum). A broker that sends more all the same is acknowledged for the
surplus in its turn and the surplus is forgotten. That loses nothing: no receipt is ever given for
it, so its terminal keeps it and sends it again.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

from gateway.errors import ConfigError
from gateway.service.messages import Opened
from mqtt.link import Delivered

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What the writer's thread is to do next; both parts may be empty."""

    calls: tuple[Call[object], ...] = ()
    opened: tuple[Opened, ...] = ()


class Lane:
    """Deliveries and calls on their way to the writer's thread."""

    def __init__(self, open_: Callable[[Delivered], Opened], *, places: int, threads: int) -> None:
        """Start the pool.

        Args:
            open_: turns a delivery into what the writer needs; safe from any thread.
            places: deliveries that may be here or with the writer at once.
            threads: how many deliveries are opened at once.
        """
        self._open = open_
        self._places = places
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="mohr-verify")
        self._changed = threading.Condition()
        self._deliveries: deque[Future[Opened]] = deque()
        self._calls: deque[Call[object]] = deque()
        self._outstanding = 0
        self._shed = 0
        self._closed = False

    # -- any thread ---------------------------------------------------------------------------

    def put(self, delivered: Delivered) -> None:
        """Take a delivery; never blocks, because the link's thread calls it."""
        with self._changed:
            if self._closed:
                return
            self._outstanding += 1
            if self._outstanding > self._places:
                self._shed += 1
                shed: Future[Opened] = Future()
                shed.set_result(Opened(token=delivered.token))
                self._deliveries.append(shed)
            else:
                self._deliveries.append(self._pool.submit(self._open, delivered))
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
        self._pool.shutdown(cancel_futures=True)

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
        """Deliveries forgotten since the start because the broker sent more than it may."""
        return self._shed

    # -- the writer's thread ------------------------------------------------------------------

    def next(self, *, timeout_s: float, arrivals_max: int) -> Work:
        """Wait for something to do.

        Args:
            timeout_s: how long to wait at most.
            arrivals_max: take deliveries until they hold this many arrivals; 0 takes calls only.
                The last delivery may go beyond it: a batch of a terminal is not torn apart.

        Returns:
            what there is; both parts empty after the time is up, or when the lane was closed.
        """
        with self._changed:
            self._changed.wait_for(
                lambda: self._closed or self._calls or (arrivals_max and self._deliveries),
                timeout_s,
            )
            if self._closed:
                return Work()
            calls = tuple(self._calls)
            self._calls.clear()
        if calls or not arrivals_max:
            return Work(calls=calls)
        return Work(opened=self._take(arrivals_max))

    def settle(self, count: int) -> None:
        """Note that ``count`` deliveries were acknowledged: the broker may send as many more."""
        with self._changed:
            self._outstanding -= count

    def _take(self, arrivals_max: int) -> tuple[Opened, ...]:
        taken: list[Opened] = []
        arrivals = 0
        while arrivals < arrivals_max:
            with self._changed:
                if not self._deliveries or self._closed:
                    break
                # The first is worth waiting for; for the rest, whoever is ready shares the commit.
                if taken and not self._deliveries[0].done():
                    break
                future = self._deliveries.popleft()
            try:
                opened = future.result()
            except CancelledError:
                # Closed before a thread of the pool came to it: it stays unacknowledged.
                break
            taken.append(opened)
            arrivals += len(opened.arrivals)
        return tuple(taken)
