"""All pages of the wizard."""

from __future__ import annotations

from web_admin.setup import routes_basics, routes_rules, routes_tap
from web_admin.setup.pages import blueprint

__all__ = ["blueprint", "routes_basics", "routes_rules", "routes_tap"]
