"""Words that say what the paper is: reprint, refund, void, training, report, proforma."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from terminal_agent.pos.interpreters.events import NotASaleReason
from terminal_agent.pos.interpreters.reading import TENDERS, TOTALS, LineKind, ReadLine
from terminal_agent.pos.interpreters.vocabulary import Vocabulary
from terminal_agent.pos.words import WordKind

_REASONS: Final = {
    WordKind.TRAINING: NotASaleReason.TRAINING,
    WordKind.REPRINT: NotASaleReason.REPRINT,
    WordKind.VOID: NotASaleReason.VOID,
    WordKind.REPORT: NotASaleReason.REPORT,
    WordKind.PROFORMA: NotASaleReason.PROFORMA,
}
#: "Not a receipt" and "not approved" mean what they say.
_NEGATIVE_BY_NATURE: Final = frozenset((WordKind.PROFORMA, WordKind.FAILED_PAYMENT))
#: Where a word beside an amount speaks of the whole paper: "total refund", "refunded to card",
#: "declined 20.00". Beside goods it speaks of them alone.
_BESIDE_AMOUNTS: Final[dict[WordKind, frozenset[LineKind]]] = {
    WordKind.REFUND: frozenset((*TOTALS, *TENDERS)),
    WordKind.VOID: TOTALS,
    WordKind.TRAINING: TOTALS,
    WordKind.PROFORMA: TOTALS,
    WordKind.REPORT: TOTALS,
    WordKind.FAILED_PAYMENT: frozenset((*TOTALS, *TENDERS, LineKind.ITEM)),
}
#: A notice stands nearly alone. A sentence that holds its word is advice to the customer.
_OTHER_WORDS_MAX: Final = 3
_OTHER_CHARACTERS_MAX: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Notices:
    """What the paper says about itself.

    Attributes:
        not_a_sale: why it is none, if it says so.
        refund: it says plainly that it is a refund.
        unclear: it may say that it is a refund, or a payment failed before another was made.
        card_slip: it holds words that only card terminals print.
    """

    not_a_sale: NotASaleReason | None = None
    refund: bool = False
    unclear: bool = False
    card_slip: bool = False


def read_notices(lines: Sequence[ReadLine], words: Vocabulary, total_at: int | None) -> Notices:
    """Read what the paper says about itself.

    Args:
        lines: its lines.
        words: the vocabulary.
        total_at: index of the line with the total, None where there is none.
    """
    not_a_sale = next(
        (
            reason
            for kind, reason in _REASONS.items()
            for at in range(len(lines))
            if _says(lines, at, kind, words)
        ),
        None,
    )
    failed = [at for at in range(len(lines)) if _says(lines, at, WordKind.FAILED_PAYMENT, words)]
    paid_later = bool(failed) and any(
        line.kind in TENDERS and line.value for line in lines[failed[-1] + 1 :]
    )
    if failed and not paid_later:
        not_a_sale = NotASaleReason.FAILED_PAYMENT
    refunds = [at for at in range(len(lines)) if _says(lines, at, WordKind.REFUND, words)]
    end = len(lines) if total_at is None else total_at
    plainly = any(
        at < end or lines[at].kind is not LineKind.PRINTED or lines[at].scale > 1 or lines[at].bold
        for at in refunds
    )
    return Notices(
        not_a_sale=not_a_sale,
        refund=plainly,
        unclear=(bool(refunds) and not plainly) or paid_later,
        card_slip=any(words.has(line.folded, WordKind.CARD_SLIP) for line in lines),
    )


def is_reprint_notice(line: ReadLine, words: Vocabulary) -> bool:
    """Whether a line only says that the paper is a copy: it is no part of the sale's text."""
    return line.kind is LineKind.PRINTED and words.has(line.folded, WordKind.REPRINT)


def _says(lines: Sequence[ReadLine], at: int, kind: WordKind, words: Vocabulary) -> bool:
    line = lines[at]
    if not words.has(line.folded, kind):
        return False
    if line.kind is not LineKind.PRINTED:
        return line.kind in _BESIDE_AMOUNTS.get(kind, ())
    if kind not in _NEGATIVE_BY_NATURE and words.has(line.folded, WordKind.NEGATION):
        return False
    if words.has(line.folded, WordKind.CARD_SLIP):
        # "Customer copy" is how card terminals and many tills call the first print.
        return False
    if not _nearly_alone(line.folded, kind, words):
        return False
    # A void above a negative item takes back that item, not the sale.
    return kind is not WordKind.VOID or not _takes_back_an_item(lines, at)


def _nearly_alone(folded: str, kind: WordKind, words: Vocabulary) -> bool:
    letters = [word for word in folded.split() if not word.isdigit()]
    rest = words.without(folded, kind)
    others = [word for word in rest.split() if not any(character.isdigit() for character in word)]
    if kind is WordKind.TRAINING:
        return not others
    if len(letters) <= 2 and any(ord(character) >= 0x2E80 for character in folded):
        return sum(map(len, others)) <= _OTHER_CHARACTERS_MAX
    return len(others) <= _OTHER_WORDS_MAX


def _takes_back_an_item(lines: Sequence[ReadLine], at: int) -> bool:
    below = next((line for line in lines[at + 1 :] if line.kind is not LineKind.RULE), None)
    return below is not None and below.kind is LineKind.ITEM and (below.value or 0) < 0
