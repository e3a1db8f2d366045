"""Whether a message agrees with itself: a wrong amount is worse than none."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.model.sale import SaleLine, Tender
from terminal_agent.pos.interpreters.events import EvidenceKind


def sums_objection(
    *,
    total_minor: int,
    lines: Sequence[SaleLine],
    tax_minor: int | None,
    discount_minor: int | None,
    tenders: Sequence[Tender] = (),
) -> str | None:
    """Say what does not add up, or None where all that was told agrees with the total.

    Lines less discount are the total, or are it with the tax on top. Tenders are the total.

    Args:
        total_minor: what the customer owes.
        lines: the goods, none where they were not told.
        tax_minor: the tax in the total.
        discount_minor: taken off beside the lines.
        tenders: what was paid with, none where it was not told.
    """
    if tax_minor is not None and tax_minor > total_minor:
        return "tax_minor is more than total_minor"
    if lines:
        net_minor = sum(line.amount_minor for line in lines) - (discount_minor or 0)
        if total_minor not in (net_minor, net_minor + (tax_minor or 0)):
            return f"the lines less discount make {net_minor}, total_minor is {total_minor}"
    if tenders:
        paid_minor = sum(tender.amount_minor for tender in tenders)
        if paid_minor != total_minor:
            return f"the tenders make {paid_minor}, total_minor is {total_minor}"
    return None


def evidence_of(lines: Sequence[SaleLine], tenders: Sequence[Tender]) -> frozenset[EvidenceKind]:
    """What speaks for a total that nothing in its message contradicts."""
    evidence = {EvidenceKind.MESSAGE}
    if lines:
        evidence.add(EvidenceKind.ITEMS)
    if tenders:
        evidence.add(EvidenceKind.PAYMENT)
    return frozenset(evidence)
