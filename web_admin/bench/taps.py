"""Whose card was tapped last at which counter, so that a page can show what became of it."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any, Final

from flask import current_app

from gateway.ledger.kinds import CardState
from gateway.ledger.queries import LedgerReader
from gateway.ledger.rows_members import CardRow
from gateway.model.ids import CardToken, MemberId, TerminalId

_TAPS: Final = "mohr-bench-taps"


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Who a card of the tray is, as the ledger knows it.

    Attributes:
        member_id: the member's pseudonym.
        points: the balance.
        blocked: whether the card is blocked.
    """

    member_id: MemberId
    points: int
    blocked: bool


class LastTaps:
    """The last card at each counter. Lives as long as the process; may be used from any thread."""

    def __init__(self) -> None:
        """Begin with no taps."""
        self._lock = threading.Lock()
        self._tokens: dict[TerminalId, CardToken] = {}

    def note(self, terminal: TerminalId, token: CardToken | None) -> None:
        """Remember a tap; None where the card could not be read."""
        with self._lock:
            if token is None:
                self._tokens.pop(terminal, None)
            else:
                self._tokens[terminal] = token

    def last(self, terminal: TerminalId) -> CardToken | None:
        """The card of the last tap; None where it could not be read, or before the first."""
        with self._lock:
            return self._tokens.get(terminal)


def keep_taps(extensions: dict[str, Any]) -> None:
    """Give an application its memory of taps, if it has none; ``extensions`` is its own room."""
    extensions.setdefault(_TAPS, LastTaps())


def last_taps() -> LastTaps:
    """The memory of the application that serves this request."""
    found = current_app.extensions[_TAPS]
    assert isinstance(found, LastTaps)
    return found


def customer_of(ledger: LedgerReader, token: CardToken | None) -> Customer | None:
    """Look a card up; None where nobody has it yet.

    Raises:
        LedgerError: if the ledger cannot be read.
    """
    if token is None:
        return None
    balance = ledger.balance_of_card(token)
    if balance is None:
        return None
    with ledger.batch() as batch:
        cards = batch.rows(CardRow, [token])
    return Customer(
        member_id=balance.member_id,
        points=balance.available,
        blocked=any(card.state is CardState.BLOCKED for card in cards),
    )
