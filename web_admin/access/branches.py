"""The branches that an account can be given: where terminals stand, and where accounts belong."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.model.ids import BranchId
from web_admin.context import current_house, current_office


def known_branches() -> Sequence[BranchId]:
    """Every branch that the ledger or an account names, by name.

    Raises:
        LedgerError: if the ledger cannot be read.
        OfficeError: if the office cannot be read.
    """
    found = {one.branch for one in current_house().ledger.terminals()}
    for account in current_office().accounts.all():
        found |= account.branches or frozenset()
    return sorted(found)
