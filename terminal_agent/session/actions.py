"""What the session asks of its owner, in the order in which it must be carried out."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.model.card import CardEvidence
from gateway.model.ids import HoldId, SaleKey
from gateway.model.instrument import Instrument
from gateway.model.money import Currency
from gateway.model.sale import Sale, SaleLine
from gateway.model.transaction import Kind, Redemption
from terminal_agent.session.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A sale's transaction before it has a number, a time and a seal."""

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
    """Ask the gateway to hold something for this sale; see ``AuthRequest``.

    Attributes:
        request_id: a fresh id, the hold's once it is granted.
        instrument: what is asked for.
        card: whose; of a gift card its own.
        points: at most so many units, where it is counted in units.
        reward: which, for a reward or a coupon.
        times: how often, for the same.
        sale_key: the sale it is meant for.
        sale_total_minor: what that costs, everything held before taken off.
        lines: its goods, where they matter and are known.
        currency: what that is counted in.
        tax_minor: the tax in it, for the same.
    """

    request_id: HoldId
    instrument: Instrument
    card: CardEvidence
    points: int | None
    reward: str | None
    times: int | None
    sale_key: SaleKey
    sale_total_minor: int
    lines: tuple[SaleLine, ...]
    currency: Currency
    tax_minor: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelHold:
    """Tell the gateway to free a reservation, whether it was granted or may have been."""

    hold_id: HoldId


@dataclass(frozen=True, slots=True, kw_only=True)
class Accept:
    """Journal these drafts in one commit, all or none, and answer with an event at once.

    Attributes:
        drafts: what is sealed.
        currency: what their amounts are counted in.
    """

    drafts: tuple[Draft, ...]
    currency: Currency


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadGiftCard:
    """Record that money was put onto this gift card.

    Attributes:
        card: the card.
        amount_minor: the money.
        sale: the sale that the card was sold in, so that it is emptied if that comes back.
    """

    card: CardEvidence
    amount_minor: int
    sale: Sale | None = None


Action = Show | Inquire | Reserve | CancelHold | Accept | LoadGiftCard
