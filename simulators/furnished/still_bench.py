"""Counters of the furnished house that stand still: they can be looked at, tapped and printed at.

They seal and sell like the tills of the past, but there is no agent, no broker and no serial line
behind them; ``simulators.test_bench`` has all of these.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Final

from gateway.clock import Clock
from gateway.crypto.card_token import card_token
from gateway.errors import MohrError
from gateway.formatting.numbers import Language, MoneyUnit
from gateway.model.card import Assurance, CardEvidence, CardProfile
from gateway.model.ids import TerminalId
from gateway.office.test_bench import BenchCard, BenchCounter, BenchItem, TestBench
from simulators.cards.named_tray import NamedTray
from simulators.test_bench.cards import deal, tray
from terminal_agent.session.view import Screen, View
from terminal_agent.texts.catalogue import load_texts
from terminal_agent.texts.words import words_of

#: Sells something at a till: its name, the card, the total.
Sell = Callable[[TerminalId, CardEvidence, int], None]
COUNTERS: Final = (TerminalId("tajrish-1"), TerminalId("tajrish-2"))


class StillBench(TestBench):
    """Two counters, of which one is ready and one still waits for its settings."""

    def __init__(self, card_key: bytes, sell: Sell, clock: Clock) -> None:
        """Take over two tills.

        Args:
            card_key: the programme's.
            sell: lets a till sell something.
            clock: for codes that change with time.
        """
        self._card_key = card_key
        self._sell = sell
        self._lock = threading.Lock()
        self._cards: dict[TerminalId, CardEvidence] = {}
        self._printed = 0
        self._named = NamedTray(clock)

    def cards(self) -> Sequence[BenchCard]:
        """See ``TestBench``."""
        return tray()

    def counters(self, language: str) -> Sequence[BenchCounter]:
        """See ``TestBench``."""
        texts = load_texts(Language(language))
        screens = (Screen.READY, Screen.NOT_CONFIGURED)
        return tuple(
            BenchCounter(
                terminal=terminal,
                display_address=None,
                lines=words_of(View(screen=screen), texts, MoneyUnit.TOMAN),
                ready=screen is Screen.READY,
            )
            for terminal, screen in zip(COUNTERS, screens, strict=True)
        )

    def add_counter(self, terminal: TerminalId, branch: str) -> None:
        """See ``TestBench``; none can be added.

        Raises:
            MohrError: always.
        """
        raise MohrError(f"{terminal} cannot be put up in {branch}: this house stands still")

    def tap(self, terminal: TerminalId, card: str) -> str:
        """See ``TestBench``."""
        dealt = deal(card, self._named)
        if dealt is None or terminal not in COUNTERS:
            raise MohrError(f"there is no card {card!r}, or no counter {terminal}")
        if dealt.identity is None:
            return ""
        token = card_token(self._card_key, CardProfile.UID, dealt.identity)
        with self._lock:
            self._cards[terminal] = CardEvidence(
                profile=CardProfile.UID, token=token, assurance=Assurance.IDENTIFIED
            )
        return token.hex()

    def print_receipt(self, terminal: TerminalId, items: Sequence[BenchItem]) -> str:
        """See ``TestBench``."""
        with self._lock:
            self._printed += 1
            number, card = self._printed, self._cards.pop(terminal, None)
        if terminal not in COUNTERS or not items:
            raise MohrError(f"there is no counter {terminal}, or nothing was bought")
        if card is not None:
            self._sell(terminal, card, sum(item.amount_minor for item in items))
        return f"{number:05d}"
