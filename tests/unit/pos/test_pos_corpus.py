"""Bytes that other people's tills and libraries produced, against what must be read from them."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.model.sale import Sale, TenderKind
from terminal_agent.pos.interpreters.events import (
    EvidenceKind,
    NotASale,
    SaleClosed,
    TotalSeen,
)
from terminal_agent.pos.interpreters.till_events import TillEvent
from terminal_agent.pos.paper_listener import PaperListener
from terminal_agent.pos.profile_file import load_profile

NO_SALE = (
    "escpos/escpos-php_margins-and-spacing.bin",
    "escpos/escpos-php_text-size.bin",
    "escpos/escpos-php_qr-code.bin",
    "escpos/escpos-php_barcode.bin",
    "escpos/escpos-php_character-encodings.bin",
    "escpos/escpos-php_character-tables.bin",
    "escpos/escpos-php_graphics.bin",
    "escpos/npos_receipt.bin",
)


def listen(profile: str, data: bytes) -> list[TillEvent]:
    """Read a recording with silence behind it."""
    listener = PaperListener(load_profile(profile))
    return listener.feed(data, 0) + listener.idle(60_000)


def only_sale(events: list[TillEvent]) -> Sale:
    """The one sale of a recording that holds nothing else."""
    closed = [event for event in events if not isinstance(event, TotalSeen)]
    assert len(closed) == 1
    assert isinstance(closed[0], SaleClosed)
    return closed[0].sale


def labels(sale: Sale) -> list[tuple[str, int, int]]:
    """The goods of a sale in a short form."""
    return [(line.label, line.quantity_milli, line.amount_minor) for line in sale.lines]


def test_python_escpos_receipt_is_read_whole() -> None:
    """The German receipt of python-escpos gives total, goods, number, tax and cash, to the cent."""
    data = (Path(__file__).parents[2] / "data" / "pos" / "rcpt_native.bin").read_bytes()
    events = listen("generic-escpos-eur", data)
    sale = only_sale(events)
    assert sale.total_minor == 1895
    assert sale.receipt_number == "2025-004711"
    assert labels(sale) == [
        ("Käsebrötchen", 2000, 680),
        ("Cappuccino groß", 1000, 420),
        ("Öl 0,5 l", 1000, 795),
    ]
    assert sale.tax_minor == 303
    assert [(tender.kind, tender.amount_minor) for tender in sale.tenders] == [
        (TenderKind.CASH, 1895)
    ]
    closed = events[-1]
    assert isinstance(closed, SaleClosed)
    on_paper = {"fiscal", "label", "items", "payment", "size"}
    assert closed.evidence == {EvidenceKind(name) for name in on_paper}


def test_escpos_php_receipt_behind_a_logo_is_read(pos_corpus_folder: Path) -> None:
    """Nine kilobytes of picture hide nothing, and the pulse after the cut opens no new paper."""
    data = (pos_corpus_folder / "escpos/escpos-php_receipt-with-logo.bin").read_bytes()
    sale = only_sale(listen("generic-escpos-usd", data))
    assert sale.total_minor == 1425
    assert [line.amount_minor for line in sale.lines] == [400, 350, 100, 445]
    assert sale.tax_minor == 130
    assert sale.receipt_number is None


def test_receipt_printer_encoder_receipt_is_read(pos_corpus_folder: Path) -> None:
    """A euro sign from another printer's page and LF CR line ends change no amount."""
    data = (pos_corpus_folder / "generated/rpe_esc-pos.bin").read_bytes()
    sale = only_sale(listen("generic-escpos-eur", data))
    assert sale.total_minor == 1895
    assert sale.receipt_number == "2025-004711"
    assert labels(sale)[1] == ("Cappuccino", 1000, 420)


@pytest.mark.parametrize("profile", ["generic-escpos-eur", "generic-escpos-usd"])
def test_receiptline_columns_by_position_are_read(pos_corpus_folder: Path, profile: str) -> None:
    """Columns made of positions and no blanks are columns: Asparagus 1 1.00, not Asparagus11.00."""
    data = (pos_corpus_folder / "generated/rl_escpos.bin").read_bytes()
    sale = only_sale(listen(profile, data))
    assert sale.total_minor == 600
    assert labels(sale) == [
        ("Asparagus", 1000, 100),
        ("Broccoli", 2000, 200),
        ("Carrot", 3000, 300),
    ]


@pytest.mark.parametrize("name", NO_SALE)
@pytest.mark.parametrize(
    "profile", ["generic-escpos-eur", "generic-escpos-usd", "generic-escpos-irr"]
)
def test_what_is_no_receipt_is_no_sale(pos_corpus_folder: Path, name: str, profile: str) -> None:
    """Demonstration prints full of digits give neither a sale nor a question, by any profile."""
    events = listen(profile, (pos_corpus_folder / name).read_bytes())
    assert events
    assert all(isinstance(event, NotASale) for event in events)


def test_another_dialect_is_never_a_wrong_sale(pos_corpus_folder: Path) -> None:
    """A Star printer's stream under an Epson profile may be misunderstood, but gives no sale."""
    events = listen(
        "generic-escpos-eur", (pos_corpus_folder / "generated/rl_starsbcs.bin").read_bytes()
    )
    assert not [event for event in events if isinstance(event, SaleClosed | TotalSeen)]
