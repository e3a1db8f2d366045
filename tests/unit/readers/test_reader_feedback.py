"""What a reader shows by itself: the commands, and what the counter's pictures become."""

from __future__ import annotations

import pytest

from gateway.formatting.numbers import Language, MoneyUnit
from gateway.readers.feedback import Signal
from gateway.readers.feedback_commands import feedback_commands
from gateway.readers.reader import CardTrouble
from terminal_agent.display import Screen, View
from terminal_agent.feedback_display import FeedbackDisplay
from terminal_agent.texts.catalogue import load_texts


class Kept:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.given: list[tuple[Signal, str]] = []

    def give(self, signal: Signal, text: str = "") -> None:
        """Keep it."""
        self.given.append((signal, text))


def test_each_picture_is_given_once_and_troubles_are_red() -> None:
    """The lamp changes with the picture and does not flicker when it is drawn anew."""
    kept = Kept()
    display = FeedbackDisplay(kept, load_texts(Language("en")), MoneyUnit.CURRENCY)
    trouble = View(screen=Screen.READY, trouble=CardTrouble.SEVERAL_CARDS)
    for view in (View(screen=Screen.READY), View(screen=Screen.READY), trouble):
        display.show(view)
    assert [signal for signal, _ in kept.given] == [Signal.IDLE, Signal.REFUSED]


def test_a_name_to_greet_by_is_not_given() -> None:
    """The line of a small display may be logged by its firmware."""
    kept = Kept()
    display = FeedbackDisplay(kept, load_texts(Language("en")), MoneyUnit.CURRENCY)
    display.show(View(screen=Screen.CARD, greeting="Shirin"))
    assert "Shirin" not in kept.given[0][1]


@pytest.mark.parametrize("signal", list(Signal))
def test_every_signal_has_its_commands_on_known_readers(signal: Signal) -> None:
    """Each is a well-formed command of the reader's maker."""
    acr122 = feedback_commands("ACS ACR122U PICC Interface 00 00", signal)
    assert [one[:3].hex() for one in acr122] == ["ff0040"]
    assert all(len(one) == 9 for one in acr122)
    acr1252 = feedback_commands("ACS ACR1252 1S CL Reader [PICC] 00 00", signal)
    assert all(one[:3].hex() == "e00000" and len(one) == 6 for one in acr1252)
    assert feedback_commands("HID Omnikey 5422 00 00", signal) == ()
