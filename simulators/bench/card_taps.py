"""Single taps, timed: through the real pcscd and in this process, and the same bytes sent bare."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from gateway.errors import MohrError
from gateway.model.card import CardProfile
from gateway.readers.actions import Begin, Failed
from gateway.readers.cards.dialogue import CardIdentity, ProfileReader
from gateway.readers.cards.selection import CardReading, identify
from gateway.readers.drive import drive
from gateway.readers.native import FrameStyle
from gateway.readers.pcsc_calls import PcscContext
from gateway.readers.pcsc_conversation import PcscConversation
from simulators.card import VirtualCard
from simulators.command_process import PATIENCE_S, wait_until
from simulators.vpcd import VpcdSlot

_NS_PER_MS: Final = 1e6
_NS_PER_US: Final = 1e3


class CardBenchError(MohrError):
    """A tap that was to be measured did not end as it must."""


class RecordingCard(VirtualCard):
    """A card around another that remembers what was said in the conversation since power-on."""

    def __init__(self, card: VirtualCard) -> None:
        self.atr = card.atr
        self.said: list[tuple[bytes, bytes]] = []
        self._card = card

    def power_on(self) -> None:
        """Power the card inside and begin anew."""
        self.said.clear()
        self._card.power_on()

    def transmit(self, command: bytes) -> bytes:
        """Let the card inside answer, and write it down."""
        answer = self._card.transmit(command)
        self.said.append((command, answer))
        return answer


class PlaybackCard(VirtualCard):
    """Gives the answers of a recording again, in turn, whatever it is asked: no thought at all."""

    def __init__(self, atr: bytes, said: Sequence[tuple[bytes, bytes]]) -> None:
        self.atr = atr
        self._answers = [answer for _, answer in said]
        self._place = 0

    def power_on(self) -> None:
        """Begin with the first answer."""
        self._place = 0

    def transmit(self, command: bytes) -> bytes:
        """Give the next answer; after the last comes the first."""
        del command
        answer = self._answers[self._place]
        self._place = (self._place + 1) % len(self._answers)
        return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """What one tap says: the commands and answers, and the card's answer to reset."""

    atr: bytes
    said: tuple[tuple[bytes, bytes], ...] = field(repr=False)


def identified(reading: CardReading | Failed, profile: CardProfile) -> None:
    """Make sure that a tap that was timed is one that counts.

    Raises:
        CardBenchError: if the card was not identified by this profile.
    """
    outcome = reading.problem if isinstance(reading, Failed) else reading.outcome
    if not isinstance(outcome, CardIdentity):
        raise CardBenchError(f"the {profile} card was not identified: {outcome.detail}")
    if outcome.profile is not profile:
        raise CardBenchError(f"the {profile} card was read as {outcome.profile}")


def record(
    card: VirtualCard, profiles: Sequence[ProfileReader], profile: CardProfile
) -> Conversation:
    """Tap once, in this process, and keep what was said."""
    recording = RecordingCard(card)
    recording.power_on()
    identified(_read(recording, profiles), profile)
    return Conversation(atr=card.atr, said=tuple(recording.said))


def in_process_us(card: VirtualCard, profiles: Sequence[ProfileReader]) -> float:
    """Tap once, in this process: both ends' computing and nothing else; microseconds."""
    card.power_on()
    began_ns = time.perf_counter_ns()
    _read(card, profiles)
    return (time.perf_counter_ns() - began_ns) / _NS_PER_US


def _read(card: VirtualCard, profiles: Sequence[ProfileReader]) -> CardReading:
    return drive(identify(card.atr, profiles, FrameStyle.TRANSPARENT), card.transmit)


class PcscLane:
    """One reader of a running pcscd, and the cards that are laid on it.

    Args:
        slot: where to put cards.
        reader: the reader's name, as PC/SC lists it.
    """

    def __init__(self, slot: VpcdSlot, reader: str) -> None:
        self._slot = slot
        self._reader = reader

    @contextmanager
    def laid(self, card: VirtualCard) -> Iterator[None]:
        """Lay a card on the reader, once the daemon has seen it; afterwards it is away."""
        self._slot.insert(card)
        try:
            self._wait_for(present=True)
            yield
        finally:
            self._slot.remove()
            # The next card comes to a reader that is known to be empty.
            self._wait_for(present=False)

    def _wait_for(self, *, present: bool) -> None:
        context = PcscContext()

        def shown() -> bool:
            states = context.status_change({self._reader: 0}, 0) or ()
            return any(state.present for state in states)

        try:
            wait_until(lambda: shown() is present, "the daemon to look at the reader")
        finally:
            context.release()

    def tap_ms(self, profiles: Sequence[ProfileReader], profile: CardProfile) -> float:
        """Identify the card as the PC/SC reader does when one comes; milliseconds.

        From the order to begin until the result: a thread, a connection, the dialogue, letting go.
        """
        done = threading.Event()
        ended: list[tuple[int, CardReading | Failed]] = []

        def finished(_conversation: int, result: CardReading | Failed) -> None:
            ended.append((time.perf_counter_ns(), result))
            done.set()

        begin = Begin(conversation=1, reader=self._reader, uid_only=False)
        began_ns = time.perf_counter_ns()
        PcscConversation(begin, profiles, finished).start()
        if not done.wait(PATIENCE_S):
            raise CardBenchError(f"the {profile} card was not read within {PATIENCE_S} s")
        identified(ended[0][1], profile)
        return (ended[0][0] - began_ns) / _NS_PER_MS

    def bare_ms(self, commands: Sequence[bytes]) -> float:
        """Connect, send these commands, let go, and look at nothing; milliseconds."""
        began_ns = time.perf_counter_ns()
        context = PcscContext()
        card = context.connect(self._reader)
        card.begin()
        for command in commands:
            card.transmit(command)
        card.disconnect()
        context.release()
        return (time.perf_counter_ns() - began_ns) / _NS_PER_MS

    def round_trips_ms(self, command: bytes, count: int) -> list[float]:
        """Send one command again and again over one connection; milliseconds for each."""
        context = PcscContext()
        card = context.connect(self._reader)
        card.begin()
        took_ms = []
        try:
            for _ in range(count):
                began_ns = time.perf_counter_ns()
                card.transmit(command)
                took_ms.append((time.perf_counter_ns() - began_ns) / _NS_PER_MS)
        finally:
            card.disconnect()
            context.release()
        return took_ms
