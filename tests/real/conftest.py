"""What the tests with real processes share: the check that the machine has what they need."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from simulators.mosquitto_process import mosquitto_program
from simulators.pcscd import missing_parts
from simulators.process_setup import ShopOptions
from simulators.process_shop import ProcessShop

OpenShop = Callable[[ShopOptions], ProcessShop]


def missing() -> str | None:
    """What a shop of processes needs and is not here, in words; None where all is there."""
    if mosquitto_program() is None:
        return "mosquitto not found: apt-get install --no-install-recommends mosquitto"
    return missing_parts()


@pytest.fixture
def open_shop(tmp_path: Path) -> Iterator[OpenShop]:
    """Opens a shop of real processes; afterwards nothing of it runs any more."""
    needed = missing()
    if needed is not None:
        if os.environ.get("MOHR_ALLOW_SKIPS") == "1":
            pytest.skip(needed)
        pytest.fail(f"{needed} (or set MOHR_ALLOW_SKIPS=1)")
    with ExitStack() as stack:
        yield lambda options: stack.enter_context(ProcessShop(tmp_path, options))
