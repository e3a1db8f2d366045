"""Receipts that python-escpos encodes: an encoder that knows nothing of our reader."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from escpos.printer import Dummy

from terminal_agent.pos.interpreters.events import SaleClosed
from terminal_agent.pos.interpreters.till_events import TillEvent
from terminal_agent.pos.paper_listener import PaperListener
from terminal_agent.pos.profile_file import load_profile


def printed(write: Callable[[Any], None], profile: str = "TM-T88V") -> bytes:
    """What python-escpos sends for a receipt written by ``write``."""
    printer = Dummy(profile=profile)
    write(printer)
    return bytes(printer.output)


def read(data: bytes, profile: str) -> list[TillEvent]:
    """The events of one recording with silence behind it."""
    listener = PaperListener(load_profile(profile))
    return listener.feed(data, 0) + listener.idle(60_000)


def only_total(events: list[TillEvent]) -> int:
    """The total of the one sale."""
    closed = [event for event in events if isinstance(event, SaleClosed)]
    assert len(closed) == 1
    return closed[0].sale.total_minor


def write_german(printer: Any) -> None:  # noqa: ANN401 - the library has no types
    """A German receipt with every kind of decoration."""
    printer.set(align="center", bold=True, double_height=True, double_width=True)
    printer.text("BÄCKEREI GRÖßE\n")
    printer.set(align="left", bold=False, normal_textsize=True)
    printer.text("Beleg-Nr: 2025-17\n23.11.2025 09:12\n")
    printer.text(f"{'3 x Brötchen':<32}{'1,95':>10}\n{'1 x Süßes für Ångström':<32}{'4,20':>10}\n")
    printer.set(bold=True, double_height=True)
    printer.text(f"{'SUMME €':<32}{'6,15':>10}\n")
    printer.set(bold=False, normal_textsize=True)
    printer.text(f"{'Gegeben':<32}{'10,00':>10}\n{'Rückgeld':<32}{'3,85':>10}\n")
    printer.barcode("4006381333931", "EAN13", 64, 2, "BELOW", "A")
    printer.qr("https://example.com/r?total=99.99", native=True)
    printer.cashdraw(2)
    printer.cut()


@pytest.mark.parametrize("model", ["TM-T88V", "TM-T20II", "default"])
def test_german_receipt_of_an_epson(model: str) -> None:
    """Code pages that change within words, a bar code and a QR code full of digits mislead not."""
    assert only_total(read(printed(write_german, model), "generic-escpos-eur")) == 615


def test_dollar_receipt() -> None:
    """Subtotal, tax and a card payment confirm the total."""

    def write(printer: Any) -> None:  # noqa: ANN401 - the library has no types
        printer.text("CORNER STORE\nReceipt #: 000123\n11/23/2025 14:07\n")
        printer.text(f"{'Coffee':<36}{'3.50':>12}\n{'Bagel':<36}{'2.25':>12}\n")
        printer.text(f"{'Subtotal':<36}{'5.75':>12}\n{'Tax 8.875%':<36}{'0.51':>12}\n")
        printer.set(double_width=True)
        printer.text(f"{'TOTAL':<12}{'$6.26':>12}\n")
        printer.set(normal_textsize=True)
        printer.text(f"{'VISA ****1111':<36}{'6.26':>12}\n")
        printer.cut()

    events = read(printed(write), "generic-escpos-usd")
    assert only_total(events) == 626
    closed = events[-1]
    assert isinstance(closed, SaleClosed)
    assert closed.sale.receipt_number == "000123"
    assert closed.sale.tax_minor == 51


def test_customer_display_of_the_same_library() -> None:
    """What python-escpos sends to a line display on the same cable is no part of the receipt."""

    def write(printer: Any) -> None:  # noqa: ANN401 - the library has no types
        printer.linedisplay("SUMME 99,99")
        write_german(printer)

    assert only_total(read(printed(write), "generic-escpos-eur")) == 615


@pytest.mark.parametrize("mode", ["bitImageRaster", "graphics", "bitImageColumn"])
def test_logo_of_every_kind(mode: str) -> None:
    """A logo in any of the three picture commands is passed over."""
    image = pytest.importorskip("PIL.Image").new("1", (64, 48))

    def write(printer: Any) -> None:  # noqa: ANN401 - the library has no types
        printer.image(image, impl=mode)
        write_german(printer)

    assert only_total(read(printed(write), "generic-escpos-eur")) == 615
