"""The checkers can fail: each planted mistake is found, and the same run without it is clean."""

from __future__ import annotations

import os

import pytest

from simulators.planted.bug import Checker, PlantedBug, planted_bug
from simulators.planted.crew import hunt_all
from simulators.planted.hunt import Budget, hunt, look_with
from simulators.planted.registry import BUGS, HARMLESS
from simulators.world.run import run_world

SOAK = bool(os.environ.get("MOHR_SOAK"))
#: Found by one of the first worlds, some for each part; ``./run soak`` hunts for all of them.
EVERYDAY = (
    "accepted-before-commit",
    "tail-dropped-at-start",
    "puback-settles",
    "repeats-judged-again",
    "waiting-never-judged",
    "repeat-unanswered",
    "receipt-over-the-gap",
    "receipt-before-commit",
    "double-settle",
    "earn-not-noted",
    "refund-forgets-redemption",
    "lost-update",
)
#: Found by one of the first ledgers under random rules.
EVERYDAY_RULES = (
    "caps-forgotten",
    "hold-out-ignored",
    "pending-spent-early",
    "referral-paid-twice",
    "night-judges-nobody",
    "converted-and-kept",
    "joiner-keeps-points",
    "gift-card-overspent",
    "visit-for-each-sale",
    "clawback-forgets-earlier",
    "same-paper-returned-twice",
    "returned-too-late",
    "residue-lost",
    "rounded-lot-by-lot",
    "late-money-stays",
    "late-return-not-scaled",
    "copies-by-arrival",
    "same-count-believed-elsewhere",
    "weak-cap-forgotten-on-baskets",
    "every-card-is-genuine",
)
RULES = tuple(bug.name for bug in BUGS.values() if bug.checker is Checker.RULES)
REVIEWS = tuple(bug.name for bug in BUGS.values() if bug.checker is Checker.REVIEWS)
WORLD = tuple(bug.name for bug in BUGS.values() if bug.checker is Checker.WORLD)
POWER = tuple(bug.name for bug in BUGS.values() if bug.checker is Checker.POWER)
CHAOS = tuple(bug.name for bug in BUGS.values() if bug.checker is Checker.CHAOS)
FORGIVEN = tuple(bug for bug in HARMLESS.values() if bug.checker is Checker.WORLD)
FORGIVEN_IN_CHAOS = tuple(bug for bug in HARMLESS.values() if bug.checker is Checker.CHAOS)
BUDGET = Budget(worlds=120)
#: Worlds with a forgiven mistake: at least so many, and more until it was run into.
SEEDS = 40 if SOAK else 3
SEEDS_MAX = 120


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", WORLD if SOAK else EVERYDAY)
def test_a_world_finds_the_mistake(name: str) -> None:
    """A world with the mistake is not clean, and the same world without it is."""
    catch = hunt(BUGS[name], BUDGET)
    assert catch is not None, f"no world found {name}: {BUGS[name].story}"
    assert catch.finding


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", RULES if SOAK else EVERYDAY_RULES)
def test_a_ledger_under_rules_finds_the_mistake(name: str) -> None:
    """Its invariants or its audit tell of the mistake, and of nothing without it."""
    catch = hunt(BUGS[name], BUDGET)
    assert catch is not None, f"no ledger found {name}: {BUGS[name].story}"
    assert catch.finding


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", REVIEWS)
def test_days_of_a_doubtful_till_find_the_mistake(name: str) -> None:
    """The audit, the invariants or a sale that earned twice tell of it, and of nothing without."""
    catch = hunt(BUGS[name], BUDGET)
    assert catch is not None, f"no day found {name}: {BUGS[name].story}"
    assert catch.finding


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_crash_images_find_the_mistakes() -> None:
    """What only a power cut shows is found by the images of one."""
    wanted = POWER if SOAK else ("journal-unsynced", "ledger-unsynced")
    missed = [one.name for one in hunt_all(wanted, BUDGET) if one.catch is None]
    assert missed == []


@pytest.mark.slow
@pytest.mark.real
@pytest.mark.enable_socket
@pytest.mark.timeout(3_600)
@pytest.mark.skipif(not SOAK, reason="a shop that never gets well is waited for; ./run soak does")
def test_real_processes_find_the_mistakes() -> None:
    """What only kills, lock files and a real broker show is found by them."""
    missed = [one.name for one in hunt_all(CHAOS, BUDGET) if one.catch is None]
    assert missed == []


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("bug", FORGIVEN, ids=lambda bug: bug.name)
def test_the_design_forgives_the_pipe(bug: PlantedBug) -> None:
    """Only receipts settle: whatever is got wrong about acknowledging and resending costs time."""
    with planted_bug(bug) as calls:
        for seed in range(SEEDS_MAX):
            report = run_world(seed)
            assert (report.findings, report.lost, report.doubled) == ((), 0, 0), f"seed {seed}"
            if seed + 1 >= SEEDS and calls.count:
                break
    assert calls.count > 0, "a mistake that was never run into proves nothing"


@pytest.mark.slow
@pytest.mark.real
@pytest.mark.enable_socket
@pytest.mark.timeout(1_800)
@pytest.mark.skipif(not SOAK, reason="real shops take minutes; ./run soak plays them")
@pytest.mark.parametrize("bug", FORGIVEN_IN_CHAOS, ids=lambda bug: bug.name)
def test_the_design_forgives_the_running_gateway(bug: PlantedBug) -> None:
    """A gateway that acknowledges before it commits, and is killed, loses nothing."""
    assert look_with(bug, 0) is None
