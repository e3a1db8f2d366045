"""In which language and time zone a request is answered.

An account's own language comes first, then what this browser chose, then what the browser asks
for, then the house's first language. Catalogues are read once, when the application is made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from babel.support import NullTranslations, Translations
from flask import Flask, has_request_context, request
from flask_babel import Babel, Domain, get_locale

from gateway.formatting.numbers import Language
from web_admin.catalogues.load import load_translations
from web_admin.reader import current_language, direction_of

#: What this browser chose; kept when somebody uses the switch in the top bar.
LANGUAGE_COOKIE: Final = "mohr_language"
#: Each language's name for itself, as the switch shows it.
OWN_NAMES: Final = {Language.FA: "فارسی", Language.EN: "English"}
_TEHRAN: Final = ZoneInfo("Asia/Tehran")
_UTC: Final = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True, kw_only=True)
class Readers:
    """What is known about who reads the pages. Each is asked at every request.

    Attributes:
        languages: the house's languages; never empty.
        default: the one for whoever asks for none of them.
        account_language: the language of the account that is logged in; None where nobody is.
        zone: the house's time zone; None means Tehran where the default is Persian, otherwise UTC.
    """

    languages: Callable[[], Sequence[str]]
    default: Callable[[], str]
    account_language: Callable[[], str | None]
    zone: Callable[[], tzinfo | None]


class _MergedDomain(Domain):
    """The catalogues of all areas, merged and kept in memory."""

    def __init__(self) -> None:
        super().__init__(domain="messages")
        self._translations = {str(language): load_translations(language) for language in Language}

    def get_translations(self) -> Translations | NullTranslations:
        """The current language's words."""
        locale = get_locale()
        # Outside a request (a form class being made) the English sentence itself is the text.
        return NullTranslations() if locale is None else self._translations[locale.language]


class _MergedBabel(Babel):
    def __init__(self) -> None:
        super().__init__()
        self._domain = _MergedDomain()

    @property
    def domain_instance(self) -> Domain:
        """What gettext asks."""
        return self._domain


def install_language(app: Flask, readers: Readers) -> None:
    """Have an application speak its readers' language.

    Templates get ``lang``, ``dir``, ``languages`` (code and own name) and the gettext functions.

    Args:
        app: the application.
        readers: see there.

    Raises:
        ConfigError: if a catalogue cannot be read.
    """
    _MergedBabel().init_app(
        app,
        locale_selector=lambda: str(_choose(readers)),
        timezone_selector=lambda: readers.zone() or _house_zone(readers),
    )

    @app.context_processor
    def _language_of_templates() -> dict[str, object]:
        language = current_language()
        return {
            "lang": str(language),
            "dir": direction_of(language),
            "languages": [(str(each), OWN_NAMES[each]) for each in _offered(readers)],
        }


def _offered(readers: Readers) -> list[Language]:
    return [Language(code) for code in readers.languages()]


def _choose(readers: Readers) -> Language:
    offered = _offered(readers)
    if not has_request_context():
        return Language(readers.default())
    for code in (readers.account_language(), request.cookies.get(LANGUAGE_COOKIE)):
        if code in offered:
            return Language(code)
    best = request.accept_languages.best_match([str(language) for language in offered])
    return Language(best or readers.default())


def _house_zone(readers: Readers) -> tzinfo:
    return _TEHRAN if Language(readers.default()) is Language.FA else _UTC
