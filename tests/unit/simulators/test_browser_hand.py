"""The hand's estimate of a person's time is the keystroke-level model, added up."""

from __future__ import annotations

import pytest

from simulators.browser.hand import KEY_S, POINT_S, PRESS_S, READ_S, THINK_S, Hand


def test_the_model_adds_up() -> None:
    """Pages are read, fields and presses thought about, each pointing and each key costs."""
    hand = Hand(steps=2, clicks=3, keystrokes=10, fields=1)
    expected = 2 * READ_S + 4 * THINK_S + 3 * (POINT_S + PRESS_S) + 10 * KEY_S
    assert hand.seconds == pytest.approx(expected)
    assert str(hand).startswith("2 pages, 1 fields, 3 clicks, 10 keystrokes: ")
