"""Backends and card profiles by name, and what is said where one is missing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gateway.errors import ConfigError, ValueRangeError
from gateway.readers.errors import DriverMissingError
from gateway.readers.pcsc_calls import require_library
from gateway.readers.registry import (
    backend_names,
    load_backend,
    open_reader,
    outside_profiles,
)
from gateway.readers.settings import ReaderSettings
from simulators.clock import VirtualClock
from simulators.reader import SimReader

CLOCK = VirtualClock(unix_ms=0)


def install(folder: Path, group: str, entry: str, module: str) -> None:
    """Lay down another package that brings an entry point, as an installer would."""
    facts = folder / "their_cards-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: their-cards\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text(f"[{group}]\n{entry}\n")
    (folder / "their_cards_module.py").write_text(module)


def test_our_backends_are_listed() -> None:
    """The PC/SC reader and the simulator ship with Mohr."""
    assert {"pcsc", "sim"} <= set(backend_names())


def test_a_backend_is_made_by_its_name() -> None:
    """The simulator is a backend like any other."""
    reader = open_reader("sim", ReaderSettings(reader_name="Lane 1"), CLOCK)
    assert isinstance(reader, SimReader)
    assert reader.name == "Lane 1"


def test_an_unknown_backend_is_told_with_the_known_ones() -> None:
    """A misspelt name is corrected by reading one line."""
    with pytest.raises(ConfigError, match=r"'psc'.*pcsc, .*sim"):
        load_backend("psc")


def test_a_backend_without_its_driver_says_what_to_install() -> None:
    """On a machine without pyscard the message names the extra, and no traceback is needed."""
    program = (
        "import sys; sys.modules['smartcard'] = None\n"
        "from gateway.readers.errors import DriverMissingError\n"
        "from gateway.readers.registry import load_backend\n"
        "try: load_backend('pcsc')\n"
        "except DriverMissingError as error: print(error, repr(type(error.__cause__)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "mohr[pcsc]" in done.stdout
    assert "ModuleNotFoundError" in done.stdout


def test_listing_backends_loads_no_driver() -> None:
    """A terminal without pyscard can still list what there is."""
    program = (
        "import sys\n"
        "from gateway.readers.registry import backend_names\n"
        "assert 'pcsc' in backend_names()\n"
        "print([name for name in sys.modules if name.startswith(('smartcard', 'simulators'))])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_missing_client_library_is_told_before_anything_waits_for_it() -> None:
    """Without libpcsclite, pyscard would report an absent service for ever."""
    with pytest.raises(DriverMissingError, match="libpcsclite1"):
        require_library("libno-such-library-mohr.so.1")


def test_another_packages_profile_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A card profile plugs in by entry point and goes before our own."""
    install(
        tmp_path,
        "mohr.card_profiles",
        "theirs = their_cards_module:PROFILE",
        "from gateway.readers.cards.dialogue import ProfileReader\n"
        "PROFILE = ProfileReader(name='theirs', accepts=lambda t: False, read=lambda t: None)\n",
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "their_cards_module", raising=False)
    assert [profile.name for profile in outside_profiles()] == ["theirs"]


def test_something_else_is_no_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that names the wrong object is told so when the agent starts, not at a tap."""
    install(tmp_path, "mohr.card_profiles", "theirs = their_cards_module:PROFILE", "PROFILE = 42\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "their_cards_module", raising=False)
    with pytest.raises(ConfigError, match="their_cards_module:PROFILE"):
        outside_profiles()


def test_another_packages_missing_driver_names_that_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Our extras are not offered as a cure for somebody else's backend."""
    install(
        tmp_path,
        "mohr.readers",
        "theirs = their_cards_module:TheirReader",
        "import a_driver_nobody_has\n",
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "their_cards_module", raising=False)
    with pytest.raises(DriverMissingError, match=r"a_driver_nobody_has.*their-cards"):
        load_backend("theirs")


@pytest.mark.parametrize(
    "wrong",
    [
        {"debounce_ms": -1},
        {"answer_timeout_ms": 0},
        {"recheck_after_ms": 60_001},
        {"organisation": b"short"},
        {"reader_name": "tab\there"},
    ],
)
def test_settings_outside_their_range_are_refused(wrong: dict[str, object]) -> None:
    """A mistyped setting is told at the start."""
    with pytest.raises(ValueRangeError, match=next(iter(wrong))):
        ReaderSettings(**wrong)  # type: ignore[arg-type]
