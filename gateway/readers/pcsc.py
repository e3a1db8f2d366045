"""``PcscReader``: contactless readers behind pcscd, on raw PC/SC calls.

Three kinds of thread: a monitor asks the daemon what the readers show; a conversation talks to
one card and may be left behind if the card hangs; a supervisor owns the state (``Presence``) and
is the only one to call ``on_event``, so events come one at a time and in order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, Queue
from threading import Thread, current_thread

import structlog

from gateway.clock import Clock
from gateway.readers.actions import Action, Begin, Emit, Ended, Failed
from gateway.readers.cards.dialogue import ProfileReader
from gateway.readers.cards.selection import CardReading, own_profiles
from gateway.readers.described import ReaderDescription
from gateway.readers.errors import ReaderUnavailableError
from gateway.readers.feedback import Signal
from gateway.readers.pcsc_calls import PcscContext, require_library
from gateway.readers.pcsc_conversation import PcscConversation
from gateway.readers.pcsc_feedback import PcscFeedback
from gateway.readers.pcsc_monitor import (
    SLICE_MS,
    CardCame,
    CardSwapped,
    CardWent,
    PcscMonitor,
    ReadersAre,
    ServiceLost,
    Sighting,
)
from gateway.readers.presence import Presence
from gateway.readers.reader import Reader, ReaderEvent
from gateway.readers.settings import ReaderSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stop:
    """Ends the supervisor."""


_Message = Sighting | Ended | _Stop


class PcscReader(Reader):
    """Cards in front of the readers that a running pcscd has.

    Survives the daemon's death and restart and readers coming and going, and says so by events.
    Several readers may match ``settings.reader_name``; each has one conversation at a time.

    Args:
        settings: which readers, and how patient to be.
        clock: gives each tap its time, and measures deadlines and debouncing.
        profiles: the ordered profile list; None takes our own.

    Raises:
        DriverMissingError: from ``start``, if the PC/SC client library is not installed.
    """

    def __init__(
        self,
        settings: ReaderSettings,
        *,
        clock: Clock,
        profiles: Sequence[ProfileReader] | None = None,
    ) -> None:
        self._clock = clock
        self._profiles = (
            own_profiles(settings.organisation, legacy_classic=settings.legacy_classic)
            if profiles is None
            else profiles
        )
        self._presence = Presence(settings)
        self._queue: Queue[_Message] = Queue()
        self._monitor = PcscMonitor(settings.reader_name, self._queue.put)
        self._feedback = PcscFeedback(settings.reader_name)
        self._supervisor = Thread(target=self._supervise, name="mohr-pcsc", daemon=True)
        self._on_event: Callable[[ReaderEvent], None] | None = None
        self._log = structlog.get_logger("mohr.readers.pcsc")

    @classmethod
    def present_readers(cls) -> tuple[str, ...]:
        """The names of the readers that are there now.

        Raises:
            DriverMissingError: if the PC/SC client library is not installed.
            ReaderUnavailableError: if no pcscd is running.
        """
        require_library()
        context = PcscContext()
        try:
            return context.readers()
        finally:
            context.release()

    @classmethod
    def describe_readers(cls) -> tuple[ReaderDescription, ...]:
        """See ``Describing``."""
        require_library()
        context = PcscContext()
        try:
            return tuple(
                ReaderDescription(reader=name, driver="pcscd", firmware=context.firmware(name))
                for name in context.readers()
            )
        finally:
            context.release()

    def give(self, signal: Signal, text: str = "") -> None:
        """See ``Feedback``: on readers whose lamp and buzzer are known here."""
        del text
        self._feedback.give(signal)

    @property
    def status_call_count(self) -> int:
        """How often the daemon was asked for the readers' state; grows slowly while idle."""
        return self._monitor.call_count

    @property
    def abandoned_count(self) -> int:
        """Conversations given up on hung cards that have not returned yet."""
        return self._presence.abandoned_count

    def start(self, on_event: Callable[[ReaderEvent], None]) -> None:
        """Begin watching. See ``Reader.start``."""
        require_library()
        self._on_event = on_event
        self._supervisor.start()
        self._monitor.start()
        self._feedback.start()

    def stop(self) -> None:
        """Stop watching. See ``Reader.stop``.

        Raises:
            ReaderUnavailableError: if pcscd has stopped answering at all, so that the monitor's
                thread cannot be ended. No event is delivered even then.
        """
        self._monitor.stop()
        self._feedback.stop()
        self._queue.put(_Stop())
        if current_thread() is not self._supervisor:
            self._supervisor.join()
        self._monitor.join(timeout=5 * SLICE_MS / 1000)
        if self._monitor.is_alive():
            raise ReaderUnavailableError("pcscd does not answer; its watcher cannot be ended")

    def _supervise(self) -> None:
        while True:
            try:
                message = self._queue.get(timeout=self._patience_s())
            except Empty:
                self._act(self._presence.tick(self._clock.monotonic_ms()))
                continue
            if isinstance(message, _Stop):
                return
            self._act(self._take(message))
            self._act(self._presence.tick(self._clock.monotonic_ms()))

    def _patience_s(self) -> float | None:
        due_ms = self._presence.next_due_ms
        if due_ms is None:
            return None
        return max(0, due_ms - self._clock.monotonic_ms()) / 1000

    def _take(self, message: Sighting | Ended) -> list[Action]:
        now_ms = self._clock.monotonic_ms()
        match message:
            case ServiceLost(detail=detail):
                return self._presence.service_lost(detail)
            case ReadersAre(matching=matching, others=others):
                return self._presence.readers_are(matching, others)
            case CardCame(reader=reader):
                return self._presence.card_present(reader, now_ms)
            case CardWent(reader=reader):
                return self._presence.card_absent(reader, now_ms)
            case CardSwapped(reader=reader):
                return self._presence.card_swapped(reader, now_ms)
            case Ended():
                return self._presence.ended(message, now_ms)

    def _act(self, actions: Sequence[Action]) -> None:
        for action in actions:
            match action:
                case Emit(event=event):
                    self._deliver(event)
                case Begin():
                    PcscConversation(action, self._profiles, self._post_result).start()

    def _deliver(self, event: ReaderEvent) -> None:
        assert self._on_event is not None
        try:
            self._on_event(event)
        except Exception:  # noqa: BLE001 - the listener's fault must not blind the lane
            self._log.exception("the listener failed", event_type=type(event).__name__)

    def _post_result(self, conversation: int, result: CardReading | Failed) -> None:
        ended = Ended(conversation=conversation, result=result, unix_ms=self._clock.unix_ms())
        self._queue.put(ended)
