"""What a dialogue that changes a card says besides its commands, and how a shell drives it.

Before a step that cannot be repeated blindly a dialogue yields an ``Intent``. The shell writes it
down durably and only then goes on, so that whoever finds the card again knows what may have
happened. Once a dialogue has learned which keys a card holds it yields ``KeysFound``, which settles
what was open.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

from gateway.readers.apdu import CommandApdu, ResponseApdu, StatusWord
from gateway.readers.drive import drive

#: The version of a key as it leaves the factory.
FACTORY_VERSION: Final = 0
FACTORY_KEY: Final = bytes(16)


class IntentKind(StrEnum):
    """Which step is about to be made."""

    CHANGE_KEY = "change_key"
    RANDOM_UID = "random_uid"
    PROTECT = "protect"
    """Pages are written that take the card's protection on, and its locks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A step that is about to be made.

    Attributes:
        kind: which.
        key_number: the key that changes; 0 for other steps.
        from_version: the version that the key has.
        to_version: the version that it gets.
    """

    kind: IntentKind
    key_number: int = 0
    from_version: int = FACTORY_VERSION
    to_version: int = FACTORY_VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysFound:
    """Which key versions the card holds, told by the card to an authenticated reader.

    Attributes:
        versions: by key number.
    """

    versions: tuple[int, ...]


Note = Intent | KeysFound

Result = TypeVar("Result")
Talk = Generator[CommandApdu, ResponseApdu, Result]
Issuing = Generator[CommandApdu | Note, ResponseApdu, Result]

#: What a dialogue is sent once its note is on the disk.
NOTED: Final = ResponseApdu(status=int(StatusWord.OK))


def drive_issuing(
    dialogue: Issuing[Result],
    transmit: Callable[[bytes], bytes],
    write_down: Callable[[Note], None],
) -> Result:
    """Send a dialogue's commands, and write its notes down, until it returns.

    Args:
        dialogue: a fresh generator; it is closed whatever happens.
        transmit: sends one command and waits for its answer; its faults pass through.
        write_down: keeps a note durably; if it raises, the step is not made.

    Raises:
        CardRemovedError: as ``drive``.
    """
    return drive(_commands(dialogue, write_down), transmit)


def _commands(dialogue: Issuing[Result], write_down: Callable[[Note], None]) -> Talk[Result]:
    try:
        step = next(dialogue)
        while True:
            if isinstance(step, CommandApdu):
                answer = yield step
            else:
                write_down(step)
                answer = NOTED
            step = dialogue.send(answer)
    except StopIteration as finished:
        result: Result = finished.value
        return result
    finally:
        dialogue.close()
