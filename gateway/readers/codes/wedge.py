"""From a keyboard's keys to characters: scanners and stripe readers that type what they read.

Such a device ("wedge") sends key codes, not characters: ``%`` is shift and 5. The codes are those
of Linux (input-event-codes.h), which follow the keys' places on a US keyboard; a device must be
set to the US layout, as it comes. Alt with a number on the keypad is understood as well, the mode
that many devices offer as "universal". Pure: events as recorded in, characters out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final


class KeyPress(IntEnum):
    """The value of a key event."""

    UP = 0
    DOWN = 1
    REPEAT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEvent:
    """One key went up or down (``EV_KEY``).

    Attributes:
        code: Linux's key code.
        value: see ``KeyPress``; a device may send others, which are ignored.
    """

    code: int
    value: int


@dataclass(frozen=True, slots=True)
class KeysLost:
    """The kernel's buffer ran over (``SYN_DROPPED``): keys are missing, which ones nobody knows."""


WedgeEvent = KeyEvent | KeysLost

_LEFT_SHIFT, _RIGHT_SHIFT = 42, 54
_LEFT_CTRL, _RIGHT_CTRL = 29, 97
_LEFT_ALT, _RIGHT_ALT = 56, 100
_CAPS_LOCK: Final = 58
_SHIFTS: Final = frozenset({_LEFT_SHIFT, _RIGHT_SHIFT})
_CTRLS: Final = frozenset({_LEFT_CTRL, _RIGHT_CTRL})
_ALTS: Final = frozenset({_LEFT_ALT, _RIGHT_ALT})
_HELD: Final = _SHIFTS | _CTRLS | _ALTS


def _row(first: int, plain: str, shifted: str) -> dict[int, tuple[str, str]]:
    """Keys side by side, as their codes are."""
    pairs = zip(plain, shifted, strict=True)
    return {first + place: pair for place, pair in enumerate(pairs)}


#: A key's character without and with shift, on a US keyboard.
US_LAYOUT: Final[Mapping[int, tuple[str, str]]] = {
    **_row(2, "1234567890-=", "!@#$%^&*()_+"),
    **_row(15, "\tqwertyuiop[]\r", "\tQWERTYUIOP{}\r"),
    **_row(30, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
    **_row(43, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
    57: (" ", " "),
    # The keypad, num lock or not: a device means the figures.
    55: ("*", "*"), 98: ("/", "/"), 96: ("\r", "\r"),
    **_row(71, "789-456+1230.", "789-456+1230."),
}  # fmt: skip
_KEYPAD_DIGITS: Final = dict(
    zip((82, 79, 80, 81, 75, 76, 77, 71, 72, 73), "0123456789", strict=True)
)
#: More digits than a character's number has.
_ALT_DIGITS_MAX: Final = 4


class WedgeDecoder:
    """Follows the held keys and says what was typed. Not thread-safe: one owner calls it."""

    def __init__(self, layout: Mapping[int, tuple[str, str]] = US_LAYOUT) -> None:
        """Begin with no key held.

        Args:
            layout: each key's character without and with shift.
        """
        self._layout = layout
        self._held: set[int] = set()
        self._caps = False
        self._alt_digits = ""

    def feed(self, events: Iterable[WedgeEvent]) -> list[bytes | None]:
        """Take events as they came.

        Returns:
            what was typed, in pieces: bytes, and None where keys were lost.
        """
        typed: list[bytes | None] = []
        for event in events:
            if isinstance(event, KeysLost):
                self._held.clear()
                self._alt_digits = ""
                typed.append(None)
                continue
            character = self._take(event)
            if character:
                typed.append(character.encode("latin-1"))
        return typed

    def _take(self, event: KeyEvent) -> str:
        if event.code in _HELD:
            return self._hold(event)
        if event.value not in (KeyPress.DOWN, KeyPress.REPEAT):
            return ""
        if event.code == _CAPS_LOCK:
            self._caps ^= event.value == KeyPress.DOWN
            return ""
        if self._held & _ALTS:
            digits = self._alt_digits + _KEYPAD_DIGITS.get(event.code, "")
            self._alt_digits = digits[-_ALT_DIGITS_MAX:]
            return ""
        return self._character(event.code)

    def _hold(self, event: KeyEvent) -> str:
        if event.value == KeyPress.UP:
            self._held.discard(event.code)
            return self._alt_character() if event.code in _ALTS else ""
        self._held.add(event.code)
        return ""

    def _alt_character(self) -> str:
        """The character whose number was typed while Alt was held."""
        digits, self._alt_digits = self._alt_digits, ""
        number = int(digits or "0")
        return chr(number) if 0 < number < 0x100 else ""

    def _character(self, code: int) -> str:
        plain, shifted = self._layout.get(code, ("", ""))
        shift = bool(self._held & _SHIFTS)
        # Caps lock turns letters alone.
        character = shifted if shift != (self._caps and plain.isalpha()) else plain
        if self._held & _CTRLS and "@" <= character.upper() <= "_":
            # Ctrl and a letter or bracket is a control character: GS is Ctrl and ].
            return chr(ord(character.upper()) & 0x1F)
        return character
