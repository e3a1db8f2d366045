"""The simulated till: paced bytes, a name that stays, receipts that follow from a seed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from simulators.receipts import ReceiptLanguage, render_receipt, seeded_receipts
from simulators.till import PtyTill


def read_all(device: str, count: int) -> bytes:
    """Open a device and read ``count`` bytes."""
    line = os.open(device, os.O_RDONLY | os.O_NOCTTY)
    try:
        data = b""
        while len(data) < count:
            data += os.read(line, count - len(data))
        return data
    finally:
        os.close(line)


def test_every_byte_value_passes(tmp_path: Path) -> None:
    """The line is raw: no byte is echoed, translated or taken for a control."""
    with PtyTill(tmp_path, baud=None) as till:
        till.print(bytes(range(256)))
        assert read_all(till.device, 256) == bytes(range(256))
        assert till.lost_bytes == 0


def test_the_name_stays_and_the_device_changes(tmp_path: Path) -> None:
    """Unplugging removes the name, plugging brings it back: what udev does under by-id."""
    with PtyTill(tmp_path, baud=None) as till:
        name = till.device
        assert Path(name).exists()
        till.unplug()
        assert not Path(name).exists()
        till.print(b"nobody hears")
        assert till.lost_bytes == 12
        till.plug()
        till.plug()
        till.print(b"again")
        assert read_all(name, 5) == b"again"
    assert not Path(name).exists()


def test_play_prints_all_receipts(tmp_path: Path) -> None:
    """A till given receipts prints them in order, at its pace."""
    receipts = [b"first\n", b"second\n"]
    with PtyTill(tmp_path, receipts=receipts, baud=115_200) as till:
        till.play()
        assert read_all(till.device, 13) == b"first\nsecond\n"


@pytest.mark.parametrize("language", ReceiptLanguage)
def test_a_day_follows_from_its_seed(language: ReceiptLanguage) -> None:
    """The same seed gives the same day, another seed another."""
    day = [render_receipt(receipt) for receipt in seeded_receipts(7, 5, language)]
    again = [render_receipt(receipt) for receipt in seeded_receipts(7, 5, language)]
    other = [render_receipt(receipt) for receipt in seeded_receipts(8, 5, language)]
    assert day == again
    assert day != other
    assert len({receipt.receipt_number for receipt in seeded_receipts(7, 5, language)}) == 5


def test_persian_is_printed_in_its_own_code_page() -> None:
    """Persian text is CP1256 behind its page number, and nothing is lost to question marks."""
    data = render_receipt(seeded_receipts(1, 1, ReceiptLanguage.PERSIAN)[0])
    assert b"\x1bt\x32" in data
    assert b"?" not in data
    assert "شماره فاكتور".replace("ك", "ک").encode("cp1256") in data
