"""A bench's figures: names and shapes, order statistics, and what Linux says of memory."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ValueRangeError
from simulators.bench.figures import BenchResult, Figure, to_json, to_text
from simulators.bench.loaded import installed_with
from simulators.bench.machine import describe_machine
from simulators.bench.memory import MemoryUnknownError, memory_of, parse_status
from simulators.bench.statistics import median, percentile

STATUS = (
    "Name:\tmohr\nVmPeak:\t  999999 kB\nVmHWM:\t   81920 kB\nVmRSS:\t   71680 kB\nThreads:\t9\n"
)


def test_a_result_is_one_object_in_json() -> None:
    """JSON holds the bench's name and its figures as plain numbers, whole ones whole."""
    figures = (Figure("rate_per_s", 1234.5678), Figure("rows", 12), Figure("large_per_s", 98765.4))
    result = BenchResult(bench="tap", figures=figures, lines=("what was done",))
    assert json.loads(to_json(result)) == {
        "bench": "tap",
        "figures": {"rate_per_s": 1235.0, "rows": 12, "large_per_s": 98765},
    }
    assert "\n" not in to_json(result)
    assert result.value("rows") == 12


def test_a_result_is_a_table_for_people() -> None:
    """The text says what was done and sets names, values and notes in columns."""
    figures = (Figure("a_ms_p50", 1.5, "a note"), Figure("longer_name_s", 20))
    text = to_text(BenchResult(bench="x", figures=figures, lines=("a line",)))
    assert text.splitlines() == [
        "bench x",
        "a line",
        "a_ms_p50       1.5  a note",
        "longer_name_s   20",
    ]


@pytest.mark.parametrize("name", ["", "Rate", "per-s", "2nd", "a__b", "a b", "_a"])
def test_a_figures_name_is_checked(name: str) -> None:
    """A name that a program would have to quote is refused."""
    with pytest.raises(ValueRangeError):
        Figure(name, 1)


def test_no_figure_is_named_twice() -> None:
    """The second of two equal names would vanish from the JSON, so it is refused."""
    with pytest.raises(ValueRangeError, match="twice"):
        BenchResult(bench="x", figures=(Figure("a", 1), Figure("a", 2)))


@given(st.lists(st.integers(-100, 100), min_size=1), st.floats(0.1, 100))
def test_a_percentile_is_the_smallest_sample_that_covers_enough(
    samples: list[int], percent: float
) -> None:
    """At least so many percent do not exceed it, and fewer do not exceed any smaller sample."""
    found = percentile(samples, percent)
    covered = sum(one <= found for one in samples)
    below = sum(one < found for one in samples)
    assert found in samples
    assert covered * 100 >= len(samples) * percent
    assert below * 100 < len(samples) * percent


def test_known_percentiles() -> None:
    """Nearest rank: the 99th of 200 samples is the 198th, the median of two the lower."""
    assert percentile(range(1, 201), 99) == 198
    assert percentile(range(1, 201), 100) == 200
    assert median([4, 1]) == 1
    assert median([9, 1, 5]) == 5


@pytest.mark.parametrize(("samples", "percent"), [([], 50), ([1], 0), ([1], 100.5)])
def test_there_is_no_percentile_of_nothing(samples: list[float], percent: float) -> None:
    """No samples, or a percentage that is none, is refused."""
    with pytest.raises(ValueRangeError):
        percentile(samples, percent)


def test_memory_is_read_from_the_kernels_words() -> None:
    """The kernel's KiB become MiB: what is resident now and what was at most."""
    memory = parse_status(STATUS)
    assert (memory.rss_mib, memory.peak_mib) == (70.0, 80.0)


@pytest.mark.parametrize("status", ["", "VmRSS:\t 1 kB\n", "VmRSS:\t kB\nVmHWM:\t 1 kB\n"])
def test_a_status_without_sizes_is_a_fault(status: str) -> None:
    """A process that has ended has no sizes, and none are made up."""
    with pytest.raises(MemoryUnknownError):
        parse_status(status)


def test_this_process_has_memory_and_a_strange_one_has_none() -> None:
    """A running process is measured; a number that nobody has is a fault."""
    mine = memory_of(os.getpid())
    assert 1 < mine.rss_mib <= mine.peak_mib
    highest = int(Path("/proc/sys/kernel/pid_max").read_text(encoding="ascii"))
    with pytest.raises(MemoryUnknownError):
        memory_of(highest + 1)


def test_extras_bring_what_they_need_and_nothing_else() -> None:
    """A terminal's installation holds its serial port and its journal, and no database or web."""
    terminal = installed_with("mohr", ("terminal", "pcsc"))
    assert {"mohr", "pyserial", "sqlite-utils", "pyscard", "cryptography", "cffi"} <= terminal
    assert not {"sqlalchemy", "alembic", "flask", "hypothesis"} & terminal
    assert {"sqlalchemy", "mako", "werkzeug"} <= installed_with("mohr", ("gateway",))


def test_the_machine_is_described() -> None:
    """A figure can be told apart from another machine's: cores and versions are named."""
    text = describe_machine()
    assert f"{os.cpu_count()} cores" in text
    assert "SQLite 3." in text
    assert "\n" not in text
