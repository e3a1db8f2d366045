"""Reads the catalogues into memory once, with no compiled files beside them."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from babel.support import Translations

from gateway.errors import ConfigError

#: Where the catalogues lie: ``<language>/<area>.po``.
FOLDER: Final = Path(__file__).resolve().parent
LANGUAGES: Final = ("fa", "en")
#: As CLDR has them. Persian nouns stay singular behind a number, so one form will often do.
PLURALS: Final = {"fa": "nplurals=2; plural=(n > 1);", "en": "nplurals=2; plural=(n != 1);"}


def read_catalogues(language: str, folder: Path = FOLDER) -> dict[str, Catalog]:
    """Read one language's files.

    Args:
        language: ``fa`` or ``en``.
        folder: holds a folder for each language.

    Returns:
        the catalogue of each area, in the order of their names.

    Raises:
        ConfigError: if a file cannot be read; names it.
    """
    found = {}
    for file in sorted((folder / language).glob("*.po")):
        try:
            with file.open("rb") as stream:
                found[file.stem] = read_po(stream, locale=language, abort_invalid=True)
        except (OSError, ValueError, PoFileError) as error:
            raise ConfigError(f"{file.name} of {language} is no catalogue: {error}") from error
    return found


def load_translations(language: str, folder: Path = FOLDER) -> Translations:
    """Merge one language's catalogues into what gettext reads.

    Raises:
        ConfigError: if a file cannot be read; names it.
    """
    merged = Catalog(locale=language, domain="messages")
    merged.mime_headers = [("Plural-Forms", PLURALS[language])]
    for catalogue in read_catalogues(language, folder).values():
        for message in catalogue:
            if message.id and message.string:
                merged.add(message.id, _forms(message), context=message.context)
    compiled = BytesIO()
    write_mo(compiled, merged)
    compiled.seek(0)
    return Translations(compiled, domain="messages")


def _forms(message: Message) -> str | tuple[str, ...]:
    """The translations; where a file has one plural form only, it stands for both."""
    string = message.string or ""
    forms = [string] if isinstance(string, str) else [form for form in string if form]
    if not isinstance(message.id, tuple):
        return forms[0]
    return (forms[0], forms[-1]) if forms else ("", "")
