"""How the PC/SC monitor reads the daemon's state flags; no daemon is needed for that."""

from __future__ import annotations

import pytest

from gateway.readers.pcsc_calls import PLUG_AND_PLAY, ReaderStatus
from gateway.readers.pcsc_monitor import (
    CardCame,
    CardSwapped,
    CardWent,
    PcscMonitor,
    ReadersAre,
    Sighting,
)

LANE = "Lane 1 00 00"
CHANGED, UNKNOWN, EMPTY, PRESENT, IN_USE = 0x0002, 0x0004, 0x0010, 0x0020, 0x0100


def count(events: int) -> int:
    """The event counter's place in the flags."""
    return events << 16


def watch(*flags: int) -> list[Sighting]:
    """What is posted when one reader shows these flags one after the other."""
    posted: list[Sighting] = []
    monitor = PcscMonitor("Lane 1", posted.append)
    monitor._note_readers((LANE, "Lane 2 00 00"))
    for one in flags:
        monitor._note_status(ReaderStatus(reader=LANE, flags=one | CHANGED))
    assert posted.pop(0) == ReadersAre(matching=(LANE,), others=("Lane 2 00 00",))
    return posted


@pytest.mark.parametrize(
    ("flags", "sightings"),
    [
        ([EMPTY], []),
        ([PRESENT | count(1)], [CardCame(reader=LANE)]),
        ([EMPTY, PRESENT | count(1)], [CardCame(reader=LANE)]),
        (
            [PRESENT | count(1), EMPTY | count(2)],
            [CardCame(reader=LANE), CardWent(reader=LANE)],
        ),
        (
            [PRESENT | count(1), PRESENT | IN_USE | count(1), PRESENT | count(1)],
            [CardCame(reader=LANE)],
        ),
        (
            [PRESENT | count(1), PRESENT | count(3)],
            [CardCame(reader=LANE), CardSwapped(reader=LANE)],
        ),
        (
            [PRESENT | count(0xFFFF), PRESENT | count(1)],
            [CardCame(reader=LANE), CardSwapped(reader=LANE)],
        ),
        ([EMPTY | count(2), EMPTY | count(4)], []),
    ],
    ids=[
        "an empty reader",
        "a card that was there before us",
        "an arrival",
        "an arrival and a departure",
        "somebody using the card",
        "a swap between two calls",
        "a swap while the counter wraps",
        "a card that came and went between two calls",
    ],
)
def test_flags_become_sightings(flags: list[int], sightings: list[Sighting]) -> None:
    """Arrivals, departures and missed swaps are told; use by other programs is not."""
    assert watch(*flags) == sightings


def test_a_reader_on_its_way_out_makes_the_list_be_read_again() -> None:
    """The unknown-reader flag is no state of a card."""
    assert watch(PRESENT | count(1), UNKNOWN) == [CardCame(reader=LANE)]


def test_the_plug_and_play_entry_is_no_reader() -> None:
    """Its changes wake the monitor and are told to nobody."""
    posted: list[Sighting] = []
    monitor = PcscMonitor("", posted.append)
    monitor._known[PLUG_AND_PLAY] = count(1)
    assert monitor._note_status(ReaderStatus(reader=PLUG_AND_PLAY, flags=CHANGED | count(2)))
    assert not monitor._note_status(ReaderStatus(reader=PLUG_AND_PLAY, flags=CHANGED | count(2)))
    assert posted == []
