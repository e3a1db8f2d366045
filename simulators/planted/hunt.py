"""Runs a checker until it finds a planted bug, and then the same again without the bug."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from gateway.errors import MohrError
from simulators import rules_day, rules_day_reviews
from simulators.command_process import MOHR
from simulators.planted.bug import Checker, Part, PlantedBug, PlantedError, planted_bug
from simulators.power.run import Store, run_power
from simulators.world.run import run_world

#: Crash images for one seed: those of one recorded life.
_IMAGES_PER_SEED: Final = 25
_ROUNDS_PER_SEED: Final = 8
_RULES_STEPS: Final = 100
_FINDING_CHARACTERS_MAX: Final = 300
#: A shop that never gets well is waited for; a round has not taken longer by then.
_CHAOS_S: Final = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How many seeds a checker may take for one bug.

    Attributes:
        worlds: worlds, about a second each.
        rules: ledgers under rules, some five in a second.
        reviews: days of a till that is not sure, some ten in a second.
        powers: recorded lives with 25 crash images each, about four seconds each.
        chaoses: shops of real processes with eight rounds each, up to two minutes each.
    """

    worlds: int = 40
    rules: int = 200
    reviews: int = 100
    powers: int = 8
    chaoses: int = 3

    def seeds(self, checker: Checker) -> int:
        """How many seeds it is for a checker."""
        return {
            Checker.WORLD: self.worlds,
            Checker.RULES: self.rules,
            Checker.REVIEWS: self.reviews,
            Checker.POWER: self.powers,
            Checker.CHAOS: self.chaoses,
        }[checker]


DEFAULT_BUDGET: Final = Budget()


@dataclass(frozen=True, slots=True, kw_only=True)
class Catch:
    """A bug that was found.

    Attributes:
        name: of the bug.
        by: the checker that found it.
        seed: replays it.
        finding: the first thing that was wrong.
        seeds_needed: how many seeds were run until it was found.
    """

    name: str
    by: Checker
    seed: int
    finding: str
    seeds_needed: int


def hunt(bug: PlantedBug, budget: Budget = DEFAULT_BUDGET, first_seed: int = 0) -> Catch | None:
    """Run a bug's checker, seed after seed, until it finds something.

    Args:
        bug: what is planted.
        budget: how many seeds to try.
        first_seed: begin with this one.

    Returns:
        what found it; None where nothing did.

    Raises:
        PlantedError: if the bug cannot be planted, or its checker also complains of the product
            without it, so that nothing is proven.
    """
    for tried, seed in enumerate(range(first_seed, first_seed + budget.seeds(bug.checker)), 1):
        finding = look_with(bug, seed)
        if finding is None:
            continue
        clean = _NAKED_LOOKS[bug.checker](bug, seed)
        if clean is not None:
            raise PlantedError(f"{bug.checker} {seed} is not clean without {bug.name}: {clean}")
        told = finding.partition("\n")[0][:_FINDING_CHARACTERS_MAX]
        return Catch(name=bug.name, by=bug.checker, seed=seed, finding=told, seeds_needed=tried)
    return None


def look_with(bug: PlantedBug, seed: int) -> str | None:
    """What a bug's checker finds at a seed with the bug planted; None: nothing."""
    return _LOOKS[bug.checker](bug, seed)


# -- world ------------------------------------------------------------------------------------


def _world(seed: int) -> str | None:
    report = run_world(seed)
    if report.clean:
        return None
    return (
        report.findings[0] if report.findings else f"{report.lost} lost, {report.doubled} doubled"
    )


# -- rules ------------------------------------------------------------------------------------


def _rules(seed: int) -> str | None:
    return rules_day.look(seed, _RULES_STEPS)


def _reviews(seed: int) -> str | None:
    return rules_day_reviews.look(seed)


# -- power ------------------------------------------------------------------------------------


def _power(bug: PlantedBug, seed: int) -> str | None:
    store = Store.JOURNAL if bug.part is Part.JOURNAL else Store.LEDGER
    report = run_power(_IMAGES_PER_SEED, seed, store)
    if report.clean:
        return None
    first = report.findings[0]
    lost = f"lost {', '.join(first.lost[:3])}" if first.lost else ""
    told = "; ".join(part for part in (lost, *first.damage[:1]) if part)
    return f"image {first.image}: {told}"


# -- chaos ------------------------------------------------------------------------------------


def _chaos(seed: int, *options: str) -> str | None:
    """Play one shop of real processes; its own process, because it changes what it runs in."""
    rounds = ("--rounds", str(_ROUNDS_PER_SEED), "--seed", str(seed), "--json")
    with tempfile.TemporaryDirectory(prefix="mohr-planted-") as evidence:
        done = subprocess.run(  # noqa: S603 - our own command with our own arguments
            [MOHR, "chaos", *rounds, "--keep", evidence, *options],
            capture_output=True,
            text=True,
            check=False,
            timeout=_CHAOS_S,
        )
    try:
        report = json.loads(done.stdout)
    except ValueError as error:
        # It did not come to play: which is the bug's doing, or this machine's.
        if done.returncode == 2 and options:
            return f"no round could be played: {done.stderr.strip().splitlines()[-1]}"
        raise PlantedError(f"mohr chaos said nothing: {done.stderr.strip()}") from error
    failed = report["failed"]
    return str(failed[0]["findings"][0]) if failed else None


def _planted_in(bug: PlantedBug) -> str:
    return "gateway" if bug.part in (Part.GATEWAY, Part.LEDGER) else "agent"


# -- with and without -------------------------------------------------------------------------


def _in_place(
    look: Callable[[PlantedBug, int], str | None],
) -> Callable[[PlantedBug, int], str | None]:
    """Plant the bug in this process; a fault or a broken assertion of the product tells of it."""

    def planted_look(bug: PlantedBug, seed: int) -> str | None:
        with planted_bug(bug):
            try:
                return look(bug, seed)
            except (MohrError, AssertionError) as error:
                return f"{type(error).__name__}: {error}"

    return planted_look


# Without a bug the same seed is always the same: one look is enough for all bugs found at it.
_world_alone = lru_cache(_world)
_rules_alone = lru_cache(_rules)
_reviews_alone = lru_cache(_reviews)
_chaos_alone = lru_cache(_chaos)

_NAKED_LOOKS: Final[dict[Checker, Callable[[PlantedBug, int], str | None]]] = {
    Checker.WORLD: lambda _bug, seed: _world_alone(seed),
    Checker.RULES: lambda _bug, seed: _rules_alone(seed),
    Checker.REVIEWS: lambda _bug, seed: _reviews_alone(seed),
    Checker.POWER: _power,
    Checker.CHAOS: lambda _bug, seed: _chaos_alone(seed),
}
_LOOKS: Final[dict[Checker, Callable[[PlantedBug, int], str | None]]] = {
    Checker.WORLD: _in_place(lambda _bug, seed: _world(seed)),
    Checker.RULES: _in_place(lambda _bug, seed: _rules(seed)),
    Checker.REVIEWS: _in_place(lambda _bug, seed: _reviews(seed)),
    Checker.POWER: _in_place(_power),
    Checker.CHAOS: lambda bug, seed: _chaos(
        seed, "--planted", bug.name, "--planted-in", _planted_in(bug)
    ),
}
