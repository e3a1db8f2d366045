"""Linux's keyboards, through python-evdev. The only module that imports ``evdev``."""

from __future__ import annotations

import select
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from evdev import InputDevice, InputEvent, ecodes, list_devices
from evdev.eventio import EventIO

from gateway.readers.codes.wedge import KeyEvent, KeysLost, WedgeEvent
from gateway.readers.errors import ReaderUnavailableError

#: A device that types has these keys; a mouse or a power button has not.
_TYPES: Final = frozenset({ecodes.KEY_0, ecodes.KEY_1, ecodes.KEY_9, ecodes.KEY_A})


class EvdevKeys:
    """An open device's key events."""

    def __init__(self, device: EventIO) -> None:
        """Read from an open device, which is closed with this."""
        self._device = device

    def read(self, timeout_s: float) -> list[WedgeEvent]:
        """What came within the timeout, in order.

        Raises:
            ReaderUnavailableError: if the device went away.
        """
        try:
            ready, _, _ = select.select([self._device.fileno()], [], [], timeout_s)
            if not ready:
                return []
            events = tuple(self._device.read())
        except OSError as error:
            raise ReaderUnavailableError(error.strerror or str(error)) from error
        if not events:
            raise ReaderUnavailableError("the keyboard has come to its end")
        return key_events(events)

    def close(self) -> None:
        """Let go of the device; the grab ends with it."""
        self._device.close()


def key_events(events: Iterable[InputEvent]) -> list[WedgeEvent]:
    """Pick what a wedge decoder wants to know out of the kernel's events."""
    found: list[WedgeEvent] = []
    for event in events:
        if event.type == ecodes.EV_KEY:
            found.append(KeyEvent(code=event.code, value=event.value))
        elif (event.type, event.code) == (ecodes.EV_SYN, ecodes.SYN_DROPPED):
            found.append(KeysLost())
    return found


def present_keyboards() -> tuple[str, ...]:
    """Devices that type, as ``path (name)``; those we may not open are not among them."""
    return tuple(f"{path} ({name})" for path, name in sorted(_keyboards()))


def open_keys(wanted: str) -> EvdevKeys:
    """Open one device and take it for ourselves: what it types reaches no other program.

    Args:
        wanted: its path, such as ``/dev/input/by-id/...-event-kbd``, or part of its name.

    Raises:
        ReaderUnavailableError: if there is none, or more than one by this name, or it cannot be
            taken.
    """
    try:
        device = InputDevice(wanted if Path(wanted).is_absolute() else _path_of(wanted))
    except OSError as error:
        raise ReaderUnavailableError(f"{wanted}: {error.strerror or error}") from error
    try:
        device.grab()
    except OSError as error:
        device.close()
        detail = f"{wanted} cannot be taken for ourselves: {error.strerror or error}"
        raise ReaderUnavailableError(detail) from error
    return EvdevKeys(device)


def _path_of(name: str) -> str:
    found = [path for path, known in _keyboards() if name in known]
    if len(found) != 1:
        detail = f"{len(found)} devices are named {name!r}; name one by its path"
        raise ReaderUnavailableError(detail)
    return found[0]


def _keyboards() -> list[tuple[str, str]]:
    found = []
    for path in list_devices(writable=False):
        try:
            device = InputDevice(path, readonly=True)
        except OSError:
            # It was unplugged since, or is not ours to open: then it is not ours to read either.
            continue
        if set(device.capabilities().get(ecodes.EV_KEY, ())) >= _TYPES:
            found.append((path, device.name))
        device.close()
    return found
