"""The radio's time, held against what was measured on real cards."""

from __future__ import annotations

from random import Random

import pytest

from gateway.readers.apdu import CommandApdu
from gateway.readers.native import FrameStyle, exchange_frame, select_again
from gateway.readers.native_carrier import carry_answer
from simulators.card import (
    CardFault,
    CardTornError,
    FaultyCard,
    UidCard,
    iso_14443_4_atr,
    storage_atr,
)
from simulators.cards.rf_time import (
    GONE_US,
    HOST_GAP_US,
    LAYER_4_DELAY_US,
    SELECTION_LAYER_4_US,
    SELECTION_US,
    exchange_us,
    frame_us,
    selection_us,
)
from simulators.cards.timed import TimedCard, advancing, only_count
from simulators.clock import VirtualClock

MEMORY = storage_atr()
SMART = iso_14443_4_atr(b"\x80")
GET_UID = bytes.fromhex("ffca000000")


@pytest.mark.parametrize(("size", "measured_us"), [(4, 352), (9, 776), (18, 1_539), (35, 2_985)])
def test_frames_take_what_was_measured(size: int, measured_us: int) -> None:
    """Four frames of recordings, each to two microseconds."""
    assert abs(frame_us(size) - measured_us) <= 2
    assert frame_us(0) == 0


def test_selection_takes_what_was_measured() -> None:
    """A memory card is ready in about 5 ms, one that speaks ISO/IEC 14443-4 in 8.5 ms."""
    assert selection_us(MEMORY) == SELECTION_US
    assert selection_us(SMART) == SELECTION_LAYER_4_US


@pytest.mark.parametrize("style", [FrameStyle.TRANSPARENT, FrameStyle.ACR122])
def test_an_ultralights_authentication_takes_what_was_measured(style: FrameStyle) -> None:
    """10.4 ms on the recording, whichever way the reader carries the frames; here a tenth less.

    What is missing is the reader's own pause between its two frames.
    """
    air_us = 0
    for frame, answer_bytes in ((bytes.fromhex("1a00"), 17), (b"\xaf" + bytes(32), 17)):
        command = next(exchange_frame(style, frame)).to_bytes()
        answer = carry_answer(style, bytes(answer_bytes)).to_bytes()
        air_us += exchange_us(MEMORY, command, answer)
    assert 0.9 * 10_400 < air_us < 10_400


def test_what_the_reader_knows_costs_no_radio() -> None:
    """The UID was read at the selection; the same again is asked of the card, and costs it."""
    assert exchange_us(SMART, GET_UID, bytes(9)) == 0
    command = next(select_again(FrameStyle.TRANSPARENT)).to_bytes()
    assert exchange_us(MEMORY, command, b"\x90\x00") in {0, SELECTION_US}
    assert exchange_us(MEMORY, b"", b"") == 0
    assert exchange_us(MEMORY, bytes.fromhex("ff00000001ff"), b"") == 0


def test_long_messages_travel_in_blocks() -> None:
    """A message beyond one block costs each further block, and the acknowledgement between."""
    short, long_ = (
        CommandApdu(cla=0x90, ins=0xAD, data=bytes(size)).to_bytes() for size in (20, 120)
    )
    once = exchange_us(SMART, short, b"\x91\x00")
    assert once == frame_us(len(short) + 3) + LAYER_4_DELAY_US + frame_us(5)
    assert exchange_us(SMART, long_, b"\x91\x00") > once + frame_us(100 + 3)


def test_no_bytes_are_too_strange_to_be_timed() -> None:
    """Whatever a program sends and a card says has a time, and it is never negative."""
    dice = Random(5)
    for _ in range(500):
        command = dice.choice((b"\xff\xc2\x00\x01", b"\xff\x00\x00\x00", b"\x90", b""))
        command += dice.randbytes(dice.randrange(12))
        for atr in (MEMORY, SMART, dice.randbytes(5)):
            assert exchange_us(atr, command, dice.randbytes(dice.randrange(20))) >= 0


def test_a_timed_card_lets_a_worlds_clock_run() -> None:
    """Fractions of milliseconds are kept until they are whole ones; without a clock all is told."""
    clock = VirtualClock(unix_ms=0)
    for pass_us in (advancing(clock), only_count):
        card = TimedCard(UidCard(bytes(7)), pass_us)
        card.power_on()
        for _ in range(3):
            card.transmit(GET_UID)
        assert card.spent_us == SELECTION_US + 3 * HOST_GAP_US
        assert clock.monotonic_ms() == card.spent_us // 1_000


def test_a_card_that_leaves_costs_the_repeats() -> None:
    """A reader tries again before it believes that a card is gone."""
    torn = FaultyCard(UidCard(bytes(7)), {0: CardFault.TEAR_AFTER})
    card = TimedCard(torn, only_count)
    with pytest.raises(CardTornError):
        card.transmit(GET_UID)
    assert card.spent_us == GONE_US
