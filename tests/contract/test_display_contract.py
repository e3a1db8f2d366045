"""What every ``Display`` promises, checked on the console's, the page's and the recording one."""

from __future__ import annotations

import io
import json
import urllib.request
from collections.abc import Iterator

import pytest

from gateway.formatting.numbers import Language, MoneyUnit
from gateway.model.money import EUR, IRR
from simulators.display import RecordingDisplay
from terminal_agent.customer_display.brand import Brand
from terminal_agent.customer_display.page import CustomerDisplay, PageSettings
from terminal_agent.display import ConsoleDisplay, Display, EveryDisplay, Screen, View
from terminal_agent.texts.catalogue import load_texts

VIEWS = [
    View(screen=screen, points=12, balance_points=1234, total_minor=1895, currency=EUR)
    for screen in Screen
]
KINDS = ["console-fa", "console-en", "page-fa", "page-en", "recording", "every"]


def make_page(language: Language) -> CustomerDisplay:
    """The customer's page on a free port, not served yet."""
    texts = load_texts(language)
    return CustomerDisplay(PageSettings(port=0, texts=texts, unit=MoneyUnit.TOMAN, brand=Brand()))


@pytest.fixture(params=KINDS)
def display(request: pytest.FixtureRequest) -> Iterator[Display]:
    """One display of each kind, in both languages; the page is served while it is tested."""
    kind, _, language = request.param.partition("-")
    match kind:
        case "console":
            texts = load_texts(Language(language))
            yield ConsoleDisplay(io.StringIO(), texts, MoneyUnit.CURRENCY)
        case "page":
            with make_page(Language(language)) as page:
                yield page
        case "every":
            with make_page(Language.FA) as page:
                yield EveryDisplay(page, RecordingDisplay())
        case _:
            yield RecordingDisplay()


@pytest.mark.enable_socket
def test_every_screen_can_be_shown_in_any_order(display: Display) -> None:
    """No picture of the counter, nor the one after it, is beyond a display."""
    for view in [*VIEWS, *reversed(VIEWS), View(screen=Screen.READY)]:
        display.show(view)


@pytest.mark.enable_socket
@pytest.mark.parametrize("language", Language)
def test_the_page_serves_what_was_shown_last(language: Language) -> None:
    """Whatever was shown before, who asks the real server gets the newest picture."""
    with make_page(language) as page:
        assert page.address is not None
        for view in VIEWS:
            page.show(view)
            with urllib.request.urlopen(f"{page.address}state", timeout=5) as reply:  # noqa: S310 - our own page
                assert json.load(reply)["screen"] == view.screen
    assert page.address is None


def test_a_page_that_is_not_served_can_be_shown_on() -> None:
    """Where the port is taken the agent goes on: showing never needs the server."""
    page = make_page(Language.FA)
    for view in VIEWS:
        page.show(view)
    assert page.address is None


def test_every_display_shows_the_same() -> None:
    """Each of several displays is shown each view, in order."""
    one, other = RecordingDisplay(), RecordingDisplay()
    both = EveryDisplay(one, other)
    for view in VIEWS:
        both.show(view)
    assert one.views == other.views == VIEWS


def test_a_console_says_the_same_only_once() -> None:
    """A change that a console has no words for prints nothing: its lines end in a log."""
    stream = io.StringIO()
    display = ConsoleDisplay(stream, load_texts(Language.EN), MoneyUnit.CURRENCY)
    display.show(View(screen=Screen.READY))
    once = stream.getvalue()
    display.show(View(screen=Screen.READY, offline=True))
    assert stream.getvalue() == once
    display.show(View(screen=Screen.STOPPED))
    display.show(View(screen=Screen.READY))
    assert stream.getvalue().count("Please present your card") == 2


def test_a_console_prints_no_name() -> None:
    """The name that a customer is greeted by reaches no standard output, in no language."""
    for language in Language:
        stream = io.StringIO()
        display = ConsoleDisplay(stream, load_texts(language), MoneyUnit.CURRENCY)
        for screen in Screen:
            display.show(View(screen=screen, balance_points=3, greeting="Zarafshan"))
        assert "Zarafshan" not in stream.getvalue()
        assert "Zarafshan" not in repr(View(screen=Screen.CARD, greeting="Zarafshan"))


def test_a_persian_console_writes_persian_digits_and_tomans() -> None:
    """Amounts in rials are shown in tomans, in Persian digits, where that is asked for."""
    stream = io.StringIO()
    display = ConsoleDisplay(stream, load_texts(Language.FA), MoneyUnit.TOMAN)
    display.show(View(screen=Screen.SALE, total_minor=1_250_000, currency=IRR))
    assert "۱۲۵٬۰۰۰" in stream.getvalue()
    assert "تومان" in stream.getvalue()
    assert not any(character in "0123456789" for character in stream.getvalue())
