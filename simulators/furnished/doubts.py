"""Papers of the furnished shop that its tills were not sure of: two wait, one is settled."""

from __future__ import annotations

from typing import Final

from gateway.ledger.rows_reviews import ReviewRow
from gateway.model.ids import TerminalId
from gateway.model.ledger_command import LedgerCommandKind
from gateway.model.review import EvidenceKind, Review, ReviewCandidate, ReviewReason
from gateway.office.house import House
from mqtt.topics import topic_tx
from simulators.desk import DeskHand
from simulators.furnished.counters import Counters, Message
from simulators.furnished.names import HOSTILE
from simulators.furnished.past import Past
from simulators.sealed_terminal import sale_key

#: Far from the numbers of the past's sales.
_FIRST: Final = 900_001
_TILL: Final = TerminalId("tajrish-1")
_PERSIAN: Final = (
    "        کافه نارنج - تجریش",
    "فاکتور: ۱۴۰۲          صندوق: ۱",
    "۱۴۰۵/۰۹/۰۲            ۱۸:۴۲",
    "--------------------------------",
    "قهوه اسپرسو            ۸۵۰٬۰۰۰",
    "کیک هویج             ۱٬۲۰۰٬۰۰۰",
    "چای دارجیلینگ          ۶۴۰٬۰۰۰",
    "--------------------------------",
    "جمع کل:              ۲٬۶۹۰٬۰۰۰ ریال",
    "قابل پرداخت:           ۲۶۹٬۰۰۰ تومان",
    "کارت **** **** **** ۴۸۲۱",
    "        از خرید شما سپاسگزاریم",
)
_LATIN: Final = (
    "        CAFE NARENJ - ISFAHAN",
    "Receipt 0815            Till 2",
    "Breakfast for two    3.480.000",
    "TOTAL                3.4?0.000",
    HOSTILE[0][:90],
)


def doubtful_messages(past: Past, counters: Counters, now_ms: int) -> tuple[Message, ...]:
    """What the tills tell: of a member's card, of nobody's, and one that is settled later."""
    box = counters.box(_TILL, now_ms)
    seen = Review(
        key=sale_key(_FIRST),
        profile="epson-tm-t88-irr",
        profile_version=2,
        reasons=(ReviewReason.TOTALS_DIFFER, ReviewReason.DISPLAY_DIFFERS),
        evidence=(EvidenceKind.ITEMS, EvidenceKind.LABEL),
        candidates=(
            ReviewCandidate(total_minor=2_690_000, key=sale_key(_FIRST)),
            ReviewCandidate(total_minor=269_000, key=sale_key(_FIRST + 1)),
        ),
        paper=_PERSIAN,
        receipt_number="۱۴۰۲",
        occurred_at="2026-11-23T18:42",
    )
    unread = Review(
        key=sale_key(_FIRST + 2),
        profile="generic-escpos-irr",
        profile_version=1,
        reasons=(ReviewReason.TOTAL_UNREADABLE,),
        paper=_LATIN,
        receipt_number="0815",
    )
    large = Review(
        key=sale_key(_FIRST + 3),
        profile="epson-tm-t88-irr",
        profile_version=2,
        reasons=(ReviewReason.ABOVE_CEILING,),
        evidence=tuple(EvidenceKind)[:5],
        candidates=(ReviewCandidate(total_minor=98_000_000),),
        paper=_PERSIAN,
    )
    sealed = (box.doubt(seen, past.cards[1]), box.doubt(unread), box.doubt(large, past.cards[2]))
    return tuple(Message(topic=topic_tx(box.name), payload=one) for one in sealed)


def settle_one(house: House) -> None:
    """Let somebody at the desk settle the large one.

    Raises:
        MohrError: if it is refused.
    """
    with house.ledger.batch() as batch:
        row = next(one for one in batch.every(ReviewRow) if one.sale_key == sale_key(_FIRST + 3))
    DeskHand(house, "account-2").do(
        LedgerCommandKind.SETTLE_REVIEW,
        row.branch,
        review=row.first_index,
        review_key=row.sale_key.hex(),
        amount=98_000_000,
        reason="A company's party; the paper is right.",
    )
