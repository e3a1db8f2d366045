"""Several lines of one till: what agrees is sure, and nothing is ever sold twice."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gateway.model.ids import SaleKey
from gateway.model.sale import SaleSource
from terminal_agent.pos.corroboration import WINDOW_MS, Corroborator
from terminal_agent.pos.interpreters.displays import DisplayMeaning, DisplayShown
from terminal_agent.pos.interpreters.events import (
    EvidenceKind,
    NeedsReview,
    NotASale,
    NotASaleReason,
    ReceiptEvent,
    RefundSeen,
    ReviewReason,
    SaleClosed,
    TotalSeen,
)
from terminal_agent.pos.interpreters.till_events import TillEvent
from terminal_agent.pos.paper_listener import PaperListener
from terminal_agent.pos.payments import PaymentKind, PaymentSeen, PaymentStatus
from terminal_agent.pos.profile_file import load_profile

PRINTER, POLE, CARDS = (
    load_profile(name) for name in ("generic-escpos-eur", "cd5220-eur", "concert-eur")
)
ALL = {"printer": PRINTER, "display": POLE, "cards": CARDS}
REQUEST, APPROVAL, DISPLAY = EvidenceKind.REQUEST, EvidenceKind.APPROVAL, EvidenceKind.DISPLAY
IMAGE = NotASale(reason=NotASaleReason.IMAGE_ONLY)


def weigher(*names: str) -> Corroborator:
    """A till with these lines."""
    return Corroborator({name: ALL[name] for name in names}, unix_ms_at_zero=1_800_000_000_000)


def payment(
    amount: int | None = 1_895,
    status: PaymentStatus = PaymentStatus.APPROVED,
    kind: PaymentKind = PaymentKind.PURCHASE,
) -> PaymentSeen:
    """A step of a payment."""
    answered = status is PaymentStatus.APPROVED
    return PaymentSeen(
        kind=kind, status=status, amount_minor=amount, currency="EUR", amount_answered=answered
    )


def total(amount: int = 1_895) -> DisplayShown:
    """The display calls an amount the total."""
    return DisplayShown(
        lines=(f"TOTAL {amount}",),
        meaning=DisplayMeaning.TOTAL,
        amount_minor=amount,
        currency="EUR",
    )


def printed(paper: bytes) -> list[TillEvent]:
    """What a paper tells by itself."""
    return list(PaperListener(PRINTER).feed(paper + b"\n\x1dV\x00", 0))


def sold(known: tuple[ReceiptEvent, ...]) -> list[tuple[int, frozenset[EvidenceKind]]]:
    """The sales that were closed."""
    return [(one.sale.total_minor, one.evidence) for one in known if isinstance(one, SaleClosed)]


DOUBTFUL = b"SUMME   18,95"
SURE = b"Brot   10,00\nMilch    8,95\nSUMME   18,95\nBAR   20,00\nRUECKGELD   1,05"


def test_a_doubtful_paper_is_confirmed_by_the_display_or_the_card_terminal() -> None:
    """One labelled total and the same amount on another line are a sale by two."""
    alone = weigher("printer").take("printer", printed(DOUBTFUL), 0)
    assert [type(one) for one in alone] == [NeedsReview]
    for line, said, evidence in (
        ("display", total(), DISPLAY),
        ("cards", payment(), APPROVAL),
    ):
        till = weigher("printer", "display", "cards")
        assert till.take(line, [said], 0) == ()
        ((amount, agreeing),) = sold(till.take("printer", printed(DOUBTFUL), 1_000))
        assert amount == 1_895
        assert {EvidenceKind.LABEL, evidence} <= agreeing


def test_another_amount_confirms_nothing() -> None:
    """A display that says something else leaves the paper to a person."""
    till = weigher("printer", "display")
    till.take("display", [total(1_896)], 0)
    assert sold(till.take("printer", printed(DOUBTFUL), 1_000)) == []


def test_only_the_displays_last_total_counts() -> None:
    """A total before the discount was not the last word."""
    till = weigher("printer", "display")
    till.take("display", [total(1_895), total(1_700)], 0)
    assert sold(till.take("printer", printed(DOUBTFUL), 1_000)) == []


def test_what_was_said_long_ago_or_of_the_customer_before_confirms_nothing() -> None:
    """Statements end with their window, and with the paper they belong to."""
    late = weigher("printer", "display")
    late.take("display", [total()], 0)
    assert sold(late.take("printer", printed(DOUBTFUL), WINDOW_MS)) == []
    used = weigher("printer", "display")
    used.take("display", [total()], 0)
    assert len(sold(used.take("printer", printed(SURE), 1_000))) == 1
    assert sold(used.take("printer", printed(DOUBTFUL), 2_000)) == []


def test_a_sure_paper_needs_nobody_and_is_overruled_by_nobody() -> None:
    """A printer's sale stands; what agrees is written beside it."""
    till = weigher("printer", "display", "cards")
    till.take("display", [total(5_000)], 0)
    till.take("cards", [payment(1_895)], 0)
    ((amount, evidence),) = sold(till.take("printer", printed(SURE), 1_000))
    assert amount == 1_895
    assert APPROVAL in evidence
    assert DISPLAY not in evidence


def test_a_till_without_a_printer_sells_by_request_and_approval() -> None:
    """The card is asked for at the request; the sale closes at the approval, with its tender."""
    till = weigher("cards")
    (prompt,) = till.take("cards", [payment(status=PaymentStatus.REQUESTED)], 0)
    assert isinstance(prompt, TotalSeen)
    assert prompt.total_minor == 1_895
    (closed,) = till.take("cards", [payment()], 20_000)
    assert isinstance(closed, SaleClosed)
    assert closed.evidence == {REQUEST, APPROVAL}
    assert (closed.sale.source, closed.sale.total_minor) == (SaleSource.PROTOCOL, 1_895)


def test_the_same_amount_twice_is_two_sales() -> None:
    """Where the protocol numbers nothing, two customers who pay the same are not one."""
    till = weigher("cards")
    keys: set[SaleKey] = set()
    for at_ms in (0, 60_000):
        asked = payment(status=PaymentStatus.REQUESTED)
        known = till.take("cards", [asked, payment()], at_ms)
        keys.update(one.sale.key for one in known if isinstance(one, SaleClosed))
    assert len(keys) == 2


def test_a_failed_payment_sells_nothing_and_another_amount_is_asked_about() -> None:
    """Declined: nothing. Approved for less than was asked: a person looks."""
    till = weigher("cards")
    asked = payment(status=PaymentStatus.REQUESTED)
    assert sold(till.take("cards", [asked, payment(status=PaymentStatus.FAILED)], 0)) == []
    doubt = till.take("cards", [asked, payment(1_000)], 1_000)[-1]
    assert isinstance(doubt, NeedsReview)
    assert doubt.reasons == (ReviewReason.PAYMENT_DIFFERS,)
    (unasked,) = weigher("cards").take("cards", [payment()], 0)
    assert isinstance(unasked, NeedsReview)
    assert unasked.reasons == (ReviewReason.UNCORROBORATED,)


def test_a_refund_is_shown_and_sells_nothing() -> None:
    """Money back over the card terminal is told where no paper tells of it."""
    (shown,) = weigher("cards").take("cards", [payment(kind=PaymentKind.REFUND)], 0)
    assert shown == RefundSeen(total_minor=1_895)
    assert weigher("printer", "cards").take("cards", [payment(kind=PaymentKind.REFUND)], 0) == ()
    for kind in (PaymentKind.OTHER, PaymentKind.UNKNOWN):
        assert weigher("cards").take("cards", [payment(kind=kind)], 0) == ()


def test_another_currency_is_not_counted() -> None:
    """A payment in dollars at a till that counts euro is none of ours."""
    dollars = replace(payment(), currency="USD")
    assert weigher("cards").take("cards", [dollars], 0) == ()


def test_a_picture_for_a_receipt_is_a_sale_by_the_other_two_lines() -> None:
    """Display and card terminal agree: sold. One alone: asked about. None: nothing."""
    till = weigher("printer", "display", "cards")
    till.take("display", [total()], 0)
    till.take("cards", [payment()], 1_000)
    assert sold(till.take("printer", [IMAGE], 2_000)) == [(1_895, frozenset({DISPLAY, APPROVAL}))]
    till.take("display", [total(700)], 3_000)
    (doubt,) = till.take("printer", [IMAGE], 4_000)
    assert isinstance(doubt, NeedsReview)
    assert doubt.candidates_minor == (700,)
    assert till.take("printer", [IMAGE], 5_000) == (IMAGE,)


def test_a_lost_line_takes_its_words_with_it() -> None:
    """After a cable was pulled, what was said before belongs to nobody."""
    till = weigher("printer", "display")
    till.take("display", [total()], 0)
    till.lost("display")
    assert sold(till.take("printer", printed(DOUBTFUL), 1_000)) == []


SAID = st.one_of(
    st.tuples(st.just("display"), st.builds(total, st.sampled_from((500, 700)))),
    st.tuples(
        st.just("cards"),
        st.builds(payment, st.sampled_from((500, 700)), st.sampled_from(PaymentStatus)),
    ),
)


@given(said=st.lists(SAID, max_size=20))
def test_without_a_printer_each_approval_is_at_most_one_sale(
    said: list[tuple[str, TillEvent]],
) -> None:
    """However the lines' words mix: no more sales than approvals, none of another amount."""
    till = weigher("display", "cards")
    closed = [
        one for at, (line, event) in enumerate(said) for one in sold(till.take(line, [event], at))
    ]
    approved = [
        event.amount_minor
        for _, event in said
        if isinstance(event, PaymentSeen) and event.status is PaymentStatus.APPROVED
    ]
    for amount, evidence in closed:
        assert len(evidence) >= 2
        assert approved.count(amount) >= [one[0] for one in closed].count(amount)


@given(
    said=st.lists(SAID, max_size=12), papers=st.lists(st.sampled_from((SURE, DOUBTFUL)), max_size=4)
)
def test_with_a_printer_each_paper_is_at_most_one_sale(
    said: list[tuple[str, TillEvent]], papers: list[bytes]
) -> None:
    """Display and card terminal never sell anything themselves where there is a printer."""
    till = weigher("printer", "display", "cards")
    for at, (line, event) in enumerate(said):
        assert till.take(line, [event], at) == ()
    for paper in papers:
        assert {one[0] for one in sold(till.take("printer", printed(paper), 100))} <= {1_895}
