"""Where a login leads: only to a page of this site."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from flask import request

_CHARACTERS_MAX: Final = 512


def safe_next(text: str | None) -> str | None:
    """The path that a person may be sent on to.

    Args:
        text: what a request's ``next`` said.

    Returns:
        a path of this site with its query, or None where the text names anything else.
    """
    if text is None or not 1 <= len(text) <= _CHARACTERS_MAX:
        return None
    # Browsers read a backslash as a slash, and drop tabs and line ends before they read at all.
    if "\\" in text or not text.isascii() or not text.isprintable() or " " in text:
        return None
    if not text.startswith("/") or text.startswith("//"):
        return None
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    return None if parts.scheme or parts.netloc else text


def here() -> str | None:
    """The page that was asked for, as a later login's ``next``; None for the start page."""
    path = request.full_path.rstrip("?")
    return None if path == "/" else safe_next(path)
