"""The trial balance: what went into and out of every kind of account, and that it adds up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from gateway.accounting.account_class import OWED, AccountClass


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountTotal:
    """All that one class of accounts of one ledger moved in a period.

    Attributes:
        ledger: for example ``PTS:points`` or ``CR:IRR``; all amounts are in its unit.
        account_class: which accounts.
        debit: what left them, above or equal 0.
        credit: what reached them, above or equal 0.
    """

    ledger: str
    account_class: AccountClass
    debit: int
    credit: int

    @property
    def balance(self) -> int:
        """Credit less debit: above zero where the shop owes."""
        return self.credit - self.debit


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialBalance:
    """The totals of every ledger, in order of ledger and class.

    Attributes:
        totals: one for each class that moved.
        differences: for each ledger that does not add up, by how much: there must be none.
    """

    totals: tuple[AccountTotal, ...]
    differences: tuple[tuple[str, int], ...]

    def owed(self, ledger: str) -> int:
        """What the shop owes in a ledger's unit."""
        return sum(
            total.balance
            for total in self.totals
            if total.ledger == ledger and total.account_class in OWED
        )


def trial_balance(totals: Iterable[AccountTotal]) -> TrialBalance:
    """Add totals up by ledger and class.

    Args:
        totals: in any order, several of one class allowed.
    """
    sums: defaultdict[tuple[str, AccountClass], list[int]] = defaultdict(lambda: [0, 0])
    for total in totals:
        pair = sums[total.ledger, total.account_class]
        pair[0] += total.debit
        pair[1] += total.credit
    differences: defaultdict[str, int] = defaultdict(int)
    for (ledger, _), (debit, credit) in sums.items():
        differences[ledger] += credit - debit
    order = list(AccountClass)
    return TrialBalance(
        totals=tuple(
            AccountTotal(ledger=ledger, account_class=kind, debit=debit, credit=credit)
            for (ledger, kind), (debit, credit) in sorted(
                sums.items(), key=lambda item: (item[0][0], order.index(item[0][1]))
            )
        ),
        differences=tuple(sorted((name, gap) for name, gap in differences.items() if gap)),
    )
