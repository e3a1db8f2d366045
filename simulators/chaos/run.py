"""Many rounds in one shop after another."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from gateway.errors import MohrError
from simulators.chaos.evidence import keep_evidence
from simulators.chaos.life import Life
from simulators.chaos.plan import LifePlan, RoundPlan, plan_lives
from simulators.chaos.report import ChaosReport, RoundReport
from simulators.chaos.shop import ChaosShop, ShopKit


@dataclass(frozen=True, slots=True, kw_only=True)
class ChaosOptions:
    """What is run.

    Attributes:
        seed: makes every choice.
        rounds: how many.
        first_round: begin with this one, in a new shop.
        kit: what shops are made with.
        unavailable: faults that cannot be done here, by name, and what is missing for them.
        keep: where evidence is kept: of failed rounds, and of every shop at its end; None keeps
            failed rounds in a new folder for temporary files.
    """

    seed: int
    rounds: int
    first_round: int = 1
    kit: ShopKit
    unavailable: dict[str, str]
    keep: Path | None = None


def run_chaos(options: ChaosOptions, tell: Callable[[RoundReport], None]) -> ChaosReport:
    """Play all rounds.

    Args:
        options: what is run.
        tell: called after each round.

    Raises:
        MohrError: if a shop cannot even be opened.
    """
    report = ChaosReport(seed=options.seed, unavailable=options.unavailable)
    lives = plan_lives(
        options.seed,
        rounds=options.rounds,
        first_round=options.first_round,
        tills=options.kit.tills,
    )
    for life in lives:
        left = life.rounds
        while left:
            played = _live(options, life, left, report, tell)
            # What failed once would fail in every later round; the rest goes on in a new shop.
            left = left[played:]
    return report


def _live(
    options: ChaosOptions,
    plan: LifePlan,
    rounds: tuple[RoundPlan, ...],
    report: ChaosReport,
    tell: Callable[[RoundReport], None],
) -> int:
    """Play rounds in one shop until one fails; returns how many were played."""
    with _open_shop(plan, options.kit) as shop:
        life = Life(shop, options.seed)
        life.begin()
        for place, one in enumerate(rounds):
            played = life.play(one, place)
            if played.clean and place == len(rounds) - 1:
                played = _with_end(played, life.end())
            if not played.clean:
                folder = _evidence_folder(options) / f"seed-{options.seed}-round-{one.number}"
                played = replace(played, kept=keep_evidence(shop.folder, folder))
            report.rounds.append(played)
            tell(played)
            if not played.clean:
                return place + 1
        if options.keep is not None:
            keep_evidence(shop.folder, options.keep / f"seed-{options.seed}-shop-{plan.number}")
    return len(rounds)


def _with_end(played: RoundReport, wrong: tuple[str, ...]) -> RoundReport:
    return replace(played, findings=(*played.findings, *wrong))


def _evidence_folder(options: ChaosOptions) -> Path:
    return options.keep or Path(tempfile.mkdtemp(prefix="mohr-chaos-failed-"))


@contextmanager
def _open_shop(plan: LifePlan, kit: ShopKit) -> Iterator[ChaosShop]:
    # A Unix socket's path may have 107 bytes (unix(7)), so the folder's name is short.
    with tempfile.TemporaryDirectory(prefix="mohr-chaos-", ignore_cleanup_errors=True) as folder:
        try:
            with ChaosShop(Path(folder), plan, kit) as shop:
                yield shop
        except OSError as error:
            raise MohrError(f"the shop in {folder} cannot go on: {error}") from error
