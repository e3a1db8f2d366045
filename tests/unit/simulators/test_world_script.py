"""The script of a world: drawn from the seed alone, in order, and within its size."""

from __future__ import annotations

from collections import Counter

import pytest

from simulators.shop.server import CLIENT_ID
from simulators.world.events import DiskFull, Kill, Print, Refund, Tap, Weather
from simulators.world.script import draw_script
from simulators.world.size import LARGE, NORMAL, SIZES, SMALL

MANY = 60


@pytest.mark.parametrize("name", sorted(SIZES))
def test_the_same_seed_draws_the_same_script(name: str) -> None:
    """Nothing but seed and size decides, so a failing seed can be replayed."""
    size = SIZES[name]
    assert draw_script(7, size) == draw_script(7, size)
    assert draw_script(7, size) != draw_script(8, size)


@pytest.mark.parametrize("seed", range(MANY))
def test_a_script_is_in_order_and_within_its_size(seed: int) -> None:
    """Events rise in time, and name only tills, cards and processes that there are."""
    script = draw_script(seed, NORMAL)
    times = [event.at_ms for event in script.events]
    assert times == sorted(times)
    assert times[0] >= 0
    tills = script.setting.tills
    assert 1 <= len(tills) <= NORMAL.terminals_max
    assert len({branch for _, branch in script.setting.branches}) <= NORMAL.branches_max
    assert 1 <= script.setting.members <= NORMAL.members_max
    for event in script.events:
        assert getattr(event, "who", CLIENT_ID) in {*tills, CLIENT_ID}
        assert getattr(event, "member", 0) < script.setting.members


def test_most_refunds_name_receipts_that_are_printed() -> None:
    """A customer who walked away has left a number and no paper; the others' come back."""
    good = bad = 0
    for seed in range(MANY):
        script = draw_script(seed, NORMAL)
        printed = {event.number for event in script.events if isinstance(event, Print)}
        named = {event.number for event in script.events if isinstance(event, Refund)}
        good, bad = good + len(named & printed), bad + len(named - printed)
    assert good > 5 * bad > 0


def test_the_seeds_draw_every_kind_of_event() -> None:
    """Over some seeds everything happens that can."""
    kinds: Counter[str] = Counter()
    for seed in range(MANY):
        kinds.update(type(event).__name__ for event in draw_script(seed, NORMAL).events)
    assert len(kinds) == 19
    assert kinds[Tap.__name__] > kinds[Refund.__name__] > 0
    assert min(kinds[kind.__name__] for kind in (Kill, Weather, DiskFull)) > 5


def test_a_larger_world_has_more_in_it() -> None:
    """The sizes are what their names say."""
    counts = [len(draw_script(3, size).events) for size in (SMALL, NORMAL, LARGE)]
    assert counts == sorted(counts)
    assert counts[0] * 3 < counts[2]
