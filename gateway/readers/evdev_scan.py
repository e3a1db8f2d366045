"""``evdev``: scanners and stripe readers that are keyboards to the machine, on Linux.

``reader_name`` is the device's path under ``/dev/input/by-id`` or part of its name. The device is
taken for ourselves, so that a swiped card is not typed into whatever window is open. The agent
needs to be in the group ``input``.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Protocol

from gateway.clock import Clock
from gateway.readers.cards.dialogue import ProfileReader
from gateway.readers.codes.wedge import WedgeDecoder, WedgeEvent
from gateway.readers.evdev_keys import open_keys, present_keyboards
from gateway.readers.scan_reader import READ_TIMEOUT_S, ScanDevice, ScanReader
from gateway.readers.settings import ReaderSettings


class KeySource(Protocol):
    """An open keyboard."""

    def read(self, timeout_s: float) -> Sequence[WedgeEvent]:
        """The key events that came within the timeout, in order.

        Raises:
            ReaderUnavailableError: if it went away.
        """

    def close(self) -> None:
        """Let go of it."""


class EvdevReader(ScanReader):
    """A scanner or stripe reader that types.

    Args:
        settings: see ``ScanReader``.
        clock: see ``ScanReader``.
        profiles: not used: nothing here speaks APDUs.
        jitter: see ``ScanReader``.
        open_source: opens the keyboard by its name.

    Raises:
        ConfigError: if no device is named.
    """

    backend = "evdev"

    def __init__(
        self,
        settings: ReaderSettings,
        *,
        clock: Clock,
        profiles: Sequence[ProfileReader] | None = None,
        jitter: random.Random | None = None,
        open_source: Callable[[str], KeySource] = open_keys,
    ) -> None:
        del profiles
        super().__init__(settings, clock=clock, jitter=jitter)
        self._name = settings.reader_name
        self._open_source = open_source

    @classmethod
    def present_readers(cls) -> tuple[str, ...]:
        """The devices that type; which of them are scanners nobody can tell."""
        return present_keyboards()

    def _open(self) -> ScanDevice:
        return _Wedge(self._open_source(self._name))


class _Wedge:
    """An open keyboard that types scans."""

    def __init__(self, source: KeySource) -> None:
        self._source = source
        # A device that was plugged in anew has no key held and its caps lock off.
        self._decoder = WedgeDecoder()

    def read(self) -> Sequence[bytes | None]:
        """See ``ScanDevice``."""
        return self._decoder.feed(self._source.read(READ_TIMEOUT_S))

    def close(self) -> None:
        """See ``ScanDevice``."""
        self._source.close()
