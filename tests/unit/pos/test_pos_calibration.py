"""Calibration: five receipts of a layout nobody has seen give a profile that reads the sixth."""

from __future__ import annotations

import os
import random
from itertools import product
from typing import Final

import pytest

from simulators.strange_shops import ENCODERS, LAYOUTS, Printed, Shop
from terminal_agent.pos.calibration.marked import Heard, MarkedRecording
from terminal_agent.pos.calibration.profile_toml import write_profile
from terminal_agent.pos.calibration.proof import Outcome, prove
from terminal_agent.pos.calibration.search import Calibration, calibrate
from terminal_agent.pos.profile import DigitOrder, TextOrder
from terminal_agent.pos.profile_file import load_profile, parse_profile, shipped_names

BASE: Final = load_profile("generic-escpos-irr")
_SEEDS: Final = 20 if os.environ.get("MOHR_SOAK") else 1
_ALL: Final = tuple(product(LAYOUTS, ENCODERS))
#: Without a soak, every layout and every encoding, each with a few of the other.
_TRIED: Final = _ALL if os.environ.get("MOHR_SOAK") else _ALL[::4]


def recording(name: str, paper: Printed, total: int | None = None) -> MarkedRecording:
    """A paper as a recording, marked with its total or another."""
    return MarkedRecording(
        name=name,
        heard=(Heard(t_ms=0, data=paper.data),),
        totals_minor=(paper.total_rial if total is None else total,),
    )


def shop(layout: str, encoder: str, seed: int) -> Shop:
    """A shop of this layout and encoding."""
    return Shop(layout=LAYOUTS[layout], encode=ENCODERS[encoder], chance=random.Random(seed))


def calibrated(till: Shop, count: int = 5) -> Calibration:
    """What calibration makes of this shop's next receipts, all marked truly."""
    papers = [till.receipt() for _ in range(count)]
    return calibrate(BASE, [recording(f"{at}", paper) for at, paper in enumerate(papers)])


@pytest.mark.parametrize("seed", range(_SEEDS))
@pytest.mark.parametrize(("layout", "encoder"), _TRIED)
def test_five_receipts_of_an_unseen_layout_read_the_sixth(
    layout: str, encoder: str, seed: int
) -> None:
    """Encoding, direction, digits, unit and words are found; the sixth is a sale to the rial."""
    till = shop(layout, encoder, seed)
    found = calibrated(till)
    assert found.proved
    sixth = [recording(f"{at}", till.receipt()) for at in range(6, 9)]
    assert [one.outcome for one in prove(found.profile, sixth)] == [Outcome.RIGHT] * 3


@pytest.mark.parametrize(
    ("encoder", "encoding", "text", "digits"),
    [
        ("cp1256", "cp1256", TextOrder.LOGICAL, DigitOrder.LOGICAL),
        ("cp1256 visual", "cp1256", TextOrder.VISUAL, DigitOrder.LOGICAL),
        ("cp1256 turned", "cp1256", TextOrder.VISUAL, DigitOrder.REVERSED),
        ("iran system", "iran-system", TextOrder.VISUAL, DigitOrder.LOGICAL),
        ("iran system turned", "iran-system", TextOrder.VISUAL, DigitOrder.REVERSED),
        ("utf-8", "utf-8", TextOrder.LOGICAL, DigitOrder.LOGICAL),
    ],
)
def test_text_is_named_for_what_it_is(
    encoder: str, encoding: str, text: TextOrder, digits: DigitOrder
) -> None:
    """Not any encoding under which the sums come out, but the one in which the words are words."""
    profile = calibrated(shop("corner grocery", encoder, 7)).profile
    assert (profile.default_encoding, profile.text_order, profile.digit_order) == (
        encoding,
        text,
        digits,
    )


def test_toman_are_told_from_rials() -> None:
    """Marks are in rials: a till whose papers hold a tenth of them prints toman."""
    assert calibrated(shop("toman without saying so", "cp1256", 1)).profile.printed_unit_minor == 10
    assert calibrated(shop("bazaar", "cp1256", 1)).profile.printed_unit_minor == 1


def test_a_wrong_mark_is_not_calibrated_away() -> None:
    """Four true totals and one that is a single goods line's: nothing is read as the wrong one."""
    till = shop("corner grocery", "cp1256", 3)
    papers = [till.receipt() for _ in range(5)]
    marks = [recording(f"{at}", paper) for at, paper in enumerate(papers[:4])]
    wrong = recording("wrong", papers[4], papers[4].total_rial + 10)
    found = calibrate(BASE, [*marks, wrong])
    assert not found.proved
    assert all(papers[4].total_rial + 10 not in one.totals_minor for one in found.readings)


def test_marks_that_stand_nowhere_give_no_profile() -> None:
    """Totals that no way of reading finds on the papers prove nothing."""
    till = shop("bazaar", "utf-8", 3)
    marks = [recording(f"{at}", till.receipt(), 17 + at) for at in range(3)]
    assert not calibrate(BASE, marks).proved


def test_a_paper_that_is_no_sale_stays_none() -> None:
    """A kitchen ticket marked as no sale is part of the proof."""
    till = shop("corner grocery", "iran system", 5)
    papers = [recording(f"{at}", till.receipt()) for at in range(4)]
    ticket = b"\x1b@" + ENCODERS["iran system"]("آشپزخانه  میز 4") + b"\n\x1dV\x00"
    none = MarkedRecording(name="kitchen", heard=(Heard(t_ms=0, data=ticket),), totals_minor=())
    found = calibrate(BASE, [*papers, none])
    assert found.proved
    assert {one.outcome for one in found.readings} == {Outcome.RIGHT}


def test_a_till_that_falls_silent_instead_of_cutting_is_calibrated() -> None:
    """Without cut and initialise the papers of one recording are parted by their times."""
    till = shop("bazaar", "cp1256 visual", 9)
    papers = [till.receipt() for _ in range(4)]
    heard = tuple(
        Heard(
            t_ms=at * 10_000,
            data=paper.data.replace(b"\x1b@", b"").replace(b"\x1dV\x00", b""),
        )
        for at, paper in enumerate(papers)
    )
    totals = tuple(paper.total_rial for paper in papers)
    found = calibrate(BASE, [MarkedRecording(name="day", heard=heard, totals_minor=totals)])
    assert found.proved
    assert found.readings[0].totals_minor == totals


def test_a_till_that_leaves_decimals_out_is_calibrated() -> None:
    """Totals of 18, 12.5 and 7.25 on papers that print no more decimals than needed."""
    marks = []
    for at, prices in enumerate(((1_000, 800), (900, 350), (500, 225), (1_100, 40))):
        goods = "".join(f"Tea {one}      {price / 100:g}\n" for one, price in enumerate(prices))
        paper = f"\x1b@{goods}TO PAY NOW: {sum(prices) / 100:g}   Items: 2\n\x1dV\x00"
        heard = (Heard(t_ms=0, data=paper.encode()),)
        marks.append(
            MarkedRecording(name=f"{at}", heard=heard, totals_minor=(sum(prices),) if at else None)
        )
    found = calibrate(load_profile("generic-escpos-usd"), marks)
    assert found.proved
    assert found.profile.decimals_optional
    assert found.readings[0].totals_minor == (1_800,)


def test_what_was_learned_survives_being_written() -> None:
    """The TOML of a calibrated profile gives the same profile back."""
    profile = calibrated(shop("no rules, big total", "cp1256 visual", 2)).profile
    assert profile.words
    assert parse_profile(write_profile(profile).encode(), "shop.toml") == profile


@pytest.mark.parametrize("name", [name for name in shipped_names() if "escpos" in name])
def test_every_printers_profile_can_be_written(name: str) -> None:
    """Writing leaves no setting of a printer's profile out."""
    profile = load_profile(name)
    assert parse_profile(write_profile(profile).encode(), name) == profile
