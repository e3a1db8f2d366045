"""Unit tests touch no network. One that must says so with ``@pytest.mark.enable_socket``."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import pytest_socket


@pytest.fixture(autouse=True)
def _no_network(request: pytest.FixtureRequest) -> Iterator[None]:
    """Refuse every socket but Unix ones, which are files and which agents are controlled by."""
    if request.node.get_closest_marker("enable_socket") is not None:
        yield
        return
    pytest_socket.disable_socket(allow_unix_socket=True)
    yield
    pytest_socket.enable_socket()
