"""An owner's way from the rules in force to the next version, in a browser, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from simulators.browser.log_in import log_in
from simulators.browser.look import Language, Look, Theme, Window
from simulators.browser.visitor import Tools, Visitor, visit
from simulators.furnished.house import FurnishedHouse
from simulators.furnished.office import OWNERS, PASSWORD
from web_admin.programme.versions import read_versions

pytestmark = pytest.mark.slow

LOOKS = [
    Look(language=Language.FA),
    Look(language=Language.EN, theme=Theme.DARK, window=Window.PHONE),
]
_SAVE = ".mohr-part-form button.btn-primary"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[FurnishedHouse]:
    """A furnished house for one test: a published version is there for good."""
    with FurnishedHouse(tmp_path / "gateway") as opened:
        yield opened


def look_hard(visitor: Visitor, name: str) -> None:
    """Keep a picture, and refuse a page with findings."""
    visitor.picture(f"programme-{name}")
    visitor.check()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_from_the_draft_to_the_next_version(
    tools: Tools, house: FurnishedHouse, look: Look
) -> None:
    """A mistake is told, a faster owner is told of, the basket is rated, the draft is published."""
    with visit(tools, house.address, look) as visitor:
        log_in(visitor, OWNERS[look.language], PASSWORD)
        page = visitor.page
        _mistake_and_conflict(visitor, house)
        visitor.go("/programme/try?rules=draft")
        page.locator("[name=lines-0-label]").fill("coffee")
        page.locator("[name=lines-0-price_minor]").fill("90000")
        page.locator(".mohr-content form button.btn-primary").click()
        expect(page.locator("#result .datagrid")).to_be_visible()
        look_hard(visitor, "tried")
        visitor.go("/programme/draft/publish")
        page.locator("[name=when][value=later]").check()
        page.locator("[name=day]").fill("1406/01/01")
        page.locator("[name=sure]").check()
        page.keyboard.press("Escape")
        page.locator(".mohr-content form button.btn-primary").click()
        page.wait_for_url("**/programme/versions/3")
        look_hard(visitor, "published")
        visitor.go("/programme/draft")
        expect(page.locator(".mohr-choice").first).to_be_visible()
        look_hard(visitor, "begin")
    newest = read_versions(house.house).newest
    assert newest is not None
    assert newest.rules.rewards[0].cost_points == 70


def _mistake_and_conflict(visitor: Visitor, house: FurnishedHouse) -> None:
    page, drafts = visitor.page, house.house.office.drafts
    visitor.go("/programme/draft/lists/rewards/coffee")
    page.locator("[name=cost_points]").fill("many")
    with visitor.listener.forgiving("status of 422"):
        page.locator(_SAVE).click()
        expect(page.locator(".invalid-feedback")).to_be_visible()
        look_hard(visitor, "mistake")
    kept = drafts.read()
    assert kept is not None
    faster = kept.content.replace("cost_points = 50", "cost_points = 60")
    drafts.save(faster, revision=kept.revision, account="owen", at_ms=kept.changed_at_ms)
    page.locator("[name=cost_points]").fill("۷۰")
    with visitor.listener.forgiving("status of 409"):
        page.locator(_SAVE).click()
        expect(page.locator(".alert-warning .mohr-changes")).to_be_visible()
        look_hard(visitor, "conflict")
    page.locator(_SAVE).click()
    expect(page.locator("#section-rewards")).to_be_visible()
    look_hard(visitor, "saved")
