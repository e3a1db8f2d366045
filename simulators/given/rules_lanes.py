"""Tills, reservations and commands of the desk, for a machine that tries any order of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from gateway.model.authorisation import AuthAnswer
from gateway.model.ledger_command import LedgerCommandKind as Desk
from gateway.writer.arrival import TransactionArrival
from simulators.rules_till import RulesTill


@dataclass
class Lane:
    """A till and what it sealed that has not arrived yet, or has."""

    till: RulesTill
    under_way: list[TransactionArrival] = field(default_factory=list)
    sent: list[TransactionArrival] = field(default_factory=list)


@dataclass(frozen=True)
class Granted:
    """A reservation that was granted."""

    lane: Lane
    card: str
    sale: str
    answer: AuthAnswer


_TWO: Final = ("member_id", "other_member_id")
COMMAND_PARTS: Final[dict[Desk, tuple[str, ...]]] = {
    Desk.ADJUST: ("member_id", "unit", "amount"),
    Desk.TRANSFER: (*_TWO, "amount"),
    Desk.ISSUE_GIFT_CARD: ("token", "amount", "last_four"),
    Desk.BLOCK_GIFT_CARD: ("token",),
    Desk.UNBLOCK_GIFT_CARD: ("token",),
    Desk.GRANT_VOUCHER: ("member_id", "reward", "quantity"),
    Desk.REVOKE_VOUCHER: ("member_id", "voucher"),
    Desk.SET_REFERRER: _TWO,
    Desk.FOUND_HOUSEHOLD: ("member_id",),
    Desk.INVITE_TO_HOUSEHOLD: _TWO,
    Desk.JOIN_HOUSEHOLD: ("member_id",),
    Desk.LEAVE_HOUSEHOLD: ("member_id",),
    Desk.REPLACE_CARD: ("token", "other_token", "card_profile"),
    Desk.ADD_CARD: ("member_id", "other_token", "card_profile"),
}
