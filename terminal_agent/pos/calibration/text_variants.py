"""In which code page and direction a till prints: every one that could be, the likeliest first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from terminal_agent.pos.calibration.papers import Framed, papers
from terminal_agent.pos.calibration.plausible import plausibility
from terminal_agent.pos.profile import ShopProfile, TextOrder

#: Encodings of right-to-left text, which tills store in reading order or as it looks.
_RIGHT_TO_LEFT: Final = (
    "cp1256",
    "iran-system",
    "cp1098",
    "cp864",
    "cp720",
    "iso8859_6",
    "utf-8",
)
_OTHERS: Final = (
    "cp437",
    "cp858",
    "cp1252",
    "cp852",
    "cp1250",
    "cp857",
    "cp1254",
    "cp866",
    "cp1251",
    "cp737",
    "cp1253",
    "gb18030",
    "cp950",
    "cp932",
    "cp949",
)
_KEPT: Final = 3
#: A reading that looks so much less like language than the best, in hundredths, is none.
_NEAR_PERCENT: Final = 70


def text_variants(base: ShopProfile, framed: Sequence[Framed]) -> list[ShopProfile]:
    """Profiles that differ from ``base`` in encoding and direction, at most three, likeliest first.

    Where the till never leaves one code page, that page is the default encoding and no table is
    needed: what the number means on this printer does not matter then. Of several that read the
    same, the first is kept.
    """
    by_text: dict[tuple[str, ...], ShopProfile] = {}
    for variant in _every(base, framed):
        by_text.setdefault(_texts(variant, framed), variant)
    scored = [
        (plausibility(texts), -at, variant) for at, (texts, variant) in enumerate(by_text.items())
    ]
    scored.sort(key=lambda entry: entry[:2], reverse=True)
    floor = scored[0][0] * _NEAR_PERCENT / 100 if scored[0][0] > 0 else scored[0][0]
    return [variant for score, _, variant in scored[:_KEPT] if score >= floor]


def _texts(variant: ShopProfile, framed: Sequence[Framed]) -> tuple[str, ...]:
    return tuple(
        line.text for one in framed for paper in papers(variant, one.events) for line in paper
    )


def _every(base: ShopProfile, framed: Sequence[Framed]) -> Iterable[ShopProfile]:
    yield base
    if all(one.recording.data.isascii() for one in framed):
        return
    for encoding in (*_RIGHT_TO_LEFT, *_OTHERS):
        orders = tuple(TextOrder) if encoding in _RIGHT_TO_LEFT else (TextOrder.LOGICAL,)
        for order in orders:
            yield replace(
                base,
                printer=None,
                code_pages=(),
                default_encoding=encoding,
                multi_byte_encoding=encoding if encoding in _OTHERS[-4:] else None,
                text_order=order,
            )
