"""Cards that take their time: the radio's, or more than that."""

from __future__ import annotations

import time
from collections.abc import Callable

from simulators.card import CardTornError, VirtualCard
from simulators.cards.rf_time import GONE_US, HOST_GAP_US, exchange_us, selection_us
from simulators.clock import VirtualClock

#: Lets so many microseconds pass.
PassUs = Callable[[int], None]


def sleep_us(step_us: int) -> None:
    """Let real time pass."""
    time.sleep(step_us / 1_000_000)


def only_count(_step_us: int) -> None:
    """Let no time pass; ``TimedCard.spent_us`` says what it would have been."""


def advancing(clock: VirtualClock) -> PassUs:
    """Let a world's time pass. Its clock knows milliseconds; what is less is kept for later."""
    waiting_us = 0

    def pass_us(step_us: int) -> None:
        nonlocal waiting_us
        steps_ms, waiting_us = divmod(waiting_us + step_us, 1_000)
        clock.advance(steps_ms)

    return pass_us


class TimedCard(VirtualCard):
    """Another card, behind a radio and a host that take the time of real ones.

    Args:
        card: the other card.
        pass_us: lets the time pass, or not.
        more_us: what each answer takes beyond that: a card at the edge of the field.

    Attributes:
        spent_us: the time of all that was said since it was made, on the air and between.
    """

    def __init__(self, card: VirtualCard, pass_us: PassUs, *, more_us: int = 0) -> None:
        self.card = card
        self.atr = card.atr
        self.spent_us = 0
        self._pass_us = pass_us
        self._more_us = more_us

    def power_on(self) -> None:
        """Select the card inside."""
        self.card.power_on()
        self._spend(selection_us(self.atr))

    def transmit(self, command: bytes) -> bytes:
        """Execute a command in the time that it takes; see ``VirtualCard.transmit``."""
        try:
            answer = self.card.transmit(command)
        except CardTornError:
            self._spend(GONE_US)
            raise
        self._spend(exchange_us(self.atr, command, answer) + HOST_GAP_US + self._more_us)
        return answer

    def _spend(self, step_us: int) -> None:
        self.spent_us += step_us
        self._pass_us(step_us)
