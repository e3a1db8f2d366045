"""A short name for a browser, so that people recognise their own sessions."""

from __future__ import annotations

from typing import Final

#: In this order: every one of them also names those further down.
_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS: Final = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def words_of_device(agent: str) -> str:
    """Shorten what a browser calls itself.

    Args:
        agent: its ``User-Agent``, from a stranger.

    Returns:
        product names, which are the same in every language; the text itself where it names none,
        and an empty text where it says nothing.
    """
    browser = next((name for mark, name in _BROWSERS if mark in agent), None)
    system = next((name for mark, name in _SYSTEMS if mark in agent), None)
    return " · ".join(name for name in (browser, system) if name) or agent
