"""Receipts of many countries, each with what a careful person reads from it."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

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
from terminal_agent.pos.profile import ShopProfile
from terminal_agent.pos.profile_file import load_profile

_FOLDER: Final = Path(__file__).resolve().parents[2] / "data" / "pos" / "tricky"
_ALL: Final = tuple(
    (f"{path.stem}: {paper['name']}", paper)
    for path in sorted(_FOLDER.glob("*.toml"))
    for paper in tomllib.loads(path.read_text(encoding="utf-8"))["paper"]
)
PAPERS: Final = tuple(pytest.param(paper, id=name) for name, paper in _ALL)
#: With a soak every sale is damaged line by line, else every fourth.
SALES: Final = tuple(
    pytest.param(paper, id=name) for name, paper in _ALL if paper["expected"].startswith("sale ")
)[:: 1 if os.environ.get("MOHR_SOAK") else 4]


def profile_of(paper: Mapping[str, Any]) -> ShopProfile:
    """The shop's profile; ``codec`` in a case is what its till prints in throughout."""
    profile = load_profile(paper["profile"])
    if "codec" not in paper:
        return profile
    return replace(profile, default_encoding=paper["codec"], code_pages=())


def printed(paper: Mapping[str, Any]) -> bytes:
    """Encode a paper as its till prints it; ``!`` before a line prints it big."""
    profile = profile_of(paper)
    page, codec = next(_encodings(profile, paper["text"]))
    data = bytearray(b"\x1b@" + (b"" if page is None else b"\x1bt" + bytes((page,))))
    for line in paper["text"].strip("\n").split("\n"):
        big = line.startswith("!")
        encoded = _fitting(line.removeprefix("!"), codec).encode(codec)
        data += b"\x1d!\x11" * big + encoded + b"\x1d!\x00" * big + b"\n"
    return bytes(data + b"\x1dV\x00")


def _encodings(profile: ShopProfile, text: str) -> Iterator[tuple[int | None, str]]:
    """The pages of the till's printer that hold a text, the one it starts with first."""
    pages = [(one.number, one.codec) for one in profile.code_pages]
    for page, codec in [(None, profile.default_encoding), *pages]:
        try:
            _fitting(text, codec).encode(codec)
        except UnicodeEncodeError:
            continue
        yield page, codec


def _fitting(text: str, codec: str) -> str:
    if codec == "cp1256":
        # The page has no Farsi yeh: tills send the Arabic one.
        return text.replace("ی", "ي")
    return text.replace("¥", "\\") if codec == "cp932" else text


def told(event: TillEvent) -> str:
    """The outcome of one paper in a short form."""
    match event:
        case SaleClosed(sale=sale):
            return f"sale {sale.total_minor}"
        case NeedsReview(reasons=reasons):
            return f"review {' '.join(reason.value for reason in reasons)}"
        case NotASale(reason=reason):
            return f"none {reason.value}"
        case RefundSeen(total_minor=total, original_receipt_number=original):
            return f"refund {total} {original}"
    raise AssertionError(event)


def details(event: TillEvent) -> dict[str, Any]:
    """What else was read, by the keys of the data files."""
    found: dict[str, Any] = {"at": getattr(event, "occurred_at", None)}
    sale = getattr(event, "sale", None)
    if sale is not None:
        found |= {
            "number": sale.receipt_number,
            "tax": sale.tax_minor,
            "discount": sale.discount_minor,
            "lines": len(sale.lines),
            "tenders": " ".join(f"{one.kind.value} {one.amount_minor}" for one in sale.tenders),
        }
    return found


@pytest.mark.parametrize("paper", PAPERS)
def test_paper_is_read_as_a_careful_person_reads_it(paper: Mapping[str, Any]) -> None:
    """Sale, refund, question or none, with the true total and whatever else the case names."""
    events = PaperListener(profile_of(paper)).feed(printed(paper), 0)
    closed = [event for event in events if not isinstance(event, TotalSeen)]
    assert len(closed) == 1
    assert told(closed[0]) == paper["expected"]
    found = details(closed[0])
    for key in ("at", "number", "tax", "discount", "lines", "tenders"):
        if key in paper:
            assert found[key] == paper[key], key


@pytest.mark.parametrize("paper", PAPERS)
def test_prompt_never_comes_for_what_does_not_earn(paper: Mapping[str, Any]) -> None:
    """A total told while the paper prints is the total of the sale that it becomes."""
    events = PaperListener(profile_of(paper)).feed(printed(paper), 0)
    last = [event.total_minor for event in events if isinstance(event, TotalSeen)][-1:]
    if paper["expected"].startswith("sale "):
        assert last == [int(paper["expected"].removeprefix("sale "))]


@pytest.mark.parametrize("paper", SALES)
def test_a_line_lost_halved_or_doubled_never_gives_another_total(paper: Mapping[str, Any]) -> None:
    """Whatever happens to one line of a sale, it is the true total, a question, or none."""
    profile = profile_of(paper)
    lines = paper["text"].strip("\n").split("\n")
    for at, line in enumerate(lines):
        for instead in ([], [line[: len(line) * 2 // 3]], [line, line]):
            text = "\n".join([*lines[:at], *instead, *lines[at + 1 :]])
            events = PaperListener(profile).feed(printed({**paper, "text": text}), 0)
            sold = {event.sale.total_minor for event in events if isinstance(event, SaleClosed)}
            assert sold <= {int(paper["expected"].removeprefix("sale "))}, (line, instead)
