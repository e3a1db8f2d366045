"""Says what is missing in the catalogues, and what is wrong in them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from babel.messages.catalog import Message

from web_admin.catalogues.extract import PACKAGE, Used, messages_of, unread_calls
from web_admin.catalogues.load import FOLDER, LANGUAGES, read_catalogues

#: Latin words that Persian readers know by these letters.
LATIN_ALLOWED: Final = frozenset(
    {
        "AES", "API", "CLI", "CSV", "Classic", "DESFire", "HTTP", "HTTPS", "ID", "IP", "JSON", "MB",
        "MQTT", "NFC", "NTAG213", "OpenAPI", "PDF", "PNG", "POS", "QR", "SQLite", "SVG", "TLS",
        "TOTP", "UID", "URL", "USB", "Ultralight", "WebP",
    }
)  # fmt: skip
_PLACEHOLDER: Final = re.compile(r"%(?:\([a-z0-9_]+\))?[sd]|%%", re.ASCII)
_LATIN_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*")
#: Letters and digits of Arabic keyboards that Persian writes with code points of its own.
_ARABIC: Final = re.compile("[يىكة٠-٩]")

Key = tuple[str | None, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One message of one file.

    Attributes:
        where: the file, such as ``fa/members``.
        message: as Babel read it.
    """

    where: str
    message: Message

    @property
    def texts(self) -> tuple[str, ...]:
        """Its translations: one, or one for each plural form."""
        string = self.message.string
        return tuple(string) if isinstance(string, list | tuple) else (string or "",)

    @property
    def sources(self) -> tuple[str, ...]:
        """The English texts: one, or singular and plural."""
        return self.message.id if isinstance(self.message.id, tuple) else (str(self.message.id),)


def findings(package: Path = PACKAGE, folder: Path = FOLDER) -> list[str]:
    """Compare what the pages say with what the catalogues hold.

    Args:
        package: whose templates and modules are read.
        folder: where the catalogues are.

    Returns:
        one sentence for each fault, sorted; empty if all is well.

    Raises:
        ConfigError: if a template or a catalogue cannot be read.
    """
    used: dict[Key, list[Used]] = defaultdict(list)
    for message in messages_of(package):
        used[message.key].append(message)
    said = set(unread_calls(package))
    for language in LANGUAGES:
        entries = _entries(language, folder)
        said.update(_missing(language, used, entries))
        for key, found in entries.items():
            said.update(_disagreeing(found))
            for entry in found:
                said.update(
                    f"{entry.where}: {_quote(key)} {fault}" for fault in _faults(entry, language)
                )
                if key not in used:
                    said.add(f"{entry.where}: {_quote(key)} is used nowhere")
    return sorted(said)


def _entries(language: str, folder: Path) -> dict[Key, list[Entry]]:
    entries: dict[Key, list[Entry]] = defaultdict(list)
    for area, catalogue in read_catalogues(language, folder).items():
        for message in catalogue:
            if message.id:
                first = message.id[0] if isinstance(message.id, tuple) else message.id
                key = (message.context, str(first))
                entries[key].append(Entry(where=f"{language}/{area}", message=message))
    return entries


def _missing(
    language: str, used: Mapping[Key, list[Used]], entries: Mapping[Key, list[Entry]]
) -> Iterator[str]:
    for key, places in used.items():
        found = entries.get(key)
        if not found:
            yield f"{language}: {_quote(key)} is missing ({places[0].place})"
            continue
        plural = next((one.plural for one in places if one.plural), None)
        if plural and not any(entry.sources[-1] == plural for entry in found):
            yield f"{found[0].where}: {_quote(key)} lacks the plural {plural!r} ({places[0].place})"


def _disagreeing(found: list[Entry]) -> Iterator[str]:
    if len({entry.texts for entry in found}) > 1:
        files = " and ".join(entry.where for entry in found)
        yield f"{files} translate {found[0].sources[0]!r} differently"


def _faults(entry: Entry, language: str) -> Iterator[str]:
    if entry.message.fuzzy:
        yield "is fuzzy"
    if not all(entry.texts):
        yield "is not translated, or not in every plural form"
        return
    wanted = _placeholders(entry.sources[-1])
    for text in entry.texts:
        # A singular may leave the number out: "one card".
        if _placeholders(text) != wanted and not (
            len(entry.texts) > 1 and _placeholders(text) == _placeholders(entry.sources[0])
        ):
            yield "has other placeholders than the English text"
    yield from (_persian_faults if language == "fa" else _english_faults)(entry)


def _persian_faults(entry: Entry) -> Iterator[str]:
    for text in entry.texts:
        plain = _PLACEHOLDER.sub("", text)
        latin = sorted(set(_LATIN_WORD.findall(plain)) - LATIN_ALLOWED)
        if latin:
            yield f"has Latin words: {', '.join(latin)}"
        if _ARABIC.search(plain):
            yield "has Arabic letters or digits where Persian ones belong"


def _english_faults(entry: Entry) -> Iterator[str]:
    if entry.texts[: len(entry.sources)] != entry.sources[: len(entry.texts)]:
        yield "does not repeat the English text"


def _placeholders(text: str) -> frozenset[str]:
    return frozenset(_PLACEHOLDER.findall(text)) - {"%%"}


def _quote(key: Iterable[str | None]) -> str:
    context, text = key
    return repr(text) if context is None else f"{text!r} ({context})"
