"""The rich rules, their moments, and the addresses of the programme's pages."""

from __future__ import annotations

from gateway.config_programme import default_programme
from simulators.furnished.programme import rich_programme

RICH = rich_programme(default_programme("IRR"))
SOON_MS = 600_000
NOW_MS = 1_796_112_000_000
"""1 December 2026, half past eleven in Tehran."""
DRAFT, TEXT, PUBLISH = "/programme/draft", "/programme/draft/text", "/programme/draft/publish"
