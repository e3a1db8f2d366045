"""What is done to the ledger from a desk, done in a browser: looked at, confirmed, done once."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from gateway.ledger.kinds import GiftCardState
from gateway.queries.gift_cards import GiftCardFilter, GiftCardLine, gift_cards
from gateway.queries.scope import EVERYTHING
from simulators.browser.log_in import log_in
from simulators.browser.look import Language, Look, Window
from simulators.browser.visitor import Tools, Visitor, visit
from simulators.furnished.house import FurnishedHouse
from simulators.furnished.office import OWNERS, PASSWORD

pytestmark = pytest.mark.slow

LOOKS = (Look(language=Language.FA), Look(language=Language.EN, window=Window.PHONE))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FurnishedHouse]:
    """A furnished house that these tests change; no test looks at what another one changed."""
    with FurnishedHouse(tmp_path_factory.mktemp("house") / "gateway") as opened:
        yield opened


@pytest.fixture(params=LOOKS, ids=str)
def owner(tools: Tools, house: FurnishedHouse, request: pytest.FixtureRequest) -> Iterator[Visitor]:
    """An owner at a desk in Persian, or with a telephone in English."""
    look: Look = request.param
    with visit(tools, house.address, look) as visitor:
        log_in(visitor, OWNERS[look.language], PASSWORD)
        yield visitor


def cards(house: FurnishedHouse) -> dict[str, GiftCardLine]:
    """The gift cards by their last digits."""
    wanted = GiftCardFilter(scope=EVERYTHING)
    found = gift_cards(house.house.ledger, wanted, house.house.clock.unix_ms())
    return {one.last_four: one for one in found}


def test_points_are_adjusted_once(owner: Visitor, house: FurnishedHouse) -> None:
    """Filled in, looked at, confirmed; going back and confirming again says that it was done."""
    page = owner.page
    member = house.house.ledger.balance_of_card(house.past.cards[7].token)
    assert member is not None
    owner.go(f"/members/{member.member_id}")
    page.locator(f'a[href="/members/{member.member_id}/wallets"]').click()
    page.locator('a[href$="/wallets/adjust"]').click()
    page.locator("[name=amount]").fill("۲۵")
    page.locator("[name=reason]").fill("دلجویی")
    page.locator("main button[type=submit]").click()
    expect(page.locator("[name=confirmed]")).to_be_visible()
    owner.check()
    owner.picture("desk-look")
    page.locator("[name=confirmed]").click()
    page.wait_for_url(re.compile(r"/wallets$"))
    expect(page.locator(".mohr-flash-success")).to_be_visible()
    owner.check()
    after = house.house.ledger.balance_of_card(house.past.cards[7].token)
    assert after is not None
    assert after.available == member.available + 25


def test_a_refusal_is_told_in_words(owner: Visitor, house: FurnishedHouse) -> None:
    """More credit than there is is refused; the page says why, and has nothing wrong with it."""
    page = owner.page
    member = house.house.ledger.balance_of_card(house.past.cards[9].token)
    assert member is not None
    owner.go(f"/members/{member.member_id}/wallets/adjust")
    page.locator("[name=unit][value=credit]").check()
    page.locator("[name=way][value=take]").check()
    page.locator("[name=amount]").fill("1,000")
    page.locator("[name=reason]").fill("x")
    page.locator("main button[type=submit]").click()
    expect(page.locator("[name=confirmed]")).to_be_visible()
    with owner.listener.forgiving("status of 422"):
        page.locator("[name=confirmed]").click()
        expect(page.locator(".alert-danger")).to_be_visible()
        owner.check()
    owner.picture("desk-refused")


def test_a_gift_card_is_blocked_and_let_go(owner: Visitor, house: FurnishedHouse) -> None:
    """From its own page, with a reason; and let go again."""
    page, card = owner.page, cards(house)["4821"]
    owner.go(f"/gift-cards/{card.name}")
    page.locator('a[href$="/block"]').click()
    page.locator("[name=reason]").fill("lost")
    page.locator("main button[type=submit]").click()
    expect(page.locator('a[href$="/unblock"]')).to_be_visible()
    owner.check()
    assert cards(house)["4821"].state is GiftCardState.BLOCKED
    page.locator('a[href$="/unblock"]').click()
    page.locator("[name=reason]").fill("found")
    page.locator("main button[type=submit]").click()
    expect(page.locator('a[href$="/block"]')).to_be_visible()
    assert cards(house)["4821"].state is GiftCardState.ACTIVE


def test_a_day_is_closed_after_a_question(tools: Tools, house: FurnishedHouse) -> None:
    """The question can be answered with no, and nothing is closed; then with yes."""
    with visit(tools, house.address, LOOKS[0]) as owner:
        log_in(owner, OWNERS[Language.FA], PASSWORD)
        page = owner.page
        owner.go("/books")
        closed = page.locator('#closed a[href^="/books/20"]:not([download])')
        before = closed.count()
        asks = page.locator('button[commandfor="close-day"][command="show-modal"]')
        asks.click()
        dialog = page.locator("#close-day")
        expect(dialog).to_be_visible()
        owner.check()
        owner.picture("desk-close-day")
        dialog.locator('[command="close"]').click()
        expect(dialog).to_be_hidden()
        assert closed.count() == before
        asks.click()
        dialog.locator("button[type=submit]").click()
        expect(page.locator(".mohr-flash-success")).to_be_visible()
        assert closed.count() == before + 1
        owner.check()
