"""What people do to the ledger from a desk: a value that is written into the journal as it is.

A command carries a random id of its own: the same command again changes nothing and gives the same
answer, whatever lost the first answer.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypedDict

from gateway.errors import ValueRangeError
from gateway.model.checks import I63_MAX, check_int, check_name, check_text
from gateway.model.ids import BranchId, MemberId
from gateway.model.plain import from_plain, to_canonical_json
from gateway.model.rules.earning import Unit

_ID: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)
_TOKEN: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


class LedgerCommandKind(StrEnum):
    """What is done. The parts that each needs: see ``LedgerCommand``."""

    ADJUST = "adjust"
    """Give or take points or credit."""
    TRANSFER = "transfer"
    """Move stored credit from one member to another; lots keep their expiry."""
    ISSUE_GIFT_CARD = "issue_gift_card"
    """Issue a card for an amount, or load one more onto a card that is reloadable."""
    BLOCK_GIFT_CARD = "block_gift_card"
    UNBLOCK_GIFT_CARD = "unblock_gift_card"
    GRANT_VOUCHER = "grant_voucher"
    """Give a member coupons for a reward."""
    REVOKE_VOUCHER = "revoke_voucher"
    SET_SEGMENTS = "set_segments"
    """Say which groups a member is in."""
    SET_REFERRER = "set_referrer"
    """Say who brought a member; before the first purchase only."""
    FOUND_HOUSEHOLD = "found_household"
    INVITE_TO_HOUSEHOLD = "invite_to_household"
    JOIN_HOUSEHOLD = "join_household"
    LEAVE_HOUSEHOLD = "leave_household"
    REPLACE_CARD = "replace_card"
    """Let a new card name the member of an old one; the old one stays known as replaced."""
    ADD_CARD = "add_card"
    """Let a new card name a member, beside the cards that do already."""


class CommandParts(TypedDict, total=False):
    """The parts of a command that whoever makes it chooses; see ``LedgerCommand``."""

    reason: str
    member_id: MemberId
    other_member_id: MemberId
    unit: Unit
    amount: int
    token: str
    other_token: str
    card_profile: str
    last_four: str
    reward: str
    quantity: int
    voucher: int
    segments: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerCommand:
    """One command.

    Attributes:
        id: 32 hexadecimal digits, random.
        kind: what.
        made_by: the account that asks, machine name.
        branch: where it is booked.
        reason: why, in the words of whoever asks; card numbers masked before.
        member_id: whom it concerns.
        other_member_id: the second member, for transfers, referrers and invitations.
        unit: points or credit, for adjustments.
        amount: units; below zero takes, for adjustments.
        token: a card's token, 64 hexadecimal digits.
        other_token: the new card's token.
        card_profile: how the new card or gift card is read.
        last_four: the last four digits printed on a gift card.
        reward: which reward, for coupons.
        quantity: how many.
        voucher: which coupon or benefit to revoke, by its number.
        segments: the groups, sorted.
    """

    id: str
    kind: LedgerCommandKind
    made_by: str
    branch: BranchId
    reason: str = ""
    member_id: MemberId | None = None
    other_member_id: MemberId | None = None
    unit: Unit | None = None
    amount: int | None = None
    token: str | None = None
    other_token: str | None = None
    card_profile: str | None = None
    last_four: str | None = None
    reward: str | None = None
    quantity: int | None = None
    voucher: int | None = None
    segments: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if _ID.fullmatch(self.id) is None:
            raise ValueRangeError("a command's id has 32 hexadecimal digits")
        check_name("made_by", self.made_by)
        check_name("branch", self.branch)
        check_text("reason", self.reason, 0, 200)
        for name in ("token", "other_token"):
            value = getattr(self, name)
            if value is not None and _TOKEN.fullmatch(value) is None:
                raise ValueRangeError(f"{name} has 64 hexadecimal digits")
        if self.amount is not None:
            check_int("amount", self.amount, -I63_MAX, I63_MAX)
        if self.quantity is not None:
            check_int("quantity", self.quantity, 1, 10_000)
        _check_words(self)
        present = {name for name in _PART_NAMES if getattr(self, name) is not None}
        if present != _PARTS[self.kind]:
            wanted = ", ".join(sorted(_PARTS[self.kind]))
            raise ValueRangeError(f"a command to {self.kind} carries exactly: {wanted}")


def _check_words(command: LedgerCommand) -> None:
    if command.reward is not None:
        check_name("reward", command.reward)
    for segment in command.segments or ():
        check_name("segment", segment)
    if command.segments is not None and list(command.segments) != sorted(set(command.segments)):
        raise ValueRangeError("segments stand in order, each once")
    if command.last_four is not None:
        check_text("last_four", command.last_four, 0, 4)


_PART_NAMES: Final = (
    "member_id", "other_member_id", "unit", "amount", "token", "other_token", "card_profile",
    "last_four", "reward", "quantity", "voucher", "segments",
)  # fmt: skip

_PARTS: Final[dict[LedgerCommandKind, set[str]]] = {
    LedgerCommandKind.ADJUST: {"member_id", "unit", "amount"},
    LedgerCommandKind.TRANSFER: {"member_id", "other_member_id", "amount"},
    LedgerCommandKind.ISSUE_GIFT_CARD: {"token", "amount", "last_four"},
    LedgerCommandKind.BLOCK_GIFT_CARD: {"token"},
    LedgerCommandKind.UNBLOCK_GIFT_CARD: {"token"},
    LedgerCommandKind.GRANT_VOUCHER: {"member_id", "reward", "quantity"},
    LedgerCommandKind.REVOKE_VOUCHER: {"member_id", "voucher"},
    LedgerCommandKind.SET_SEGMENTS: {"member_id", "segments"},
    LedgerCommandKind.SET_REFERRER: {"member_id", "other_member_id"},
    LedgerCommandKind.FOUND_HOUSEHOLD: {"member_id"},
    LedgerCommandKind.INVITE_TO_HOUSEHOLD: {"member_id", "other_member_id"},
    LedgerCommandKind.JOIN_HOUSEHOLD: {"member_id"},
    LedgerCommandKind.LEAVE_HOUSEHOLD: {"member_id"},
    LedgerCommandKind.REPLACE_CARD: {"token", "other_token", "card_profile"},
    LedgerCommandKind.ADD_CARD: {"member_id", "other_token", "card_profile"},
}


def encode_ledger_command(command: LedgerCommand) -> bytes:
    """Write a command as the one JSON text that stands in the journal."""
    return to_canonical_json(command).encode()


def decode_ledger_command(data: bytes) -> LedgerCommand:
    """Read a command.

    Raises:
        ValueRangeError: if it is none, or stands there in another form.
    """
    try:
        command = from_plain(LedgerCommand, json.loads(data))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueRangeError("a ledger command is JSON text") from error
    if encode_ledger_command(command) != data:
        raise ValueRangeError("the command is not in canonical form")
    return command
