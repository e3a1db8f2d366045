"""What rules are said with: sentences of translated patterns, grouped into items and sections.

A pattern is ours and a value may be a stranger's, so that everything is put together as markup:
values that are no markup are escaped, and names stand isolated from the sentence's direction.
Outside a request the patterns speak English.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from flask_babel import pgettext
from markupsafe import Markup, escape

from web_admin.filters import clipped


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One sentence.

    Attributes:
        key: what it is about; the same in every version and language.
        text: in the reader's language.
    """

    key: str
    text: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What belongs to one rule, offer or setting.

    Attributes:
        key: names it within its section.
        title: what it is called; empty where the sentences speak for themselves.
        sentences: in order.
        badges: short remarks beside the title.
    """

    key: str
    sentences: tuple[Sentence, ...]
    title: Markup = field(default_factory=Markup)
    badges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of the rules.

    Attributes:
        key: names it in every version and language.
        title: its heading.
        icon: its picture's name in the sprite.
        items: in order.
    """

    key: str
    title: str
    icon: str
    items: tuple[Item, ...]


def fill(pattern: str, values: Mapping[str, object]) -> Markup:
    """Put values into a translated pattern, escaping all that is no markup."""
    return trusted(pattern) % {name: escape(value) for name, value in values.items()}


def said(pattern: str, **values: object) -> Markup:
    """The same, with the values named in the call."""
    return fill(pattern, values)


def trusted(text: str) -> Markup:
    """Take a text that was made of our own patterns and of escaped values as markup."""
    return Markup(text)  # noqa: S704 - see above; nothing else may be given


def plain(text: str) -> Markup:
    """What a person typed, standing alone; see ``ui.plain``."""
    return Markup('<bdi translate="no" class="mohr-plain">{}</bdi>').format(clipped(text))


def code(text: str) -> Markup:
    """A machine's name; see ``ui.code``."""
    return Markup('<bdi translate="no" class="mohr-code font-monospace" dir="ltr">{}</bdi>').format(
        clipped(text)
    )


def listed(parts: Iterable[str | Markup]) -> Markup:
    """A, b, c."""
    return trusted(pgettext("list", ", ")).join(parts)


def and_(parts: Iterable[str | Markup]) -> Markup:
    """A, b and c."""
    return _joined(tuple(parts), pgettext("list", "%(before)s and %(last)s"))


def or_(parts: Iterable[str | Markup]) -> Markup:
    """A, b or c."""
    return _joined(tuple(parts), pgettext("list", "%(before)s or %(last)s"))


def sentence(key: str, what: Markup, *lead: Markup) -> Sentence:
    """Make a sentence of a statement and of the conditions that stand before it.

    Args:
        key: what it is about.
        what: the statement, beginning small and without its full stop.
        lead: the conditions, each a part of a sentence.
    """
    if lead:
        text = said(
            pgettext("rule", "%(conditions)s, %(statement)s."),
            conditions=listed(lead),
            statement=what,
        )
    else:
        text = said(pgettext("rule", "%(statement)s."), statement=what)
    return Sentence(key=key, text=_capital(text))


def _joined(parts: tuple[str | Markup, ...], pattern: str) -> Markup:
    if len(parts) <= 1:
        return Markup().join(parts)
    return said(pattern, before=listed(parts[:-1]), last=parts[-1])


def _capital(text: Markup) -> Markup:
    # A name keeps its own letters, and stands in an element.
    return text if text.startswith("<") else trusted(text[:1].upper() + text[1:])
