"""Which total is sure: independent pieces of evidence, and what contradicts them.

The rule: two pieces must agree, one of them a labelled total or the sum of the items, and nothing
that was read may contradict them. Everything else is for a person to look at.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from terminal_agent.pos.interpreters.arithmetic import (
    Payment,
    adjusted,
    items_add_up,
    net_and_tax_add_up,
    payment_value,
    remainder,
    weigh_payment,
)
from terminal_agent.pos.interpreters.events import EvidenceKind, ReviewReason
from terminal_agent.pos.interpreters.later_totals import changed_below
from terminal_agent.pos.interpreters.reading import TENDERS, TOTALS, LineKind, ReadLine

#: A paper with more labelled totals is a report; comparing them all would take time without use.
_CANDIDATES_MAX: Final = 16
_HARD: Final = frozenset(
    (EvidenceKind.FISCAL, EvidenceKind.ITEMS, EvidenceKind.NET_TAX, EvidenceKind.PAYMENT)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An amount that may be the total.

    Attributes:
        value: the amount in minor units.
        index: the line it stands on, or where the payments begin if it stands on none.
        labelled: a line says that it is the total.
        only: it is the only amount of its line.
    """

    value: int
    index: int
    labelled: bool = False
    only: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the evidence amounts to.

    Attributes:
        candidate: the sure total, or None.
        evidence: what agrees on it.
        reasons: why it is not sure, if it is not.
        considered: amounts that came into question, the likeliest first.
        items: indexes of the lines that add up to it, if any do.
        likeliest: the total that comes first in question, sure or not.
    """

    candidate: Candidate | None = None
    evidence: frozenset[EvidenceKind] = frozenset()
    reasons: tuple[ReviewReason, ...] = ()
    considered: tuple[int, ...] = ()
    items: tuple[int, ...] = ()
    likeliest: Candidate | None = None

    @property
    def looks_like_a_sale(self) -> bool:
        """Whether there is anything for a person to look at."""
        return bool(self.considered or self.reasons)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Weighed:
    candidate: Candidate
    evidence: frozenset[EvidenceKind]
    payment: Payment
    items: tuple[int, ...]
    items_disagree: bool


def weigh(lines: Sequence[ReadLine], fiscal: Sequence[int], *, unknown_commands: int) -> Verdict:
    """Weigh all evidence for the total of one paper.

    Args:
        lines: the lines, in place (see ``zones.placed``).
        fiscal: totals of the fiscal codes on it.
        unknown_commands: how many commands the framer did not know: it may have lost step.
    """
    labelled = _labelled(lines)
    if len(set(fiscal)) > 1:
        return Verdict(reasons=(ReviewReason.FISCAL_DIFFERS,), considered=tuple(fiscal))
    if len(labelled) > _CANDIDATES_MAX:
        considered = _values(labelled[:_CANDIDATES_MAX])
        return Verdict(reasons=(ReviewReason.TOTALS_DIFFER,), considered=considered)
    candidates = labelled or tuple(_unlabelled(lines, fiscal))
    trouble = _label_trouble(lines, labelled)
    if not candidates:
        return Verdict(reasons=(trouble,)) if trouble else Verdict()
    weighed = [_weigh_one(lines, fiscal, one) for one in candidates]
    if trouble:
        return _asked(weighed[0], (trouble,), _values(candidates))
    verdict = _compare(lines, weighed, fiscal, unknown_commands)
    if verdict.candidate is not None and _taxed_beyond(lines, verdict.candidate.value):
        # A byte lost from the label and from the payment alike still leaves the tax too large.
        return replace(verdict, candidate=None, reasons=(ReviewReason.TAX_ABOVE_TOTAL,))
    return verdict


def _asked(
    likeliest: _Weighed, reasons: tuple[ReviewReason, ...], considered: Iterable[int]
) -> Verdict:
    return Verdict(
        reasons=reasons,
        considered=tuple(dict.fromkeys((likeliest.candidate.value, *considered))),
        evidence=likeliest.evidence,
        items=likeliest.items,
        likeliest=likeliest.candidate,
    )


def demanded(verdict: Verdict, evidence_needed: int) -> Verdict:
    """What is left of a verdict where a shop wants more pieces of evidence to agree.

    Papers that give nothing, zero totals and refunds, stay what they are.
    """
    candidate = verdict.candidate
    if candidate is None or candidate.value <= 0 or len(verdict.evidence) >= evidence_needed:
        return verdict
    return replace(verdict, candidate=None, reasons=(ReviewReason.UNCORROBORATED,))


def _taxed_beyond(lines: Sequence[ReadLine], total: int) -> bool:
    """Whether some line says that more tax is contained than the whole total."""
    taxes = (line for line in lines if line.kind is LineKind.TAX and not line.several)
    return any(line.value is not None and line.value > total for line in taxes)


def _compare(
    lines: Sequence[ReadLine],
    weighed: list[_Weighed],
    fiscal: Sequence[int],
    unknown_commands: int,
) -> Verdict:
    considered = tuple(dict.fromkeys((*(one.candidate.value for one in weighed), *fiscal)))
    best = _choose(weighed)
    if best is None:
        likeliest = max(weighed, key=lambda one: len(one.evidence))
        return _asked(likeliest, (ReviewReason.TOTALS_DIFFER,), considered)
    objections = (
        *_objections(best, fiscal, unknown_commands),
        *_other_totals(lines, weighed, best),
    )
    if not objections:
        return Verdict(
            candidate=best.candidate,
            evidence=best.evidence,
            considered=(best.candidate.value,),
            items=best.items,
            likeliest=best.candidate,
        )
    # A big number or a lone "cash" on a paper without any total is no sign of a sale.
    lone = not best.candidate.labelled and not fiscal and len(best.evidence) <= 1
    if lone and EvidenceKind.PAYMENT not in best.evidence:
        return Verdict()
    return _asked(best, objections, considered)


def _values(candidates: Iterable[Candidate]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(candidate.value for candidate in candidates))


def _objections(
    best: _Weighed, fiscal: Sequence[int], unknown_commands: int
) -> Iterable[ReviewReason]:
    evidence = best.evidence
    if fiscal and best.candidate.value not in fiscal:
        yield ReviewReason.FISCAL_DIFFERS
    certain = {EvidenceKind.FISCAL, EvidenceKind.LABEL} <= evidence
    if best.payment is Payment.CONTRADICTS and not certain:
        yield ReviewReason.PAYMENT_DIFFERS
    if not _enough(best, unknown_commands):
        yield ReviewReason.UNCORROBORATED


def _other_totals(
    lines: Sequence[ReadLine], weighed: Sequence[_Weighed], best: _Weighed
) -> Iterable[ReviewReason]:
    """A total that the goods add up to, and another that nothing known makes of it."""
    if best.evidence & {EvidenceKind.PAYMENT, EvidenceKind.FISCAL}:
        return
    at, value = best.candidate.index, best.candidate.value
    others = [one.candidate for one in weighed if one.candidate.value != value]
    strong = LineKind.STRONG_TOTAL
    differ = any(other.index > at or lines[other.index].kind is strong for other in others)
    on_line = at < len(lines) and lines[at].value == value
    if differ or (on_line and changed_below(lines, at, value)):
        yield ReviewReason.TOTALS_DIFFER


def _enough(best: _Weighed, unknown_commands: int) -> bool:
    evidence = best.evidence
    if EvidenceKind.LABEL in evidence:
        if evidence & _HARD:
            return True
        # The size is on the same bytes as the label: it counts only while nothing speaks against.
        clean = best.candidate.only and not best.items_disagree and not unknown_commands
        return EvidenceKind.SIZE in evidence and clean
    other = evidence & {EvidenceKind.FISCAL, EvidenceKind.PAYMENT}
    return EvidenceKind.ITEMS in evidence and bool(other)


def _labelled(lines: Sequence[ReadLine]) -> tuple[Candidate, ...]:
    """The labelled totals: of the best label there is, lines with one amount before others."""
    strong_and_plain = (LineKind.STRONG_TOTAL, LineKind.TOTAL)
    for kinds in (strong_and_plain, (LineKind.WEAK_TOTAL,)):
        found = [
            Candidate(value=line.value, index=index, labelled=True, only=not line.several)
            for index, line in enumerate(lines)
            if line.kind in kinds and line.value is not None
        ]
        single = [candidate for candidate in found if candidate.only]
        chosen = single or found
        if len(chosen) <= _CANDIDATES_MAX:
            chosen = _unsuperseded(lines, chosen)
        if chosen:
            return tuple(chosen)
    return ()


def _unsuperseded(lines: Sequence[ReadLine], found: list[Candidate]) -> list[Candidate]:
    """Drop a total that a later one is made from, and a rest that a part payment left to pay."""
    dropped: set[int] = set()
    for at, candidate in enumerate(found):
        for later, other in enumerate(found[at + 1 :], start=at + 1):
            if other.value == candidate.value:
                continue
            place = (candidate.index, candidate.value, other.index)
            if adjusted(lines, *place) == other.value:
                dropped.add(at)
            elif remainder(lines, *place) == other.value:
                dropped.add(later)
    return [candidate for at, candidate in enumerate(found) if at not in dropped]


def _label_trouble(lines: Sequence[ReadLine], labelled: Sequence[Candidate]) -> ReviewReason | None:
    readable = {lines[candidate.index].kind for candidate in labelled}
    for line in lines:
        # A weak label that cannot be read does not matter beside a better one that can.
        weaker = line.kind is LineKind.WEAK_TOTAL and readable - {LineKind.WEAK_TOTAL}
        if line.kind not in TOTALS or line.value is not None or weaker:
            continue
        if line.foreign and not labelled:
            return ReviewReason.OTHER_CURRENCY
        if line.unreadable and not line.foreign:
            return ReviewReason.TOTAL_UNREADABLE
    return None


def _unlabelled(lines: Sequence[ReadLine], fiscal: Sequence[int]) -> Iterable[Candidate]:
    """Totals of a paper without a label: the fiscal code's, the payment's, the big line's."""
    tender = (*TENDERS, LineKind.CHANGE)
    paid_from = next((at for at, line in enumerate(lines) if line.kind in tender), len(lines))
    for value in dict.fromkeys(fiscal):
        yield Candidate(value=value, index=paid_from)
    paid = payment_value(lines[paid_from:])
    if paid is not None and paid > 0:
        yield Candidate(value=paid, index=paid_from)
    for index, line in enumerate(lines):
        if line.kind is LineKind.ITEM and line.value is not None and _stands_out(lines, index):
            yield Candidate(value=line.value, index=index)


def _weigh_one(lines: Sequence[ReadLine], fiscal: Sequence[int], candidate: Candidate) -> _Weighed:
    evidence: set[EvidenceKind] = set()
    if candidate.labelled:
        evidence.add(EvidenceKind.LABEL)
    if candidate.value in fiscal:
        evidence.add(EvidenceKind.FISCAL)
    items, items_seen = items_add_up(lines, candidate.index, candidate.value)
    if items:
        evidence.add(EvidenceKind.ITEMS)
    if net_and_tax_add_up(lines, candidate.index, candidate.value):
        evidence.add(EvidenceKind.NET_TAX)
    payment = weigh_payment(lines[candidate.index :], candidate.value)
    if payment is Payment.SUPPORTS:
        evidence.add(EvidenceKind.PAYMENT)
    on_line = candidate.index < len(lines) and lines[candidate.index].value == candidate.value
    if on_line and _stands_out(lines, candidate.index):
        evidence.add(EvidenceKind.SIZE)
    return _Weighed(
        candidate=candidate,
        evidence=frozenset(evidence),
        payment=payment,
        items=items,
        items_disagree=items_seen and not items,
    )


def _stands_out(lines: Sequence[ReadLine], index: int) -> bool:
    """Whether a line is larger, or bold where nothing else is, than every other amount's."""
    one = lines[index]
    others = [line for line in lines if line.value is not None and line.value != one.value]
    if one.scale > 1:
        return all(other.scale < one.scale for other in others)
    return one.bold and all(other.scale <= 1 and not other.bold for other in others)


def _choose(weighed: list[_Weighed]) -> _Weighed | None:
    """The one total that the evidence backs; None where several differ and none stands alone."""
    by_value: dict[int, _Weighed] = {}
    for one in weighed:
        known = by_value.get(one.candidate.value)
        if known is None or len(one.evidence) > len(known.evidence):
            by_value[one.candidate.value] = one
    if len(by_value) == 1:
        return next(iter(by_value.values()))
    backed = [one for one in by_value.values() if len(one.evidence) > 1 and one.evidence & _HARD]
    return backed[0] if len(backed) == 1 else None
