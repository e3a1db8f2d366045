"""The unit of work's memory: what is new, changed, gone, absent or simply not asked for."""

from __future__ import annotations

import pytest

from gateway.ledger.errors import InvariantError, NotLoadedError
from gateway.ledger.rows_intake import Tally, TallyRow
from gateway.ledger.shelf import Shelf


def _row(name: Tally, value: int) -> TallyRow:
    return TallyRow(name=name, value=value)


@pytest.fixture
def shelf() -> Shelf[Tally, TallyRow]:
    """A shelf that asked for two keys and found one."""
    made = Shelf[Tally, TallyRow](TallyRow)
    made.load([_row(Tally.SEALED_ROWS, 1)], [Tally.SEALED_ROWS, Tally.SEALED_BYTES])
    return made


def test_absent_is_not_the_same_as_unasked(shelf: Shelf[Tally, TallyRow]) -> None:
    """An asked key without a row is None; an unasked one raises."""
    assert shelf.get(Tally.SEALED_ROWS) == _row(Tally.SEALED_ROWS, 1)
    assert shelf.get(Tally.SEALED_BYTES) is None
    with pytest.raises(NotLoadedError):
        shelf.get(Tally.SEALED_DROPPED)
    with pytest.raises(InvariantError):
        shelf.require(Tally.SEALED_BYTES)


def test_new_changed_and_gone_are_told_apart(shelf: Shelf[Tally, TallyRow]) -> None:
    """A loaded row that changes is updated, a made one inserted, a removed one removed."""
    shelf.replace(_row(Tally.SEALED_ROWS, 2))
    shelf.add(_row(Tally.SEALED_BYTES, 5))
    shelf.replace(_row(Tally.SEALED_BYTES, 6))
    assert shelf.updated() == [_row(Tally.SEALED_ROWS, 2)]
    assert shelf.inserted() == [_row(Tally.SEALED_BYTES, 6)]
    shelf.remove(Tally.SEALED_ROWS)
    assert shelf.removed() == [_row(Tally.SEALED_ROWS, 1)]
    assert shelf.updated() == []


def test_made_and_removed_leaves_nothing(shelf: Shelf[Tally, TallyRow]) -> None:
    """A row that came and went within the batch is not written at all."""
    shelf.add(_row(Tally.SEALED_BYTES, 5))
    shelf.remove(Tally.SEALED_BYTES)
    assert (shelf.inserted(), shelf.updated(), shelf.removed()) == ([], [], [])


def test_contradictions_are_faults(shelf: Shelf[Tally, TallyRow]) -> None:
    """Adding twice, and changing or removing nothing, raise."""
    with pytest.raises(InvariantError):
        shelf.add(_row(Tally.SEALED_ROWS, 9))
    with pytest.raises(InvariantError):
        shelf.replace(_row(Tally.SEALED_BYTES, 9))
    with pytest.raises(InvariantError):
        shelf.remove(Tally.SEALED_BYTES)


def test_loading_again_does_not_undo_a_change(shelf: Shelf[Tally, TallyRow]) -> None:
    """A row that was changed since is not overwritten by what the store still holds."""
    shelf.replace(_row(Tally.SEALED_ROWS, 2))
    shelf.load([_row(Tally.SEALED_ROWS, 1)])
    assert shelf.get(Tally.SEALED_ROWS) == _row(Tally.SEALED_ROWS, 2)
