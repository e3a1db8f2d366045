"""What each role may do: docs/access.md shows the same as a table."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum, unique
from types import MappingProxyType
from typing import Final

from gateway.office.roles import BRANCH_ROLES, Role

__all__ = ["BRANCH_ROLES", "PERMISSIONS", "Permission", "Role"]


@unique
class Permission(StrEnum):
    """One thing that an account may be allowed; every route names the one it needs."""

    VIEW_DASHBOARD = "view-dashboard"
    VIEW_LIVE = "view-live"
    VIEW_MEMBERS = "view-members"
    EDIT_MEMBERS = "edit-members"
    BLOCK_CARDS = "block-cards"
    CHANGE_WALLETS = "change-wallets"
    VIEW_GIFT_CARDS = "view-gift-cards"
    VIEW_CORRECTIONS = "view-corrections"
    VIEW_BOOKS = "view-books"
    VIEW_BRANCHES = "view-branches"
    CLOSE_DAYS = "close-days"
    VIEW_PROGRAMME = "view-programme"
    EDIT_PROGRAMME = "edit-programme"
    VIEW_TERMINALS = "view-terminals"
    MANAGE_TERMINALS = "manage-terminals"
    VIEW_QUEUES = "view-queues"
    DECIDE_QUEUES = "decide-queues"
    VIEW_SYSTEM = "view-system"
    MANAGE_BACKUPS = "manage-backups"
    MANAGE_ACCOUNTS = "manage-accounts"
    VIEW_TRAIL = "view-trail"
    MANAGE_TOKENS = "manage-tokens"
    USE_TEST_BENCH = "use-test-bench"
    MANAGE_ORGANISATION = "manage-organisation"
    OWN_ACCOUNT = "own-account"


_EVERYONE: Final = frozenset({Permission.OWN_ACCOUNT, Permission.VIEW_DASHBOARD})
_COUNTER: Final = _EVERYONE | {Permission.VIEW_LIVE, Permission.VIEW_MEMBERS}
_HELP_DESK: Final = _COUNTER | {
    Permission.EDIT_MEMBERS,
    Permission.BLOCK_CARDS,
    Permission.VIEW_GIFT_CARDS,
    Permission.VIEW_PROGRAMME,
    Permission.VIEW_TERMINALS,
    Permission.VIEW_QUEUES,
}

PERMISSIONS: Final[Mapping[Role, frozenset[Permission]]] = MappingProxyType(
    {
        Role.OWNER: frozenset(Permission),
        Role.MANAGER: _HELP_DESK
        | {
            Permission.CHANGE_WALLETS,
            Permission.VIEW_CORRECTIONS,
            Permission.VIEW_BRANCHES,
            Permission.MANAGE_TERMINALS,
            Permission.DECIDE_QUEUES,
        },
        Role.CASHIER: _COUNTER,
        Role.SUPPORT: _HELP_DESK,
        # Builds and mends the technical side; sees no member's page.
        Role.INTEGRATOR: _EVERYONE
        | {
            Permission.VIEW_LIVE,
            Permission.VIEW_TERMINALS,
            Permission.MANAGE_TERMINALS,
            Permission.VIEW_SYSTEM,
            Permission.MANAGE_TOKENS,
            Permission.USE_TEST_BENCH,
        },
        # Sees everything and changes nothing.
        Role.AUDITOR: _COUNTER
        | {
            Permission.VIEW_GIFT_CARDS,
            Permission.VIEW_CORRECTIONS,
            Permission.VIEW_BOOKS,
            Permission.VIEW_BRANCHES,
            Permission.VIEW_PROGRAMME,
            Permission.VIEW_TERMINALS,
            Permission.VIEW_QUEUES,
            Permission.VIEW_SYSTEM,
            Permission.VIEW_TRAIL,
        },
    }
)


def allows(role: Role, permission: Permission) -> bool:
    """Whether a role may do something."""
    return permission in PERMISSIONS[role]
