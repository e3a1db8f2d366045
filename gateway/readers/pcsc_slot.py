"""``PcscSlot``: a desk's contactless reader behind pcscd.

Every conversation runs in a thread of its own that may be left behind: a card that hangs blocks
its transmit for ever (see ``pcsc_conversation``). Which card is a new one the reader's event
counter says; a card that was changed for another within pcscd's polling interval raises no event,
and has to be lifted once more.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from queue import Empty, Queue
from threading import Thread
from typing import Final

from gateway.readers.apdu import get_uid
from gateway.readers.errors import CardRemovedError, CardTimeoutError, ReaderUnavailableError
from gateway.readers.pcsc_calls import PcscCard, PcscContext, require_library
from gateway.readers.slot import CardSession, CardSlot

_SLICE_MS: Final = 500
#: pcscd looks at a reader every 400 ms; asking it more often tells nothing new.
_SETTLING_S: Final = 0.1

_Job = Callable[[], bytes]


class PcscSession(CardSession):
    """A session with a card in a reader, held in a transaction until ``close``."""

    def __init__(self, reader: str, answer_timeout_ms: int) -> None:
        """Connect.

        Raises:
            ReaderError: as ``PcscContext.connect``.
        """
        self.reader = reader
        self._timeout_ms = answer_timeout_ms
        self._jobs: Queue[_Job | None] = Queue()
        self._answers: Queue[bytes | Exception] = Queue()
        self._card: PcscCard | None = None
        self._open = True
        #: Whether the card left in the middle of it.
        self.lost = False
        self._worker = Thread(target=self._work, name="mohr-desk-card", daemon=True)
        self._worker.start()
        try:
            self.atr = self._do(self._connect)
        except BaseException:
            self.close()
            raise

    def transmit(self, command: bytes) -> bytes:
        """See ``CardSession.transmit``."""
        return self._do(lambda: self._connected().transmit(command))

    def close(self) -> None:
        """See ``CardSession.close``."""
        if self._open:
            self._open = False
            self._jobs.put(None)
            # A worker that hangs is left behind; it ends when the card leaves or the daemon dies.
            self._worker.join(timeout=self._timeout_ms / 1000)

    def _do(self, job: _Job) -> bytes:
        if not self._open:
            raise CardRemovedError("the session with the card is over")
        self._jobs.put(job)
        try:
            answer = self._answers.get(timeout=self._timeout_ms / 1000)
        except Empty:
            self._open = False
            self._jobs.put(None)
            raise CardTimeoutError(
                f"the card did not answer within {self._timeout_ms} ms; what it did is unknown"
            ) from None
        if isinstance(answer, Exception):
            self.lost = isinstance(answer, CardRemovedError)
            raise answer
        # An empty answer with a result code of success is a card torn away; ``drive`` says so.
        self.lost = not answer
        return answer

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                self._answers.put(job())
            except Exception as error:  # noqa: BLE001 - raised again where the answer is awaited
                self._answers.put(error)
        if self._card is not None:
            self._card.disconnect()
            self._context.release()

    def _connect(self) -> bytes:
        self._context = PcscContext()
        card = self._context.connect(self.reader)
        card.begin()
        self._card = card
        return card.answer_to_reset()

    def _connected(self) -> PcscCard:
        assert self._card is not None
        return self._card


class PcscSlot(CardSlot):
    """One reader, by a part of its name."""

    def __init__(self, reader_name: str, *, answer_timeout_ms: int) -> None:
        """Find the reader.

        Raises:
            DriverMissingError: if the PC/SC client library is not installed.
            ReaderUnavailableError: if there is no such reader, or more than one.
        """
        require_library()
        self._context = PcscContext()
        self._timeout_ms = answer_timeout_ms
        try:
            self._reader = _only(reader_name, self._context.readers())
        except BaseException:
            self._context.release()
            raise
        #: The event counter at which the last card was handed out, and its session.
        self._served: int | None = None
        self._session: PcscSession | None = None

    def next_card(self, timeout_ms: int) -> CardSession | None:
        """See ``CardSlot.next_card``."""
        if self._session is not None and self._session.lost:
            # It left, whether the daemon has noticed or not; what lies there now was laid anew.
            self._served = None
        until_s = time.monotonic() + timeout_ms / 1000
        flags = 0
        while True:
            found = self._context.status_change({self._reader: flags}, _SLICE_MS if flags else 0)
            if found == ():
                raise ReaderUnavailableError(f"{self._reader} went away")
            for status in found or ():
                flags = status.as_current
                if status.present and status.event_count != self._served:
                    self._session = self._connected()
                    if self._session is not None:
                        self._served = status.event_count
                        return self._session
                    flags = 0
            if time.monotonic() >= until_s:
                return None

    def close(self) -> None:
        """See ``CardSlot.close``."""
        self._context.release()

    def _connected(self) -> PcscSession | None:
        """A session; None where the card is still coming, or is gone and nobody noticed."""
        try:
            session = PcscSession(self._reader, self._timeout_ms)
        except (CardRemovedError, CardTimeoutError):
            time.sleep(_SETTLING_S)
            return None
        try:
            session.transmit(get_uid().to_bytes())
        except CardRemovedError:
            # The daemon lets us connect to a card that left less than 400 ms ago.
            session.close()
            time.sleep(_SETTLING_S)
            return None
        except CardTimeoutError:
            # A card that hangs is handed out too: whoever speaks to it is told, once.
            return session
        return session


def _only(wanted: str, readers: tuple[str, ...]) -> str:
    matching = [one for one in readers if wanted in one]
    if len(matching) == 1:
        return matching[0]
    there = ", ".join(sorted(readers)) or "none"
    if matching:
        raise ReaderUnavailableError(f"more than one reader fits; name one of: {there}")
    raise ReaderUnavailableError(f"no reader's name holds {wanted!r}; there are: {there}")
