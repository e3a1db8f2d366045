"""The area's blueprint; the other ``routes_*`` modules put their views on it."""

from __future__ import annotations

from typing import Final

from web_admin.access import (
    routes_account,
    routes_accounts,
    routes_authenticator,
    routes_login,
    routes_passkeys,
    routes_trail,
)
from web_admin.access.blueprint import blueprint

__all__ = ["blueprint", "blueprints"]

#: Named so that every module with views is loaded before the blueprint is registered.
_VIEWS: Final = (
    routes_account,
    routes_accounts,
    routes_authenticator,
    routes_login,
    routes_passkeys,
    routes_trail,
)
blueprints: Final = (blueprint,)
