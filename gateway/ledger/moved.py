"""What moved in a part of the journal, by kind of account: the ledger's side of a trial balance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from gateway.ledger.rows import AccountRow, EntryRow


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedTotal:
    """All that one kind of account of one ledger moved.

    Attributes:
        ledger: the unit's ledger.
        account: a system account's own name; ``available``, ``held`` or ``pending`` for the
            accounts of all wallets together.
        debit: what left them.
        credit: what reached them.
    """

    ledger: str
    account: str
    debit: int
    credit: int


def account_kind(name: str) -> str:
    """The kind of an account, by its name."""
    return name.rpartition(":")[2]


def moved_totals(accounts: Iterable[AccountRow], entries: Iterable[EntryRow]) -> list[MovedTotal]:
    """Add entries up by kind of account, in order of ledger and kind."""
    kinds = {row.account_id: (row.ledger, account_kind(row.name)) for row in accounts}
    sums: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for entry in entries:
        sums[kinds[entry.debit_account]][0] += entry.points
        sums[kinds[entry.credit_account]][1] += entry.points
    return [
        MovedTotal(ledger=ledger, account=account, debit=debit, credit=credit)
        for (ledger, account), (debit, credit) in sorted(sums.items())
    ]
