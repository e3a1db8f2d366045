"""Every printer file of the corpus by a profile that fits it: what its index says must be read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.model.sale import TenderKind
from terminal_agent.pos.framers.framer import FramerCounters
from terminal_agent.pos.interpreters.events import NotASale, SaleClosed, TotalSeen
from terminal_agent.pos.interpreters.till_events import TillEvent
from terminal_agent.pos.listeners import listener_of
from terminal_agent.pos.profile_file import load_profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What one file holds; ``total_minor`` None: no sale.

    Attributes:
        file: path in the corpus.
        profile: the shipped profile of a shop that prints so.
        total_minor: the total.
        amounts: what each line of goods costs, in order.
        tax_minor: the tax, None where none is printed.
        receipt_number: the number, None where none is printed.
        occurred_at: start of the printed date and time.
        cash_minor: the part paid in cash, None where no tender is printed.
        labels: goods whose labels are checked.
    """

    file: str
    profile: str
    total_minor: int | None = None
    amounts: tuple[int, ...] = ()
    tax_minor: int | None = None
    receipt_number: str | None = None
    occurred_at: str | None = None
    cash_minor: int | None = None
    labels: tuple[tuple[str, int], ...] = ()


_VEGETABLES = (("Asparagus", 1_000), ("Broccoli", 2_000), ("Carrot", 3_000))
TABLE = (
    Expected(
        file="escpos/escpos-php_receipt-with-logo.bin",
        profile="generic-escpos-usd",
        total_minor=1425,
        amounts=(400, 350, 100, 445),
        tax_minor=130,
        occurred_at="2015-04-06T14:56",
    ),
    *(
        Expected(file=f"escpos/{name}.bin", profile="epson-tm-t88-eur")
        for name in (
            "escpos-php_margins-and-spacing",
            "escpos-php_text-size",
            "escpos-php_qr-code",
            "escpos-php_barcode",
            "escpos-php_character-encodings",
            "escpos-php_character-tables",
            "escpos-php_graphics",
            "npos_receipt",
        )
    ),
    Expected(
        file="generated/rcpt_native.bin",
        profile="epson-tm-t88-eur",
        total_minor=1895,
        amounts=(680, 420, 795),
        tax_minor=303,
        receipt_number="2025-004711",
        cash_minor=1895,
        labels=(("Käsebrötchen", 2_000), ("Cappuccino groß", 1_000), ("Öl 0,5 l", 1_000)),
    ),
    Expected(
        file="generated/rpe_esc-pos.bin",
        profile="epson-tm-t88-eur",
        total_minor=1895,
        amounts=(680, 420, 795),
        receipt_number="2025-004711",
        cash_minor=1895,
    ),
    *(
        Expected(
            file=f"generated/rl_{dialect}.bin",
            profile=f"{printer}-usd",
            total_minor=600,
            amounts=(100, 200, 300),
            occurred_at="2021-12-18T11:22:33",
            labels=_VEGETABLES,
        )
        for dialect, printer in (("escpos", "epson-tm-t88"), ("starsbcs", "generic-star"))
    ),
)


def listen(expected: Expected, folder: Path, chunk: int) -> tuple[list[TillEvent], FramerCounters]:
    """What the file's listener says of it, read in pieces, silence behind it."""
    listener = listener_of(load_profile(expected.profile))
    data = (folder / expected.file).read_bytes()
    events: list[TillEvent] = []
    for at in range(0, len(data), chunk):
        events += listener.feed(data[at : at + chunk], 0)
    events += listener.idle(60_000)
    return events, listener.counters


def file_of(expected: object) -> str:
    """A test's name."""
    return expected.file if isinstance(expected, Expected) else repr(expected)


def test_the_table_holds_every_printer_file(pos_corpus_folder: Path) -> None:
    """No printer file of the corpus is left out of the table."""
    there = {
        str(path.relative_to(pos_corpus_folder))
        for folder in ("escpos", "generated")
        for path in (pos_corpus_folder / folder).glob("*.bin")
    }
    assert {expected.file for expected in TABLE} == there


@pytest.mark.parametrize("chunk", [1, 61, 1 << 20])
@pytest.mark.parametrize("expected", TABLE, ids=file_of)
def test_a_corpus_file_gives_what_its_index_says(
    pos_corpus_folder: Path, expected: Expected, chunk: int
) -> None:
    """Total, goods, tax, number, time and cash are those of the index, or there is no sale."""
    events, counters = listen(expected, pos_corpus_folder, chunk)
    ends = [event for event in events if not isinstance(event, TotalSeen)]
    assert counters.abandoned == 0
    if expected.total_minor is None:
        assert ends
        assert all(isinstance(event, NotASale) for event in events)
        return
    assert len(ends) == 1
    closed = ends[0]
    assert isinstance(closed, SaleClosed)
    sale = closed.sale
    assert (sale.total_minor, sale.tax_minor) == (expected.total_minor, expected.tax_minor)
    assert tuple(line.amount_minor for line in sale.lines) == expected.amounts
    assert sale.receipt_number == expected.receipt_number
    if expected.occurred_at is not None:
        assert (closed.occurred_at or "").startswith(expected.occurred_at)
    cash = [tender.amount_minor for tender in sale.tenders if tender.kind is TenderKind.CASH]
    assert cash == ([] if expected.cash_minor is None else [expected.cash_minor])
    labels = tuple((line.label, line.quantity_milli) for line in sale.lines)
    assert not expected.labels or labels == expected.labels


@pytest.mark.parametrize(
    ("file", "profile"),
    [
        ("generated/rl_starsbcs.bin", "epson-tm-t88-usd"),
        ("generated/rl_escpos.bin", "generic-star-usd"),
        ("generated/rcpt_native.bin", "generic-star-eur"),
        ("generated/rpe_esc-pos.bin", "generic-star-eur"),
        ("escpos/escpos-php_receipt-with-logo.bin", "generic-star-usd"),
    ],
)
def test_the_wrong_dialect_gives_no_wrong_total(
    pos_corpus_folder: Path, file: str, profile: str
) -> None:
    """A profile of another dialect may lose the sale, but never gives another amount."""
    true = {expected.file: expected.total_minor for expected in TABLE}[file]
    events, _ = listen(Expected(file=file, profile=profile), pos_corpus_folder, 1 << 20)
    totals = {event.sale.total_minor for event in events if isinstance(event, SaleClosed)}
    totals |= {event.total_minor for event in events if isinstance(event, TotalSeen)}
    assert totals <= {true}
