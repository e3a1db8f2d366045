"""Sends codes on a thread of its own: a slow phone network delays nobody but who waits for it."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from gateway.clock import Clock
from gateway.codes.sender import CodeMessage, CodeSender, CodeSendError
from gateway.formatting.phone import mask_phone
from gateway.notifier import Notice, NoticeKind, Notifier
from gateway.office.reaching import Reached
from gateway.service.telling import tell

#: More than wait so long behind a network that is down are not sent: their codes would be over.
QUEUE_MAX: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeOrder:
    """A code to be sent.

    Attributes:
        code: the ASCII digits.
        to: whom to send it.
        minutes: how long it counts.
    """

    code: str = field(repr=False)
    to: Reached
    minutes: int


Write = Callable[[CodeOrder], CodeMessage]
"""Writes what a member reads; it may look things up, and is called on the sending thread."""


class CodePost:
    """One thread that sends, and a queue before it that does not grow."""

    def __init__(
        self,
        sender: CodeSender,
        write: Write,
        notifier: Notifier,
        clock: Clock,
        *,
        queue_max: int = QUEUE_MAX,
    ) -> None:
        """Start the thread.

        Args:
            sender: brings messages to phones.
            write: see ``Write``.
            notifier: told of what could not be sent.
            clock: dates that.
            queue_max: messages that wait at most.
        """
        self._sender = sender
        self._write = write
        self._notifier = notifier
        self._clock = clock
        self._queue: queue.Queue[CodeOrder | None] = queue.Queue(queue_max)
        self._closing = threading.Event()
        self._log = structlog.get_logger("mohr.gateway")
        self._thread = threading.Thread(target=self._run, name="mohr-codes")
        self._thread.start()

    def post(self, order: CodeOrder) -> bool:
        """Take a code on its way; never waits.

        Returns:
            whether there was room for it.
        """
        try:
            self._queue.put_nowait(order)
        except queue.Full:
            return False
        return True

    def close(self) -> None:
        """Finish the message in hand and stop; what waits is not sent. May be called twice."""
        self._closing.set()
        # A full queue wakes the thread by itself.
        self._offer_nothing()
        self._thread.join()

    def _offer_nothing(self) -> None:
        try:
            self._queue.put_nowait(None)
        except queue.Full:
            return

    def _run(self) -> None:
        while not self._closing.is_set():
            order = self._queue.get()
            if order is not None and not self._closing.is_set():
                self._send(order)

    def _send(self, order: CodeOrder) -> None:
        try:
            self._sender.send(self._write(order))
        except CodeSendError as error:
            self._failed(order, str(error))
        except Exception as error:  # noqa: BLE001 - a fault of one message must not end the thread
            # Its text may hold the message; its kind is enough to look further.
            self._failed(order, type(error).__name__)

    def _failed(self, order: CodeOrder, why: str) -> None:
        to = mask_phone(order.to.phone)
        self._log.error("a code was not sent", to=to, why=why)
        notice = Notice(
            kind=NoticeKind.ALARM,
            at_ms=self._clock.unix_ms(),
            code="code_not_sent",
            text=f"A code for {to} could not be sent, and its customer waits in vain: {why}",
        )
        tell(self._notifier, notice)
