"""Dialogues of ``gateway.readers.cards`` that write, as dialogues of the issuing desk."""

from __future__ import annotations

from collections.abc import Callable

from gateway.issuing.errors import IssuingError, WrongCardError
from gateway.issuing.protocol import Intent, Issuing
from gateway.readers.apdu import CommandApdu
from gateway.readers.cards.writing import WriteDone, WriteRefused, Writing


def noted(dialogue: Writing, intent_of: Callable[[CommandApdu], Intent | None]) -> Issuing[None]:
    """Say what a dialogue is about to do before the command goes out.

    Args:
        dialogue: writes; closed whatever happens.
        intent_of: what a command is about to change for good; None for other commands.

    Raises:
        WrongCardError: if it was refused and nothing was changed.
        IssuingError: if some of it may be on the card.
    """
    try:
        command = next(dialogue)
        while True:
            intent = intent_of(command)
            if intent is not None:
                yield intent
            answer = yield command
            command = dialogue.send(answer)
    except StopIteration as finished:
        outcome = finished.value
    finally:
        dialogue.close()
    if isinstance(outcome, WriteRefused):
        raise WrongCardError(outcome.detail)
    if not isinstance(outcome, WriteDone):
        raise IssuingError(f"the card is not finished: {outcome.detail}; present it again")
