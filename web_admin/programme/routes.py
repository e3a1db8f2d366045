"""Every view of the area, put on its blueprint."""

from __future__ import annotations

from typing import Final

from web_admin.programme import (
    routes_draft,
    routes_effect,
    routes_parts,
    routes_publish,
    routes_rules,
    routes_try,
)
from web_admin.programme.blueprint import blueprint

__all__ = ["blueprint"]

#: Named so that every module with views is loaded before the blueprint is registered.
_VIEWS: Final = (
    routes_draft,
    routes_effect,
    routes_parts,
    routes_publish,
    routes_rules,
    routes_try,
)
