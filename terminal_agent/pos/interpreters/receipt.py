"""The receipt interpreter: what a printer stream says, to sales that are sure.

A paper ends at a cut, at ``ESC @`` behind text, or when the line falls silent behind text, as the
profile says; never at the drawer pulse, which tills send before, within and after receipts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from gateway.model.ids import SaleKey
from gateway.model.sale import Sale, SaleSource
from terminal_agent.pos.framers.events import (
    Abandoned,
    CutPaper,
    EscPosEvent,
    IdleGap,
    ImageSkipped,
    Initialise,
    PeripheralSelect,
    QrData,
    Unknown,
)
from terminal_agent.pos.interpreters import details
from terminal_agent.pos.interpreters.dates import DateReader
from terminal_agent.pos.interpreters.events import (
    NeedsReview,
    NotASale,
    NotASaleReason,
    ReceiptEvent,
    RefundSeen,
    ReviewReason,
    SaleClosed,
    TotalSeen,
)
from terminal_agent.pos.interpreters.fiscal import FiscalFinding, FiscalKind, read_fiscal
from terminal_agent.pos.interpreters.lines import LineBuilder, PrintedLine
from terminal_agent.pos.interpreters.notices import Notices, is_reprint_notice, read_notices
from terminal_agent.pos.interpreters.pan import mask_pans
from terminal_agent.pos.interpreters.reading import TOTALS, LineKind, LineReader, ReadLine
from terminal_agent.pos.interpreters.side_by_side import parted
from terminal_agent.pos.interpreters.weighing import Candidate, Verdict, demanded, weigh
from terminal_agent.pos.interpreters.zones import placed
from terminal_agent.pos.profile import Boundary, ShopProfile
from terminal_agent.pos.sale_key import sale_key

#: Longer papers are journals and reports; what comes after is counted, not kept.
LINES_KEPT_MAX: Final = 1_000
_QR_KEPT_MAX: Final = 16
#: How often the total is weighed while the paper prints; each time costs one look at every line.
_EARLY_LOOKS_MAX: Final = 40
_REVIEW_LINES_MAX: Final = 200

_SUMMARISE: Final = frozenset((*TOTALS, LineKind.GIVEN, LineKind.CHANGE))

_BOUNDARIES: Final[dict[type[EscPosEvent], Boundary]] = {
    CutPaper: Boundary.CUT,
    Initialise: Boundary.INITIALISE,
    IdleGap: Boundary.IDLE,
}
_FISCAL_REASONS: Final = {
    FiscalKind.TRAINING: NotASaleReason.TRAINING,
    FiscalKind.CANCELLED: NotASaleReason.VOID,
    FiscalKind.NO_SALE: NotASaleReason.PROFORMA,
}


@dataclass(slots=True)
class _Paper:
    """What is on the paper that prints now."""

    lines: list[ReadLine] = field(default_factory=list)
    fiscal: list[FiscalFinding] = field(default_factory=list)
    images: int = 0
    unknown: int = 0
    overlong: bool = False
    looks: int = 0
    announced: tuple[int, int | None] | None = None


class ReceiptInterpreter:
    """Reads receipts out of framer events. Never raises; holds one paper at a time."""

    def __init__(self, profile: ShopProfile) -> None:
        """Prepare to read the way ``profile`` prints."""
        self._profile = profile
        self._reader = LineReader(profile)
        self._dates = DateReader(profile)
        self._builder = LineBuilder(profile)
        self._paper = _Paper()
        self._to_printer = True

    def feed(self, event: EscPosEvent) -> list[ReceiptEvent]:
        """Take one event of the framer; returns what it makes known, in order."""
        if isinstance(event, IdleGap):
            # A lost "back to the printer" must not deafen us for good.
            self._to_printer = True
        if isinstance(event, PeripheralSelect):
            self._to_printer = event.printer
        if not self._to_printer or isinstance(event, PeripheralSelect):
            return []
        boundary = _BOUNDARIES.get(type(event))
        return self._on_content(event) if boundary is None else self._on_boundary(event, boundary)

    def _on_boundary(self, event: EscPosEvent, boundary: Boundary) -> list[ReceiptEvent]:
        starts_behind_nothing = boundary is Boundary.INITIALISE and not self._has_text()
        ended = [] if starts_behind_nothing else self._end(boundary)
        self._builder.feed(event)
        return ended

    def _on_content(self, event: EscPosEvent) -> list[ReceiptEvent]:
        match event:
            case QrData():
                return self._on_qr(event.data)
            case ImageSkipped():
                self._paper.images += 1
            case Unknown() | Abandoned():
                self._paper.unknown += 1
            case _:
                return self._on_line(self._builder.feed(event))
        return []

    def lost(self) -> list[ReceiptEvent]:
        """The line was lost: drop the half paper, but say if it was about to be a sale."""
        paper, self._paper = self._paper, _Paper()
        self._builder = LineBuilder(self._profile)
        self._to_printer = True
        verdict, lines = self._weigh(paper)
        if not verdict.looks_like_a_sale:
            return []
        return [self._review(paper, lines, verdict, (ReviewReason.LINE_LOST,))]

    def _has_text(self) -> bool:
        line = self._builder.finish()
        if line is not None:
            self._keep(line)
        return bool(self._paper.lines)

    def _on_line(self, line: PrintedLine | None) -> list[ReceiptEvent]:
        if line is None:
            return []
        return self._look_early() if self._keep(line) else []

    def _keep(self, line: PrintedLine) -> bool:
        """Keep a line; whether an amount is on it."""
        read = [self._reader.read(part) for part in parted(line)]
        room = LINES_KEPT_MAX - len(self._paper.lines)
        self._paper.lines += read[:room]
        self._paper.overlong |= len(read) > room
        return any(one.value is not None for one in read)

    def _on_qr(self, data: bytes) -> list[ReceiptEvent]:
        finding = read_fiscal(data)
        if finding is None or len(self._paper.fiscal) >= _QR_KEPT_MAX:
            return []
        self._paper.fiscal.append(finding)
        return self._look_early()

    def _look_early(self) -> list[ReceiptEvent]:
        """Say the total as soon as it is sure: the card prompt need not wait for the cut."""
        paper = self._paper
        summarised = paper.fiscal or any(
            line.kind in _SUMMARISE for line in paper.lines[-_EARLY_LOOKS_MAX:]
        )
        if not summarised or paper.looks >= _EARLY_LOOKS_MAX:
            return []
        paper.looks += 1
        verdict, lines = self._weigh(paper)
        candidate = verdict.candidate
        if candidate is None or candidate.value <= 0:
            return []
        tax_minor = details.tax_minor(lines, candidate.index, candidate.value)
        if (candidate.value, tax_minor) == paper.announced:
            return []
        notices = read_notices(lines, self._reader.vocabulary, candidate.index)
        ceiling = self._profile.auto_award_ceiling_minor
        above = ceiling is not None and candidate.value > ceiling
        if notices.not_a_sale or notices.refund or above or _fiscal_reason(paper):
            return []
        paper.announced = (candidate.value, tax_minor)
        key = self._key(lines, candidate.value)
        seen = TotalSeen(
            total_minor=candidate.value,
            key=key,
            evidence=verdict.evidence,
            lines=details.sale_lines(lines, verdict.items, self._reader.vocabulary),
            tax_minor=tax_minor,
        )
        return [seen]

    def _end(self, boundary: Boundary) -> list[ReceiptEvent]:
        if boundary not in self._profile.boundaries:
            return []
        has_text = self._has_text()
        paper, self._paper = self._paper, _Paper()
        if not has_text:
            only_image = paper.images and boundary is not Boundary.INITIALISE
            return [NotASale(reason=NotASaleReason.IMAGE_ONLY)] if only_image else []
        return [self._judge(paper)]

    def _weigh(self, paper: _Paper) -> tuple[Verdict, list[ReadLine]]:
        lines = placed(paper.lines, self._reader)
        totals = [
            finding.total_minor for finding in paper.fiscal if finding.total_minor is not None
        ]
        in_euro = self._profile.currency.code == "EUR"
        fiscal = totals if in_euro else []
        verdict = weigh(lines, fiscal, unknown_commands=paper.unknown)
        return demanded(verdict, self._profile.evidence_needed), lines

    def _judge(self, paper: _Paper) -> ReceiptEvent:
        verdict, lines = self._weigh(paper)
        total_at = verdict.candidate.index if verdict.candidate is not None else None
        notices = read_notices(lines, self._reader.vocabulary, total_at)
        said = _fiscal_reason(paper) or notices.not_a_sale
        negative = verdict.candidate is not None and verdict.candidate.value < 0
        if said is None and (notices.refund or negative):
            return self._refund(paper, lines, verdict)
        reason = said or _no_sale_by_content(verdict, paper.lines, notices)
        if reason is not None:
            total = verdict.candidate if reason is NotASaleReason.ZERO_TOTAL else None
            sale = None if total is None else self._sale(lines, verdict, total)
            return NotASale(reason=reason, sale=sale)
        objections = self._objections(paper, verdict, notices)
        if objections or verdict.candidate is None:
            return self._review(paper, lines, verdict, objections)
        return SaleClosed(
            sale=self._sale(lines, verdict, verdict.candidate),
            evidence=verdict.evidence,
            occurred_at=self._occurred_at(paper, lines),
        )

    def _objections(
        self, paper: _Paper, verdict: Verdict, notices: Notices
    ) -> tuple[ReviewReason, ...]:
        reasons = list(verdict.reasons)
        ceiling = self._profile.auto_award_ceiling_minor
        if ceiling is not None and any(value > ceiling for value in verdict.considered[:1]):
            reasons.append(ReviewReason.ABOVE_CEILING)
        if any(finding.kind is FiscalKind.UNREADABLE for finding in paper.fiscal):
            reasons.append(ReviewReason.FISCAL_DIFFERS)
        if notices.unclear:
            reasons.append(ReviewReason.UNCLEAR_NOTICE)
        if paper.overlong:
            reasons.append(ReviewReason.TOO_LONG)
        return tuple(dict.fromkeys(reasons))

    def _sale(self, lines: list[ReadLine], verdict: Verdict, total: Candidate) -> Sale:
        words = self._reader.vocabulary
        return Sale(
            key=self._key(lines, total.value),
            total_minor=total.value,
            source=SaleSource.RECEIPT,
            profile=self._profile.name,
            profile_version=self._profile.version,
            lines=details.sale_lines(lines, verdict.items, words),
            tenders=details.tenders(lines[total.index :], total.value),
            tax_minor=details.tax_minor(lines, total.index, total.value),
            discount_minor=details.discount_minor(lines, total.index),
            receipt_number=details.receipt_number(lines, words),
        )

    def _refund(self, paper: _Paper, lines: list[ReadLine], verdict: Verdict) -> RefundSeen:
        words = self._reader.vocabulary
        total = verdict.candidate.value if verdict.candidate is not None else None
        return RefundSeen(
            total_minor=abs(total) if total else None,
            receipt_number=details.receipt_number(lines, words),
            original_receipt_number=details.original_receipt_number(lines, words),
            occurred_at=self._occurred_at(paper, lines),
        )

    def _review(
        self,
        paper: _Paper,
        lines: list[ReadLine],
        verdict: Verdict,
        reasons: tuple[ReviewReason, ...],
    ) -> NeedsReview:
        first = verdict.considered[0] if verdict.considered else 0
        likeliest = verdict.likeliest
        sale = None
        if likeliest is not None and likeliest.value > 0:
            sale = self._sale(lines, verdict, likeliest)
        return NeedsReview(
            reasons=reasons or (ReviewReason.UNCORROBORATED,),
            lines=tuple(mask_pans(line.text).rstrip() for line in lines[-_REVIEW_LINES_MAX:]),
            key=self._key(lines, first),
            candidates_minor=verdict.considered,
            candidate_keys=tuple(self._key(lines, value) for value in verdict.considered),
            receipt_number=details.receipt_number(lines, self._reader.vocabulary),
            evidence=verdict.evidence,
            sale=sale,
            occurred_at=self._occurred_at(paper, lines),
            profile=self._profile.name,
            profile_version=self._profile.version,
        )

    def _occurred_at(self, paper: _Paper, lines: list[ReadLine]) -> str | None:
        """The printed date and time; a fiscal code's where the text has none."""
        printed = self._dates.printed_at([line.text for line in lines])
        told = next((found.occurred_at for found in paper.fiscal if found.occurred_at), None)
        return printed.iso if printed is not None else told

    def _key(self, lines: list[ReadLine], total_minor: int) -> SaleKey:
        words = self._reader.vocabulary
        return sale_key(
            profile=self._profile.name,
            receipt_number=details.receipt_number(lines, words),
            printed_at=details.printed_at(lines),
            total_minor=total_minor,
            text=[line.folded for line in lines if not is_reprint_notice(line, words)],
        )


def _fiscal_reason(paper: _Paper) -> NotASaleReason | None:
    return next(
        (_FISCAL_REASONS[found.kind] for found in paper.fiscal if found.kind in _FISCAL_REASONS),
        None,
    )


def _no_sale_by_content(
    verdict: Verdict, lines: list[ReadLine], notices: Notices
) -> NotASaleReason | None:
    if not verdict.looks_like_a_sale:
        return NotASaleReason.NO_TOTAL
    # By their words alone: a slip's "purchase" above its total is no article.
    goods = (LineKind.ITEM, LineKind.UNIT_PRICE, LineKind.SUBTOTAL)
    if notices.card_slip and not any(line.kind in goods for line in lines):
        return NotASaleReason.CARD_SLIP
    if verdict.candidate is not None and verdict.candidate.value == 0:
        return NotASaleReason.ZERO_TOTAL
    return None
