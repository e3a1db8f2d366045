"""Keys as keyboard wedges press them, read as characters; the key names are evdev's own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from evdev import ecodes
from hypothesis import given
from hypothesis import strategies as st

from gateway.readers.codes.wedge import (
    US_LAYOUT,
    KeyEvent,
    KeyPress,
    KeysLost,
    WedgeDecoder,
    WedgeEvent,
)

DIGITS = tuple(zip("1234567890", "!@#$%^&*()", strict=True))
#: A US keyboard as anybody can read it off the keys: evdev's name, plain, with shift.
KEYS = (
    *((f"KEY_{plain}", plain, shifted) for plain, shifted in DIGITS),
    *((f"KEY_{letter}", letter.lower(), letter) for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    ("KEY_MINUS", "-", "_"), ("KEY_EQUAL", "=", "+"), ("KEY_LEFTBRACE", "[", "{"),
    ("KEY_RIGHTBRACE", "]", "}"), ("KEY_SEMICOLON", ";", ":"), ("KEY_APOSTROPHE", "'", '"'),
    ("KEY_GRAVE", "`", "~"), ("KEY_BACKSLASH", "\\", "|"), ("KEY_COMMA", ",", "<"),
    ("KEY_DOT", ".", ">"), ("KEY_SLASH", "/", "?"), ("KEY_SPACE", " ", " "),
    ("KEY_ENTER", "\r", "\r"), ("KEY_TAB", "\t", "\t"), ("KEY_KPENTER", "\r", "\r"),
    *((f"KEY_KP{digit}", digit, digit) for digit in "0123456789"),
    ("KEY_KPDOT", ".", "."), ("KEY_KPPLUS", "+", "+"), ("KEY_KPMINUS", "-", "-"),
    ("KEY_KPASTERISK", "*", "*"), ("KEY_KPSLASH", "/", "/"),
)  # fmt: skip
PLAIN = {plain: name for name, plain, _ in reversed(KEYS)}
SHIFTED = {shifted: name for name, _, shifted in reversed(KEYS)}
LETTERS = "".join(PLAIN) + "".join(SHIFTED)


def code(name: str) -> int:
    """Linux's number of a key."""
    number = ecodes.ecodes[name]
    assert isinstance(number, int)
    return number


def press(name: str) -> Iterator[KeyEvent]:
    """A key goes down and up."""
    yield KeyEvent(code=code(name), value=KeyPress.DOWN)
    yield KeyEvent(code=code(name), value=KeyPress.UP)


def held(name: str, inside: Iterator[KeyEvent]) -> Iterator[KeyEvent]:
    """Keys pressed while another is held."""
    yield KeyEvent(code=code(name), value=KeyPress.DOWN)
    yield from inside
    yield KeyEvent(code=code(name), value=KeyPress.UP)


def typing(text: str, *, shift: str = "KEY_LEFTSHIFT") -> list[WedgeEvent]:
    """How a wedge types a text."""
    events: list[WedgeEvent] = []
    for character in text:
        if character in PLAIN:
            events += press(PLAIN[character])
        else:
            events += held(shift, press(SHIFTED[character]))
    return events


def typed(events: Sequence[WedgeEvent]) -> str:
    """What a fresh decoder reads."""
    pieces = WedgeDecoder().feed(events)
    return "".join("<lost>" if piece is None else piece.decode("latin-1") for piece in pieces)


def test_the_layout_is_that_of_a_us_keyboard() -> None:
    """Every key of ours is where evdev says it is, and none is missing."""
    assert dict(US_LAYOUT) == {code(name): (plain, shifted) for name, plain, shifted in KEYS}


@given(text=st.text(LETTERS), shift=st.sampled_from(["KEY_LEFTSHIFT", "KEY_RIGHTSHIFT"]))
def test_what_is_typed_is_read(text: str, shift: str) -> None:
    """Every character of our tracks and codes, with either shift."""
    assert typed(typing(text, shift=shift)) == text


def test_a_recorded_swipe_is_read(project_root: Path) -> None:
    """Events in the order in which a stripe reader presses and lets go of the keys."""
    path = project_root / "tests/data/cards/wedge_events.json"
    for record in json.loads(path.read_text(encoding="utf-8"))["records"]:
        events: list[WedgeEvent] = [
            KeyEvent(code=key, value=value)
            for kind, key, value in record["events"]
            if kind == ecodes.EV_KEY
        ]
        assert typed(events) == record["text"]


def test_caps_lock_turns_letters_and_nothing_else() -> None:
    """A scanner cannot see the lamp; digits and marks come right all the same."""
    events = [*press("KEY_CAPSLOCK"), *typing("mohr:AB;1%")]
    assert typed(events) == "MOHR:ab;1%"
    assert typed([*events, *press("KEY_CAPSLOCK"), *typing("x")]) == "MOHR:ab;1%x"


def test_a_character_may_come_by_its_number() -> None:
    """Alt and the keypad: what devices call universal mode; a number that is none says nothing."""

    def by_number(digits: str) -> Iterator[KeyEvent]:
        keys = (event for digit in digits for event in press(f"KEY_KP{digit}"))
        return held("KEY_LEFTALT", keys)

    assert typed([*by_number("0037"), *by_number("59"), *typing("A")]) == "%;A"
    assert typed([*by_number(""), *by_number("000"), *by_number("9999"), *typing("B")]) == "B"


def test_control_characters_come_by_ctrl() -> None:
    """GS and STX as scanners type them; Ctrl and a digit is the digit."""
    events = [
        *held("KEY_LEFTCTRL", press("KEY_RIGHTBRACE")),
        *held("KEY_RIGHTCTRL", press("KEY_B")),
        *held("KEY_LEFTCTRL", press("KEY_1")),
    ]
    assert typed(events) == "\x1d\x021"


def test_repeats_count_and_releases_do_not() -> None:
    """A key held down types on; a stray release of a key pressed before we listened types none."""
    events: list[WedgeEvent] = [
        KeyEvent(code=code("KEY_A"), value=KeyPress.UP),
        KeyEvent(code=code("KEY_A"), value=KeyPress.DOWN),
        KeyEvent(code=code("KEY_A"), value=KeyPress.REPEAT),
        KeyEvent(code=code("KEY_LEFTSHIFT"), value=KeyPress.UP),
        KeyEvent(code=code("KEY_A"), value=7),
    ]
    assert typed(events) == "aa"


def test_lost_keys_are_told_and_let_go_of_shift() -> None:
    """After an overrun nobody knows which keys are held."""
    events: list[WedgeEvent] = [
        KeyEvent(code=code("KEY_LEFTSHIFT"), value=KeyPress.DOWN),
        KeysLost(),
        *typing("5"),
    ]
    assert typed(events) == "<lost>5"


@given(
    events=st.lists(
        st.builds(KeyEvent, code=st.integers(0, 800), value=st.integers(-1, 3))
        | st.just(KeysLost())
    )
)
def test_any_keys_end_as_characters(events: list[WedgeEvent]) -> None:
    """A device that is no keyboard, or a cat on one: nothing raises."""
    for piece in WedgeDecoder().feed(events):
        assert piece is None or len(piece) == 1


@pytest.mark.parametrize("mark", "%;?=^:+")
def test_the_marks_of_tracks_are_on_the_keyboard(mark: str) -> None:
    """Sentinels and separators, which is what other layouts get wrong."""
    assert typed(typing(mark)) == mark
