"""Which faults strike when is drawn from a seed, and from nothing else."""

from __future__ import annotations

import random

from simulators.chaos.plan import ROUNDS_PER_LIFE, VICTIMS, FaultKind, Place, plan_lives

ROUNDS = 300


def test_the_same_seed_gives_the_same_faults() -> None:
    """Two plans of one seed are equal, those of two seeds are not, and other chance is no part."""
    first = plan_lives(7, rounds=60)
    random.seed(1)
    assert plan_lives(7, rounds=60) == first
    assert plan_lives(8, rounds=60) != first


def test_a_later_round_is_the_same_whether_or_not_the_earlier_ones_are_played() -> None:
    """Replaying one failed round brings that round's faults in the same kind of shop."""
    everything = plan_lives(3, rounds=ROUNDS)
    wanted = ROUNDS_PER_LIFE * 4 + 3
    (life,) = plan_lives(3, rounds=1, first_round=wanted)
    whole = everything[4]
    assert life.rounds == (whole.rounds[2],)
    assert (life.number, life.small_disks, life.faked_clocks) == (
        whole.number,
        whole.small_disks,
        whole.faked_clocks,
    )


def test_every_round_is_played_once_in_its_order() -> None:
    """The shops together live through all rounds, each with one to three faults in working time."""
    lives = plan_lives(0, rounds=ROUNDS)
    rounds = [one for life in lives for one in life.rounds]
    assert [one.number for one in rounds] == list(range(1, ROUNDS + 1))
    assert {len(one.faults) for one in rounds} == {1, 2, 3}
    for one in rounds:
        strikes = [fault.at_ms for fault in one.faults]
        assert strikes == sorted(strikes)
        assert all(0 <= at_ms < one.work_ms for at_ms in strikes)


def test_a_long_run_strikes_everything_in_every_way() -> None:
    """Each kind of fault hits each of its victims, at each till, and clocks jump both ways."""
    faults = [f for life in plan_lives(0, rounds=ROUNDS) for one in life.rounds for f in one.faults]
    possible = {f"{kind}_{place}" for kind in FaultKind for place in VICTIMS[kind]}
    assert {fault.name for fault in faults} == possible
    assert {fault.till for fault in faults} == {None, 0, 1}
    assert all((fault.till is None) is (fault.place is not Place.AGENT) for fault in faults)
    jumps = {fault.jump_s for fault in faults if fault.kind is FaultKind.CLOCK}
    assert min(jumps) < 0 < max(jumps)
    assert 0 not in jumps


def test_a_shop_is_only_struck_where_it_can_be() -> None:
    """Disks are filled and clocks set only where a shop has such; the first one has both."""
    lives = plan_lives(0, rounds=ROUNDS)
    assert lives[0].small_disks
    assert lives[0].faked_clocks
    assert {life.small_disks for life in lives} == {life.faked_clocks for life in lives}
    assert {life.small_disks for life in lives} == {True, False}
    for life in lives:
        kinds = {fault.kind for one in life.rounds for fault in one.faults}
        assert life.small_disks or FaultKind.DISK_FULL not in kinds
        assert life.faked_clocks or FaultKind.CLOCK not in kinds
