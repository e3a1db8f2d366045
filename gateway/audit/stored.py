"""Stored rows that an audit looks up by name: what a return is of, and names made at random.

Nothing is decided by them. A sale's envelope is opened again; a random name is taken from the row
that it belongs to, once; and where an envelope allows two verdicts, the stored row picks one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass, field
from typing import TypeVar

from gateway.crypto.seal import parse_envelope
from gateway.errors import MohrError
from gateway.ledger.batch import LedgerBatch
from gateway.ledger.row import Row
from gateway.ledger.rows import JournalRow, PostingRow
from gateway.ledger.rows_lots import HoldRow, LotRow, SuspendedRow
from gateway.ledger.rows_members import CardUseRow, GiftCardRow, HouseholdRow, WalletRow
from gateway.ledger.rows_reviews import ReviewRow
from gateway.ledger.rows_sales import RatingRow
from gateway.model.ids import BranchId, CardToken, HoldId, SaleKey, WalletId
from gateway.model.transaction import Transaction
from gateway.wire.transaction import decode_transaction

R = TypeVar("R", bound=Row)
T = TypeVar("T")

UNREADABLE = (MohrError, ValueError, TypeError, LookupError)
"""What reading a row that was tampered with can raise."""


@dataclass(slots=True)
class Stored:
    """Looks rows up; what cannot be read is not there.

    Attributes:
        batch: the state that is audited.
    """

    batch: LedgerBatch
    _given: set[Hashable] = field(default_factory=set)
    _households: list[tuple[int, HouseholdRow]] | None = None

    def told(self, index: int) -> tuple[JournalRow, Transaction] | None:
        """A transaction that was replayed before, opened once more."""
        row = self._one(JournalRow, index)
        envelope = None if row is None else row.envelope
        if row is None or envelope is None:
            return None
        opened = self._attempt(lambda: decode_transaction(parse_envelope(envelope).payload))
        return None if opened is None else (row, opened)

    def journal(self, index: int) -> JournalRow | None:
        """A journal row."""
        return self._one(JournalRow, index)

    def review(self, branch: BranchId, key: SaleKey) -> ReviewRow | None:
        """A paper that was not sure, as it stands at the end."""
        return self._one(ReviewRow, (branch, key))

    def rating(self, index: int) -> RatingRow | None:
        """How a sale was rated, which was compared when it was replayed."""
        return self._one(RatingRow, index)

    def posting(self, index: int) -> PostingRow | None:
        """What a journal row posted."""
        return self._one(PostingRow, index)

    def hold(self, hold_id: HoldId) -> HoldRow | None:
        """A hold as it stands at the end."""
        return self._one(HoldRow, hold_id)

    def beginnings(self, index: int) -> set[int]:
        """When what a journal row made can be spent from, Unix time in milliseconds."""
        lots = self._attempt(lambda: self.batch.made_by(LotRow, [index])) or []
        waiting = self._attempt(lambda: self.batch.made_by(SuspendedRow, [index])) or []
        return {lot.available_from_ms for lot in lots} | {row.available_from_ms for row in waiting}

    def gift_card(self, token: CardToken) -> GiftCardRow | None:
        """The row of a gift card that is issued now; its wallet's name is nobody else's."""
        row = self._one(GiftCardRow, token)
        return row if row is not None and self._is_new(row.wallet_id) else None

    def card_use(self, token: CardToken, counter: int) -> CardUseRow | None:
        """A tap of a card that was believed."""
        return self._one(CardUseRow, (token, counter))

    def household(self, at_ms: int) -> HouseholdRow | None:
        """The row of a household that is founded at a moment; of several the one made first."""
        left = [
            (account, row)
            for account, row in self._every_household()
            if row.created_at_ms == at_ms and row.wallet_id not in self._given
        ]
        # Its founder may have left it since; accounts are numbered in the order of their making.
        found = min(left, key=lambda one: one[0], default=None)
        if found is None:
            return None
        self._given.add(found[1].wallet_id)
        return found[1]

    # -- parts ----------------------------------------------------------------------------------

    def _every_household(self) -> list[tuple[int, HouseholdRow]]:
        if self._households is None:
            rows = self._attempt(lambda: [*self.batch.every(HouseholdRow)]) or []
            accounts = self._accounts([row.wallet_id for row in rows])
            self._households = [(accounts.get(row.wallet_id, 0), row) for row in rows]
        return self._households

    def _accounts(self, wallets: Collection[WalletId]) -> dict[WalletId, int]:
        rows = self._attempt(lambda: self.batch.rows(WalletRow, wallets) if wallets else []) or []
        return {row.wallet_id: row.available_account for row in rows}

    def _is_new(self, name: WalletId) -> bool:
        is_new = name not in self._given
        self._given.add(name)
        return is_new

    def _one(self, row_type: type[R], key: Hashable) -> R | None:
        found = self._attempt(lambda: self.batch.rows(row_type, [key]))
        return found[0] if found else None

    def _attempt(self, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except UNREADABLE:
            # The same row is read in its table's turn too, and noted there.
            return None
