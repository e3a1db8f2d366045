"""What the session asks of its owner, in the order in which it must be carried out."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.model.card import CardEvidence
from gateway.model.ids import HoldId, SaleKey
from gateway.model.sale import Sale
from gateway.model.transaction import Kind, Redemption
from terminal_agent.session.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A transaction before it has a number, a time and a seal."""

    kind: Kind
    card: CardEvidence
    sale: Sale
    redemption: Redemption | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """Put this on the display."""

    view: View


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquire:
    """Ask the gateway for the card's balance; nothing waits for the answer."""

    request_id: HoldId
    card: CardEvidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserve:
    """Ask the gateway to hold at most ``points`` for this sale."""

    request_id: HoldId
    card: CardEvidence
    points: int
    sale_key: SaleKey
    sale_total_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelHold:
    """Tell the gateway to free a reservation, whether it was granted or may have been."""

    hold_id: HoldId


@dataclass(frozen=True, slots=True, kw_only=True)
class Accept:
    """Journal these drafts in one commit, all or none, and answer with an event at once."""

    drafts: tuple[Draft, ...]


Action = Show | Inquire | Reserve | CancelHold | Accept
