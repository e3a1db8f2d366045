"""The pages of the side bar, each for those who may open it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask_babel import LazyString, lazy_gettext

from web_admin.access.permissions import Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class NavItem:
    """One entry of the side bar.

    Attributes:
        endpoint: where it leads.
        label: its words.
        icon: its picture's name in the sprite.
        permission: who may open it.
        test_mode: whether it is there in test mode only.
    """

    endpoint: str
    label: LazyString
    icon: str
    permission: Permission
    test_mode: bool = False


def _item(
    endpoint: str, label: LazyString, icon: str, permission: Permission, *, test_mode: bool = False
) -> NavItem:
    return NavItem(
        endpoint=endpoint, label=label, icon=icon, permission=permission, test_mode=test_mode
    )


ITEMS: Final = (
    _item("dashboard.overview", lazy_gettext("Overview"), "home", Permission.VIEW_DASHBOARD),
    _item("live.watch", lazy_gettext("Live"), "activity", Permission.VIEW_LIVE),
    _item("members.search", lazy_gettext("Members"), "users", Permission.VIEW_MEMBERS),
    _item(
        "gift_cards.listed", lazy_gettext("Gift cards"), "credit-card", Permission.VIEW_GIFT_CARDS
    ),
    _item("programme.rules", lazy_gettext("Programme"), "gift", Permission.VIEW_PROGRAMME),
    _item(
        "terminals.overview", lazy_gettext("Terminals"), "device-desktop", Permission.VIEW_TERMINALS
    ),
    _item("reviews.listed", lazy_gettext("Receipts to check"), "receipt", Permission.VIEW_QUEUES),
    _item("queues.review", lazy_gettext("Needs review"), "list-check", Permission.VIEW_QUEUES),
    _item(
        "queues.quarantine", lazy_gettext("Quarantine"), "alert-triangle", Permission.VIEW_QUEUES
    ),
    _item(
        "corrections.listed",
        lazy_gettext("Returns and adjustments"),
        "receipt",
        Permission.VIEW_CORRECTIONS,
    ),
    _item("books.overview", lazy_gettext("Books"), "file-text", Permission.VIEW_BOOKS),
    _item("branches.overview", lazy_gettext("Branches"), "world", Permission.VIEW_BRANCHES),
    _item("system.overview", lazy_gettext("System"), "settings", Permission.VIEW_SYSTEM),
    _item(
        "organisation.edit",
        lazy_gettext("Organisation"),
        "building-store",
        Permission.MANAGE_ORGANISATION,
    ),
    _item("access.accounts", lazy_gettext("Accounts"), "lock", Permission.MANAGE_ACCOUNTS),
    _item("tokens.overview", lazy_gettext("API tokens"), "key", Permission.MANAGE_TOKENS),
    _item("access.trail", lazy_gettext("Audit trail"), "history", Permission.VIEW_TRAIL),
    _item(
        "developer.bench",
        lazy_gettext("Test counters"),
        "flask",
        Permission.USE_TEST_BENCH,
        test_mode=True,
    ),
)
"""In the order of the side bar."""


def items_for(permissions: frozenset[Permission], *, test_mode: bool) -> tuple[NavItem, ...]:
    """Choose what an account sees."""
    return tuple(
        item
        for item in ITEMS
        if item.permission in permissions and (test_mode or not item.test_mode)
    )
