"""From a blank folder to a member's balance, in a browser, with the command that is shipped.

Pages, fields, clicks and keystrokes are counted. With MOHR_TUTORIAL=1 the pictures of
docs/tutorial.md are made on the way.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator

from gateway.formatting.digits import fold_digits
from gateway.ledger.queries import LedgerReader
from simulators.browser.hand import Hand
from simulators.browser.look import Language, Look, Window
from simulators.browser.visitor import Tools, Visitor, visit
from simulators.command_process import MohrProcess, wait_until

SETUP_AT = re.compile(r"set it up at (http://\S+)")
PERSON = {
    Language.FA: ("نرگس امینی", "کافه نارنج"),
    Language.EN: ("Nora Adams", "Corner Café"),
}
PASSWORD = "three green lamps"
#: The issue's limit for a person's time.
LIMIT_S = 180
PICTURE_BYTES_MAX = 100_000


@contextmanager
def blank_gateway(folder: Path) -> Iterator[str]:
    """The shipped command on a blank folder; gives the address that it prints."""
    log = folder.with_suffix(".log")
    with MohrProcess(log, "gateway", "run", "--dir", str(folder), "--web-port", "0") as gateway:
        gateway.start(wait_ready=False)
        wait_until(lambda: SETUP_AT.search(gateway.said()), "the address to set it up at", log)
        found = SETUP_AT.search(gateway.said())
        assert found is not None
        yield found.group(1)


class FirstRun:
    """A new owner's hand in a browser, and pictures of what it does."""

    def __init__(self, visitor: Visitor, pictures: Path | None) -> None:
        self.visitor = visitor
        self.page = visitor.page
        self.hand = Hand()
        self._pictures = pictures

    def arrive(self, name: str) -> None:
        """Read a new page, which must be as good as every page."""
        self.hand.read()
        self.visitor.picture(f"first-run-{self.hand.steps}-{name}")
        if self._pictures is not None:
            self._pictures.mkdir(parents=True, exist_ok=True)
            language = self.visitor.look.language
            file = self._pictures / f"{language}-{self.hand.steps}-{name}.png"
            # A palette is enough for a page, and a fifth of the bytes.
            with Image.open(io.BytesIO(self.page.screenshot(full_page=True))) as picture:
                picture.convert("RGB").quantize(128).save(file, optimize=True)
            assert file.stat().st_size < PICTURE_BYTES_MAX
        self.visitor.check()

    def field(self, name: str) -> Locator:
        """A field by its name in the form."""
        return self.page.locator(f"main [name={name}]")

    def go_on(self, where: str) -> None:
        """Press the page's first button, and wait for the next page."""
        self.hand.click(self.page.locator("main form button.btn-primary[type=submit]").first)
        self.page.wait_for_url(re.compile(where))


def run_wizard(
    run: FirstRun, language: Language, *, changes_numbers: bool = False, simulated: bool = True
) -> None:
    """Answer every question of the wizard, changing as little as one may."""
    person, shop = PERSON[language]
    run.arrive("language")
    run.hand.click(run.page.locator(f"button[name=language][value={language}]"))
    run.page.wait_for_url(re.compile("owner"))
    run.arrive("owner")
    run.hand.type(run.field("display_name"), person)
    run.hand.type(run.field("password"), PASSWORD)
    run.hand.type(run.field("again"), PASSWORD)
    run.go_on("shop")
    run.arrive("shop")
    run.hand.type(run.field("name"), shop)
    run.go_on("programme")
    run.arrive("programme")
    if changes_numbers:
        run.hand.click(run.page.locator("button[name=change]"))
        run.page.wait_for_url(re.compile("numbers"))
        run.arrive("numbers")
    run.go_on("counter")
    run.arrive("counter")
    if not simulated:
        run.hand.click(run.page.locator("input[name=kind][value=real]"))
    run.go_on("tap" if simulated else "real")


def tap_and_buy(run: FirstRun) -> None:
    """Show the first card, print the first receipt, and follow the link to the member."""
    run.arrive("tap")
    run.hand.click(run.page.locator("button[name=card]").first)
    run.page.wait_for_load_state()
    run.hand.click(run.page.locator("button[name=basket]").first)
    run.page.wait_for_load_state()
    link = run.page.locator("main a[href^='/members/']").first
    link.wait_for()
    run.arrive("points")
    run.hand.click(link)
    run.page.wait_for_url(re.compile("/members/"))
    run.arrive("member")


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("language", list(Language))
def test_from_a_blank_folder_to_a_balance(
    tools: Tools, tmp_path: Path, project_root: Path, language: Language
) -> None:
    """Wizard, simulated tap, balance on the member's page, in under three minutes of work."""
    pictures = project_root / "docs/pictures/tutorial" if os.environ.get("MOHR_TUTORIAL") else None
    look = Look(language=language, window=Window.COUNTER)
    with blank_gateway(tmp_path / "shop") as address, visit(tools, address, look) as visitor:
        run = FirstRun(visitor, pictures)
        visitor.go(address)
        run_wizard(run, language)
        tap_and_buy(run)
        shown = int(fold_digits(visitor.page.locator(".mohr-stat-value").first.inner_text()))
        (member,) = LedgerReader(tmp_path / "shop/ledger.db").balances()
        assert shown == member.available > 0
        print(f"\nfirst run in {language}: {run.hand}")  # noqa: T201 - the note quotes it
        assert run.hand.seconds < LIMIT_S


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("language", list(Language))
def test_the_longer_way_with_a_real_terminal(
    tools: Tools, tmp_path: Path, language: Language
) -> None:
    """Without the address a code is asked for; numbers may be changed; a terminal is explained."""
    look = Look(language=language, window=Window.PHONE)
    with blank_gateway(tmp_path / "shop") as address, visit(tools, address, look) as visitor:
        run = FirstRun(visitor, None)
        front, _, code = address.partition("?code=")
        visitor.go(front)
        run.arrive("enter")
        run.hand.type(run.field("code"), code)
        run.go_on("language")
        run_wizard(run, language, changes_numbers=True, simulated=False)
        run.arrive("real")
        visitor.go("/")
        visitor.check()
