"""What a sealed review is refused for: too much of anything, and anything twice."""

from __future__ import annotations

from typing import Any, Final

import cbor2
import pytest

from gateway.errors import ValueRangeError, WireError
from gateway.model.ids import BootId, EnvelopeHash, SaleKey, TerminalId, TransactionId
from gateway.model.money import EUR
from gateway.model.review import (
    CANDIDATES_MAX,
    PAPER_BYTES_MAX,
    PAPER_CHARACTERS_MAX,
    PAPER_LINES_MAX,
    EvidenceKind,
    Review,
    ReviewCandidate,
    ReviewReason,
)
from gateway.model.sale import Sale, SaleSource
from gateway.model.transaction import Channel, ClockQuality, EventTime, Kind, Transaction
from gateway.wire.transaction import decode_transaction, encode_transaction

KEY: Final = SaleKey(b"\x10" * 16)
#: Keys of the transaction and of the review in it, as docs/wire.cddl numbers them.
REVIEW, REASONS, EVIDENCE, CANDIDATES, SALE, PAPER = 18, 4, 5, 6, 7, 8


def review(**changes: object) -> Review:
    """A paper with two totals; ``changes`` replace parts."""
    parts: dict[str, Any] = {
        "key": KEY,
        "profile": "escpos",
        "profile_version": 1,
        "reasons": (ReviewReason.TOTALS_DIFFER,),
        "evidence": (EvidenceKind.LABEL,),
        "candidates": (ReviewCandidate(total_minor=1_200), ReviewCandidate(total_minor=2_100)),
        "sale": Sale(key=KEY, total_minor=1_200, source=SaleSource.RECEIPT, profile="escpos"),
        "paper": ("TOTAL 12,00", ""),
    }
    return Review(**(parts | changes))


def transaction(one: Review | None = None) -> Transaction:
    """A review as a terminal says it."""
    return Transaction(
        id=TransactionId(terminal=TerminalId("till-1"), epoch=1, seq=7),
        previous_hash=EnvelopeHash(b"\x11" * 32),
        time=EventTime(
            unix_ms=1_790_000_000_000,
            utc_offset_min=60,
            quality=ClockQuality.SYNCHRONISED,
            boot_id=BootId(b"\x22" * 16),
            monotonic_ms=5_000,
        ),
        programme_version=1,
        channel=Channel.TILL,
        currency=EUR,
        kind=Kind.REVIEW,
        review=review() if one is None else one,
    )


def test_the_longest_review_fits_a_message() -> None:
    """As much paper as may be, with the longest lines, is written and read."""
    lines = PAPER_BYTES_MAX // PAPER_CHARACTERS_MAX
    full = review(paper=("x" * PAPER_CHARACTERS_MAX,) * lines)
    assert decode_transaction(encode_transaction(transaction(full))).review == full


@pytest.mark.parametrize(
    "changes",
    [
        {"reasons": ()},
        {"reasons": (ReviewReason.TOO_LONG, ReviewReason.TOO_LONG)},
        {"evidence": (EvidenceKind.LABEL, EvidenceKind.LABEL)},
        {"candidates": (ReviewCandidate(total_minor=1), ReviewCandidate(total_minor=1))},
        {
            "candidates": tuple(
                ReviewCandidate(total_minor=one + 1) for one in range(CANDIDATES_MAX + 1)
            )
        },
        {"sale": Sale(key=SaleKey(b"\x99" * 16), total_minor=1, source=SaleSource.RECEIPT,
                      profile="escpos")},
        {"paper": ("x" * (PAPER_CHARACTERS_MAX + 1),)},
        {"paper": ("",) * (PAPER_LINES_MAX + 1)},
        {"paper": ("ج" * PAPER_CHARACTERS_MAX,) * 100},
        {"paper": ("bell \x07",)},
        {"profile": "Not A Name"},
        {"profile_version": 0},
        {"receipt_number": ""},
        {"occurred_at": "x" * 33},
    ],
)  # fmt: skip
def test_a_review_out_of_its_bounds_is_none(changes: dict[str, Any]) -> None:
    """Nothing beyond the bounds, nothing twice and no foreign sale becomes a review."""
    with pytest.raises(ValueRangeError):
        review(**changes)


@pytest.mark.parametrize("total_minor", [0, -1, 2**63, True])
def test_a_candidate_is_an_amount_above_zero(total_minor: int) -> None:
    """Zero, less, more than a column holds and a truth value are no total."""
    with pytest.raises(ValueRangeError):
        ReviewCandidate(total_minor=total_minor)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (REASONS, []),
        (REASONS, [1, 1]),
        (REASONS, [99]),
        (REASONS, [True]),
        (EVIDENCE, []),
        (EVIDENCE, [0]),
        (CANDIDATES, [{1: 0}]),
        (CANDIDATES, [{1: 5, 3: 1}]),
        (CANDIDATES, [{1: 5}] * 2),
        (PAPER, ["x" * (PAPER_CHARACTERS_MAX + 1)]),
        (PAPER, ["ج" * PAPER_CHARACTERS_MAX] * 100),
        (PAPER, [b"bytes"]),
        (PAPER, []),
        (11, 1),
        (128, b"no extension inside"),
    ],
)
def test_a_sealed_review_out_of_its_bounds_is_refused(key: int, value: object) -> None:
    """The decoder takes nothing that the value itself would not hold, and no unknown key."""
    plain = cbor2.loads(encode_transaction(transaction()))
    plain[REVIEW][key] = value
    with pytest.raises(WireError, match="review"):
        decode_transaction(cbor2.dumps(plain, canonical=True))


def test_a_review_carries_no_sale_of_its_own_beside_it() -> None:
    """The sale as it was read stands in the review: beside it nothing takes it for a sale."""
    plain = cbor2.loads(encode_transaction(transaction()))
    plain[9] = plain[REVIEW][SALE]
    with pytest.raises(WireError, match="a review transaction carries exactly"):
        decode_transaction(cbor2.dumps(plain, canonical=True))


def test_a_candidate_names_the_sale_as_a_sure_paper_would() -> None:
    """A total that is chosen names the sale by its own key; any other by the review's."""
    other = SaleKey(b"\x77" * 16)
    one = review(candidates=(ReviewCandidate(total_minor=2_100, key=other),))
    assert one.key_for(2_100) == other
    assert one.key_for(1_200) == KEY
