"""The ``Notifier`` port: tells the people who run the gateway that something needs them.

A notice is for a person and says what to do. What a machine should react to is an outcome, a
receipt or a metric, and never passes here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum

import structlog

from gateway.model.ids import TerminalId


class NoticeKind(StrEnum):
    """What happened."""

    ALARM = "alarm"
    """The ledger saw something a person must look at: a clone, a broken chain, a lasting gap."""
    STORE_FULL = "store_full"
    """The ledger's disk is full: nothing is acknowledged, and terminals keep what they have."""
    STORE_AWAY = "store_away"
    """The ledger's database cannot be asked: the same follows, until it can."""
    STORE_BACK = "store_back"
    """The ledger takes commits again after it could not."""
    STORE_FAULT = "store_fault"
    """The ledger's store failed in a way that more disk will not cure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing to tell a person.

    Attributes:
        kind: what happened.
        text: one English sentence saying what, where, and what to do about it.
        at_ms: Unix time in milliseconds at which the gateway noticed.
        terminal: the terminal it is about, where it is about one.
        code: the alarm's or fault's own short code, for filters.
    """

    kind: NoticeKind
    text: str
    at_ms: int
    terminal: TerminalId | None = None
    code: str = ""


class Notifier(ABC):
    """A way to reach a person."""

    @abstractmethod
    def notify(self, notice: Notice) -> None:
        """Hand ``notice`` over; must not block for long.

        Raises:
            OSError: if it could not be handed over; the caller logs that and goes on, because
                no notice is worth stopping the ledger for.
        """


class LogNotifier(Notifier):
    """Writes each notice into the log as a warning: the least that every gateway has."""

    def __init__(self) -> None:
        self._log = structlog.get_logger("mohr.notice")

    def notify(self, notice: Notice) -> None:
        """Write the notice as one structured line."""
        self._log.warning(
            notice.text,
            kind=notice.kind.value,
            code=notice.code,
            terminal=notice.terminal,
            at_ms=notice.at_ms,
        )
