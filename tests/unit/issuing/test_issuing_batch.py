"""Issuing from a list: which lists are read, which card gets which line, what a run reports."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from gateway.errors import ConfigError, ValueRangeError
from gateway.issuing.batch import BatchReport, BatchRow, BatchRun, read_batch
from gateway.issuing.desk import DeskOrder
from gateway.issuing.record import CardStage
from gateway.model.ids import MemberId
from simulators.card_session import SimSession
from simulators.cards.ntag424 import Ntag424Card
from simulators.cards.ntag424_state import KeySlot, Ntag424State
from simulators.cards.tray import TraySlot, card_files, fill_tray, load_card, save_card

if TYPE_CHECKING:
    from tests.unit.issuing.conftest import DeskBench as Bench

ROWS: Final = tuple(BatchRow(number=f"M{number}") for number in range(4))
NO_WAIT_MS: Final = 0


def test_a_list_is_read() -> None:
    """Numbers and members, with the mark that spreadsheets put before them."""
    member = "ab" * 16
    assert read_batch(f"\ufeffnumber,member\r\nA1,{member}\r\nA2,\r\n") == (
        BatchRow(number="A1", member_id=MemberId(member)),
        BatchRow(number="A2"),
    )


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "head line"),
        ("name\nA1\n", "head line"),
        ("number,phone\nA1,1\n", "head line"),
        ("number\n", "1 to 100000 lines"),
        ("number\nA1\nA1\n", "line 3: number A1 stands in the list twice"),
        ("number\nA 1\n", "line 2"),
        ("number\n12345678901234567\n", "line 2"),
        ("number\nA1,x\n", "line 2 has more columns"),
        ("number,member\n,x\n", "line 2"),
        ('number\n"A1\n', "line"),
    ],
)
def test_a_wrong_list_is_refused_before_any_card(text: str, wrong: str) -> None:
    """The line that is wrong is named."""
    with pytest.raises(ValueRangeError, match=wrong):
        read_batch(text)


def _run(bench: Bench, folder: Path, rows: tuple[BatchRow, ...] = ROWS) -> BatchReport:
    slot = TraySlot(str(folder), answer_timeout_ms=1)
    run = BatchRun(bench.desk(), slot, name="spring", wait_ms=NO_WAIT_MS)
    return run.run(rows, lambda _done: None)


def test_each_line_gets_one_card(bench: Bench, tmp_path: Path) -> None:
    """In the order of list and tray; a second run has nothing to do."""
    fill_tray(tmp_path / "tray", "ntag424", 5)
    report = _run(bench, tmp_path / "tray")
    assert (report.issued, report.before, report.missing) == (("M0", "M1", "M2", "M3"), 0, ())
    assert {one.batch for one in bench.journal.in_stage(CardStage.ISSUED)} == {"spring"}
    again = _run(bench, tmp_path / "tray")
    assert (again.issued, again.before, again.complete) == ((), 4, True)


def test_too_few_cards_leave_lines_over(bench: Bench, tmp_path: Path) -> None:
    """What is missing is said, and made when there are more cards."""
    fill_tray(tmp_path / "tray", "ntag424", 3)
    assert _run(bench, tmp_path / "tray").missing == ("M3",)
    fill_tray(tmp_path / "more", "ntag424", 1, seed=9)
    assert _run(bench, tmp_path / "more").issued == ("M3",)


def test_a_foreign_card_costs_no_line(bench: Bench, tmp_path: Path) -> None:
    """It is put aside with the reason, and the next card takes its line."""
    files = fill_tray(tmp_path / "tray", "ntag424", 5)
    first = min(files)
    state = load_card(first)
    assert isinstance(state, Ntag424State)
    save_card(first, state.with_key(0, KeySlot(value=b"somebody's keys!", version=7)))
    report = _run(bench, tmp_path / "tray")
    assert report.complete
    assert [one.number for one in report.setbacks] == ["M0"]
    assert "not ours" in report.setbacks[0].reason


def test_a_new_card_is_not_touched_when_every_line_has_one(bench: Bench, tmp_path: Path) -> None:
    """Lines whose card is only begun wait for that very card."""
    fill_tray(tmp_path / "tray", "ntag424", 5)
    files = card_files(tmp_path / "tray")
    begun = load_card(files[-1])
    assert isinstance(begun, Ntag424State)
    bench.refusal = ConfigError("the gateway is not there")
    with pytest.raises(ConfigError), SimSession(Ntag424Card(begun)) as session:
        bench.desk().issue(session, DeskOrder(number="M0", member_id=MemberId("ab" * 16)))
    report = _run(bench, tmp_path / "tray")
    assert report.missing == ("M0",)
    assert report.issued == ("M1", "M2", "M3")
    bench.refusal = None
    assert _run(bench, tmp_path / "tray").issued == ("M0",)
    untouched = load_card(files[3])
    assert isinstance(untouched, Ntag424State)
    assert untouched == Ntag424State(uid=untouched.uid)
