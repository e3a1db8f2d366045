"""Seals and sends what was decided, on a thread of its own, while the writer goes on.

A commit is durable before its replies come here, so nothing is at stake: a reply that is lost with
the process is asked for again. One thread keeps them in the order of the commits, and the writer
waits for the replies of one commit before it hands over those of the next, so they never pile up.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import structlog

from gateway.errors import MohrError
from gateway.service.messages import Publish, Unsealed


class Answering:
    """One thread that seals."""

    def __init__(
        self, seal: Callable[[Unsealed], Publish], send: Callable[[Publish], None]
    ) -> None:
        """Start the thread.

        Args:
            seal: puts the gateway's seal on a message.
            send: hands a message to the link; safe from any thread.
        """
        self._seal = seal
        self._send = send
        self._log = structlog.get_logger("mohr.gateway")
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="mohr-answer")
        self._last: Future[None] | None = None

    def answer(self, replies: tuple[Unsealed, ...]) -> None:
        """Seal and send messages after those that were given before, once those are sent.

        Raises:
            Exception: what the thread failed of; it would otherwise be heard of by nobody.
        """
        if self._last is not None:
            self._last.result()
        self._last = self._pool.submit(self._answer, replies) if replies else None

    def close(self) -> None:
        """Finish what was given, and stop."""
        self._pool.shutdown()

    def _answer(self, replies: tuple[Unsealed, ...]) -> None:
        for reply in replies:
            try:
                self._send(self._seal(reply))
            except MohrError as error:
                # A key that cannot sign now: whoever waits asks again, and a person reads this.
                self._log.error("reply not sealed", terminal=reply.terminal, error=str(error))
