"""Starts Debian's Chromium without a screen, deaf to everything but this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from simulators.browser.finding import BrowserError

#: Where Debian's package puts it; MOHR_CHROMIUM names another.
DEFAULT_PROGRAM: Final = Path("/usr/bin/chromium")
_ARGUMENTS: Final = (
    "--no-sandbox",  # its sandbox refuses root, and tests visit nobody but ourselves
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)


def chromium_program() -> Path:
    """Where Chromium is, whether or not it is there."""
    return Path(os.environ.get("MOHR_CHROMIUM") or DEFAULT_PROGRAM)


@contextmanager
def open_chromium() -> Iterator[Browser]:
    """A browser for as many visitors as come.

    Raises:
        BrowserError: if it cannot be started.
    """
    program = chromium_program()
    if not program.exists():
        raise BrowserError(f"{program} is not there: apt-get install chromium")
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(
                executable_path=str(program), args=list(_ARGUMENTS)
            )
        except PlaywrightError as error:
            raise BrowserError(f"{program} cannot be started: {error}") from error
        try:
            yield browser
        finally:
            browser.close()
