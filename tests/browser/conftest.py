"""What the tests with a browser share: one Chromium, axe-core, and where pictures are kept."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.browser.chromium import chromium_program, open_chromium
from simulators.browser.visitor import Tools


@pytest.fixture(scope="session")
def tools(project_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tools]:
    """A browser for the whole session; MOHR_SCREENSHOTS names a folder that pictures stay in."""
    if not chromium_program().exists():
        if os.environ.get("MOHR_ALLOW_SKIPS") == "1":
            pytest.skip(f"{chromium_program()} is not there")
        pytest.fail("no Chromium: apt-get install chromium (or set MOHR_ALLOW_SKIPS=1)")
    axe = (project_root / "tests/data/axe/axe.min.js").read_text(encoding="utf-8")
    kept = os.environ.get("MOHR_SCREENSHOTS")
    pictures = Path(kept) if kept else tmp_path_factory.mktemp("screenshots")
    with open_chromium() as browser:
        yield Tools(browser=browser, axe=axe, pictures=pictures)
