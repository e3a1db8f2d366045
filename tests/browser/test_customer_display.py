"""The customer's page in a real browser: readable, calm, without scrolling, alive and honest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from gateway.formatting.greeting import greeting_of
from gateway.formatting.numbers import Language, MoneyUnit
from simulators.browser.look import Language as Spoken
from simulators.browser.look import Look, Window
from simulators.browser.look import Theme as Preferred
from simulators.browser.visitor import Tools, Visitor, visit
from simulators.given.customer_day import a_visit, long_words
from terminal_agent.customer_display import page_requests
from terminal_agent.customer_display.brand import Brand, Theme
from terminal_agent.customer_display.page import CustomerDisplay, PageSettings
from terminal_agent.session.view import (
    Screen,
    View,
)
from terminal_agent.texts.catalogue import load_texts

pytestmark = [
    pytest.mark.enable_socket,
    pytest.mark.slow,
    pytest.mark.timeout(300),
]

#: Of these widths pictures are kept; a person looks at them.
KEPT = (800, 390)
SIZES = (
    (800, 480), (1024, 600), (1280, 800), (1440, 900), (1920, 1080), (390, 844), (3840, 2160),
)  # fmt: skip
#: Of 480 lines: what can still be read at two metres from a counter's small screen.
SMALLEST_PX = 22
#: How far the drawing and its words may stand from the middle together.
ASIDE_PX = 8
Serve = Callable[[Language, Brand], AbstractContextManager[CustomerDisplay]]


@contextmanager
def served(language: Language, brand: Brand, port: int = 0) -> Iterator[CustomerDisplay]:
    """A page that is really served."""
    unit = MoneyUnit.TOMAN if language is Language.FA else MoneyUnit.CURRENCY
    texts = load_texts(language)
    with CustomerDisplay(PageSettings(port=port, texts=texts, unit=unit, brand=brand)) as page:
        assert page.address is not None
        yield page


def brand_of(language: Language, theme: Theme = Theme.AUTO) -> Brand:
    """A café's."""
    return Brand(name="کافه بهار" if language is Language.FA else "Spring Café", theme=theme)


def look_of(language: Language, preferred: Preferred = Preferred.LIGHT) -> Look:
    """How the customer sees it."""
    return Look(language=Spoken(language.value), theme=preferred, window=Window.COUNTER)


def shown(visitor: Visitor, page: CustomerDisplay, view: View) -> None:
    """Show a view and wait until the browser has drawn it."""
    page.show(view)
    visitor.page.wait_for_function(
        "told => `${document.body.dataset.screen} ${document.body.dataset.claim}` === told",
        arg=f"{view.screen.value} {'false' if view.claim is None else 'true'}",
    )
    visitor.settle()


def fits(visitor: Visitor) -> bool:
    """Whether everything is on the screen: nothing scrolls, nothing is cut off."""
    told: bool = visitor.page.evaluate(
        """() => {
            const root = document.documentElement;
            const seen = [...document.querySelectorAll('.page *')].filter(
                one => one.checkVisibility() && one.getBoundingClientRect().width > 0
                    && !one.closest('.medal'));
            const inside = seen.every(one => {
                const box = one.getBoundingClientRect();
                return box.left >= -1 && box.top >= -1
                    && box.right <= innerWidth + 1 && box.bottom <= innerHeight + 1;
            });
            const medal = [...document.querySelectorAll('.page .medal, #claim')]
                .find(one => one.checkVisibility()).getBoundingClientRect();
            const brand = document.querySelector('.brand').getBoundingClientRect();
            const words = document.querySelector('#words').getBoundingClientRect();
            const foot = document.querySelector('#notices').getBoundingClientRect();
            return inside && root.scrollWidth <= innerWidth && root.scrollHeight <= innerHeight
                && (foot.height === 0 || words.bottom <= foot.top + 1)
                && medal.top >= brand.bottom - 1 && words.top >= brand.bottom - 1;
        }"""
    )
    return told


def assert_well_drawn(visitor: Visitor, name: str) -> None:
    """The disc is round, it and its words stand in the middle, and no word is too small to read.

    Where a code stands in the place of the disc, that is square.
    """
    told = visitor.page.evaluate(
        """() => {
            const medal = [...document.querySelectorAll('.page .medal, #claim')]
                .find(one => one.checkVisibility()).getBoundingClientRect();
            const texts = document.createTreeWalker(
                document.querySelector('.page'), NodeFilter.SHOW_TEXT);
            const group = [medal];
            const fonts = [];
            while (texts.nextNode()) {
                const text = texts.currentNode;
                const parent = text.parentElement;
                if (!text.data.trim() || !parent.checkVisibility()) continue;
                fonts.push(parseFloat(getComputedStyle(parent).fontSize));
                const range = document.createRange();
                range.selectNode(text);
                if (parent.closest('#words')) group.push(...range.getClientRects());
            }
            for (const one of document.querySelectorAll('#words .fact, #words .track'))
                if (one.checkVisibility()) group.push(one.getBoundingClientRect());
            const left = Math.min(...group.map(one => one.left));
            const right = innerWidth - Math.max(...group.map(one => one.right));
            return {
                egg: Math.abs(medal.width - medal.height), aside: Math.abs(left - right) / 2,
                smallest: Math.min(...fonts),
                lines: innerHeight > innerWidth ? 480 : Math.min(innerHeight, innerWidth * 0.6),
            };
        }"""
    )
    assert told["egg"] <= 1, f"{name}: no disc"
    assert told["aside"] <= ASIDE_PX, f"{name}: off centre by {told['aside']} px"
    wanted_px = SMALLEST_PX * told["lines"] / 480
    assert told["smallest"] >= wanted_px, f"{name}: words of {told['smallest']} px"


def heading_px(visitor: Visitor) -> float:
    """How large the heading is drawn."""
    told: float = visitor.page.evaluate(
        "parseFloat(getComputedStyle(document.querySelector('#title')).fontSize)"
    )
    return told


@pytest.mark.parametrize("language", Language, ids=str)
def test_every_picture_fits_every_screen(tools: Tools, language: Language) -> None:
    """From a small counter screen to 4K and on a telephone nothing is cut off or scrolled to."""
    tools.pictures.mkdir(parents=True, exist_ok=True)
    with (
        served(language, brand_of(language, Theme.LIGHT)) as page,
        visit(tools, str(page.address), look_of(language)) as visitor,
    ):
        visitor.go("/")
        for width, height in SIZES:
            visitor.page.set_viewport_size({"width": width, "height": height})
            for name, view in (a_visit(language) | long_words(language)).items():
                shown(visitor, page, view)
                assert fits(visitor), f"{name} at {width}x{height}"
                assert_well_drawn(visitor, f"{name} at {width}x{height}")
                if width in KEPT:
                    file = tools.pictures / f"display-{language}-{width}-{name}.png"
                    visitor.page.screenshot(path=file)


@pytest.mark.parametrize("language", Language, ids=str)
def test_a_remark_makes_no_welcome_smaller(tools: Tools, language: Language) -> None:
    """Who comes while the gateway is away reads the same large words; only the disc gives way."""
    with (
        served(language, brand_of(language)) as page,
        visit(tools, str(page.address), look_of(language)) as visitor,
    ):
        visitor.go("/")
        views = a_visit(language)
        shown(visitor, page, views["idle"])
        idle_px = heading_px(visitor)
        page.show(views["offline"])
        visitor.page.locator(".notice").wait_for(state="visible")
        visitor.settle()
        assert heading_px(visitor) == idle_px


@pytest.mark.parametrize("theme", [Theme.LIGHT, Theme.DARK], ids=str)
@pytest.mark.parametrize("language", Language, ids=str)
def test_every_picture_can_be_read_by_everybody(
    tools: Tools, language: Language, theme: Theme
) -> None:
    """axe-core, the page's own policy, the console and the language find nothing on any picture."""
    with (
        served(language, brand_of(language, theme)) as page,
        visit(tools, str(page.address), look_of(language)) as visitor,
    ):
        visitor.go("/")
        for name, view in a_visit(language).items():
            shown(visitor, page, view)
            visitor.check()
            visitor.picture(f"display-{theme}-{name}", whole=False)


def test_the_page_follows_the_machine_s_colours_where_it_may(tools: Tools) -> None:
    """With theme "auto" a dark machine gets a dark page; a chosen theme stays."""
    ground = "getComputedStyle(document.body).backgroundColor"
    found = {}
    for theme in Theme:
        with (
            served(Language.EN, brand_of(Language.EN, theme)) as page,
            visit(tools, str(page.address), look_of(Language.EN, Preferred.DARK)) as visitor,
        ):
            visitor.go("/")
            shown(visitor, page, View(screen=Screen.READY))
            found[theme] = visitor.page.evaluate(ground)
    assert found[Theme.AUTO] == found[Theme.DARK] != found[Theme.LIGHT]


def test_hostile_names_are_only_names(tools: Tools) -> None:
    """Markup, endless letters and turned lines are drawn as text and stay on the screen."""
    names = (
        "<img src=x onerror=alert(1)>",
        "</script><script>alert(1)</script>",
        "W" * 40,
        "{{7*7}} ${7*7}",
        "\u2069\u202eevil",
    )
    with (
        served(Language.EN, Brand(name="<script>alert(1)</script>" + "W" * 15)) as page,
        visit(tools, str(page.address), look_of(Language.EN)) as visitor,
    ):
        visitor.go("/")
        for name in filter(None, map(greeting_of, names)):
            page.show(View(screen=Screen.READY))
            shown(visitor, page, View(screen=Screen.CARD, greeting=name, balance_points=2**62))
            assert name in visitor.page.locator("h1").evaluate("one => one.textContent")
            assert visitor.page.locator("main img, main script").count() == 0
            assert fits(visitor), name
            visitor.check()


def test_a_lost_terminal_is_said_and_found_again(
    tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page says by itself that its till has fallen silent, and goes on when it is back."""
    monkeypatch.setattr(page_requests, "BEAT_S", 0.2)
    brand = brand_of(Language.FA)
    with visit_lost(tools, brand) as (visitor, port):
        lost = visitor.page.locator("#lost")
        lost.wait_for(state="visible")
        assert "به‌زودی برمی‌گردیم" in lost.inner_text()
        visitor.picture("display-lost", whole=False)
        with served(Language.FA, brand, port) as page:
            page.show(View(screen=Screen.LATE))
            lost.wait_for(state="hidden")
            visitor.page.wait_for_function("() => document.body.dataset.screen === 'late'")
            visitor.listener.take()
            visitor.check()


@contextmanager
def visit_lost(tools: Tools, brand: Brand) -> Iterator[tuple[Visitor, int]]:
    """A visitor whose terminal has just gone, and the port where it was."""
    with served(Language.FA, brand) as page:
        address = str(page.address)
        port = int(address.rstrip("/").rsplit(":", 1)[1])
        with visit(tools, address, look_of(Language.FA)) as visitor:
            visitor.go("/")
            shown(visitor, page, View(screen=Screen.READY))
            assert visitor.page.locator("#lost").is_hidden()
            page.stop()
            # A server that is away is what this visitor came for.
            with visitor.listener.forgiving(r"ERR_CONNECTION_REFUSED|/events|ERR_INCOMPLETE"):
                yield visitor, port


def test_another_brand_is_loaded_by_itself(tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    """An agent that comes back with other settings has its page drawn anew, without a hand."""
    monkeypatch.setattr(page_requests, "BEAT_S", 0.2)
    with (
        visit_lost(tools, brand_of(Language.FA)) as (visitor, port),
        served(Language.FA, Brand(name="نان سحر"), port) as page,
    ):
        page.show(View(screen=Screen.READY))
        visitor.page.wait_for_function(
            "() => document.querySelector('.brand').textContent === 'نان سحر'"
        )
        visitor.listener.take()
