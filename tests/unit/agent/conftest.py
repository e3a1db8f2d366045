"""What the agent's unit tests share."""

from __future__ import annotations

import pytest

from simulators.dialogue import PROGRAMME, Dialogue


@pytest.fixture
def counter() -> Dialogue:
    """A counter with an offer of 2.00 off."""
    return Dialogue(PROGRAMME)
