"""Where in a TOML text a setting stands, so that a message can name the line.

``tomllib`` tells no positions. This scanner walks over a text that ``tomllib`` has accepted, and
therefore judges nothing: it only follows keys, brackets and strings (TOML 1.0).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_BLANK: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE: Final = re.compile(r"[ \t]*")
_STRING: Final = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\])*"|\'[^\']*\'', re.DOTALL
)
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_BARE_VALUE: Final = re.compile(r"[^,\]}#\n]*")


def lines_of(text: str) -> Mapping[str, int]:
    """Find the line of every setting.

    Args:
        text: TOML that ``tomllib`` reads.

    Returns:
        line numbers from 1, by paths such as ``offers[0].gift.kind``.
    """
    scanner = _Scanner(text)
    scanner.run()
    return scanner.lines


def line_at(lines: Mapping[str, int], path: str) -> int | None:
    """The line of a setting, or of the nearest that it belongs to; None where none is known."""
    while path:
        for known in (path, f"{path}[0]"):
            if known in lines:
                return lines[known]
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return None


class _Scanner:
    """One walk over a text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._counts: dict[str, int] = {}
        self.lines: dict[str, int] = {}

    def run(self) -> None:
        """Walk over every line of the text."""
        table = ""
        self._skip(_BLANK)
        while self._at < len(self._text):
            if self._text.startswith("[", self._at):
                table = self._header()
            else:
                self._pair(table)
            self._skip(_BLANK)

    def _header(self) -> str:
        """``[a.b]`` or ``[[a.b]]``; gives the path that the lines below it belong to."""
        start = self._at
        many = self._text.startswith("[[", self._at)
        self._at += 2 if many else 1
        path = ""
        names = self._key()
        for depth, name in enumerate(names, 1):
            path = f"{path}.{name}" if path else name
            if many and depth == len(names):
                self._counts[path] = self._counts.get(path, -1) + 1
            if path in self._counts:
                path = f"{path}[{self._counts[path]}]"
        self._at += 2 if many else 1
        self._note(path, start)
        return path

    def _pair(self, table: str) -> None:
        start = self._at
        path = table
        for name in self._key():
            path = f"{path}.{name}" if path else name
            self._note(path, start)
        self._at += 1  # the equals sign
        self._skip(_SPACE)
        self._value(path)

    def _key(self) -> list[str]:
        names: list[str] = []
        while True:
            self._skip(_SPACE)
            quoted = _STRING.match(self._text, self._at)
            found = quoted or _BARE_KEY.match(self._text, self._at)
            if found is None:
                raise AssertionError("only a text that tomllib reads is scanned")
            names.append(found[0][1:-1] if quoted else found[0])
            self._at = found.end()
            self._skip(_SPACE)
            if not self._text.startswith(".", self._at):
                return names
            self._at += 1

    def _value(self, path: str) -> None:
        opening = self._text[self._at]
        if opening == "[":
            self._array(path)
        elif opening == "{":
            self._inline_table(path)
        elif opening in "\"'":
            self._skip(_STRING)
        else:
            self._skip(_BARE_VALUE)

    def _array(self, path: str) -> None:
        self._at += 1
        index = 0
        self._skip(_BLANK)
        while not self._text.startswith("]", self._at):
            self._note(f"{path}[{index}]", self._at)
            self._value(f"{path}[{index}]")
            index += 1
            self._comma()
        self._at += 1

    def _inline_table(self, path: str) -> None:
        self._at += 1
        self._skip(_BLANK)
        while not self._text.startswith("}", self._at):
            self._pair(path)
            self._comma()
        self._at += 1

    def _comma(self) -> None:
        self._skip(_BLANK)
        if self._text.startswith(",", self._at):
            self._at += 1
            self._skip(_BLANK)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        found = pattern.match(self._text, self._at)
        self._at = found.end() if found else self._at

    def _note(self, path: str, at: int) -> None:
        self.lines.setdefault(path, self._text.count("\n", 0, at) + 1)
