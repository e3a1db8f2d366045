"""A reader whose device is asked, again and again, what is in front of it: one thread does it all.

For devices that answer each call within a time, which is most that are not behind pcscd: serial
lines, sockets, chips on a bus. A driver says how to open its device and how to speak to it
(``CardDevice``); presence, debouncing, retries, swapped cards, reopening and the order of events
are here, the same as in every other backend. Drivers of other packages begin here as well.
"""

from __future__ import annotations

import random
import threading
from abc import abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Final, Protocol

import structlog

from gateway.clock import Clock
from gateway.errors import ReaderError
from gateway.readers.actions import Action, Begin, Emit, Ended, Failed
from gateway.readers.cards.dialogue import ProfileReader
from gateway.readers.cards.selection import CardReading, identify, own_profiles, recheck
from gateway.readers.conversation import result_of
from gateway.readers.drive import drive
from gateway.readers.errors import CardTimeoutError
from gateway.readers.native import frame_style
from gateway.readers.presence import Presence
from gateway.readers.reader import Reader, ReaderEvent, ReaderStateChanged
from gateway.readers.settings import ReaderSettings

BACK_OFF_MIN_S: Final = 0.25
BACK_OFF_MAX_S: Final = 10.0
#: A device that stayed up this long counts as good: the back-off begins anew.
_GOOD_AFTER_MS: Final = 10_000

_log = structlog.get_logger("mohr.readers.polled")


class CardDevice(Protocol):
    """An open device; only one thread speaks to it. It may be closed after any fault."""

    def card(self) -> bytes | None:
        """The answer to reset of the card in the field, or None where there is no card.

        A device that gives none makes one up by PC/SC part 3; see ``gateway.readers.cards.traits``.
        Where several cards are in the field it raises, or shows one of them as it pleases.

        Raises:
            ReaderUnavailableError: if the device went away; it is closed and opened again later.
        """

    def transmit(self, command: bytes) -> bytes:
        """Send a command APDU to the card and wait for its answer, but never without a limit.

        Raises:
            CardRemovedError: if the card left; what it did with the command is unknown.
            CardTimeoutError: if no answer came in time.
            ReaderUnavailableError: if the device went away.
        """

    def close(self) -> None:
        """Let go of the device."""


class PolledReader(Reader):
    """Watches one device, and survives its being unplugged.

    A subclass names its ``backend`` and opens its device. ``FF CA 00 00 00`` (the card's UID) is
    the device's to answer, as in PC/SC part 3.

    Args:
        settings: ``reader_name`` says which device; what it means is the driver's affair.
        clock: gives each tap its time, and measures deadlines and debouncing.
        profiles: the ordered profile list; None takes our own.
    """

    #: The backend's name, which the reader has where the settings name no device.
    backend: str
    #: How long the device is left alone between two questions.
    poll_ms: int = 50

    def __init__(
        self,
        settings: ReaderSettings,
        *,
        clock: Clock,
        profiles: Sequence[ProfileReader] | None = None,
    ) -> None:
        self.settings = settings
        self.name = settings.reader_name or self.backend
        self._clock = clock
        self._profiles = (
            own_profiles(settings.organisation, legacy_classic=settings.legacy_classic)
            if profiles is None
            else profiles
        )
        self._presence = Presence(settings)
        self._actions: deque[Action] = deque()
        self._atr: bytes | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(
            target=self._run, name=f"mohr-{self.backend}-reader", daemon=True
        )
        self._on_event: Callable[[ReaderEvent], None] | None = None

    @abstractmethod
    def open_device(self) -> CardDevice:
        """Open the device that ``settings.reader_name`` means. Called from the reader's thread.

        Raises:
            ReaderUnavailableError: if that cannot be done now; it is tried again later.
        """

    def start(self, on_event: Callable[[ReaderEvent], None]) -> None:
        """Begin watching. See ``Reader.start``."""
        self._on_event = on_event
        self._thread.start()

    def stop(self) -> None:
        """Stop watching; waits for the command that is under way. See ``Reader.stop``."""
        self._stopping.set()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        back_off_s = BACK_OFF_MIN_S
        while not self._stopping.is_set():
            opened_ms = self._clock.monotonic_ms()
            try:
                self._watch()
            except ReaderError as error:
                self._lose(str(error))
            except Exception as error:  # noqa: BLE001 - a driver of another package may raise any
                _log.exception("the driver failed", backend=self.backend)
                self._lose(f"the driver failed: {error}")
            if self._clock.monotonic_ms() - opened_ms >= _GOOD_AFTER_MS:
                back_off_s = BACK_OFF_MIN_S
            # Full jitter above a floor; spreading retries needs no unpredictability.
            spread_s = random.random() * (back_off_s - BACK_OFF_MIN_S)  # noqa: S311 - as it says
            self._stopping.wait(BACK_OFF_MIN_S + spread_s)
            back_off_s = min(back_off_s * 2, BACK_OFF_MAX_S)

    def _watch(self) -> None:
        with closing(self.open_device()) as device:
            self._act(device, self._presence.readers_are((self.name,), ()))
            while not self._stopping.is_set():
                self._look(device)
                self._stopping.wait(self.poll_ms / 1000)

    def _look(self, device: CardDevice) -> None:
        atr, before = device.card(), self._atr
        self._atr = atr
        now_ms = self._clock.monotonic_ms()
        if atr is None:
            self._act(device, self._presence.card_absent(self.name, now_ms))
        elif before not in {None, atr}:
            self._act(device, self._presence.card_swapped(self.name, now_ms))
        else:
            self._act(device, self._presence.card_present(self.name, now_ms))
        self._act(device, self._presence.tick(self._clock.monotonic_ms()))

    def _lose(self, detail: str) -> None:
        self._atr = None
        for action in self._presence.readers_are((), ()):
            assert isinstance(action, Emit), "no conversation begins without a reader"
            event = action.event
            if isinstance(event, ReaderStateChanged):
                event = replace(event, detail=detail)
            self._deliver(event)

    def _act(self, device: CardDevice, actions: Sequence[Action]) -> None:
        self._actions.extend(actions)
        while self._actions and not self._stopping.is_set():
            match self._actions.popleft():
                case Emit(event=event):
                    self._deliver(event)
                case Begin() as begin:
                    # What follows from it comes before what was waiting behind it.
                    self._actions.extendleft(reversed(self._converse(device, begin)))

    def _converse(self, device: CardDevice, begin: Begin) -> list[Action]:
        deadline_ms = self._clock.monotonic_ms() + self.settings.answer_timeout_ms
        result = result_of(lambda: self._read(device, begin, deadline_ms))
        now_ms = self._clock.monotonic_ms()
        actions: list[Action] = []
        if isinstance(result, Failed) and now_ms >= deadline_ms:
            # It hung: the customer is told at once, and it is not asked a second time.
            actions = self._presence.give_up(begin.conversation, now_ms)
        ended = Ended(conversation=begin.conversation, result=result, unix_ms=self._clock.unix_ms())
        return [*actions, *self._presence.ended(ended, now_ms)]

    def _read(self, device: CardDevice, begin: Begin, deadline_ms: int) -> CardReading:
        def transmit(command: bytes) -> bytes:
            if self._clock.monotonic_ms() >= deadline_ms:
                raise CardTimeoutError("the card takes too long")
            return device.transmit(command)

        if begin.uid_only:
            return drive(recheck(), transmit)
        assert self._atr is not None, "a conversation begins with a card"
        return drive(identify(self._atr, self._profiles, frame_style(self.name)), transmit)

    def _deliver(self, event: ReaderEvent) -> None:
        if self._stopping.is_set():
            return
        assert self._on_event is not None, "the thread runs after start"
        try:
            self._on_event(event)
        except Exception:  # noqa: BLE001 - the listener's fault must not blind the lane
            _log.exception("the listener failed", event_type=type(event).__name__)
