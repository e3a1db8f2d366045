"""Everything that a till's lines can tell."""

from __future__ import annotations

from terminal_agent.pos.interpreters.displays import DisplayShown
from terminal_agent.pos.interpreters.events import ReceiptEvent
from terminal_agent.pos.payments import PaymentSeen

TillEvent = ReceiptEvent | PaymentSeen | DisplayShown
