"""A reader whose device sends characters: one thread opens it, reads it, and comes back to it.

What the characters mean is ``gateway.readers.codes``; this is the shell around it that scanners on
a serial line and on a keyboard port share. No character of a scan is ever logged: it may be a bank
card's.
"""

from __future__ import annotations

import random
import threading
from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Protocol

import structlog

from gateway.clock import Clock
from gateway.errors import ConfigError
from gateway.readers.codes.scan_line import Scan, ScanFramer
from gateway.readers.codes.taps import Moment, ScanTaps
from gateway.readers.errors import ReaderUnavailableError
from gateway.readers.reader import Reader, ReaderEvent, ReaderState, ReaderStateChanged
from gateway.readers.settings import ReaderSettings

BACK_OFF_MIN_S: Final = 0.5
BACK_OFF_MAX_S: Final = 30.0
#: How long one read waits; bounds how long ``stop`` takes, and how late a silence is noticed.
READ_TIMEOUT_S: Final = 0.05
#: A device that stayed up this long counts as good: the back-off begins anew.
_GOOD_AFTER_MS: Final = 10_000

_log = structlog.get_logger("mohr.readers.scan")


class ScanDevice(Protocol):
    """An open device."""

    def read(self) -> Sequence[bytes | None]:
        """What came within ``READ_TIMEOUT_S``: bytes, None where some were lost; empty: silence.

        Raises:
            ReaderUnavailableError: if the device went away.
        """

    def close(self) -> None:
        """Let go of it."""


class ScanReader(Reader):
    """Reads one device, and survives its being unplugged.

    Args:
        settings: ``reader_name`` names the device, ``codes`` says what its scans mean.
        clock: gives each tap its time, and measures silences and debouncing.
        jitter: spreads reopening; its own unseeded source by default.

    Raises:
        ConfigError: if no device is named. The first that is there may be the cashier's keyboard.
    """

    def __init__(
        self, settings: ReaderSettings, *, clock: Clock, jitter: random.Random | None = None
    ) -> None:
        if not settings.reader_name:
            raise ConfigError(f"{self.backend} needs its device: set name under [reader]")
        self._settings = settings
        self._clock = clock
        # Spreading retries needs no unpredictability.
        self._jitter = jitter or random.Random()  # noqa: S311 - not a secret
        self._framer = ScanFramer(settings.codes.scan)
        self._taps = ScanTaps(
            settings.reader_name,
            settings.codes,
            organisation=settings.organisation,
            debounce_ms=settings.debounce_ms,
        )
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mohr-scan", daemon=True)
        self._on_event: Callable[[ReaderEvent], None] | None = None
        self._state: ReaderState | None = None

    #: The backend's name, for messages.
    backend: str

    @abstractmethod
    def _open(self) -> ScanDevice:
        """Open the device.

        Raises:
            ReaderUnavailableError: if that cannot be done now.
        """

    def start(self, on_event: Callable[[ReaderEvent], None]) -> None:
        """Begin watching. See ``Reader.start``."""
        self._on_event = on_event
        self._thread.start()

    def stop(self) -> None:
        """Stop watching. See ``Reader.stop``."""
        self._stopping.set()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        back_off_s = BACK_OFF_MIN_S
        while not self._stopping.is_set():
            opened_ms = self._clock.monotonic_ms()
            try:
                self._listen()
            except ReaderUnavailableError as error:
                self._framer.drop()
                self._tell_state(ReaderState.READER_LOST, str(error))
            if self._clock.monotonic_ms() - opened_ms >= _GOOD_AFTER_MS:
                back_off_s = BACK_OFF_MIN_S
            # Full jitter above a floor, as for tills: a rack of them must not open in step.
            spread_s = self._jitter.random() * (back_off_s - BACK_OFF_MIN_S)
            self._stopping.wait(BACK_OFF_MIN_S + spread_s)
            back_off_s = min(back_off_s * 2, BACK_OFF_MAX_S)

    def _listen(self) -> None:
        device = self._open()
        try:
            self._tell_state(ReaderState.READY, "")
            while not self._stopping.is_set():
                # A read that brings nothing says that there was silence when it began.
                silent_ms = self._clock.monotonic_ms()
                pieces = device.read()
                for piece in pieces:
                    self._take(piece)
                if not pieces:
                    self._tell(self._framer.pass_time(silent_ms))
        finally:
            device.close()

    def _take(self, piece: bytes | None) -> None:
        now_ms = self._clock.monotonic_ms()
        if piece is None:
            self._framer.lose(now_ms)
        else:
            self._tell(self._framer.feed(piece, now_ms))

    def _tell(self, scans: Iterable[Scan]) -> None:
        now = Moment(unix_ms=self._clock.unix_ms(), monotonic_ms=self._clock.monotonic_ms())
        for event in self._taps.take(scans, now):
            self._deliver(event)

    def _tell_state(self, state: ReaderState, detail: str) -> None:
        # A device that stays away is told once, not at every attempt.
        if state is not self._state:
            self._state = state
            name = self._settings.reader_name
            self._deliver(ReaderStateChanged(reader=name, state=state, detail=detail))

    def _deliver(self, event: ReaderEvent) -> None:
        if self._stopping.is_set():
            return
        assert self._on_event is not None, "the thread runs after start"
        try:
            self._on_event(event)
        except Exception:  # noqa: BLE001 - the listener's fault must not blind the lane
            _log.exception("the listener failed", event_type=type(event).__name__)
