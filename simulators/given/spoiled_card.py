"""A card whose answers are spoiled on their way to the reader.

What spoils them knows no keys and wants nothing in particular: a bad contact, a broken front end,
a card of another kind, somebody who plays with the line. The dice are the caller's, so whatever is
found is found again from its seed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from enum import StrEnum
from random import Random
from typing import Final

from gateway.errors import WireError
from gateway.readers.apdu import CommandApdu
from gateway.readers.native import FrameStyle
from gateway.readers.native_carrier import carried_frame, carry_answer
from simulators.card import VirtualCard

_STATUS_WORDS: Final = (
    *(0x9000, 0x9100, 0x91AF, 0x91AE, 0x911E, 0x9140, 0x917E, 0x919D, 0x91A0, 0x91BE, 0x91CA),
    *(0x6100, 0x6110, 0x6300, 0x6400, 0x6401, 0x6581, 0x6700, 0x6800, 0x6981, 0x6982, 0x6985),
    *(0x6A80, 0x6A81, 0x6A82, 0x6A86, 0x6B00, 0x6C00, 0x6C05, 0x6D00, 0x6E00, 0x6F00, 0x0000),
)
_SIZES: Final = (0, 1, 2, 3, 8, 9, 10, 16, 17, 18, 24, 26, 34, 40, 58, 66, 130, 258, 260, 300)
_FRAME_SIZES: Final = (1, 4, 8, 9, 16, 17, 24, 32, 48, 64)
#: How many rounds may be played for each that counts.
_ROUNDS_A_ROUND: Final = 100


class Spoiling(StrEnum):
    """What becomes of an answer."""

    RANDOM = "random"
    FLIP = "flip"
    CUT = "cut"
    LONGER = "longer"
    STATUS = "status"
    FRAME = "frame"
    """A front end's wrapping, whole, around a frame that the card never sent."""
    MORE = "more"
    """61xx: there is more to come."""
    LENGTH = "length"
    """6Cxx: ask again with another length."""
    PART = "part"
    """91AF: another part follows."""


#: These are met without end as well: whoever follows them for ever hangs.
ENDLESS: Final = (Spoiling.MORE, Spoiling.LENGTH, Spoiling.PART)


class SpoiledCard(VirtualCard):
    """A card between whose answers and the reader something stands.

    Args:
        card: as it is.
        dice: decide what is spoiled, when, and how.
        commands_max: whoever sends more than these hangs.

    Attributes:
        command_count: commands since it was made.
        spoiled_count: answers that were changed.
        on: whether answers are spoiled now.
    """

    def __init__(self, card: VirtualCard, dice: Random, commands_max: int) -> None:
        self.atr = card.atr
        self.card = card
        self.command_count = 0
        self.spoiled_count = 0
        self.on = True
        self._dice = dice
        self._commands_max = commands_max
        self._first = dice.choice(
            (0, 1, 2, 3, dice.randrange(12), dice.randrange(12), dice.randrange(60))
        )
        self._share = dice.choice((0.05, 0.3, 1.0))
        self._one_way = dice.choice((None, None, *Spoiling, *ENDLESS))

    def power_on(self) -> None:
        """See ``VirtualCard.power_on``."""
        self.card.power_on()

    def transmit(self, command: bytes) -> bytes:
        """See ``VirtualCard.transmit``; the card itself always hears the command."""
        self.command_count += 1
        assert self.command_count <= self._commands_max, f"a dialogue hangs; asks {command.hex()}"
        answer = self.card.transmit(command)
        if not self.on or self.command_count <= self._first or self._dice.random() >= self._share:
            return answer
        way = self._one_way or self._dice.choice(tuple(Spoiling))
        spoiled = _spoil(way, command, answer, self._dice)
        self.spoiled_count += spoiled != answer
        return spoiled


def _spoil(way: Spoiling, command: bytes, answer: bytes, dice: Random) -> bytes:
    match way:
        case Spoiling.FLIP:
            place = dice.randrange(8 * len(answer))
            number = int.from_bytes(answer) ^ (1 << place)
            return number.to_bytes(len(answer))
        case Spoiling.CUT:
            return answer[: dice.randrange(len(answer))]
        case Spoiling.LONGER:
            return answer + dice.randbytes(dice.randrange(1, 40))
        case Spoiling.STATUS:
            return answer[:-2] + dice.choice(_STATUS_WORDS).to_bytes(2)
        case Spoiling.FRAME:
            return _strange_frame(command, dice)
        case _:
            return _made_up(way, dice)


def _made_up(way: Spoiling, dice: Random) -> bytes:
    status = {
        Spoiling.MORE: 0x6100 + dice.randrange(256),
        Spoiling.LENGTH: 0x6C00 + dice.randrange(256),
        Spoiling.PART: 0x91AF,
    }.get(way)
    if status is None:
        return dice.randbytes(dice.choice(_SIZES))
    return dice.randbytes(dice.choice((0, 0, 16))) + status.to_bytes(2)


def _strange_frame(command: bytes, dice: Random) -> bytes:
    frame = dice.choice((None, 0, 4, 10, dice.randbytes(dice.choice(_FRAME_SIZES))))
    try:
        carried = carried_frame(CommandApdu.from_bytes(command))
    except WireError:
        carried = None
    if carried is None:
        return dice.randbytes(dice.choice(_FRAME_SIZES)) + b"\x90\x00"
    return carry_answer(dice.choice((FrameStyle.TRANSPARENT, FrameStyle.ACR122)), frame).to_bytes()


def spoil_many(seed: str, rounds: int, play: Callable[[Random], tuple[str, int]]) -> Counter[str]:
    """Play until so many rounds had a spoiled answer, or several.

    Args:
        seed: whose dice it is; each round has dice of its own.
        rounds: how many; those in which nothing was spoiled do not count.
        play: plays one; returns how it ended, and how many answers were spoiled.

    Returns:
        how often each end came, in rounds that count.
    """
    ends: Counter[str] = Counter()
    number = 0
    while ends.total() < rounds:
        number += 1
        assert number <= rounds * _ROUNDS_A_ROUND, f"{seed!r} has hardly an answer to spoil"
        try:
            end, spoiled = play(Random(f"{seed} {number}"))
        except Exception as error:
            error.add_note(f"in round {number} of {seed!r}")
            raise
        if spoiled:
            ends[end] += 1
    return ends
