"""Stories of worlds: every event has words, every line its time of day."""

from __future__ import annotations

import pytest

from simulators.faults import ROUGH
from simulators.receipts import ReceiptItem
from simulators.world import events
from simulators.world.history import Line
from simulators.world.story import describe, told

EVENTS: tuple[tuple[events.Event, str, str], ...] = (
    (events.Tap(at_ms=0, who="till-2", member=3), "till-2", "customer 4 shows the card"),
    (events.Total(at_ms=0, who="till-1", total_minor=1_234), "till-1", "keys in 12.34"),
    (events.Redeem(at_ms=0, who="till-1"), "till-1", "pay with points"),
    (events.Cancel(at_ms=0, who="till-1"), "till-1", "a step back"),
    (events.Enrol(at_ms=0, who="till-1"), "till-1", "enrols the card"),
    (
        events.Print(
            at_ms=0,
            who="till-1",
            number=7,
            items=(ReceiptItem(label="Tea", amount_minor=290),),
            minute=480,
            reprint=True,
        ),
        "till-1",
        "a copy of receipt 7 over 2.90",
    ),
    (events.Refund(at_ms=0, who="till-1", number=7), "till-1", "takes receipt 7 back"),
    (events.Block(at_ms=0, member=0, blocked=False), "admin", "unblocks the card of customer 1"),
    (events.NewRules(at_ms=0, lead_ms=500, earn_points=2), "admin", "from 0.5 s later on"),
    (events.RegisterAgain(at_ms=0, who="till-3"), "admin", "registers till-3 once more"),
    (
        events.Kill(at_ms=0, who="gateway", calls=3, after=True, down_ms=9, boot_calls=2),
        "gateway",
        "will die after its call 3 from now, and at call 2 of its next start",
    ),
    (events.Stop(at_ms=0, who="gateway", down_ms=2_000), "gateway", "stop for 2 s"),
    (
        events.Reboot(at_ms=0, who="till-1", down_ms=500, wall_jump_ms=-5_000, sync_after_ms=None),
        "till-1",
        "loses its power for 0.5 s, its clock then off by -5 s",
    ),
    (events.Weather(at_ms=0, for_ms=1_000, plan=ROUGH), "broker", "loses 5%, repeats 5%"),
    (events.DropLink(at_ms=0, who="till-1"), "till-1", "its connection is cut"),
    (events.Offline(at_ms=0, who="till-1", for_ms=3_000), "till-1", "no network for 3 s"),
    (events.WipeBroker(at_ms=0, outage_ms=0), "broker", "forgets everything"),
    (
        events.ClockJump(at_ms=0, who="gateway", by_ms=-90_000, believed=True, for_ms=2_000),
        "gateway",
        "jumps by -90 s (believed) for 2 s",
    ),
    (
        events.DiskFull(at_ms=0, who="till-1", spare_pages=0, for_ms=2_000),
        "till-1",
        "its disk has room for no page more, for 2 s",
    ),
)


@pytest.mark.parametrize(
    ("event", "who", "part"), EVENTS, ids=[type(event).__name__ for event, _, _ in EVENTS]
)
def test_every_event_has_words(event: events.Event, who: str, part: str) -> None:
    """Each kind of event says who does what, with its numbers in units that people use."""
    said_by, words = describe(event)
    assert said_by == who
    assert part in words


def test_no_kind_of_event_is_forgotten() -> None:
    """What a script may hold, a story can tell."""
    kinds = {kind for kind in vars(events).values() if isinstance(kind, type)}
    happenings = {kind for kind in kinds if issubclass(kind, events.Happening)}
    assert {type(event) for event, _, _ in EVENTS} == happenings - {events.Happening}


def test_lines_are_numbered_and_carry_the_time_of_day() -> None:
    """The world opens at eight; milliseconds matter, because a death may fall between two."""
    lines = (
        Line(at_ms=0, who="till-1", text="opens"),
        Line(at_ms=3_723_004, who="gateway", text="dies: before it commits"),
    )
    assert told(lines) == (
        "  1. 08:00:00.000 till-1: opens",
        "  2. 09:02:03.004 gateway: dies: before it commits",
    )
