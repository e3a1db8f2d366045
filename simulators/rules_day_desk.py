"""Commands from a desk at random, such that a fair share of them can be done."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, Final, TypeAlias

from gateway.ledger.kinds import HouseholdRole
from gateway.ledger.rows_members import CardRow, HouseholdMemberRow, VoucherRow
from gateway.ledger.store import LedgerStore
from gateway.model.ids import MemberId
from gateway.model.ledger_command import LedgerCommandKind
from gateway.model.rules.earning import Unit
from simulators.rules_till import card_named

GIFTS: Final = ("gift 1", "gift 2")

_OF_TWO: Final = frozenset(
    {
        LedgerCommandKind.TRANSFER,
        LedgerCommandKind.SET_REFERRER,
        LedgerCommandKind.INVITE_TO_HOUSEHOLD,
    }
)
_OFTEN: Final = (
    LedgerCommandKind.SET_REFERRER,
    LedgerCommandKind.TRANSFER,
    LedgerCommandKind.INVITE_TO_HOUSEHOLD,
    LedgerCommandKind.JOIN_HOUSEHOLD,
)
#: What days with doubtful papers do; see ``rules_day_reviews``.
_OF_PAPERS: Final = frozenset({LedgerCommandKind.SETTLE_REVIEW, LedgerCommandKind.DISMISS_REVIEW})
_KINDS: Final = tuple(kind for kind in LedgerCommandKind if kind not in _OF_PAPERS)
_ROLES: Final = {
    LedgerCommandKind.INVITE_TO_HOUSEHOLD: HouseholdRole.FOUNDER,
    LedgerCommandKind.JOIN_HOUSEHOLD: HouseholdRole.INVITED,
    LedgerCommandKind.LEAVE_HOUSEHOLD: HouseholdRole.MEMBER,
}

Parts: TypeAlias = dict[str, Any]
"""The parts of a command that its kind needs; see ``LedgerCommand``."""


class RandomDesk:
    """Makes up commands about whoever is there.

    Args:
        rng: decides everything.
        store: the ledger, looked at for members, cards and coupons.
        card: names a card, of a member or new.
        name: makes a new name.
    """

    def __init__(
        self,
        rng: Random,
        store: LedgerStore,
        card: Callable[[], str],
        name: Callable[[str], str],
    ) -> None:
        self._rng = rng
        self._store = store
        self._card = card
        self._name = name

    def owned(self) -> list[CardRow]:
        """Every card that is a member's."""
        with self._store.batch() as batch:
            return list(batch.every(CardRow))

    def random_parts(self, reward: str) -> tuple[LedgerCommandKind, Parts] | None:
        """Make up a command; None where there is nobody yet whom it could concern.

        Args:
            reward: which one a coupon is for.
        """
        kind = self._rng.choice((*_KINDS, *_OFTEN))
        parts = self._of_gift_card(kind) or self._of_member(kind, reward)
        return None if parts is None else (kind, parts)

    def _of_gift_card(self, kind: LedgerCommandKind) -> Parts | None:
        token = card_named(self._rng.choice(GIFTS)).token.hex()
        if kind is LedgerCommandKind.ISSUE_GIFT_CARD:
            amount = self._rng.choice((500, 5_000))
            return {"token": token, "amount": amount, "last_four": "1234"}
        if kind in (LedgerCommandKind.BLOCK_GIFT_CARD, LedgerCommandKind.UNBLOCK_GIFT_CARD):
            return {"token": token}
        return None

    def _of_member(self, kind: LedgerCommandKind, reward: str) -> Parts | None:
        owned = self.owned()
        if not owned:
            return None
        card = self._rng.choice(owned)
        if kind is LedgerCommandKind.REPLACE_CARD:
            new = card_named(self._rng.choice((self._card(), self._name("card")))).token.hex()
            return {"token": card.token.hex(), "other_token": new, "card_profile": "uid"}
        if kind is LedgerCommandKind.ADD_CARD:
            new = card_named(self._rng.choice((self._card(), self._name("card")))).token.hex()
            return {"member_id": card.member_id, "other_token": new, "card_profile": "uid"}
        parts = {"member_id": self._likely(kind) or card.member_id}
        if kind in _OF_TWO:
            parts["other_member_id"] = self._rng.choice(owned).member_id
        return {**parts, **self._more(reward).get(kind, {})}

    def _more(self, reward: str) -> dict[LedgerCommandKind, Parts]:
        """What commands need beside their members."""
        rng = self._rng
        with self._store.batch() as batch:
            numbers = [row.voucher_id for row in batch.every(VoucherRow)]
        unit, amount = rng.choice(tuple(Unit)), rng.choice((-500, -20, 30, 800))
        return {
            LedgerCommandKind.ADJUST: {"unit": unit, "amount": amount},
            LedgerCommandKind.TRANSFER: {"amount": rng.choice((1, 300, 2_000))},
            LedgerCommandKind.GRANT_VOUCHER: {"reward": reward, "quantity": rng.randint(1, 3)},
            LedgerCommandKind.REVOKE_VOUCHER: {"voucher": rng.choice(numbers or [1])},
            LedgerCommandKind.SET_SEGMENTS: {"segments": ("staff", "students")[: rng.randrange(3)]},
        }

    def _likely(self, kind: LedgerCommandKind) -> MemberId | None:
        """Somebody to whom a command about households may be given."""
        with self._store.batch() as batch:
            rows = list(batch.every(HouseholdMemberRow))
        fit = [row.member_id for row in rows if row.role is _ROLES.get(kind)]
        return self._rng.choice(fit) if fit else None
