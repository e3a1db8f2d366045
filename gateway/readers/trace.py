"""What was said between a dialogue and a card, with what must not be shown replaced by its length.

Data of a command may be an answer to a card's challenge, data of an answer may name a customer. So
the header, the lengths and the status word are all that is kept; only the name of an application
that is selected is shown, which every reader could tell.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

from gateway.readers.apdu import CommandApdu, ResponseApdu, describe_status
from gateway.readers.cards.dialogue import (
    OtherProfile,
    ProfileDialogue,
    ProfileReader,
    ProfileResult,
)
from gateway.readers.cards.traits import CardTraits


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedExchange:
    """One command and its answer, masked.

    Attributes:
        profile: whose dialogue sent it.
        command: header, and the length of the data.
        answer: the length of the data, and the status word.
        elapsed_ms: how long the answer took.
    """

    profile: str
    command: str
    answer: str
    elapsed_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedCard:
    """What a card showed before any dialogue.

    Attributes:
        kind: see ``CardKind``.
        name: the card name of PC/SC part 3, in hexadecimal.
        uid_bytes: how long its UID is; 0 where the reader gave none.
    """

    kind: str
    name: str
    uid_bytes: int


Traced = TracedExchange | TracedCard


def mask_command(command: CommandApdu) -> str:
    """The header in hexadecimal, and how much data follows."""
    head = f"{command.cla:02X} {command.ins:02X} {command.p1:02X} {command.p2:02X}"
    selects = (command.cla, command.ins) == (0x00, 0xA4)
    data = command.data.hex().upper() if selects else f"<{len(command.data)} bytes>"
    parts = [head, *([data] if command.data else [])]
    return " ".join([*parts, *([f"Le {command.expected}"] if command.expected else [])])


def mask_answer(answer: ResponseApdu) -> str:
    """How much data came, and the status word."""
    data = f"<{len(answer.data)} bytes> " if answer.data else ""
    return data + describe_status(answer.status)


def traced_profiles(
    profiles: Sequence[ProfileReader],
    note: Callable[[Traced], None],
    now_ms: Callable[[], int],
) -> tuple[ProfileReader, ...]:
    """The same profiles, with everything they say noted.

    Args:
        profiles: in order of preference.
        note: takes each piece, from the thread that speaks to the card.
        now_ms: monotonic.
    """

    def first(traits: CardTraits) -> ProfileDialogue:
        yield from ()
        uid_bytes = len(traits.uid or b"")
        note(TracedCard(kind=traits.kind.value, name=f"{traits.name:04X}", uid_bytes=uid_bytes))
        return OtherProfile(detail="only looked at")

    looking = ProfileReader(name="trace", accepts=lambda _traits: True, read=first)
    return (looking, *(_traced(profile, note, now_ms) for profile in profiles))


def _traced(
    profile: ProfileReader, note: Callable[[Traced], None], now_ms: Callable[[], int]
) -> ProfileReader:
    def read(traits: CardTraits) -> ProfileDialogue:
        return _follow(profile.name, profile.read(traits), note, now_ms)

    return ProfileReader(name=profile.name, accepts=profile.accepts, read=read)


def _follow(
    name: str,
    dialogue: Generator[CommandApdu, ResponseApdu, ProfileResult],
    note: Callable[[Traced], None],
    now_ms: Callable[[], int],
) -> ProfileDialogue:
    try:
        command = next(dialogue)
        while True:
            sent_ms = now_ms()
            answer = yield command
            note(
                TracedExchange(
                    profile=name,
                    command=mask_command(command),
                    answer=mask_answer(answer),
                    elapsed_ms=now_ms() - sent_ms,
                )
            )
            command = dialogue.send(answer)
    except StopIteration as finished:
        result: ProfileResult = finished.value
        return result
    finally:
        dialogue.close()
