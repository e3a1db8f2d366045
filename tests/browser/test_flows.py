"""What people do at the desk, done in a browser: each way through several pages, looked at hard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing

import pyotp
import pytest
from playwright.sync_api import Page, expect

from gateway.ledger.kinds import CardState
from gateway.ledger.rows_members import CardRow
from gateway.model.ids import CardToken, TerminalId
from gateway.office.trail import TrailOutcome
from simulators.browser.log_in import log_in
from simulators.browser.look import Language, Look, Theme, Window
from simulators.browser.passkey import VirtualPasskey
from simulators.browser.visitor import Tools, Visitor, visit
from simulators.furnished.house import FurnishedHouse
from simulators.furnished.office import OWNERS, PASSWORD, WITH_CODE
from simulators.tcp_proxy import TcpProxy

pytestmark = pytest.mark.slow

ENGLISH = Look(language=Language.EN)
PERSIAN = Look(language=Language.FA)
HOSTILE_NOTE = "<b>bold</b> {{7*7}} \u202eabc"
CASHIER = "cyrus"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FurnishedHouse]:
    """A furnished house that these tests change; no test looks at what another one changed."""
    with FurnishedHouse(tmp_path_factory.mktemp("house") / "gateway") as opened:
        yield opened


@pytest.fixture
def owner(tools: Tools, house: FurnishedHouse) -> Iterator[Visitor]:
    """An owner who reads English, logged in."""
    with visit(tools, house.address, ENGLISH) as visitor:
        log_in(visitor, OWNERS[Language.EN], PASSWORD)
        yield visitor


def member_path(house: FurnishedHouse, number: int) -> str:
    """The page of the n-th member."""
    member = house.house.ledger.balance_of_card(house.past.cards[number].token)
    assert member is not None
    return f"/members/{member.member_id}"


def card_state(house: FurnishedHouse, token: CardToken) -> CardState:
    """A card's state in the ledger."""
    with house.house.ledger.batch() as batch:
        (card,) = batch.rows(CardRow, [token])
    return card.state


def test_a_password_and_a_code(tools: Tools, house: FurnishedHouse) -> None:
    """A wrong password is refused in words; the right one asks for a code, which lets in once."""
    codes = pyotp.TOTP(house.office.code_secret)
    with visit(tools, house.address, PERSIAN) as visitor:
        with visitor.listener.forgiving("status of 4"):
            visitor.go("/login")
            visitor.page.locator("input[name=login]").fill(WITH_CODE)
            visitor.page.locator("input[name=password]").fill("not the password")
            visitor.page.locator("input[name=password]").press("Enter")
            expect(visitor.page.locator(".invalid-feedback")).to_be_visible()
            visitor.check()
        log_in(visitor, WITH_CODE, PASSWORD)
        assert "/login/code" in visitor.page.url
        visitor.check()
        visitor.picture("login-code")
        # The code of the step before: the one of this step proved the authenticator already.
        now_s = house.house.clock.unix_ms() // 1_000
        visitor.page.locator("input[name=code]").fill(codes.at(now_s + 30))
        visitor.page.locator("input[name=code]").press("Enter")
        expect(visitor.page.locator("h1")).to_be_visible()
        visitor.page.wait_for_url(re.compile(r"/$"))
        visitor.check()


def test_a_passkey_is_made_and_opens(tools: Tools, house: FurnishedHouse) -> None:
    """At a host name an owner adds a passkey, signs out, and signs in with nothing typed."""
    with visit(tools, house.named_address, ENGLISH) as visitor:
        passkey = VirtualPasskey(visitor.page)
        log_in(visitor, OWNERS[Language.EN], PASSWORD)
        visitor.go("/account")
        form = visitor.page.get_by_test_id("passkey-add")
        form.locator("[name=name]").fill("laptop")
        form.locator("[name=password]").fill(PASSWORD)
        form.locator("button[type=submit]").click()
        expect(visitor.page.locator("input[name=name][value=laptop]")).to_be_visible()
        assert passkey.credentials() == 1
        visitor.check()
        visitor.page.context.clear_cookies()
        visitor.go("/login")
        visitor.page.get_by_test_id("passkey-login").click()
        visitor.page.wait_for_url(re.compile(r"/$"))
        visitor.check()


@pytest.mark.parametrize(
    ("typed", "found"),
    [("يكي", "كاظمي"), ("یکی کاظمی", "كاظمي"), ("søren", "Søren"), ("۰۹۰۰ ۵۵۰ ۰۰۰۹", "Anna")],
)
def test_members_are_found_however_they_are_typed(owner: Visitor, typed: str, found: str) -> None:
    """Arabic and Persian letters, either case, and the start of a telephone number find people."""
    owner.go("/members")
    owner.page.locator("input[name=q]").fill(typed)
    owner.page.locator("input[name=q]").press("Enter")
    expect(owner.page.locator("tbody")).to_contain_text(found)
    owner.check()


def test_a_card_is_blocked_by_two_presses(owner: Visitor, house: FurnishedHouse) -> None:
    """The button asks first; what was confirmed is in the ledger and in the trail."""
    card = house.past.cards[20]
    owner.go(member_path(house, 20))
    owner.page.locator("button[command=show-modal][commandfor^=block-]").click()
    dialog = owner.page.locator("dialog[open]")
    expect(dialog).to_be_visible()
    owner.check()
    owner.picture("member-block-card", whole=False)
    assert card_state(house, card.token) is CardState.ACTIVE
    dialog.locator("button[type=submit]").click()
    expect(owner.page.locator("button[command=show-modal][commandfor^=unblock-]")).to_be_visible()
    owner.check()
    assert card_state(house, card.token) is CardState.BLOCKED
    newest = house.house.office.trail.entries(limit=1)[0]
    assert (newest.actor.name, newest.outcome) == (OWNERS[Language.EN], TrailOutcome.DONE)


def test_escape_leaves_the_dialog_and_changes_nothing(
    owner: Visitor, house: FurnishedHouse
) -> None:
    """Whoever pressed by mistake gets out with one key, and the focus is where it was."""
    owner.go(member_path(house, 21))
    button = owner.page.locator("button[command=show-modal][commandfor^=block-]")
    button.click()
    owner.page.keyboard.press("Escape")
    expect(owner.page.locator("dialog[open]")).to_have_count(0)
    expect(button).to_be_focused()
    assert card_state(house, house.past.cards[21].token) is CardState.ACTIVE


def test_a_suspect_is_kept_as_evidence(owner: Visitor, house: FurnishedHouse) -> None:
    """A decision with a hostile note is shown as text, and the bytes stay."""
    before = len(house.house.ledger.quarantine())
    suspect = next(one for one in house.house.ledger.quarantine() if one.reason == "clone")
    owner.go(f"/quarantine/{suspect.payload_hash.hex()}/{suspect.reason.value}")
    owner.page.locator("#decide-note").fill(HOSTILE_NOTE)
    owner.page.locator("button[name=verdict][value=kept]").click()
    expect(owner.page.locator("button[name=verdict][value=reopened]")).to_be_visible()
    expect(owner.page.locator("main")).to_contain_text("<b>bold</b> {{7*7}}")
    owner.check()
    assert len(house.house.ledger.quarantine()) == before


def test_language_and_theme_are_switched(tools: Tools, house: FurnishedHouse) -> None:
    """A visitor who is not logged in chooses both; they stay on the next page."""
    with visit(tools, house.address, ENGLISH) as visitor:
        visitor.go("/login")
        visitor.page.locator("button.mohr-language").click()
        expect(visitor.page.locator("html[lang=fa][dir=rtl]")).to_have_count(1)
        memory = visitor.memory()
    with visit(tools, house.address, PERSIAN, memory=memory) as visitor:
        visitor.go("/login")
        visitor.page.locator("[data-theme-switch]").click()
        expect(visitor.page.locator("html")).to_have_attribute("data-bs-theme", "dark")
        visitor.go("/login?again")
        expect(visitor.page.locator("html")).to_have_attribute("data-bs-theme", "dark")
        visitor.check()


def _rows(page: Page) -> list[str]:
    return [str(row.get_attribute("id")) for row in page.locator("#live-rows tr").all()]


def test_live_rows_come_once(tools: Tools, house: FurnishedHouse) -> None:
    """A sale appears by itself; what is missed while the network is gone comes too, once."""
    till, cards = TerminalId("tajrish-2"), house.past.cards
    with closing(TcpProxy(house.port)) as network:
        address = f"http://127.0.0.1:{network.port}"
        with visit(tools, address, ENGLISH) as visitor, visitor.listener.forgiving(r"ERR_|stream"):
            log_in(visitor, OWNERS[Language.EN], PASSWORD)
            visitor.go("/live")
            rows = visitor.page.locator("#live-rows tr")
            live = visitor.page.locator("[data-live-state=live]")
            expect(live).to_be_visible()
            before = _rows(visitor.page)
            house.sell(till, cards[5], 980_000)
            expect(rows).to_have_count(len(before) + 1)
            visitor.check()
            network.refuse(refusing=True)
            network.cut()
            expect(live).to_be_hidden()
            house.sell(till, cards[6], 450_000)
            network.refuse(refusing=False)
            expect(rows).to_have_count(len(before) + 2)
            expect(live).to_be_visible()
            house.sell(till, cards[7], 450_000)
            expect(rows).to_have_count(len(before) + 3)
            after = _rows(visitor.page)
            assert len(set(after)) == len(after)
            assert after[3:] == before
            visitor.check()


def _tab_to(visitor: Visitor, selector: str) -> None:
    """Press the tabulator until something has the focus, which must be seen all the way."""
    for _ in range(60):
        visitor.page.keyboard.press("Tab")
        focused = visitor.page.evaluate(
            """selector => {
                const one = document.activeElement, style = getComputedStyle(one);
                const seen = style.outlineStyle !== 'none' || style.boxShadow !== 'none'
                    || one === document.body;
                return [one.matches(selector), seen, one.outerHTML.slice(0, 120)];
            }""",
            selector,
        )
        assert focused[1], f"the focus is not to be seen: {focused[2]}"
        if focused[0]:
            return
    pytest.fail(f"sixty presses do not lead to {selector}")


def test_the_keyboard_is_enough(tools: Tools, house: FurnishedHouse) -> None:
    """From signing in to a member's page without a mouse, the focus in sight at each press."""
    look = Look(language=Language.EN, theme=Theme.DARK, window=Window.COUNTER)
    with visit(tools, house.address, look) as visitor:
        keyboard = visitor.page.keyboard
        visitor.go("/login")
        expect(visitor.page.locator("input[name=login]")).to_be_focused()
        keyboard.type(OWNERS[Language.EN])
        keyboard.press("Tab")
        keyboard.type(PASSWORD)
        keyboard.press("Enter")
        visitor.page.wait_for_url(re.compile(r"/$"))
        visitor.go("/")
        _tab_to(visitor, "a[href='/members'], [data-menu]")
        keyboard.press("Enter")
        if "/members" not in visitor.page.url:
            _tab_to(visitor, "a[href='/members']")
            keyboard.press("Enter")
        visitor.page.wait_for_url(re.compile("/members"))
        _tab_to(visitor, "input[name=q]")
        keyboard.type("anna")
        keyboard.press("Enter")
        visitor.page.wait_for_url(re.compile("q=anna"))
        _tab_to(visitor, "main a[href^='/members/']")
        keyboard.press("Enter")
        visitor.page.wait_for_url(re.compile(r"/members/[0-9a-f]{32}"))
        visitor.check()


def test_who_may_not_is_told_so(tools: Tools, house: FurnishedHouse) -> None:
    """A cashier who types the address of the accounts is told that they are not theirs."""
    with visit(tools, house.address, PERSIAN) as visitor:
        log_in(visitor, CASHIER, PASSWORD)
        visitor.go("/accounts", status=403)
        visitor.check()
        visitor.picture("forbidden")
