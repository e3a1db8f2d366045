"""The page that says how well an offer works, where there is something to say.

With MOHR_TUTORIAL=1 the pictures of docs/programme.md are made anew.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from gateway.config import WebSettings
from gateway.office.accounts import Profile
from gateway.office.passwords import HashCost
from gateway.office.roles import Role
from simulators.browser.log_in import log_in
from simulators.browser.look import Language, Look, Theme, Window
from simulators.browser.visitor import Tools, visit
from simulators.clock import VirtualClock
from simulators.offer_days import OFFER, OfferDays, play_offer_days
from simulators.quiet_house import QuietHouse, QuietOptions
from web_admin.front import WaitressFront

NOW_MS = 1_795_420_000_000
PASSWORD = "correct horse battery"
LOOKS = (
    Look(language=Language.EN),
    Look(language=Language.EN, theme=Theme.DARK, window=Window.PHONE),
    Look(language=Language.FA),
    Look(language=Language.FA, theme=Theme.DARK, window=Window.PHONE),
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the pages are of a shop whose offer makes members spend two fifths more."""
    clock, web = VirtualClock(unix_ms=NOW_MS), WebSettings(port=0)
    options = QuietOptions(currency="IRR", web=web, password_cost=HashCost(memory_kib=8, passes=1))
    with QuietHouse(tmp_path_factory.mktemp("effect") / "gateway", clock, options) as house:
        play_offer_days(house, clock, OfferDays(effect_percent=40, members=400, scale=1_000))
        for language in Language:
            house.office.accounts.add(
                f"owner-{language}",
                Profile(display_name="Mina", role=Role.OWNER, branches=frozenset()),
                PASSWORD,
                language=language.value,
                must_change_password=False,
            )
        with WaitressFront(house, web) as front:
            yield front.address


@pytest.mark.slow
@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_the_page_is_good(tools: Tools, address: str, look: Look, project_root: Path) -> None:
    """With figures, ranges and costs on it the page breaks no rule of the harness."""
    with visit(tools, address, look) as owner:
        log_in(owner, f"owner-{look.language}", PASSWORD)
        owner.go(f"/programme/offers/{OFFER.id}")
        expect(owner.page.locator(".mohr-badge-success").first).to_be_visible()
        owner.check()
        owner.picture("offer-effect")
        if os.environ.get("MOHR_TUTORIAL") and look.window is Window.DESK:
            file = project_root / f"docs/pictures/programme/offer-effect-{look.language}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            owner.page.locator("main").screenshot(path=file)
