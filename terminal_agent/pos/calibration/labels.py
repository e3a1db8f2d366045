"""What the words of an unknown layout mean, learned from sums: total, discount, given, change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product
from typing import Final

from terminal_agent.pos.calibration.papers import Framed, papers
from terminal_agent.pos.interpreters.arithmetic import items_add_up
from terminal_agent.pos.interpreters.folding import fold
from terminal_agent.pos.interpreters.numbers import CURRENCY_WORDS
from terminal_agent.pos.interpreters.reading import TENDERS, TOTALS, LineKind, LineReader, ReadLine
from terminal_agent.pos.interpreters.zones import placed
from terminal_agent.pos.profile import ExtraWords, ShopProfile
from terminal_agent.pos.words import WordKind

#: A label seen on fewer papers may be the name of goods.
_PAPERS_MIN: Final = 2
_LETTERS_MIN: Final = 2
#: So many unknown labels are tried in sums, in so many at a time.
_LABELS_MAX: Final = 10
_CHANGES_MAX: Final = 3
_CURRENCIES: Final = frozenset(fold(word) for words in CURRENCY_WORDS.values() for word in words)
_BY_SHAPE: Final = frozenset((LineKind.ITEM, LineKind.UNIT_PRICE, LineKind.PRINTED))


@dataclass(frozen=True, slots=True, kw_only=True)
class _MarkedPaper:
    """A paper whose total is marked."""

    lines: tuple[ReadLine, ...]
    total_minor: int

    def total_at(self, labels: frozenset[str]) -> int | None:
        """Where the first line with the marked total under one of these labels stands."""
        return next(
            (
                at
                for at, line in enumerate(self.lines)
                if line.value == self.total_minor and label_at(self.lines, at) in labels
            ),
            None,
        )


def learned_words(profile: ShopProfile, framed: Sequence[Framed]) -> tuple[ExtraWords, ...]:
    """Words for a profile under which the marked papers add up; empty if nothing can be learned."""
    marked = list(_marked_papers(profile, framed))
    if len(marked) < _PAPERS_MIN:
        return ()
    totals = _total_labels(marked)
    known_total = {line.kind for paper in marked for line in paper.lines} & TOTALS
    if not totals and not known_total:
        return ()
    learned: dict[WordKind, set[str]] = defaultdict(set)
    if totals:
        # Where the total stands tells what the lines above it are: read them again with it.
        learned[WordKind.STRONG_TOTAL] |= totals
        named = ExtraWords(kind=WordKind.STRONG_TOTAL, words=tuple(sorted(totals)))
        marked = list(_marked_papers(replace(profile, words=(*profile.words, named)), framed))
    for label, kind in _item_labels(marked, totals).items():
        learned[kind].add(label)
    for label, kind in _payment_labels(marked, totals).items():
        learned[kind].add(label)
    return tuple(
        ExtraWords(kind=kind, words=tuple(sorted(words)))
        for kind, words in sorted(learned.items())
        if words
    )


def label_at(lines: Sequence[ReadLine], at: int) -> str:
    """The words that name a line's amount: its own, else those of the line above without one."""
    own = _words_of(lines[at].label)
    if own or at == 0:
        return own
    above = lines[at - 1]
    return _words_of(above.text) if above.value is None else ""


def _words_of(text: str) -> str:
    words = [
        word
        for word in fold(text).split()
        if word not in _CURRENCIES and not any(character.isdigit() for character in word)
    ]
    joined = " ".join(words)
    letters = sum(character.isalpha() for character in joined)
    return joined if letters >= _LETTERS_MIN else ""


def _marked_papers(profile: ShopProfile, framed: Sequence[Framed]) -> Iterator[_MarkedPaper]:
    reader = LineReader(profile)
    for one in framed:
        rest = list(one.recording.totals_minor or ())
        for paper in papers(profile, one.events):
            lines = placed([reader.read(line) for line in paper], reader)
            amounts = {amount for line in lines for amount in line.amounts}
            total = next((total for total in rest if total in amounts), None)
            if total is not None:
                rest.remove(total)
                yield _MarkedPaper(lines=tuple(lines), total_minor=total)


def _values(marked: Sequence[_MarkedPaper]) -> dict[str, dict[int, list[ReadLine]]]:
    """For each label, by paper, its lines with an amount."""
    seen: dict[str, dict[int, list[ReadLine]]] = defaultdict(lambda: defaultdict(list))
    for number, paper in enumerate(marked):
        for at, line in enumerate(paper.lines):
            if line.value is not None and (label := label_at(paper.lines, at)):
                seen[label][number].append(line)
    return seen


def _total_labels(marked: Sequence[_MarkedPaper]) -> frozenset[str]:
    """Labels that name the marked total wherever they stand, and together name every one.

    All of them: if one turns out to be a subtotal that no marked paper changed, two totals that
    differ are asked about, and nothing wrong is awarded.
    """
    fitting: dict[str, set[int]] = {}
    for label, by_paper in _values(marked).items():
        lines = [(marked[at], line) for at, found in by_paper.items() for line in found]
        if all(line.value == paper.total_minor for paper, line in lines):
            kinds = {line.kind for _, line in lines}
            if not kinds & {*TENDERS, LineKind.CHANGE}:
                fitting[label] = set(by_paper)
    everywhere = {label for label, at in fitting.items() if len(at) == len(marked)}
    if everywhere:
        unknown = {label for label in everywhere if _is_unknown(marked, label)}
        named = any(_names_total(marked, label) for label in everywhere)
        return frozenset(unknown or (() if named else everywhere))
    repeated = {label for label, at in fitting.items() if len(at) >= _PAPERS_MIN}
    covered = set().union(*(fitting[label] for label in repeated)) if repeated else set()
    return frozenset(repeated) if len(covered) == len(marked) else frozenset()


def _kinds_of(marked: Sequence[_MarkedPaper], label: str) -> set[LineKind]:
    return {
        line.kind
        for paper in marked
        for at, line in enumerate(paper.lines)
        if line.value is not None and label_at(paper.lines, at) == label
    }


def _is_unknown(marked: Sequence[_MarkedPaper], label: str) -> bool:
    return _kinds_of(marked, label) <= {*_BY_SHAPE, LineKind.WEAK_TOTAL}


def _names_total(marked: Sequence[_MarkedPaper], label: str) -> bool:
    return bool(_kinds_of(marked, label) & {LineKind.TOTAL, LineKind.STRONG_TOTAL})


def _item_labels(marked: Sequence[_MarkedPaper], totals: frozenset[str]) -> Mapping[str, WordKind]:
    """The fewest labels above the total that must be no goods for the goods to add up to it."""
    summed = [(paper, end) for paper in marked if (end := _end_of_items(paper, totals)) is not None]
    counts: dict[str, int] = defaultdict(int)
    for paper, end in summed:
        for label in {
            label_at(paper.lines, at)
            for at in range(end)
            if paper.lines[at].value is not None and paper.lines[at].kind in _BY_SHAPE
        }:
            counts[label] += 1
    tried = [label for label, count in counts.items() if label and count >= _PAPERS_MIN]
    tried = sorted(tried, key=lambda label: (-counts[label], label))[:_LABELS_MAX]
    for size in range(_CHANGES_MAX + 1):
        for chosen in combinations(tried, size):
            for kinds in product((WordKind.OTHER, WordKind.DISCOUNT), repeat=size):
                meaning = dict(zip(chosen, kinds, strict=True))
                if summed and all(_adds_up(paper, end, meaning) for paper, end in summed):
                    return _with_subtotals(summed, meaning)
    return {}


def _end_of_items(paper: _MarkedPaper, totals: frozenset[str]) -> int | None:
    """The line of the total: the first under a learned label, else the first under a known one."""
    learned = paper.total_at(totals)
    if learned is not None:
        return learned
    return next(
        (
            at
            for at, line in enumerate(paper.lines)
            if line.kind in (LineKind.TOTAL, LineKind.STRONG_TOTAL)
            and line.value == paper.total_minor
        ),
        None,
    )


def _adds_up(paper: _MarkedPaper, end: int, meaning: Mapping[str, WordKind]) -> bool:
    lines = _with_meaning(paper.lines[:end], meaning)
    items, _ = items_add_up(lines, end, paper.total_minor)
    return bool(items)


def _with_meaning(lines: Sequence[ReadLine], meaning: Mapping[str, WordKind]) -> list[ReadLine]:
    return [
        replace(line, kind=LineKind(meaning[label].value))
        if line.kind in _BY_SHAPE and (label := label_at(lines, at)) in meaning
        else line
        for at, line in enumerate(lines)
    ]


def _with_subtotals(
    summed: Sequence[tuple[_MarkedPaper, int]], meaning: dict[str, WordKind]
) -> dict[str, WordKind]:
    """Call those ignored labels subtotals that are one on every paper they stand on."""
    for label, kind in list(meaning.items()):
        if kind is not WordKind.OTHER:
            continue
        sums = []
        for paper, end in summed:
            lines = _with_meaning(paper.lines[:end], meaning)
            for at, line in enumerate(paper.lines[:end]):
                if line.value is not None and label_at(paper.lines, at) == label:
                    sums.append(bool(items_add_up(lines, at, line.value)[0]))
        if sums and all(sums):
            meaning[label] = WordKind.SUBTOTAL
    return meaning


def _payment_labels(
    marked: Sequence[_MarkedPaper], totals: frozenset[str]
) -> Mapping[str, WordKind]:
    """A pair of labels below the total of which one less the other is the total."""
    below: dict[str, dict[int, int]] = defaultdict(dict)
    for number, paper in enumerate(marked):
        end = _end_of_items(paper, totals)
        if end is None:
            continue
        for at in range(end + 1, len(paper.lines)):
            line = paper.lines[at]
            known = line.kind in (*TENDERS, LineKind.CHANGE)
            if line.value is not None and (line.kind in _BY_SHAPE or known):
                below[label_at(paper.lines, at)].setdefault(number, line.value)
    for given, change in product(below, repeat=2):
        both = below[given].keys() & below[change].keys()
        if given == change or not given or not change or len(both) < _PAPERS_MIN:
            continue
        if all(
            below[given][at] - abs(below[change][at]) == marked[at].total_minor for at in both
        ) and any(below[change][at] for at in both):
            pair = ((given, WordKind.GIVEN), (change, WordKind.CHANGE))
            return {label: kind for label, kind in pair if _is_unknown(marked, label)}
    return {}
