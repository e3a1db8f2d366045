"""Noise on a Star printer's line: never a wrong amount, never an exception, always well again."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from terminal_agent.pos.interpreters.events import SaleClosed, TotalSeen
from terminal_agent.pos.interpreters.till_events import TillEvent
from terminal_agent.pos.listeners import listener_of
from terminal_agent.pos.profile_file import load_profile

EUR = load_profile("generic-star-eur")
TOTAL = 1895


def row(word: str, amount: str, *, style: bytes = b"") -> bytes:
    """A line with its amount at a position, as Star tills print it."""
    position = b"\x1b\x1dA" + (336).to_bytes(2, "little")
    return b"\x1b\x1dt\x20" + style + word.encode("cp1252") + position + amount.encode() + b"\n"


RECEIPT = (
    b"\x1b@\x1b\x1ea\x00\x1b\x1eF\x00\x1b 0\x1bs00"
    b"\x1bi\x01\x01B\xc4CKEREI\n\x1bi\x00\x00Beleg-Nr: 2025-004711\n23.11.2025 14:07\n"
    + row("2 x Käsebrötchen", "6,80")
    + row("Cappuccino groß", "4,20")
    + row("Öl 0,5 l", "7,95")
    + row("SUMME EUR", "18,95", style=b"\x1bE")
    + b"\x1bF"
    + row("MwSt 19%", "3,03")
    + row("Gegeben", "20,00")
    + row("Rückgeld", "1,05")
    + b"\x1bb621H20250047\x1e\x1b\x1dyS02\x1b\x1dyD1\x00\x04\x0099.9\x1b\x1dyP"
    + b"\x1bk\x02\x00"
    + b"\x00\x1b99,99\n".ljust(48, b"9")
    + b"\n"
    + b"\x07\x1bd3\x1b\x1d\x03\x01\x00\x00"
)


def listen(data: bytes) -> list[TillEvent]:
    """What the listener says of a recording with silence behind it."""
    listener = listener_of(EUR)
    return [*listener.feed(data, 0), *listener.idle(60_000)]


def sales(events: list[TillEvent]) -> list[int]:
    """The totals of the closed sales."""
    return [event.sale.total_minor for event in events if isinstance(event, SaleClosed)]


def test_the_receipt_is_read_whole() -> None:
    """Goods, number and total come out; drawer, picture, bar code and QR code mislead nothing."""
    events = listen(RECEIPT)
    assert sales(events) == [TOTAL]
    closed = events[-1]
    assert isinstance(closed, SaleClosed)
    assert closed.sale.receipt_number == "2025-004711"
    goods = [(line.label, line.quantity_milli, line.amount_minor) for line in closed.sale.lines]
    assert goods == [
        ("Käsebrötchen", 2_000, 680),
        ("Cappuccino groß", 1_000, 420),
        ("Öl 0,5 l", 1_000, 795),
    ]


@given(cuts=st.lists(st.integers(min_value=1, max_value=len(RECEIPT) - 1), max_size=30))
def test_any_chunking_gives_the_same_sale(cuts: list[int]) -> None:
    """However the receipt is split between reads, the very same events come."""
    listener, events, at = listener_of(EUR), list[TillEvent](), 0
    for cut in sorted({*cuts, len(RECEIPT)}):
        events += listener.feed(RECEIPT[at:cut], 0)
        at = cut
    assert [*events, *listener.idle(60_000)] == listen(RECEIPT)


@given(garbage=st.binary(max_size=600))
@example(garbage=b"\x1b\x1dS\x01\xff\x00\xff\x0f\x00")
@example(garbage=b"\x1b*rA")
@example(garbage=b"\x1b*rAb\xff\xff")
@example(garbage=b"SUMME EUR 99,99\n")
def test_a_good_receipt_behind_garbage_is_read(garbage: bytes) -> None:
    """Any garbage, a gap, then a receipt: the receipt is a sale with its own total."""
    listener = listener_of(EUR)
    listener.feed(garbage, 0)
    assert sales([*listener.feed(RECEIPT, 10_000)]) == [TOTAL]


@given(
    flips=st.lists(st.integers(min_value=0, max_value=len(RECEIPT) * 8 - 1), min_size=1, max_size=3)
)
def test_flipped_bits_never_give_a_wrong_amount(flips: list[int]) -> None:
    """With up to three bits wrong the receipt is a sale of its true total or no sale at all."""
    data = bytearray(RECEIPT)
    for flip in flips:
        data[flip // 8] ^= 1 << flip % 8
    assert set(sales(listen(bytes(data)))) <= {TOTAL}


@given(start=st.integers(0, len(RECEIPT)), length=st.integers(1, 60))
def test_lost_bytes_never_give_a_wrong_amount(start: int, length: int) -> None:
    """A hole in the receipt costs at most the sale, never its amount."""
    assert set(sales(listen(RECEIPT[:start] + RECEIPT[start + length :]))) <= {TOTAL}


@given(data=st.binary(max_size=1_500))
def test_random_bytes_are_no_sale(data: bytes) -> None:
    """Noise alone gives neither a sale nor a total."""
    assert not [event for event in listen(data) if isinstance(event, SaleClosed | TotalSeen)]
