"""Somebody at the desk of a house, without pages: rules that allow everything, and commands.

For tests of the pages and for furnished houses.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Final, Unpack

from gateway.config_programme import programme_text
from gateway.errors import MohrError
from gateway.model.ids import BranchId
from gateway.model.ledger_command import (
    CommandParts,
    LedgerCommand,
    LedgerCommandKind,
    encode_ledger_command,
)
from gateway.model.programme import Programme
from gateway.model.rules.condition import Condition
from gateway.model.rules.expiry import Expiry, ExpiryKind
from gateway.model.rules.reward import Gift, GiftKind, Reward
from gateway.model.rules.rules import Rules
from gateway.model.rules.stored_value import CreditPolicy, GiftCardPolicy, HouseholdPolicy
from gateway.office.commands import AddProgramme, ApplyLedgerCommand, Reply
from gateway.office.house import House

COUPON: Final = "next-time"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskLimits:
    """Amounts of the rules that allow everything, in the currency's smallest unit.

    Attributes:
        gift_minimum_minor: the least that a gift card is sold for.
        gift_maximum_minor: the most that one holds.
        coupon_minor: what a coupon takes off.
    """

    gift_minimum_minor: int = 500
    gift_maximum_minor: int = 50_000
    coupon_minor: int = 300


def generous(first: Programme, limits: DeskLimits | None = None) -> Programme:
    """The same programme, with something at every desk: nothing that rates a sale otherwise."""
    limits = limits or DeskLimits()
    rules = Rules(
        segments=("staff", "students"),
        rewards=(
            Reward(
                id=COUPON,
                cost_points=0,
                gift=Gift(kind=GiftKind.MONEY_OFF, amount_minor=limits.coupon_minor),
                when=Condition(),
                title_en="Next time",
                title_fa="دفعهٔ بعد",
            ),
        ),
        credit=CreditPolicy(transfers=True),
        gift_cards=GiftCardPolicy(
            minimum_minor=limits.gift_minimum_minor,
            maximum_minor=limits.gift_maximum_minor,
            reloadable=True,
            expiry=Expiry(kind=ExpiryKind.MONTHS, count=12),
        ),
        households=HouseholdPolicy(members_maximum=4),
    )
    return replace(first, rules=rules)


class DeskHand:
    """Publishes rules and sends commands to a house.

    Args:
        house: whose.
        made_by: the account that the commands name.
    """

    def __init__(self, house: House, made_by: str = "account-1") -> None:
        self._house = house
        self._made_by = made_by
        self._sent = 0

    def publish(self, change: DeskLimits | None = None) -> None:
        """Let rules that allow everything hold from now on.

        Raises:
            MohrError: if they are not taken.
        """
        with self._house.ledger.batch() as batch:
            newest = batch.programmes()[-1]
        now_ms = self._house.clock.unix_ms()
        wanted = replace(
            generous(newest, change), version=newest.version + 1, effective_from_ms=now_ms
        )
        self._house.execute(AddProgramme(programme=programme_text(wanted)))

    def send(
        self, kind: LedgerCommandKind, branch: BranchId, **parts: Unpack[CommandParts]
    ) -> Reply:
        """Have something done; the reply says what came of it."""
        self._sent += 1
        name = hashlib.sha256(f"desk {self._made_by} {self._sent}".encode()).hexdigest()[:32]
        command = LedgerCommand(id=name, kind=kind, made_by=self._made_by, branch=branch, **parts)
        return self._house.execute(
            ApplyLedgerCommand(command=encode_ledger_command(command).decode())
        )

    def do(self, kind: LedgerCommandKind, branch: BranchId, **parts: Unpack[CommandParts]) -> None:
        """The same, for what must not be refused.

        Raises:
            MohrError: if it is.
        """
        reply = self.send(kind, branch, **parts)
        if not reply.ok:
            raise MohrError(f"{kind} was not done: {reply.text}")
