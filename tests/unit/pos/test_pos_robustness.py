"""Noise on the line: never a wrong amount, never an exception, always well again after silence."""

from __future__ import annotations

from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from simulators.receipts import ReceiptLanguage, render_receipt, seeded_receipts
from terminal_agent.pos.interpreters.events import SaleClosed
from terminal_agent.pos.interpreters.till_events import TillEvent
from terminal_agent.pos.paper_listener import PaperListener
from terminal_agent.pos.profile_file import load_profile

RECEIPT = (Path(__file__).parents[2] / "data" / "pos" / "rcpt_native.bin").read_bytes()
TOTAL = 1895
EUR = load_profile("generic-escpos-eur")
IRR = load_profile("generic-escpos-irr")


def sales(events: list[TillEvent]) -> list[int]:
    """The totals of the closed sales."""
    return [event.sale.total_minor for event in events if isinstance(event, SaleClosed)]


@given(cuts=st.lists(st.integers(min_value=1, max_value=len(RECEIPT) - 1), max_size=30))
def test_any_chunking_gives_the_same_sale(cuts: list[int]) -> None:
    """However the receipt is split between reads, the very same events come."""
    listener, events, at = PaperListener(EUR), [], 0
    for cut in sorted({*cuts, len(RECEIPT)}):
        events += listener.feed(RECEIPT[at:cut], 0)
        at = cut
    assert events == PaperListener(EUR).feed(RECEIPT, 0)
    assert sales(events) == [TOTAL]


@given(garbage=st.binary(max_size=600))
@example(garbage=b"\x1d8L\xff\xff\x0f\x00")
@example(garbage=b"\x1b=\x02")
@example(garbage=b"SUMME EUR 99,99\n")
def test_a_good_receipt_behind_garbage_is_read(garbage: bytes) -> None:
    """Any garbage, a gap, then a receipt: the receipt is a sale with its own total."""
    listener = PaperListener(EUR)
    listener.feed(garbage, 0)
    assert sales(listener.feed(RECEIPT, 10_000)) == [TOTAL]


@given(
    flips=st.lists(st.integers(min_value=0, max_value=len(RECEIPT) * 8 - 1), min_size=1, max_size=3)
)
def test_flipped_bits_never_give_a_wrong_amount(flips: list[int]) -> None:
    """With up to three bits wrong the receipt is a sale of its true total or no sale at all."""
    data = bytearray(RECEIPT)
    for flip in flips:
        data[flip // 8] ^= 1 << flip % 8
    listener = PaperListener(EUR)
    events = listener.feed(bytes(data), 0) + listener.idle(60_000)
    assert set(sales(events)) <= {TOTAL}


@given(start=st.integers(0, len(RECEIPT)), length=st.integers(1, 60))
def test_lost_bytes_never_give_a_wrong_amount(start: int, length: int) -> None:
    """A hole in the receipt costs at most the sale, never its amount."""
    listener = PaperListener(EUR)
    events = listener.feed(RECEIPT[:start] + RECEIPT[start + length :], 0) + listener.idle(60_000)
    assert set(sales(events)) <= {TOTAL}


@given(data=st.binary(max_size=1_500), times=st.lists(st.integers(0, 10_000), max_size=8))
def test_nothing_raises(data: bytes, times: list[int]) -> None:
    """Any bytes at any times, by any profile, are read without an exception."""
    for profile in (EUR, IRR):
        listener = PaperListener(profile)
        for at, now_ms in enumerate(times):
            listener.feed(data[at::8], now_ms)
        listener.idle(100_000)
        listener.lost()


@settings(max_examples=25)
@given(seed=st.integers(0, 10_000), language=st.sampled_from(ReceiptLanguage))
def test_every_receipt_of_a_seeded_shop_is_read(seed: int, language: ReceiptLanguage) -> None:
    """Whatever the simulated till prints is read: total, number, every line's amount."""
    profile = IRR if language is ReceiptLanguage.PERSIAN else EUR
    for receipt in seeded_receipts(seed, 3, language):
        closed = PaperListener(profile).feed(render_receipt(receipt), 0)[-1]
        assert isinstance(closed, SaleClosed)
        assert closed.sale.total_minor == receipt.total_minor
        assert closed.sale.receipt_number == receipt.receipt_number
        assert [line.amount_minor for line in closed.sale.lines] == [
            item.amount_minor for item in receipt.items
        ]
