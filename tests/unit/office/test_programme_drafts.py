"""The draft of the rules: one at a time, nobody's change lost, revisions that never come back."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.errors import ValueRangeError
from gateway.office.drafts import TEXT_CHARACTERS_MAX, DraftConflict, Drafts, RulesDraft
from gateway.office.store import OfficeStore
from simulators.clock import VirtualClock


@pytest.fixture
def drafts(tmp_path: Path) -> Drafts:
    """An office without a draft."""
    return OfficeStore(tmp_path / "office.db", VirtualClock(unix_ms=1)).drafts


def begun(drafts: Drafts) -> RulesDraft:
    """A draft that was just begun."""
    made = drafts.begin("name = 1", base_version=3, account="mina", at_ms=5)
    assert isinstance(made, RulesDraft)
    return made


def test_a_draft_is_kept_as_it_was_written(drafts: Drafts, tmp_path: Path) -> None:
    """What was begun is read back, also by an office that is opened later."""
    assert drafts.read() is None
    made = begun(drafts)
    assert made == RulesDraft(
        content="name = 1", base_version=3, revision=1, account="mina", changed_at_ms=5
    )
    again = OfficeStore(tmp_path / "office.db", VirtualClock(unix_ms=1))
    assert again.drafts.read() == made


def test_there_is_one_draft(drafts: Drafts) -> None:
    """Whoever begins a second one is told of the first, which stays."""
    first = begun(drafts)
    second = drafts.begin("name = 2", base_version=3, account="owen", at_ms=6)
    assert second == DraftConflict(current=first)
    assert drafts.read() == first


def test_the_later_of_two_is_told(drafts: Drafts) -> None:
    """A change made from an older revision is not taken, and says what is there instead."""
    draft = begun(drafts)
    faster = drafts.save("a", revision=draft.revision, account="owen", at_ms=7)
    assert isinstance(faster, RulesDraft)
    assert (faster.revision, faster.base_version, faster.account) == (2, 3, "owen")
    assert drafts.save("b", revision=draft.revision, account="mina", at_ms=8) == DraftConflict(
        current=faster
    )
    assert drafts.discard(revision=draft.revision) == DraftConflict(current=faster)
    assert drafts.read() == faster


def test_a_revision_never_comes_back(drafts: Drafts) -> None:
    """A page that was open while a draft was thrown away and another begun changes nothing."""
    old = begun(drafts)
    assert drafts.discard(revision=old.revision) is None
    assert drafts.read() is None
    assert drafts.save("x", revision=old.revision, account="mina", at_ms=6) == DraftConflict(
        current=None
    )
    assert drafts.discard(revision=old.revision) == DraftConflict(current=None)
    new = begun(drafts)
    assert new.revision > old.revision
    assert drafts.save("x", revision=old.revision, account="mina", at_ms=6) == DraftConflict(
        current=new
    )


@pytest.mark.parametrize("content", ["", "x" * (TEXT_CHARACTERS_MAX + 1)])
def test_what_is_no_draft_is_not_kept(drafts: Drafts, content: str) -> None:
    """An empty text and one of megabytes are refused, and the draft before it stays."""
    draft = begun(drafts)
    with pytest.raises(ValueRangeError):
        drafts.save(content, revision=draft.revision, account="mina", at_ms=6)
    assert drafts.read() == draft
