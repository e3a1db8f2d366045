"""Who reads the answer that is being written: their language, its direction, their clock."""

from __future__ import annotations

from datetime import UTC, tzinfo

from flask_babel import get_locale, get_timezone

from gateway.formatting.numbers import Language


def current_language() -> Language:
    """The language of the answer that is being written."""
    locale = get_locale()
    return Language.EN if locale is None else Language(locale.language)


def current_zone() -> tzinfo:
    """The time zone of the answer that is being written."""
    zone = get_timezone()
    return zone if isinstance(zone, tzinfo) else UTC


def direction_of(language: Language) -> str:
    """``rtl`` or ``ltr``."""
    return "rtl" if language is Language.FA else "ltr"
