"""How many pieces of evidence must agree is the shop's to say: two to four, two unless told."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest

from gateway.errors import ConfigError
from terminal_agent.pos.interpreters.events import (
    EvidenceKind,
    NeedsReview,
    NotASale,
    NotASaleReason,
    ReviewReason,
    SaleClosed,
    TotalSeen,
)
from terminal_agent.pos.interpreters.till_events import TillEvent
from terminal_agent.pos.paper_listener import PaperListener
from terminal_agent.pos.profile_file import load_profile, parse_profile

PROFILE: Final = load_profile("generic-escpos-eur")
#: The label says it, and the goods add up to it: two pieces.
TWO: Final = (
    b"\x1b@CORNER SHOP\nReceipt: 7\nBread   8,00\nMilk   12,00\nTOTAL EUR  20,00\n\n\x1dV\x00"
)
#: And what was paid comes to it: three.
THREE: Final = (
    b"\x1b@CORNER SHOP\nReceipt: 8\nBread   8,00\nMilk   12,00\n"
    b"TOTAL EUR  20,00\nCASH  50,00\nCHANGE  30,00\n\n\x1dV\x00"
)
ZERO: Final = b"\x1b@SHOP\nBread 8,00\nDiscount -8,00\nTOTAL EUR 0,00\n\n\x1dV\x00"


def heard(paper: bytes, evidence_needed: int) -> list[TillEvent]:
    """What a paper comes to under a threshold."""
    listener = PaperListener(replace(PROFILE, evidence_needed=evidence_needed))
    return [*listener.feed(paper, 0), *listener.idle(60_000)]


@pytest.mark.parametrize(
    ("paper", "needed", "sure"),
    [(TWO, 2, True), (TWO, 3, False), (THREE, 3, True), (THREE, 4, False)],
)
def test_a_paper_is_a_sale_with_as_many_pieces_as_are_needed(
    paper: bytes, needed: int, *, sure: bool
) -> None:
    """One piece fewer, and a person is asked; nothing is offered early and nothing awarded."""
    events = heard(paper, needed)
    last = events[-1]
    assert isinstance(last, SaleClosed if sure else NeedsReview)
    early = [one for one in events if isinstance(one, TotalSeen)]
    assert all(len(one.evidence) >= needed for one in early)
    if isinstance(last, NeedsReview):
        assert last.reasons == (ReviewReason.UNCORROBORATED,)
        assert last.candidates_minor == (2_000,)
        assert EvidenceKind.LABEL in last.evidence
        assert last.sale is not None


def test_a_zero_total_stays_no_sale() -> None:
    """Nothing can be awarded for it: however much evidence is wanted, nobody is asked."""
    for needed in (2, 4):
        (event,) = [one for one in heard(ZERO, needed) if not isinstance(one, TotalSeen)]
        assert isinstance(event, NotASale)
        assert event.reason is NotASaleReason.ZERO_TOTAL


def test_a_profile_says_how_many() -> None:
    """The key is read from the file; one and five are refused with the range."""
    head = b'name = "shop"\nversion = 1\n[currency]\ncode = "EUR"\nexponent = 2\n'
    assert parse_profile(head, "shop.toml").evidence_needed == 2
    assert parse_profile(b"evidence_needed = 4\n" + head, "shop.toml").evidence_needed == 4
    for wrong in (b"1", b"5"):
        with pytest.raises(ConfigError, match=r"evidence_needed must be .*\[2, 4\]"):
            parse_profile(b"evidence_needed = " + wrong + b"\n" + head, "shop.toml")
