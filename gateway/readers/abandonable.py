"""A device whose driver may hang: each call runs in a worker that can be left behind.

A driver that never returns cannot be interrupted. So its calls are made in a thread of their own,
and after a limit the thread is given up together with the device: the reader is lost, and opened
anew. The thread closes its device and ends as soon as the driver lets go of it.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from queue import SimpleQueue
from threading import Thread
from typing import Final, TypeVar

import structlog

from gateway.readers.errors import ReaderUnavailableError
from gateway.readers.polled import CardDevice

#: Longer than any call of a driver that works, its own retries included.
CALL_LIMIT_S: Final = 5.0
OPEN_LIMIT_S: Final = 15.0

Device = TypeVar("Device", bound=CardDevice)
Result = TypeVar("Result")

_log = structlog.get_logger("mohr.readers.abandonable")


class AbandonableDevice(CardDevice):
    """Speaks to a device from another thread.

    Args:
        open_device: opens it, in the worker.
        call_limit_s: how long a call may take.
        open_limit_s: how long opening may take.

    Raises:
        ReaderUnavailableError: if it cannot be opened, or opening hangs.
    """

    def __init__(
        self,
        open_device: Callable[[], CardDevice],
        *,
        call_limit_s: float = CALL_LIMIT_S,
        open_limit_s: float = OPEN_LIMIT_S,
    ) -> None:
        self._limit_s = call_limit_s
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._device: CardDevice | None = None
        self._open = open_device
        self._thread = Thread(target=self._run, name="mohr-card-driver", daemon=True)
        self._thread.start()
        try:
            self._call(self._bring, open_limit_s)
        except BaseException:
            self._work.put(None)
            raise

    def card(self) -> bytes | None:
        """See ``CardDevice``."""
        return self._call(lambda: self._opened().card(), self._limit_s)

    def transmit(self, command: bytes) -> bytes:
        """See ``CardDevice``."""
        return self._call(lambda: self._opened().transmit(command), self._limit_s)

    def close(self) -> None:
        """Close the device, or leave that to the worker where it hangs. See ``CardDevice``."""
        self._work.put(None)
        self._thread.join(self._limit_s)
        if self._thread.is_alive():
            _log.warning("the driver hangs and is left behind")

    def _opened(self) -> CardDevice:
        assert self._device is not None, "used once it is open"
        return self._device

    def _bring(self) -> None:
        self._device = self._open()

    def _call(self, work: Callable[[], Result], limit_s: float) -> Result:
        future: Future[Result] = Future()

        def do() -> None:
            try:
                future.set_result(work())
            except BaseException as error:  # noqa: BLE001 - it goes up in the thread that asked
                future.set_exception(error)

        self._work.put(do)
        try:
            return future.result(limit_s)
        except FutureTimeoutError:
            raise ReaderUnavailableError(f"the driver hangs for {limit_s:g} s") from None

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            work()
        if self._device is not None:
            self._device.close()
