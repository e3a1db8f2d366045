"""The scanners' backends by name, and what is said where their driver is missing."""

from __future__ import annotations

import subprocess
import sys

import pytest

from gateway.readers.evdev_scan import EvdevReader
from gateway.readers.registry import backend_names, load_backend, open_reader
from gateway.readers.scan_reader import ScanReader
from gateway.readers.serial_scan import SerialScanReader
from gateway.readers.settings import ReaderSettings
from simulators.clock import VirtualClock


@pytest.mark.parametrize(
    ("name", "kind"), [("serial-scan", SerialScanReader), ("evdev", EvdevReader)]
)
def test_the_scanners_ship_with_mohr(name: str, kind: type[ScanReader]) -> None:
    """Each is a backend like any other, made by its name; nothing is opened before ``start``."""
    assert name in backend_names()
    settings = ReaderSettings(reader_name="/dev/none")
    reader = open_reader(name, settings, VirtualClock(unix_ms=0))
    assert isinstance(reader, kind)
    assert reader.backend == name
    reader.stop()


@pytest.mark.parametrize(("backend", "driver"), [("serial-scan", "serial"), ("evdev", "evdev")])
def test_a_backend_without_its_driver_names_its_extra(backend: str, driver: str) -> None:
    """One line says what to install, and no other backend suffers."""
    program = (
        f"import sys; sys.modules[{driver!r}] = None\n"
        "from gateway.readers.errors import DriverMissingError\n"
        "from gateway.readers.registry import load_backend\n"
        "load_backend('sim')\n"
        f"try: load_backend({backend!r})\n"
        "except DriverMissingError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert f"mohr[{backend}]" in done.stdout


def test_what_is_plugged_in_can_be_listed() -> None:
    """For ``mohr reader list``, whatever this machine has."""
    for name in ("serial-scan", "evdev"):
        assert all(path.startswith("/dev/") for path in load_backend(name).present_readers())
