"""The words of a shop, ready to be looked for in folded lines: the built-in ones and its own."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from terminal_agent.pos.interpreters.folding import fold
from terminal_agent.pos.interpreters.keywords import BUILT_IN
from terminal_agent.pos.profile import ExtraWords
from terminal_agent.pos.words import WordKind

_ARABIC_FORMS: Final = re.compile("[یيىکك]")
#: Before a word: it may also end a longer one (German and Dutch compounds).
_ENDING: Final = "*"
_ARABIC: Final = re.compile("[\u0600-\u06ff]")


class Vocabulary:
    """The built-in words and a profile's own, ready to be looked for."""

    def __init__(self, own_words: tuple[ExtraWords, ...]) -> None:
        """Compile the built-in words and a profile's own."""
        self._words: dict[WordKind, tuple[re.Pattern[str] | None, re.Pattern[str] | None]] = {}
        for kind in WordKind:
            words = {_folded(word) for word in _words_of(own_words, kind)} - {""}
            dense = {word.replace(" ", "") for word in words if _is_dense(word)}
            spaced = {word for word in words if not _is_dense(word)}
            self._words[kind] = (
                _pattern(spaced, r"(?<!\w)(?:", r")(?!\w)"),
                _pattern(dense, "(?:", ")"),
            )
        numbers = (WordKind.RECEIPT_NUMBER, WordKind.ORIGINAL_NUMBER)
        own = [(fold(word), entry.kind) for entry in own_words for word in entry.words]
        longest_first = sorted(own, key=lambda pair: (-len(pair[0]), pair))
        self._own = [
            (kind, pattern)
            for word, kind in longest_first
            if word and (pattern := _one_pattern(word)) is not None
        ]
        self._ranked = {kind: _ranked(_words_of(own_words, kind)) for kind in numbers}

    def has(self, folded: str, *kinds: WordKind) -> bool:
        """Whether a folded line holds a word of any of the kinds."""
        return any(self.before(folded, kind) is not None for kind in kinds)

    def without(self, folded: str, kind: WordKind) -> str:
        """A folded line with the words of a kind taken out."""
        spaced, dense = self._words[kind]
        rest = folded
        if spaced is not None:
            rest = spaced.sub(" ", rest)
        if dense is not None and dense.search(rest.replace(" ", "")):
            rest = dense.sub(" ", rest.replace(" ", ""))
        return rest

    def own(self, folded: str) -> tuple[WordKind, str] | None:
        """What the longest word of the shop's own on a folded line means, and the line without it.

        None where there is no such word.
        """
        for kind, pattern in self._own:
            found = pattern.search(folded)
            if found is not None:
                return kind, f"{folded[: found.start()]} {folded[found.end() :]}".strip()
        return None

    def ranked(self, kind: WordKind) -> tuple[re.Pattern[str], ...]:
        """Patterns that find a kind's words in text as printed, those that say most first."""
        return self._ranked[kind]

    def before(self, folded: str, kind: WordKind) -> str | None:
        """What a folded line says before the first word of a kind; None where it has none."""
        spaced, dense = self._words[kind]
        found = spaced.search(folded) if spaced is not None else None
        if found is not None:
            return folded[: found.start()]
        squeezed = folded.replace(" ", "")
        found = dense.search(squeezed) if dense is not None else None
        return squeezed[: found.start()] if found is not None else None


@lru_cache(maxsize=32)
def vocabulary_of(own_words: tuple[ExtraWords, ...]) -> Vocabulary:
    """The vocabulary of a shop's own words; compiled once, as compiling takes milliseconds."""
    return Vocabulary(own_words)


def _words_of(own_words: tuple[ExtraWords, ...], kind: WordKind) -> Iterable[str]:
    extra = [entry for entry in own_words if entry.kind is kind]
    if not any(entry.only for entry in extra):
        yield from BUILT_IN[kind]
    for entry in extra:
        yield from entry.words


def _ranked(words: Iterable[str]) -> tuple[re.Pattern[str], ...]:
    """One pattern for each word, in the order given, blind to blanks, dashes and Arabic forms."""
    patterns = []
    for word in words:
        parts = [_ARABIC_FORMS.sub(_any_form, re.escape(part)) for part in word.split()]
        joined = r"[\s.\-_'’]*".join(parts)
        bounded = joined if _is_dense(word) else rf"(?<!\w){joined}(?![^\W\d_])"
        patterns.append(re.compile(bounded, re.IGNORECASE))
    return tuple(patterns)


def _any_form(letter: re.Match[str]) -> str:
    return "[یيى]" if letter.group() in "یيى" else "[کك]"


def _is_dense(word: str) -> bool:
    return any(
        "\u2e80" <= character <= "\u9fff" or "\uac00" <= character <= "\ud7a3" for character in word
    )


def _pattern(words: set[str], before: str, behind: str) -> re.Pattern[str] | None:
    if not words:
        return None
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return re.compile(before + "|".join(map(_expression, longest_first)) + behind)


def _one_pattern(word: str) -> re.Pattern[str] | None:
    if _is_dense(word):
        return re.compile(" ?".join(map(re.escape, word.replace(" ", ""))))
    return _pattern({word}, r"(?<!\w)(?:", r")(?!\w)")


def _folded(word: str) -> str:
    return (_ENDING if word.startswith(_ENDING) else "") + fold(word)


def _expression(word: str) -> str:
    if word.startswith(_ENDING):
        return r"\w*" + re.escape(word.removeprefix(_ENDING))
    # Persian half spaces come as a blank or as nothing.
    return re.escape(word).replace("\\ ", " ?") if _ARABIC.search(word) else re.escape(word)
