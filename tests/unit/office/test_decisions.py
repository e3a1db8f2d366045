"""Decisions: the newest counts, and none is ever lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.errors import ValueRangeError
from gateway.office.database import Database
from gateway.office.decisions import NOTE_CHARACTERS_MAX, Decisions, SubjectKind, Verdict


@pytest.fixture
def decisions(tmp_path: Path) -> Decisions:
    """An office without decisions."""
    return Decisions(Database(tmp_path / "office.db"))


def _decide(
    decisions: Decisions, key: str, verdict: Verdict, at_ms: int = 1, note: str = ""
) -> None:
    decisions.record(SubjectKind.REVIEW, key, verdict, note=note, account="ada", at_ms=at_ms)


def test_the_newest_decision_counts(decisions: Decisions) -> None:
    """Whoever decides again adds a decision, which is the one that counts."""
    _decide(decisions, "7", Verdict.SETTLED, at_ms=5)
    _decide(decisions, "7", Verdict.REOPENED, at_ms=4, note="«نه»")
    found = decisions.latest(SubjectKind.REVIEW, ["7", "8"])
    assert list(found) == ["7"]
    assert (found["7"].verdict, found["7"].note, found["7"].at_ms) == (Verdict.REOPENED, "«نه»", 4)
    assert not found["7"].closes


def test_the_history_is_kept(decisions: Decisions) -> None:
    """Every decision about a thing can be read, newest first, and no other thing's."""
    for verdict in (Verdict.IGNORED, Verdict.REOPENED, Verdict.SETTLED):
        _decide(decisions, "7", verdict)
    _decide(decisions, "8", Verdict.SETTLED)
    kinds = [one.verdict for one in decisions.history(SubjectKind.REVIEW, "7")]
    assert kinds == [Verdict.SETTLED, Verdict.REOPENED, Verdict.IGNORED]


def test_kinds_of_things_do_not_meet(decisions: Decisions) -> None:
    """The same key names one thing in each queue."""
    _decide(decisions, "7", Verdict.SETTLED)
    assert decisions.latest(SubjectKind.QUARANTINE, ["7"]) == {}
    assert decisions.history(SubjectKind.QUARANTINE, "7") == ()


def test_many_keys_are_asked_at_once(decisions: Decisions) -> None:
    """More keys than one statement takes are all answered."""
    for number in range(0, 1_200, 400):
        _decide(decisions, str(number), Verdict.SETTLED)
    found = decisions.latest(SubjectKind.REVIEW, [str(number) for number in range(1_200)])
    assert sorted(found) == ["0", "400", "800"]


def test_a_note_is_bounded(decisions: Decisions) -> None:
    """A note that is too long, or holds what no form sends, is refused and nothing is kept."""
    for note in ("x" * (NOTE_CHARACTERS_MAX + 1), "a\x00b"):
        with pytest.raises(ValueRangeError):
            _decide(decisions, "7", Verdict.SETTLED, note=note)
    assert decisions.history(SubjectKind.REVIEW, "7") == ()
