"""What people at the desk may be. What each may do is written in ``web_admin.access``."""

from __future__ import annotations

from enum import StrEnum, unique
from typing import Final


@unique
class Role(StrEnum):
    """An account's one role; docs/access.md says what each may do."""

    OWNER = "owner"
    MANAGER = "manager"
    CASHIER = "cashier"
    SUPPORT = "support"
    INTEGRATOR = "integrator"
    AUDITOR = "auditor"


#: Roles that belong to branches and see nothing of others; the rest see every branch.
BRANCH_ROLES: Final = frozenset({Role.MANAGER, Role.CASHIER, Role.SUPPORT})
