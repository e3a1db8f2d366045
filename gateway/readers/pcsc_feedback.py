"""Lamp and buzzer of PC/SC readers, from a thread of their own: the daemon may keep one waiting.

What cannot be shown is left out. That a driver lets no escape command through is logged once: it
is a setting of the driver, and the reader reads cards without it.
"""

from __future__ import annotations

from contextlib import suppress
from queue import Full, Queue
from threading import Thread
from typing import Final

import structlog

from gateway.readers.errors import CardRemovedError, CardTimeoutError, ReaderUnavailableError
from gateway.readers.feedback import Signal
from gateway.readers.feedback_commands import feedback_commands
from gateway.readers.pcsc_calls import PcscContext

_WAITING_MAX: Final = 4
_STOP_S: Final = 1.0


class PcscFeedback:
    """Shows signals on every reader whose name contains ``name_part`` and whose lamp is known.

    Args:
        name_part: empty for all readers.
    """

    def __init__(self, name_part: str) -> None:
        self._name_part = name_part
        self._queue: Queue[Signal | None] = Queue(maxsize=_WAITING_MAX)
        self._thread = Thread(target=self._run, name="mohr-feedback", daemon=True)
        self._told = False

    def start(self) -> None:
        """Begin; nothing is sent before the first signal."""
        self._thread.start()

    def stop(self) -> None:
        """End, and leave behind what a hung daemon holds."""
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join(_STOP_S)

    def give(self, signal: Signal) -> None:
        """Show a signal soon; one that would come too late is dropped."""
        with suppress(Full):
            self._queue.put_nowait(signal)

    def _run(self) -> None:
        while (signal := self._queue.get()) is not None:
            try:
                self._show(signal)
            except (ReaderUnavailableError, CardRemovedError, CardTimeoutError) as error:
                self._tell_once(error)

    def _show(self, signal: Signal) -> None:
        context = PcscContext()
        try:
            for reader in context.readers():
                commands = feedback_commands(reader, signal)
                if commands and self._name_part in reader:
                    context.escape(reader, commands)
        finally:
            context.release()

    def _tell_once(self, error: Exception) -> None:
        if not self._told:
            self._told = True
            structlog.get_logger("mohr.readers.pcsc").warning("no feedback", reason=str(error))
