"""Terminals as the ledger proves them, and the queues of what a person must look at."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway.ledger.place import LedgerPlace
from gateway.model.ids import BranchId, EnvelopeHash, TerminalId
from gateway.model.outcome import Reason
from gateway.queries.quarantine import Suspect, place_of, quarantine_room, suspect, suspects
from gateway.queries.reading import reading
from gateway.queries.scope import EVERYTHING, Scope
from gateway.queries.terminals import (
    branches,
    newest_programme_version,
    terminal,
    terminal_names,
    terminals,
)
from simulators.clock import VirtualClock
from simulators.quiet_house import QuietHouse
from simulators.sealed_terminal import SealedTerminal, card_evidence, sale_key

NOW_MS = 1_795_420_000_000
NORTH = Scope(frozenset({BranchId("north")}))


@dataclass(slots=True)
class Fleet:
    """Three terminals in two branches."""

    house: QuietHouse
    till: SealedTerminal
    clock: VirtualClock

    @property
    def ledger(self) -> LedgerPlace:
        """The ledger's file."""
        return self.house.house.ledger.place

    def clone(self, number: int) -> None:
        """Let a copy of the till seal another sale under a number that was used."""
        copy = replace(self.till)
        copy.seq, copy.previous_hash = 0, EnvelopeHash(bytes(32))
        self.house.transact(self.till, copy.earn(card_evidence(9), sale_key(number), 1))


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    """A fleet whose first till has sold one thing."""
    clock = VirtualClock(unix_ms=NOW_MS)
    with QuietHouse(tmp_path / "gateway", clock) as house:
        tills = [SealedTerminal(TerminalId(f"till-{n}"), now_ms=NOW_MS) for n in (1, 2, 3)]
        for one, place in zip(tills, ("north", "south", "north"), strict=True):
            house.add_terminal(one, place)
        house.transact(tills[0], tills[0].earn(card_evidence(1), sale_key(1), 100))
        yield Fleet(house, tills[0], clock)


def test_gaps_and_waiting_are_told_apart(fleet: Fleet) -> None:
    """What waits at the gateway and what never came are two numbers."""
    fleet.till.earn(card_evidence(1), sale_key(2), 100)  # lost on its way
    fleet.till.earn(card_evidence(1), sale_key(3), 100)
    late = fleet.till.earn(card_evidence(1), sale_key(4), 100)
    fleet.house.transact(fleet.till, late)
    with reading(fleet.ledger) as connection:
        view = terminal(connection, EVERYTHING, TerminalId("till-1"))
    assert view is not None
    assert (view.newest.watermark, view.newest.highest_seq) == (1, 4)
    assert (view.waiting, view.missing) == (1, 2)
    assert view.newest.key_id == fleet.till.signer.key_id
    assert view.last_recorded_at_ms == NOW_MS


def test_a_new_key_begins_a_new_epoch(fleet: Fleet) -> None:
    """The newest epoch comes first, and the older ones stay to be seen."""
    renewed = SealedTerminal(TerminalId("till-1"), epoch=2, now_ms=NOW_MS)
    fleet.house.add_terminal(renewed, "south")
    with reading(fleet.ledger) as connection:
        view = terminal(connection, EVERYTHING, TerminalId("till-1"))
        assert terminal(connection, NORTH, TerminalId("till-1")) is None
    assert view is not None
    assert [chain.epoch for chain in view.chains] == [2, 1]
    assert view.newest.key_id == renewed.signer.key_id
    assert view.branch == "south"


def test_lists_keep_to_branch_name_and_page(fleet: Fleet) -> None:
    """A page begins after a name; scope, branch and first letters narrow it."""
    with reading(fleet.ledger) as connection:

        def names(scope: Scope, **asked: str) -> list[str]:
            found = terminals(connection, scope, limit=10, **asked)  # type: ignore[arg-type]
            return [one.terminal for one in found]

        assert names(EVERYTHING) == ["till-1", "till-2", "till-3"]
        assert names(EVERYTHING, after="till-1") == ["till-2", "till-3"]
        assert names(NORTH) == ["till-1", "till-3"]
        assert names(NORTH, branch="south") == []
        assert names(EVERYTHING, prefix="till-2") == ["till-2"]
        assert names(EVERYTHING, prefix="%") == []
        assert len(terminals(connection, EVERYTHING, limit=2)) == 2
        assert terminal_names(connection, NORTH, limit=10) == ("till-1", "till-3")
        assert branches(connection, EVERYTHING) == ("north", "south")
        assert branches(connection, NORTH) == ("north",)
        assert newest_programme_version(connection) == 1


def test_quarantine_of_each_terminal_is_counted(fleet: Fleet) -> None:
    """A terminal's view says how much lies in quarantine, and how much of that is a clone's."""
    fleet.clone(7)
    fleet.house.transact(fleet.till, b"noise")
    with reading(fleet.ledger) as connection:
        view = terminal(connection, EVERYTHING, TerminalId("till-1"))
        other = terminal(connection, EVERYTHING, TerminalId("till-2"))
    assert view is not None
    assert other is not None
    assert (view.quarantined, view.clones) == (2, 1)
    assert (other.quarantined, other.clones) == (0, 0)


def test_clones_come_first_and_pages_follow_each_other(fleet: Fleet) -> None:
    """However old, a sign of a clone stands before newer noise; no page repeats or skips a row."""
    fleet.clone(7)
    for number in range(7):
        fleet.clock.advance(1_000)
        fleet.house.transact(fleet.till, f"noise {number % 5}".encode())
    with reading(fleet.ledger) as connection:
        everything = suspects(connection, EVERYTHING, limit=100)
        paged: list[Suspect] = []
        place = None
        while piece := suspects(connection, EVERYTHING, after=place, limit=2):
            paged.extend(piece)
            place = place_of(piece[-1])
        reasons = suspects(connection, EVERYTHING, reason=Reason.CLONE, limit=9)
    assert paged == list(everything)
    assert [one.reason for one in everything] == [Reason.CLONE, *[Reason.MALFORMED] * 5]
    seen = [one.last_seen_ms for one in everything[1:]]
    assert seen == sorted(seen, reverse=True)
    assert sorted(one.times for one in everything[1:]) == [1, 1, 1, 2, 2]
    assert [one.reason for one in reasons] == [Reason.CLONE]


def test_quarantine_keeps_to_the_claimed_terminals_branch(fleet: Fleet) -> None:
    """A manager sees what claims to be of the own branch; what claims nothing is the owner's."""
    fleet.house.transact(fleet.till, b"noise")
    stranger = SealedTerminal(TerminalId("stranger"), now_ms=NOW_MS)
    fleet.house.transact(stranger, b"from nobody")
    south = Scope(frozenset({BranchId("south")}))
    with reading(fleet.ledger) as connection:
        assert len(suspects(connection, EVERYTHING, limit=9)) == 2
        (mine,) = suspects(connection, NORTH, limit=9)
        assert suspects(connection, south, limit=9) == ()
        assert suspect(connection, south, mine.payload_hash, mine.reason) is None
        found = suspect(connection, NORTH, mine.payload_hash, mine.reason)
        room = quarantine_room(connection)
    assert found is not None
    assert found[1] == b"noise"
    assert mine.size_bytes == len(b"noise")
    assert (room.unsealed_rows, room.unsealed_bytes, room.dropped) == (2, 16, 0)


def test_a_terminals_page_reads_by_key(fleet: Fleet) -> None:
    """Neither list nor page of terminals reads the whole journal."""
    fleet.house.hint(fleet.till, json.dumps({"session": "aa", "online": True}).encode())
    seen: list[str] = []
    with reading(fleet.ledger) as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.set_trace_callback(seen.append)
        terminals(connection, NORTH, prefix="till", limit=50)
        driver.set_trace_callback(None)
        plans = [
            str(step.detail)
            for one in seen
            if one.startswith("SELECT")
            for step in connection.execute(text(f"EXPLAIN QUERY PLAN {one}"))
        ]
    assert len(seen) == 3
    assert not [step for step in plans if step.startswith("SCAN journal")]
