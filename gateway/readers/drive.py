"""Run a pure card dialogue over something that takes command bytes and gives answer bytes."""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from typing import TypeVar

from gateway.errors import WireError
from gateway.readers.apdu import CommandApdu, ResponseApdu
from gateway.readers.errors import CardRemovedError

Result = TypeVar("Result")


def drive(
    dialogue: Generator[CommandApdu, ResponseApdu, Result],
    transmit: Callable[[bytes], bytes],
) -> Result:
    """Send a dialogue's commands until it returns.

    Args:
        dialogue: a fresh generator; it is closed whatever happens.
        transmit: sends one command and waits for its answer; its faults pass through.

    Raises:
        CardRemovedError: if an answer holds no status word. A reader gives such an answer, with
            a result code of success, for a card torn away in mid-command: what the card did
            with the command is unknown.
    """
    step: Callable[[], CommandApdu] = partial(next, dialogue)
    try:
        while True:
            try:
                command = step()
            except StopIteration as finished:
                result: Result = finished.value
                return result
            step = partial(dialogue.send, _send(command, transmit))
    finally:
        dialogue.close()


def _send(command: CommandApdu, transmit: Callable[[bytes], bytes]) -> ResponseApdu:
    raw = transmit(command.to_bytes())
    try:
        return ResponseApdu.from_bytes(raw)
    except WireError as error:
        raise CardRemovedError(f"no valid answer from the card: {error}") from error
