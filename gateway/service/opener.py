"""Opens batches of deliveries on threads of its own; checking seals needs no interpreter lock.

While the writer commits one batch, the next is opened beside it, in slices, so that two processors
have something to do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from gateway.service.lane import Shed
from gateway.service.messages import Opened
from gateway.wire.batch import envelopes_claimed
from mqtt.link import Delivered

#: Fewer transactions are opened by the writer itself sooner than handed to somebody else.
_WORTH_SHARING = 8


@dataclass(frozen=True, slots=True)
class Opening:
    """A batch that is being opened.

    Attributes:
        deliveries: what it is made of.
        parts: its slices, in order.
    """

    deliveries: tuple[Delivered | Shed, ...]
    parts: tuple[Future[list[Opened]], ...]

    def opened(self) -> tuple[Opened, ...]:
        """Wait until all of it is open; in the order of the deliveries."""
        return tuple(one for part in self.parts for one in part.result())


class Opener:
    """Turns deliveries into what the writer needs, in order."""

    def __init__(self, open_: Callable[[Delivered], Opened], *, threads: int) -> None:
        """Start the threads.

        Args:
            open_: opens one delivery; safe from any thread.
            threads: how many work at once.
        """
        self._open = open_
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="mohr-verify")

    def begin(self, deliveries: tuple[Delivered | Shed, ...]) -> Opening:
        """Begin to open a batch. A small one is open when this returns."""
        claimed = sum(
            envelopes_claimed(one.payload) for one in deliveries if isinstance(one, Delivered)
        )
        if claimed < _WORTH_SHARING:
            done: Future[list[Opened]] = Future()
            done.set_result(self._open_slice(deliveries))
            return Opening(deliveries, (done,))
        share = -(-len(deliveries) // self._threads)
        slices = [deliveries[at : at + share] for at in range(0, len(deliveries), share)]
        return Opening(
            deliveries, tuple(self._pool.submit(self._open_slice, some) for some in slices)
        )

    def close(self) -> None:
        """Stop the threads."""
        self._pool.shutdown()

    def _open_slice(self, deliveries: Sequence[Delivered | Shed]) -> list[Opened]:
        return [
            Opened(token=one.token) if isinstance(one, Shed) else self._open(one)
            for one in deliveries
        ]
