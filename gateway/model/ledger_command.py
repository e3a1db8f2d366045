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
    SETTLE_REVIEW = "settle_review"
    """Say what a paper that was not sure comes to; its card earns for it as for a late sale."""
    DISMISS_REVIEW = "dismiss_review"
    """Say that such a paper earns nothing, and why."""


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
    review: int
    review_key: str


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
        review: the journal row that told of the paper.
        review_key: the paper's sale key, 32 hexadecimal digits; with the branch it names it.
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
    review: int | None = None
    review_key: str | None = None

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
        _check_review(self)
        present = {name for name in _PART_NAMES if getattr(self, name) is not None}
        may_have = _OPTIONAL_PARTS.get(self.kind, set())
        if present - may_have != _PARTS[self.kind]:
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


def _check_review(command: LedgerCommand) -> None:
    if command.review is not None:
        check_int("review", command.review, 1, I63_MAX)
    if command.review_key is not None and _ID.fullmatch(command.review_key) is None:
        raise ValueRangeError("review_key has 32 hexadecimal digits")
    if command.kind is LedgerCommandKind.SETTLE_REVIEW:
        check_int("amount", command.amount, 1, I63_MAX)
        if (command.token is None) is not (command.card_profile is None):
            raise ValueRangeError("a card is named by its token and its profile")
    if command.kind is LedgerCommandKind.DISMISS_REVIEW:
        # Whoever asks later why a customer got nothing must find an answer.
        check_text("reason", command.reason, 1, 200)


_PART_NAMES: Final = (
    "member_id", "other_member_id", "unit", "amount", "token", "other_token", "card_profile",
    "last_four", "reward", "quantity", "voucher", "segments", "review", "review_key",
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
    LedgerCommandKind.SETTLE_REVIEW: {"review", "review_key", "amount"},
    LedgerCommandKind.DISMISS_REVIEW: {"review", "review_key"},
}
#: A paper without a card is settled for one that somebody names.
_OPTIONAL_PARTS: Final[dict[LedgerCommandKind, set[str]]] = {
    LedgerCommandKind.SETTLE_REVIEW: {"token", "card_profile"},
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
