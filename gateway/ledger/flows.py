"""What came into every wallet and left it, by reason, reckoned from the entries alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gateway.ledger.batch import LedgerBatch
from gateway.ledger.kinds import SystemAccount
from gateway.ledger.rows import EntryRow
from gateway.ledger.rows_members import WalletRow
from gateway.model.ids import WalletId


@dataclass(slots=True, kw_only=True)
class Flows:
    """Everything that a wallet ever got and gave, in its unit; all of them count up from 0.

    Attributes:
        earned: by rules and offers, what waited for the owner included.
        returned: back from redemptions, with returns.
        spent: redeemed.
        expired: lapsed.
        clawed: taken back with returns.
        adjusted: given by hand, less what was taken.
        converted: come from another unit, less what became one.
        topped_up: paid in.
        paid_out: paid back.
        moved: come from other wallets, less what went to them.
        redenominated: come from a currency that was superseded, less what its successor counts.
        rounded: given by the rounding of that, less what it took.
    """

    earned: int = 0
    returned: int = 0
    spent: int = 0
    expired: int = 0
    clawed: int = 0
    adjusted: int = 0
    converted: int = 0
    topped_up: int = 0
    paid_out: int = 0
    moved: int = 0
    redenominated: int = 0
    rounded: int = 0

    @property
    def left(self) -> int:
        """What the wallet must have now: active, pending and held, less what it owes."""
        came = self.earned + self.returned + self.topped_up
        went = self.spent + self.expired + self.clawed + self.paid_out
        renamed = self.redenominated + self.rounded
        return came - went + self.adjusted + self.converted + self.moved + renamed


#: For each system account: where what comes from it is counted, and where what goes to it is.
_REASONS: Final[Mapping[SystemAccount, tuple[str, str]]] = {
    SystemAccount.ISSUED: ("earned", "earned"),
    SystemAccount.SUSPENSE: ("earned", "earned"),
    SystemAccount.REDEEMED: ("returned", "spent"),
    SystemAccount.SHORTFALL: ("returned", "spent"),
    SystemAccount.EXPIRED: ("expired", "expired"),
    SystemAccount.CLAWED_BACK: ("clawed", "clawed"),
    SystemAccount.ADJUSTED: ("adjusted", "adjusted"),
    SystemAccount.CONVERTED: ("converted", "converted"),
    SystemAccount.TOPPED_UP: ("topped_up", "topped_up"),
    SystemAccount.PAID_OUT: ("paid_out", "paid_out"),
    SystemAccount.REDENOMINATED: ("redenominated", "redenominated"),
    SystemAccount.ROUNDED: ("rounded", "rounded"),
}
#: What counts up when it leaves the wallet.
_LEAVING: Final = frozenset({"spent", "expired", "clawed", "paid_out"})


def flows_of(batch: LedgerBatch) -> dict[WalletId, Flows]:
    """Reckon the flows of every wallet that anything ever moved in; reads every entry."""
    owner: dict[int, WalletId] = {}
    for wallet in batch.every(WalletRow):
        for account in (wallet.available_account, wallet.held_account, wallet.pending_account):
            owner[account] = wallet.wallet_id
    system = {
        number: account
        for ledger in batch.ledgers().by_name.values()
        for account, number in ledger.accounts.items()
    }
    flows: defaultdict[WalletId, Flows] = defaultdict(Flows)
    for entry in batch.every(EntryRow):
        giver, taker = owner.get(entry.debit_account), owner.get(entry.credit_account)
        if giver == taker:
            continue  # within one wallet, or between system accounts
        if taker is not None:
            source = system.get(entry.debit_account)
            _count(flows[taker], "moved" if source is None else _REASONS[source][0], entry.points)
        if giver is not None:
            target = system.get(entry.credit_account)
            _count(flows[giver], "moved" if target is None else _REASONS[target][1], -entry.points)
    return dict(flows)


def _count(flows: Flows, reason: str, points: int) -> None:
    counted = -points if reason in _LEAVING else points
    setattr(flows, reason, getattr(flows, reason) + counted)
