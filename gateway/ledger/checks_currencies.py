"""What must hold where a currency took the place of another; see ``checks``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from gateway.ledger.accounts import currency_of_ledger
from gateway.ledger.batch import LedgerBatch
from gateway.ledger.kinds import SystemAccount
from gateway.program.succession import first_minor


def broken_currencies(batch: LedgerBatch, balances: Mapping[int, int]) -> Iterator[str]:
    """Say where money was lost or made on its way from one currency into its successor.

    What left a currency, at the whole rate, is what its successors count: reckoned in the first
    currency's unit, all of credit comes to nothing, and all of gift cards does.

    Args:
        batch: the ledger.
        balances: of every account by its number, as the entries add up.
    """
    weights = {
        one.currency.code: first_minor(batch.programmes(), one) for one in batch.programmes()
    }
    left: Counter[str] = Counter()
    for ledger in batch.ledgers().by_name.values():
        account = ledger.accounts.get(SystemAccount.REDENOMINATED)
        code = currency_of_ledger(ledger.name)
        if account is not None and code is not None:
            left[ledger.name.partition(":")[0]] += balances.get(account, 0) * weights[code]
    for kind, amount in left.items():
        if amount:
            yield f"redenominations of {kind} left {amount} of the first currency over"
