"""Planted bugs: each can be put in and taken out, and none is disarmed without anybody noticing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace

import pytest

from gateway.ledger.rows_intake import ChainRow
from gateway.model.ids import EnvelopeHash, TerminalId
from gateway.writer import judge
from gateway.writer.sequence import Place, place_of
from simulators.planted.bug import (
    Checker,
    Part,
    PlantedBug,
    PlantedError,
    function_at,
    plant,
    planted_bug,
)
from simulators.planted.crew import Hunted, to_json
from simulators.planted.hunt import Budget, Catch
from simulators.planted.registry import BUGS, HARMLESS, find_bug, planted

ONE_HASH = EnvelopeHash(b"\x01" * 32)
ALL = (*BUGS.values(), *HARMLESS.values())


def _never_runs(_original: object) -> Callable[[], None]:
    """A mistake that cannot be planted."""

    def variant() -> None:
        raise AssertionError("a bug that cannot be planted was run")

    return variant


def test_there_are_more_than_twenty_and_they_differ() -> None:
    """Twenty bugs are promised; each has its own name, story and mistake."""
    assert len(BUGS) >= 20
    assert len({bug.story for bug in ALL}) == len(ALL)
    assert len({bug.variant for bug in ALL}) == len(ALL)
    assert not BUGS.keys() & HARMLESS.keys()
    assert {bug.checker for bug in BUGS.values()} == set(Checker)
    assert {bug.part for bug in BUGS.values()} == set(Part)


@pytest.mark.parametrize("bug", ALL, ids=lambda bug: bug.name)
def test_a_bug_is_put_in_and_taken_out(bug: PlantedBug) -> None:
    """What it replaces is there, and is the same function object again afterwards."""
    before = function_at(bug)
    assert before is not None
    with planted_bug(bug) as calls:
        assert function_at(bug) is not before
        assert calls.count == 0
    assert function_at(bug) is before


def test_a_bug_is_taken_out_when_the_block_fails() -> None:
    """The checker's own failure leaves no bug behind."""
    bug = find_bug("gap-skipped")
    before = function_at(bug)
    with pytest.raises(ZeroDivisionError), planted_bug(bug):
        raise ZeroDivisionError
    assert function_at(bug) is before


def test_a_planted_bug_is_in_force_where_it_is_called() -> None:
    """The judge's own name of an imported function is replaced, and its calls are counted."""
    assert judge.__dict__["place_of"] is place_of
    chain = ChainRow(
        terminal=TerminalId("till-1"),
        epoch=1,
        watermark=3,
        watermark_hash=ONE_HASH,
        highest_seq=3,
        waiting=0,
    )
    with planted("gap-skipped") as calls:
        assert judge.__dict__["place_of"] is not place_of
        place = judge.__dict__["place_of"](
            chain, 9, envelope_hash=ONE_HASH, previous_hash=ONE_HASH, same_seq_hash=None
        )
        assert place is Place.NEXT
        assert calls.count == 1


@pytest.mark.parametrize(
    ("where", "home"),
    [
        ("gateway.writer.judge:place_off", "gateway.writer.sequence"),
        ("gateway.writer.judge:Judge._settle_it", "gateway.writer.judge"),
        ("gateway.writer.judges:place_of", "gateway.writer.sequence"),
        ("gateway.writer.judge:place_of", "gateway.writer.judge"),
        ("gateway.writer.judge:place_of", "gateway.writer.sequence"),
        ("gateway.writer.judge:_JUDGES", "gateway.writer.judge"),
    ],
    ids=["function", "method", "module", "moved", "other parameters", "no function"],
)
def test_a_changed_product_disarms_no_bug_in_silence(where: str, home: str) -> None:
    """A function that is gone, has moved or takes other arguments is an error and not a miss."""
    bug = plant("gone", part=Part.GATEWAY, checker=Checker.WORLD, where=where, home=home)(
        _never_runs
    )
    with pytest.raises(PlantedError, match="gone"), planted_bug(bug):
        pytest.fail("it was planted")


def test_an_unknown_name_is_an_error() -> None:
    """Whoever mistypes a name does not get a clean run for it."""
    with pytest.raises(PlantedError, match="no planted bug is called 'gap-skiped'"):
        find_bug("gap-skiped")


def test_the_sum_names_what_was_missed() -> None:
    """One JSON object: how many were planted and caught, which were missed, and what found each."""
    catch = Catch(name="a", by=Checker.WORLD, seed=7, finding="lost: x", seeds_needed=8)
    hunted = [Hunted(name="b", catch=None), Hunted(name="a", catch=catch)]
    told = json.loads(to_json(hunted, ["a", "b"]))
    assert (told["planted"], told["caught"], told["missed"]) == (2, 1, ["b"])
    assert told["bugs"] == [
        {
            "name": "a",
            "caught_by": "world",
            "seed": 7,
            "seeds_needed": 8,
            "finding": "lost: x",
        }
    ]
    assert [one.line() for one in hunted] == ["b: MISSED", "a: world 7: lost: x"]


def test_a_budget_is_by_checker() -> None:
    """Worlds, recorded lives and real shops cost differently."""
    budget = replace(Budget(), worlds=3, rules=4, powers=2, chaoses=1)
    checkers = (Checker.WORLD, Checker.RULES, Checker.POWER, Checker.CHAOS)
    assert [budget.seeds(one) for one in checkers] == [3, 4, 2, 1]


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "simulators.planted", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_command_runs_mohr_with_the_bug_in_it() -> None:
    """What stands after the two dashes is mohr's; a wrong name is one line and exit code 2."""
    version = _run("gap-skipped", "--", "--version")
    assert (version.returncode, version.stdout[:5]) == (0, "mohr ")
    wrong = _run("gap-skiped", "--", "--version")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr.startswith("mohr: no planted bug is called")
    assert _run("gap-skipped").returncode == 2
    listed = _run("--list")
    assert len(listed.stdout.splitlines()) == len(ALL)
