"""Receipts that mislead: what must be a sale, what must be asked about, what is none."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from terminal_agent.pos.interpreters.events import (
    NeedsReview,
    NotASale,
    RefundSeen,
    SaleClosed,
    TotalSeen,
)
from terminal_agent.pos.interpreters.till_events import TillEvent
from terminal_agent.pos.paper_listener import PaperListener
from terminal_agent.pos.profile_file import load_profile

#: What a till of these shops prints in; all others print in code page 437.
_CODECS: Final = {
    "generic-escpos-irr": "cp1256",
    "generic-escpos-irr-toman": "cp1256",
    "generic-escpos-krw": "euc-kr",
    "generic-escpos-cny": "gb18030",
}
_QR_PREFIX: Final = "QR:"


@dataclass(frozen=True)
class Case:
    """A paper, one text line a printed line; ``!`` prints it big, ``QR:`` prints a QR code."""

    name: str
    profile: str
    paper: str
    expected: str


def print_paper(paper: str, codec: str) -> bytes:
    """Encode the notation of ``Case`` as ESC/POS with a cut behind it."""
    data = bytearray(b"\x1b@")
    for line in paper.strip("\n").split("\n"):
        if line.startswith(_QR_PREFIX):
            body = b"1P0" + line.removeprefix(_QR_PREFIX).encode()
            data += b"\x1d(k" + len(body).to_bytes(2, "little") + body + b"\x1d(k\x03\x001Q0"
            continue
        big = line.startswith("!")
        text = line.removeprefix("!").replace("ی", "ي") if codec == "cp1256" else line.lstrip("!")
        data += b"\x1d!\x11" * big + text.encode(codec) + b"\x1d!\x00" * big + b"\n"
    return bytes(data + b"\x1dV\x00")


def read(profile: str, data: bytes) -> list[TillEvent]:
    """Everything but the early totals that a profile reads from bytes."""
    events = PaperListener(load_profile(profile)).feed(data, 0)
    return [event for event in events if not isinstance(event, TotalSeen)]


def told(events: Sequence[TillEvent]) -> str:
    """The outcome of one paper in a short form."""
    assert len(events) == 1, events
    match events[0]:
        case SaleClosed(sale=sale):
            return f"sale {sale.total_minor}"
        case NeedsReview(reasons=reasons):
            return f"review {' '.join(reason.value for reason in reasons)}"
        case NotASale(reason=reason):
            return f"none {reason.value}"
        case RefundSeen(total_minor=total, original_receipt_number=original):
            return f"refund {total} {original}"
    raise AssertionError(events)


_DATA: Final = Path(__file__).resolve().parents[2] / "data" / "pos" / "receipt_traps.toml"
CASES: Final = tuple(
    Case(name=one["name"], profile=one["profile"], paper=one["text"], expected=one["expected"])
    for one in tomllib.loads(_DATA.read_text(encoding="utf-8"))["paper"]
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_paper_is_read_for_what_it_is(case: Case) -> None:
    """Each misleading paper gives exactly the outcome a careful cashier would give it."""
    data = print_paper(case.paper, _CODECS.get(case.profile, "cp437"))
    assert told(read(case.profile, data)) == case.expected
