"""What every test shares: where the outside data lies, and how hard to try."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings

PROJECT = Path(__file__).resolve().parent.parent

settings.register_profile(
    "default",
    max_examples=40,
    # Two cores are shared with brokers and daemons: slow data generation is not a fault.
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("soak", parent=settings.get_profile("default"), max_examples=2_000)
settings.load_profile("soak" if os.environ.get("MOHR_SOAK") else "default")


@pytest.fixture(autouse=True)
def _log_as_ever() -> Iterator[None]:
    """A command that a test runs in its own process may silence the log; the next test hears it."""
    yield
    structlog.reset_defaults()


def _outside(variable: str, default: str) -> Path:
    """Find a folder of outside data, or skip the test that asked, naming the variable.

    A variable that is set but wrong is a mistake and fails; only a plain checkout skips.
    """
    named = os.environ.get(variable)
    folder = Path(named) if named else PROJECT / default
    if not folder.is_dir():
        if named:
            pytest.fail(f"{variable}={named} is not a folder")
        pytest.skip(f"{default} is not beside this checkout; set {variable} to its place")
    return folder


@pytest.fixture(scope="session")
def project_root() -> Path:
    """The checkout's own folder."""
    return PROJECT


@pytest.fixture(scope="session")
def vectors_folder() -> Path:
    """The published vectors (COSE, ECDSA)."""
    return _outside("MOHR_VECTORS", "../shared/vectors")


@pytest.fixture(scope="session")
def pos_corpus_folder() -> Path:
    """Bytes that other people's tills and libraries produced."""
    return _outside("MOHR_POS_CORPUS", "../shared/pos_corpus")
