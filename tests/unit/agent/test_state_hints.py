"""When a terminal says how it stands: at once where it matters, seldom where it only counts."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from gateway.model.ids import TerminalId
from terminal_agent.agent_ports import agent_will
from terminal_agent.state_hints import (
    HINT_BYTES_MAX,
    LAYERS_EVERY_MS,
    NUMBERS_EVERY_MS,
    Layers,
    Numbers,
    StateHints,
    short_version,
    state_payload,
)

LAYERS = Layers(
    version="0.1.0",
    reader="up",
    till="up",
    clock="synchronised",
    configuration_version=3,
    programme_version=2,
    stopped=None,
)
NONE_WAITING = Numbers(pending=0, rejected=0, unread_receipts=0)


class Desk:
    """Hints with counted looks at the disk."""

    def __init__(self) -> None:
        self.hints = StateHints("0a0b")
        self.numbers = NONE_WAITING
        self.looks = 0

    def count(self) -> Numbers:
        """Look at the disk."""
        self.looks += 1
        return self.numbers

    def due(self, now_ms: int, layers: Layers = LAYERS, *, taken: bool = True) -> bytes | None:
        """What is due, taken by the link or not."""
        payload = self.hints.due(now_ms, layers, self.count)
        if payload is not None and taken:
            self.hints.taken()
        return payload


@pytest.fixture
def desk() -> Desk:
    """A desk that has said once, at 0, how it stands."""
    fresh = Desk()
    fresh.hints.link_up()
    assert fresh.due(0) is not None
    return fresh


def test_a_hint_is_due_on_every_connection(desk: Desk) -> None:
    """The broker may hold a will of this run: each connection says again that it is here."""
    assert desk.due(1) is None
    desk.hints.link_up()
    assert desk.due(2) is not None
    assert desk.due(3) is None


def test_a_hint_that_was_not_taken_is_due_again(desk: Desk) -> None:
    """With a full window the same bytes wait, and the disk is not asked for them each time."""
    desk.hints.link_up()
    waiting = desk.due(1, taken=False)
    assert waiting is not None
    looks = desk.looks
    assert [desk.due(now_ms, taken=False) for now_ms in range(2, 50)] == [waiting] * 48
    assert desk.looks == looks
    assert desk.due(50) == waiting
    assert desk.due(51) is None


@pytest.mark.parametrize(
    "change",
    [
        {"reader": "down"}, {"till": "none"}, {"clock": "guessed"}, {"configuration_version": 4},
        {"programme_version": 3}, {"stopped": "journal_forked"}, {"version": None},
    ],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_a_layer_that_changes_is_told_at_once(desk: Desk, change: dict[str, object]) -> None:
    """Each layer's change is told within a second, once."""
    changed = replace(LAYERS, **change)  # type: ignore[arg-type]
    told = desk.due(LAYERS_EVERY_MS, changed)
    assert told is not None
    said = json.loads(told)
    for name, value in change.items():
        assert said.get(name) == value
    assert desk.due(2 * LAYERS_EVERY_MS, changed) is None


def test_a_loose_contact_is_no_busy_traffic(desk: Desk) -> None:
    """A reader that comes and goes a hundred times in a second is told once; then how it ended."""
    down = replace(LAYERS, reader="down")
    told = [desk.due(at_ms, down if at_ms % 20 else LAYERS) for at_ms in range(10, 1_010, 10)]
    assert sum(one is not None for one in told) <= 1
    last = desk.due(3_000, down) or desk.due(5_000, LAYERS)
    assert last is not None


def test_numbers_are_told_once_a_minute_and_only_when_they_moved(desk: Desk) -> None:
    """Between the minutes the disk is not even asked."""
    desk.numbers = Numbers(pending=7, rejected=1, unread_receipts=2)
    looks = desk.looks
    assert {desk.due(at_ms) for at_ms in range(100, NUMBERS_EVERY_MS, 100)} == {None}
    assert desk.looks == looks
    told = desk.due(NUMBERS_EVERY_MS)
    assert told is not None
    assert json.loads(told)["pending"] == 7
    assert desk.due(2 * NUMBERS_EVERY_MS) is None
    assert desk.looks == looks + 2


def test_the_longest_hint_fits() -> None:
    """With the longest of everything it stays below what a gateway reads."""
    most = 2**63 - 1
    payload = state_payload(
        "f" * 64,
        online=True,
        layers=Layers(
            version=short_version("9" * 500),
            reader="starting",
            till="starting",
            clock="synchronised",
            configuration_version=most,
            programme_version=most,
            stopped="journal_forked",
        ),
        numbers=Numbers(pending=most, rejected=most, unread_receipts=most),
    )
    assert len(payload) <= HINT_BYTES_MAX
    assert set(json.loads(payload)) == {
        "session", "online", "version", "reader", "till", "pending", "rejected",
        "unread_receipts", "clock", "configuration_version", "programme_version", "stopped",
    }  # fmt: skip


def test_a_will_says_nothing_but_that_it_is_one() -> None:
    """Nobody knows beforehand how a terminal will stand when it vanishes."""
    will = agent_will(TerminalId("till-1"), "0a0b")
    assert json.loads(will.payload) == {"session": "0a0b", "online": False}
