"""What tests of the simulators' commands share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture
def quiet_logs() -> Iterator[None]:
    """The commands turn logging down for their process; here it goes on afterwards."""
    yield
    structlog.reset_defaults()
