"""The port behind test mode: counters without hardware, tapped and printed at from a browser.

The simulators implement it and plug in by the entry point ``mohr.test_bench``; a gateway that is
not in test mode has none, and nothing here can reach a real terminal.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.model.ids import TerminalId


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchCard:
    """A card of the tray.

    Attributes:
        name: names it to ``tap``; the pages have words for it.
        profile: the card profile it stands for.
        outcome: what a tap with it is made to show, such as ``ok`` or ``removed_early``.
        for_tests: whether it is there to try readers and rules, rather than a customer's.
    """

    name: str
    profile: str
    outcome: str
    for_tests: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchCounter:
    """A simulated counter.

    Attributes:
        terminal: the terminal that stands there.
        display_address: where its customer display is served, if it is.
        lines: what its display says now, in the pages' language.
        ready: whether it has its configuration and takes taps.
    """

    terminal: TerminalId
    display_address: str | None
    lines: tuple[str, ...]
    ready: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchItem:
    """A line of a test receipt, in the programme's currency."""

    label: str
    amount_minor: int


class TestBench(ABC):
    """Simulated counters and a tray of cards. Every method may be called from any thread."""

    @abstractmethod
    def cards(self) -> Sequence[BenchCard]:
        """The tray, in the order in which it is shown."""

    @abstractmethod
    def counters(self, language: str) -> Sequence[BenchCounter]:
        """Every simulated counter, with what its display says in ``language``."""

    @abstractmethod
    def add_counter(self, terminal: TerminalId, branch: str) -> None:
        """Set a new simulated terminal up, register it, and start it.

        Raises:
            MohrError: if the name is taken or it does not start.
        """

    @abstractmethod
    def tap(self, terminal: TerminalId, card: str) -> str:
        """Show a card of the tray to a counter and take it away.

        Returns:
            the card's token in hexadecimal, by which the ledger knows it; empty where the card
            shows nothing that could be read.

        Raises:
            MohrError: if there is no such counter or card.
        """

    @abstractmethod
    def print_receipt(self, terminal: TerminalId, items: Sequence[BenchItem]) -> str:
        """Let a counter's till print the receipt of a sale.

        Returns:
            the receipt's number.

        Raises:
            MohrError: if there is no such counter, or no items.
        """
