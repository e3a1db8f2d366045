"""A member's card in the browser of a phone: in both languages, with a connection and without."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from simulators.browser.log_in import log_in
from simulators.browser.look import Language, Look, Theme, Window
from simulators.browser.visitor import Tools, Visitor, visit
from simulators.furnished.desk import PHONE_COMMAND
from simulators.furnished.house import FurnishedHouse
from simulators.furnished.office import OWNERS, PASSWORD

pytestmark = pytest.mark.slow

LOOKS = (
    Look(language=Language.FA, window=Window.PHONE),
    Look(language=Language.EN, window=Window.PHONE, theme=Theme.DARK),
)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FurnishedHouse]:
    """A furnished house, in which somebody has a card on the phone."""
    with FurnishedHouse(tmp_path_factory.mktemp("house") / "gateway") as opened:
        yield opened


@pytest.fixture(params=LOOKS, ids=str)
def member(
    tools: Tools, house: FurnishedHouse, request: pytest.FixtureRequest
) -> Iterator[Visitor]:
    """Somebody with a phone, and no account."""
    with visit(tools, house.address, request.param) as visitor:
        yield visitor


def path_of(house: FurnishedHouse) -> str:
    """The address that was handed out."""
    cards = house.house.phone_cards
    number = cards.number_for(house.desk.phone_owner, PHONE_COMMAND)
    return f"/card/{cards.capability(number)}"


def test_the_code_goes_with_the_connection_and_comes_back(
    member: Visitor, house: FurnishedHouse
) -> None:
    """A code that nobody can vouch for is taken away, and the page says why."""
    page = member.page
    member.go(path_of(house))
    picture, offline = page.locator("[data-picture]"), page.locator("[data-offline]")
    expect(picture).to_be_visible()
    expect(page.locator("[data-left-text]")).not_to_be_empty()
    member.picture("phone-card")
    member.check()
    with member.listener.forgiving("ERR_INTERNET_DISCONNECTED"):
        page.context.set_offline(offline=True)
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        expect(offline).to_be_visible()
        expect(picture).to_be_hidden()
        member.picture("phone-card-offline")
        member.check()
        page.context.set_offline(offline=False)
        expect(picture).to_be_visible()
    expect(offline).to_be_hidden()
    member.check()


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_a_card_is_handed_out_at_the_desk(tools: Tools, house: FurnishedHouse, look: Look) -> None:
    """The form, the picture that the member scans, and the member's page behind it."""
    one = house.house.ledger.balance_of_card(house.past.cards[7].token)
    assert one is not None
    with visit(tools, house.address, look) as owner:
        log_in(owner, OWNERS[look.language], PASSWORD)
        owner.go(f"/members/{one.member_id}/wallets")
        owner.page.locator('a[href$="/wallets/phone"]').click()
        owner.page.locator("[name=reason]").fill("۱")
        owner.page.locator("main button[type=submit]").click()
        expect(owner.page.locator(".mohr-code-picture")).to_be_visible()
        owner.picture("phone-card-handed-out")
        owner.check()
        owner.page.locator("main summary").click()
        address = owner.page.get_by_test_id("phone-card-address").inner_text()
        owner.go(address[address.index("/card/") :].strip())
        expect(owner.page.locator("[data-picture]")).to_be_visible()
        owner.check()
