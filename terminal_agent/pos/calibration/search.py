"""The search for a profile: dialect, text, numbers and words, proved on the marked recordings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from terminal_agent.pos.calibration.labels import learned_words
from terminal_agent.pos.calibration.marked import MarkedRecording
from terminal_agent.pos.calibration.number_variants import number_variants
from terminal_agent.pos.calibration.papers import Framed, frame, papers
from terminal_agent.pos.calibration.proof import Outcome, Reading, prove, quality
from terminal_agent.pos.calibration.text_variants import text_variants
from terminal_agent.pos.paper_listener import PAPER_DIALECTS
from terminal_agent.pos.profile import AmountSide, Boundary, ExtraWords, ShopProfile

_BOUNDARIES: Final = (
    frozenset(Boundary),
    frozenset((Boundary.CUT, Boundary.IDLE)),
    frozenset((Boundary.INITIALISE, Boundary.IDLE)),
    frozenset((Boundary.CUT,)),
)
#: Of a dialect with more commands than this unknown, in hundredths of its events, nothing is read.
_UNKNOWN_PERCENT_MAX: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What calibration found.

    Attributes:
        profile: the proposed profile.
        readings: every recording, read by it.
        left_out: every marked recording, read by the profile that the others alone propose.
    """

    profile: ShopProfile
    readings: tuple[Reading, ...]
    left_out: tuple[Reading, ...]

    @property
    def proved(self) -> bool:
        """Whether the profile may go live.

        Nothing marked is read wrongly, neither by it nor by any that was made without the
        recording itself, and at least one marked total is read right.
        """
        outcomes = {reading.outcome for reading in (*self.readings, *self.left_out)}
        right = any(reading.outcome is Outcome.RIGHT for reading in self.readings)
        return right and Outcome.WRONG not in outcomes


def calibrate(base: ShopProfile, recordings: Sequence[MarkedRecording]) -> Calibration:
    """Find the profile that reads the marked totals, and prove it.

    Args:
        base: what to start from: currency, name, ceiling, and whatever the marks do not settle.
        recordings: at least one of them marked with a total.
    """
    marked = [one for one in recordings if one.totals_minor is not None]
    profile = propose(base, marked)
    left_out: list[Reading] = []
    for one in marked if len(marked) > 1 else ():
        others = [other for other in marked if other is not one]
        if any(other.totals_minor for other in others):
            left_out += prove(propose(base, others), [one])
    return Calibration(
        profile=profile, readings=prove(profile, recordings), left_out=tuple(left_out)
    )


def propose(base: ShopProfile, marked: Sequence[MarkedRecording]) -> ShopProfile:
    """The profile by which most marked recordings are read right, and none wrongly if any can.

    Of profiles equally good the one found first is chosen: the likeliest text, the plainest
    numbers, the shop's own words learned.
    """
    best: tuple[tuple[int, int, int], ShopProfile] | None = None
    for dialect_base, framed in _dialects(base, marked):
        for candidate in _candidates(dialect_base, framed):
            readings = prove(candidate, marked)
            if best is None or quality(readings) > best[0]:
                best = (quality(readings), candidate)
            if all(one.outcome is Outcome.RIGHT for one in readings):
                return candidate
        if best is not None and best[0][1]:
            # Another printer language cannot be right where this one read a total.
            break
    return best[1] if best is not None else base


def _candidates(base: ShopProfile, framed: Sequence[Framed]) -> Iterator[ShopProfile]:
    for text in text_variants(base, framed):
        for numbers in number_variants(text, framed):
            yield from _with_words(numbers, framed)


def _dialects(
    base: ShopProfile, marked: Sequence[MarkedRecording]
) -> list[tuple[ShopProfile, list[Framed]]]:
    """The base in each dialect, the one with the fewest unknown commands first."""
    framings = []
    for dialect in PAPER_DIALECTS:
        variant = replace(base, dialect=dialect)
        framed = [frame(variant, one) for one in marked]
        unknown = sum(one.unknown for one in framed)
        if unknown * 100 <= _UNKNOWN_PERCENT_MAX * sum(len(one.events) for one in framed):
            framings.append((unknown, dialect is not base.dialect, variant, framed))
    framings.sort(key=lambda entry: entry[:2])
    return [
        (replace(variant, boundaries=_boundaries(variant, framed)), framed)
        for _, _, variant, framed in framings
    ]


def _boundaries(base: ShopProfile, framed: Sequence[Framed]) -> frozenset[Boundary]:
    """What ends a paper so that each recording holds as many as totals were marked on it."""
    for boundaries in (base.boundaries, *_BOUNDARIES):
        variant = replace(base, boundaries=boundaries)
        counts = [
            (len(papers(variant, one.events)), len(one.recording.totals_minor or ()))
            for one in framed
        ]
        if all(found == max(1, told) for found, told in counts):
            return boundaries
    return base.boundaries


def _with_words(numbers: ShopProfile, framed: Sequence[Framed]) -> Iterator[ShopProfile]:
    for side in dict.fromkeys((numbers.amount_side, *AmountSide)):
        sided = replace(numbers, amount_side=side)
        words = learned_words(sided, framed)
        if words:
            yield replace(sided, words=_merged(sided.words, words))
        yield sided


def _merged(known: Sequence[ExtraWords], learned: Sequence[ExtraWords]) -> tuple[ExtraWords, ...]:
    kinds = dict.fromkeys(entry.kind for entry in (*known, *learned))
    return tuple(
        ExtraWords(
            kind=kind,
            words=tuple(
                dict.fromkeys(
                    word
                    for entry in (*known, *learned)
                    if entry.kind is kind
                    for word in entry.words
                )
            ),
            only=any(entry.only for entry in known if entry.kind is kind),
        )
        for kind in kinds
    )
