"""What every ``Display`` promises, checked on the console's and on the recording one."""

from __future__ import annotations

import io

import pytest

from gateway.formatting.numbers import Language, MoneyUnit
from gateway.model.money import EUR, IRR
from simulators.display import RecordingDisplay
from terminal_agent.display import ConsoleDisplay, Display, Screen, View
from terminal_agent.texts.catalogue import load_texts

VIEWS = [
    View(screen=screen, points=12, balance_points=1234, total_minor=1895, currency=EUR)
    for screen in Screen
]


@pytest.fixture(params=["fa", "en", "recording"])
def display(request: pytest.FixtureRequest) -> Display:
    """One display of each kind, the console in both languages."""
    if request.param == "recording":
        return RecordingDisplay()
    return ConsoleDisplay(io.StringIO(), load_texts(Language(request.param)), MoneyUnit.CURRENCY)


def test_every_screen_can_be_shown_in_any_order(display: Display) -> None:
    """No picture of the counter, nor the one after it, is beyond a display."""
    for view in [*VIEWS, *reversed(VIEWS), View(screen=Screen.READY)]:
        display.show(view)


def test_a_persian_console_writes_persian_digits_and_tomans() -> None:
    """Amounts in rials are shown in tomans, in Persian digits, where that is asked for."""
    stream = io.StringIO()
    display = ConsoleDisplay(stream, load_texts(Language.FA), MoneyUnit.TOMAN)
    display.show(View(screen=Screen.SALE, total_minor=1_250_000, currency=IRR))
    assert "۱۲۵٬۰۰۰" in stream.getvalue()
    assert "تومان" in stream.getvalue()
    assert not any(character in "0123456789" for character in stream.getvalue())
