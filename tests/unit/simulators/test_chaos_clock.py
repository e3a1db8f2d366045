"""The environment in which a process's wall clock can be set."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from simulators.chaos.faked_clock import FakedClock, clock_environment, find_library

_ASK = """\
import sys, time
for line in sys.stdin:
    print(time.time_ns() // 10**9, time.monotonic_ns(), flush=True)
"""


def test_the_environment_names_the_library_and_the_setting(tmp_path: Path) -> None:
    """The library is preloaded, asks the setting at every call, and leaves monotonic time alone."""
    library, setting = Path("/lib/faketime.so"), tmp_path / "clock"
    environment = clock_environment(library, setting)
    assert environment["LD_PRELOAD"] == str(library)
    assert environment["FAKETIME_TIMESTAMP_FILE"] == str(setting)
    assert environment["FAKETIME_NO_CACHE"] == "1"
    assert environment["DONT_FAKE_MONOTONIC"] == "1"
    assert environment["FAKETIME_FORCE_MONOTONIC_FIX"] == "0", "or threads miss wake-ups"


def test_a_setting_is_written_whole(tmp_path: Path) -> None:
    """The file says an offset with its sign, zero at first, and nothing is left beside it."""
    clock = FakedClock(Path("/lib/faketime.so"), tmp_path / "clock")
    assert (tmp_path / "clock").read_text() == "+0\n"
    clock.set_wrong_by(-3_600)
    assert (tmp_path / "clock").read_text() == "-3600\n"
    assert [file.name for file in tmp_path.iterdir()] == ["clock"]


def test_a_running_process_sees_the_jump_and_keeps_its_monotonic_time(tmp_path: Path) -> None:
    """Two days ahead and back: the wall clock of a real Python follows, the other only goes on."""
    library = find_library()
    if library is None:
        if os.environ.get("MOHR_ALLOW_SKIPS") == "1":
            pytest.skip("libfaketime not found: apt-get install libfaketime")
        pytest.fail("libfaketime not found: apt-get install libfaketime (or MOHR_ALLOW_SKIPS=1)")
    clock = FakedClock(library, tmp_path / "clock")
    with subprocess.Popen(
        [sys.executable, "-c", _ASK],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **clock.environment},
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        seen = []
        for wrong_by_s in (0, 172_800, -3_600, 0):
            clock.set_wrong_by(wrong_by_s)
            process.stdin.write("now\n")
            process.stdin.flush()
            wall_s, monotonic_ns = process.stdout.readline().split()
            seen.append((int(wall_s), int(monotonic_ns)))
        process.stdin.close()
    walls = [wall_s for wall_s, _ in seen]
    # A busy machine may let seconds pass between two answers, and no test may fail for that.
    assert walls[1] - walls[0] > 172_000
    assert walls[2] - walls[0] < -3_000
    assert abs(walls[3] - walls[0]) < 3_000
    monotonic = [monotonic_ns for _, monotonic_ns in seen]
    assert monotonic == sorted(monotonic)
    assert monotonic[-1] - monotonic[0] < 3_000 * 10**9
