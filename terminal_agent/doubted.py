"""A doubtful paper as it is sealed: bounded, and with no card number in it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from gateway.model.checks import I63_MAX
from gateway.model.review import (
    CANDIDATES_MAX,
    EVIDENCE_MAX,
    PAPER_BYTES_MAX,
    PAPER_CHARACTERS_MAX,
    PAPER_LINES_MAX,
    REASONS_MAX,
    Review,
    ReviewCandidate,
)
from terminal_agent.pos.interpreters.events import NeedsReview
from terminal_agent.pos.interpreters.pan import mask_pans
from terminal_agent.session.long_sales import carried

#: What a message has left for the sale as it was read, beside the paper and everything else.
_SALE_BYTES_MAX: Final = 40_000
_SHORT_CHARACTERS_MAX: Final = 32
#: Stands where the middle of a long paper is left out.
LEFT_OUT: Final = "…"
_BEGINNING_PERCENT: Final = 25


def review_of(doubt: NeedsReview) -> Review:
    """What is sealed of a paper that needs review. Whatever was printed, it fits a message."""
    sale = None
    if doubt.sale is not None:
        sale = carried(replace(doubt.sale, key=doubt.key), _SALE_BYTES_MAX)
    return Review(
        key=doubt.key,
        profile=doubt.profile if sale is None else sale.profile,
        profile_version=doubt.profile_version if sale is None else sale.profile_version,
        reasons=tuple(dict.fromkeys(doubt.reasons))[:REASONS_MAX],
        evidence=tuple(sorted(doubt.evidence))[:EVIDENCE_MAX],
        candidates=_candidates(doubt),
        sale=sale,
        paper=bounded_paper(doubt.lines),
        receipt_number=_short(doubt.receipt_number),
        occurred_at=_short(doubt.occurred_at),
    )


def bounded_paper(lines: Sequence[str]) -> tuple[str, ...]:
    """The lines of a paper as far as a message holds them.

    Of a long paper the beginning and the end are kept: shop and date stand in the one, totals and
    payments in the other.
    """
    clean = [_clean(mask_pans(line))[:PAPER_CHARACTERS_MAX].rstrip() for line in lines]
    if len(clean) <= PAPER_LINES_MAX and _size(clean) <= PAPER_BYTES_MAX:
        return tuple(clean)
    most, room = PAPER_LINES_MAX - 1, PAPER_BYTES_MAX - len(LEFT_OUT.encode())
    beginning = _fitting(clean, most * _BEGINNING_PERCENT // 100, room * _BEGINNING_PERCENT // 100)
    rest = clean[len(beginning) :]
    end = _fitting(rest[::-1], most - len(beginning), room - _size(beginning))
    return (*beginning, LEFT_OUT, *end[::-1])


def _fitting(lines: Sequence[str], most: int, room: int) -> list[str]:
    kept: list[str] = []
    for line in lines[:most]:
        room -= len(line.encode())
        if room < 0:
            break
        kept.append(line)
    return kept


def _size(lines: Iterable[str]) -> int:
    return sum(len(line.encode()) for line in lines)


def _candidates(doubt: NeedsReview) -> tuple[ReviewCandidate, ...]:
    keys = dict(zip(doubt.candidates_minor, doubt.candidate_keys, strict=False))
    totals = [total for total in dict.fromkeys(doubt.candidates_minor) if 1 <= total <= I63_MAX]
    return tuple(
        ReviewCandidate(total_minor=total, key=keys.get(total)) for total in totals[:CANDIDATES_MAX]
    )


def _short(text: str | None) -> str | None:
    short = _clean(text or "")[:_SHORT_CHARACTERS_MAX].strip()
    return short or None


def _clean(text: str) -> str:
    """Text without controls and lone surrogates; each becomes the sign for what cannot be read."""
    return "".join("\ufffd" if unicodedata.category(one) in ("Cc", "Cs") else one for one in text)
