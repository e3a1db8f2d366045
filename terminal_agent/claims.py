"""The claims of sales that closed without a card: written for the customer, read when shown.

A code is good at the branch that made it, because a sale's key is unique there: the gateway counts
the sale once for all time, also where two terminals of the branch were offline when it was claimed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from gateway.crypto.receipt_claim import ReceiptClaim, read_claim, write_claim
from gateway.errors import WireError
from gateway.model.ids import BranchId, SaleKey, TerminalId
from gateway.model.money import Currency
from gateway.model.sale import Sale, SaleSource

#: Sales without a card that are remembered with their goods, and whose codes can be printed.
KEPT_MAX: Final = 16
CLAIM_DAYS: Final = 30
_DAY_MS: Final = 86_400_000
#: What stands for a shop profile where only the code told of the sale.
_PROFILE: Final = "claim"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimGround:
    """What claims are made and believed with now.

    Attributes:
        branch: where the terminal stands.
        currency: what amounts are counted in.
        key: of claims; see ``gateway.crypto.receipt_claim``.
    """

    branch: BranchId
    currency: Currency
    key: bytes = field(repr=False)


class ClaimFault(StrEnum):
    """Why a code claims nothing here."""

    WRONG = "wrong"
    OTHER_BRANCH = "other_branch"
    OTHER_CURRENCY = "other_currency"
    TOO_OLD = "too_old"


@dataclass(frozen=True, slots=True)
class _Kept:
    sale: Sale
    code: str = field(repr=False)


class Claims:
    """The last sales without a card, and the judge of codes. Not thread-safe: one owner."""

    def __init__(self, terminal: TerminalId, days: int) -> None:
        """Begin with no sale.

        Args:
            terminal: who writes.
            days: how long a code holds from the close of its sale.
        """
        self._terminal = terminal
        self._days = days
        self._kept: deque[_Kept] = deque(maxlen=KEPT_MAX)

    def note(self, sale: Sale, currency: Currency, ground: ClaimGround, unix_ms: int) -> None:
        """A sale closed and no card was there; one that is remembered stays as it is.

        Args:
            sale: as the till told it.
            currency: what its amounts are counted in.
            ground: what claims are made with.
            unix_ms: when it closed.
        """
        if self.code_of(sale.key) is not None:
            return
        claim = ReceiptClaim(
            sale_key=sale.key,
            total_minor=sale.total_minor,
            tax_minor=sale.tax_minor,
            currency=currency,
            closed_at_s=unix_ms // 1000,
            branch=ground.branch,
            terminal=self._terminal,
            receipt_number=sale.receipt_number,
        )
        self._kept.append(_Kept(sale, write_claim(claim, ground.key)))

    def code_of(self, key: SaleKey) -> str | None:
        """The code of a sale that closed without a card; None where that is too long ago.

        Whoever prints the receipt puts it beneath.
        """
        kept = self._find(key)
        return None if kept is None else kept.code

    def newest(self, recorded: Collection[SaleKey]) -> str | None:
        """The code of the last sale without a card that is not recorded by now; None for none."""
        codes = (one.code for one in reversed(self._kept) if one.sale.key not in recorded)
        return next(codes, None)

    def read(self, text: str, ground: ClaimGround, unix_ms: int) -> Sale | ClaimFault:
        """Read a code that was scanned or typed.

        A time to come is believed: the sale's terminal wrote it, and one of the clocks is wrong.

        Args:
            text: the code.
            ground: what claims are believed with.
            unix_ms: now.

        Returns:
            the sale: with its goods where this terminal still remembers them, else by its total.
        """
        try:
            claim = read_claim(text.strip(), ground.key)
        except WireError:
            return ClaimFault.WRONG
        if claim.branch != ground.branch:
            return ClaimFault.OTHER_BRANCH
        if claim.currency != ground.currency:
            return ClaimFault.OTHER_CURRENCY
        if unix_ms - claim.closed_at_s * 1000 > self._days * _DAY_MS:
            return ClaimFault.TOO_OLD
        kept = self._find(claim.sale_key)
        return _told(claim) if kept is None else replace(kept.sale, source=SaleSource.CLAIMED)

    def _find(self, key: SaleKey) -> _Kept | None:
        return next((one for one in self._kept if one.sale.key == key), None)


def _told(claim: ReceiptClaim) -> Sale:
    return Sale(
        key=claim.sale_key,
        total_minor=claim.total_minor,
        source=SaleSource.CLAIMED,
        profile=_PROFILE,
        tax_minor=claim.tax_minor,
        receipt_number=claim.receipt_number,
    )
