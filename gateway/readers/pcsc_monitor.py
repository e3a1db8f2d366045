"""The thread that asks pcscd what its readers show, and survives pcscd.

It knows nothing of conversations: it posts what it sees. With the daemon gone it tries again with
growing pauses; with nothing to see it sleeps inside ``SCardGetStatusChange``, in slices so that
``stop`` and a lost wake-up cost a second at most.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Thread
from typing import Final

import structlog

from gateway.readers.errors import ReaderUnavailableError
from gateway.readers.pcsc_calls import PLUG_AND_PLAY, PcscContext, ReaderStatus

SLICE_MS: Final = 1_000
#: Pauses between attempts to reach an absent daemon; the last one repeats.
BACK_OFF_S: Final = (0.1, 0.25, 0.5, 1.0)
QUIET_PAUSE_S: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLost:
    """The daemon is not there, or went away."""

    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadersAre:
    """The readers the daemon has: those asked for, and the others."""

    matching: tuple[str, ...]
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CardCame:
    """A card is in front of a reader that was empty, or that nothing was known of."""

    reader: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardWent:
    """The reader is empty again."""

    reader: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardSwapped:
    """A card was and is there, but the event counter moved: one left and one came."""

    reader: str


Sighting = ServiceLost | ReadersAre | CardCame | CardWent | CardSwapped


class PcscMonitor(Thread):
    """Watch the readers whose name contains ``name_part``.

    Args:
        name_part: empty for all readers.
        post: takes what is seen; called from this thread, must not block.
    """

    def __init__(self, name_part: str, post: Callable[[Sighting], None]) -> None:
        super().__init__(name="mohr-pcsc-monitor", daemon=True)
        self._name_part = name_part
        self._post = post
        self._stopping = Event()
        self._context: PcscContext | None = None
        self._known: dict[str, int] = {}
        self._failures = 0
        self._listed: tuple[str, ...] | None = None
        self._log = structlog.get_logger("mohr.readers.pcsc")
        #: How often the daemon was asked anything; a test holds it against a busy loop.
        self.call_count = 0

    def stop(self) -> None:
        """Ask the thread to end; it does within a slice even if the wake-up is lost."""
        self._stopping.set()
        context = self._context
        if context is not None:
            context.cancel()

    def run(self) -> None:
        """Watch until stopped."""
        while not self._stopping.is_set():
            try:
                self._watch_once()
            except ReaderUnavailableError as error:
                self._lose_service(error)
        self._release()

    def _watch_once(self) -> None:
        self.call_count += 1
        if self._context is None:
            self._context = PcscContext()
            self._log.info("connected to pcscd")
        names = self._context.readers()
        self._failures = 0
        if names != self._listed:
            self._note_readers(names)
        self._known.setdefault(PLUG_AND_PLAY, len(names) << 16)
        statuses = self._context.status_change(self._known, SLICE_MS)
        if statuses is None:
            return
        news = [self._note_status(status) for status in statuses]
        if not any(news):
            # Whatever brought nothing new may be said again at once: a reader being unplugged, an
            # exotic flag that keeps changing. That must not become a busy loop.
            self._stopping.wait(QUIET_PAUSE_S)

    def _note_readers(self, names: tuple[str, ...]) -> None:
        self._listed = names
        matching = tuple(name for name in names if self._name_part in name)
        others = tuple(name for name in names if self._name_part not in name)
        self._known = {name: self._known.get(name, 0) for name in matching}
        self._log.info("readers", matching=matching, others=others)
        self._post(ReadersAre(matching=matching, others=others))

    def _note_status(self, status: ReaderStatus) -> bool:
        """Post what is new about one reader; say whether anything was."""
        before = self._known.get(status.reader)
        if before is None or status.as_current == before:
            return False
        self._known[status.reader] = status.as_current
        if status.reader == PLUG_AND_PLAY:
            return True
        if not status.known:
            # The list of the next round is without it; forget what was known until then.
            self._known[status.reader] = 0
            self._listed = None
            return False
        self._post_change(ReaderStatus(reader=status.reader, flags=before), status)
        return True

    def _post_change(self, before: ReaderStatus, after: ReaderStatus) -> None:
        if before.present and not after.present:
            self._post(CardWent(reader=after.reader))
        elif after.present and not before.present:
            self._post(CardCame(reader=after.reader))
        elif after.present and before.event_count != after.event_count:
            self._post(CardSwapped(reader=after.reader))

    def _lose_service(self, error: ReaderUnavailableError) -> None:
        if self._failures == 0:
            self._log.warning("pcscd is not there", reason=str(error))
        self._release()
        self._post(ServiceLost(detail=str(error)))
        pause_s = BACK_OFF_S[min(self._failures, len(BACK_OFF_S) - 1)]
        self._failures += 1
        self._stopping.wait(pause_s)

    def _release(self) -> None:
        context, self._context = self._context, None
        self._known = {}
        self._listed = None
        if context is not None:
            context.release()
