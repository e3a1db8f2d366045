"""Opens a batch of deliveries on several threads: checking a seal releases the interpreter's lock.

The threads share each batch in slices and all are done before the writer goes on. Checking ahead
while the writer works was measured and is slower: whoever releases the lock beside a thread that
computes waits a whole switch interval, 5 ms, to have it back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from gateway.service.lane import Shed
from gateway.service.messages import Opened
from mqtt.link import Delivered

#: Fewer than this are opened faster by one thread than handed to another.
_WORTH_SHARING = 8


class Opener:
    """Turns deliveries into what the writer needs, in order."""

    def __init__(self, open_: Callable[[Delivered], Opened], *, threads: int) -> None:
        """Start the threads.

        Args:
            open_: opens one delivery; safe from any thread.
            threads: how many work at once, the caller's included.
        """
        self._open = open_
        self._threads = threads
        self._pool = (
            ThreadPoolExecutor(threads - 1, thread_name_prefix="mohr-verify")
            if threads > 1
            else None
        )

    def open_all(self, deliveries: Sequence[Delivered | Shed]) -> tuple[Opened, ...]:
        """Open them all; the caller's thread does its share."""
        if self._pool is None or len(deliveries) < _WORTH_SHARING:
            return tuple(map(self._open_one, deliveries))
        share = -(-len(deliveries) // self._threads)
        slices = [deliveries[at : at + share] for at in range(0, len(deliveries), share)]
        others = [self._pool.submit(self._open_slice, some) for some in slices[1:]]
        opened = self._open_slice(slices[0])
        for other in others:
            opened += other.result()
        return tuple(opened)

    def close(self) -> None:
        """Stop the threads."""
        if self._pool is not None:
            self._pool.shutdown()

    def _open_slice(self, deliveries: Sequence[Delivered | Shed]) -> list[Opened]:
        return [self._open_one(one) for one in deliveries]

    def _open_one(self, one: Delivered | Shed) -> Opened:
        return Opened(token=one.token) if isinstance(one, Shed) else self._open(one)
