"""How much a text looks like language: what tells a right code page and direction from a wrong one.

Nothing is known of the shop's own words, so letters are judged: pairs of letters that words of
receipts are made of, letters and signs that do not stand together within a word, and words that are
known from any receipt.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import cache, lru_cache
from itertools import pairwise
from typing import Final

from terminal_agent.pos.interpreters.folding import fold
from terminal_agent.pos.interpreters.keywords import BUILT_IN
from terminal_agent.pos.interpreters.month_names import GREGORIAN_MONTHS, JALALI_MONTHS

_WORD: Final = re.compile(r"[^\s0-9۰-۹٠-٩.,:;/*+()=<>|\-_#%٪٬٫'\"!?؟،]+")
_KNOWN_WORD: Final = 5.0
_MIXED: Final = -3.0
_STRANGE: Final = -2.0
#: A script of hundreds of signs: one known from receipts speaks for itself.
_KNOWN_SIGN: Final = 0.5
_OTHER_SIGN: Final = 0.02
_LATIN_LETTER: Final = 0.02
_ARABIC_LETTERS: Final = 36


def plausibility(texts: Iterable[str]) -> float:
    """How likely these lines are what was meant; only good for comparing readings of one paper."""
    return sum(_word_score(found.group()) for text in texts for found in _WORD.finditer(text))


@lru_cache(maxsize=1 << 16)
def _word_score(word: str) -> float:
    scripts = Counter(_script(character) for character in word)
    strange = scripts.pop("strange", 0)
    if not scripts:
        # Frames and rules are drawn alone; only beside letters are they a wrong page.
        return 0.0 if _is_drawn(word) else _STRANGE
    if strange:
        return _STRANGE * strange
    if len(scripts) > 1 and not scripts.keys() <= {"han", "kana"}:
        return _MIXED
    folded = fold(word)
    known = _KNOWN_WORD if folded in _known_words() and len(folded) > 1 else 0.0
    return known + _letters_score(next(iter(scripts)), folded, word)


def _letters_score(script: str, folded: str, word: str) -> float:
    if script == "arabic":
        return _pairs_score(folded)
    if script in ("han", "kana", "hangul"):
        return sum(_KNOWN_SIGN if sign in _known_signs() else _OTHER_SIGN for sign in word)
    return _LATIN_LETTER * len(word)


def _pairs_score(folded: str) -> float:
    """The mean surprise that pairs of letters spare, against letters at random, times the pairs."""
    if len(folded) < 2:
        return 0.0
    pairs = _arabic_pairs()
    total = sum(pairs.values())
    firsts = _arabic_firsts()
    marked = f"^{folded}$"
    score = 0.0
    for first, second in pairwise(marked):
        chance = (pairs[first + second] + 0.5) / (firsts[first] + 0.5 * _ARABIC_LETTERS)
        score += math.log(chance * _ARABIC_LETTERS)
    return score if total else 0.0


def _script(character: str) -> str:
    if character == "\ufffd" or unicodedata.category(character) in ("Co", "Cn", "So", "Sm", "Sk"):
        return "strange"
    if not unicodedata.category(character).startswith(("L", "M")):
        return "sign" if character.isascii() or character in "€£¥₩₹№°ºª«»" else "strange"
    name = unicodedata.name(character, "")
    for start, script in _SCRIPTS:
        if name.startswith(start):
            return script
    return "latin"


def _is_drawn(word: str) -> bool:
    return all(0x2500 <= ord(character) <= 0x25FF for character in word)


_SCRIPTS: Final = (
    ("ARABIC", "arabic"),
    ("CYRILLIC", "cyrillic"),
    ("GREEK", "greek"),
    ("HEBREW", "hebrew"),
    ("CJK", "han"),
    ("HIRAGANA", "kana"),
    ("KATAKANA", "kana"),
    ("HALFWIDTH", "half"),
    ("HANGUL", "hangul"),
)


@cache
def _known_words() -> frozenset[str]:
    texts = (word for words in BUILT_IN.values() for word in words)
    return frozenset(
        part for text in (*texts, *GREGORIAN_MONTHS, *JALALI_MONTHS) for part in fold(text).split()
    )


@cache
def _known_signs() -> frozenset[str]:
    return frozenset(
        sign for words in BUILT_IN.values() for word in words for sign in word if sign > "\u2e80"
    )


@cache
def _arabic_pairs() -> Counter[str]:
    pairs: Counter[str] = Counter()
    for word in sorted(_known_words()):
        if _script(word[0]) == "arabic":
            marked = f"^{word}$"
            pairs.update(a + b for a, b in pairwise(marked))
    return pairs


@cache
def _arabic_firsts() -> Counter[str]:
    firsts: Counter[str] = Counter()
    for pair, count in _arabic_pairs().items():
        firsts[pair[0]] += count
    return firsts
