"""The owner's guide to programmes leaves nothing out, and says what the rules really do."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import StrEnum
from types import NoneType
from typing import TYPE_CHECKING, Final, TypeAlias, get_args, get_origin, get_type_hints

import pytest

from gateway.config_programme import default_programme, parse_programme, programme_text
from gateway.model.rules.rules import Rules
from gateway.model.rules.scope import Hours
from gateway.program.doubts import doubts
from gateway.programme_file.reading import Base
from gateway.programme_file.spelling import file_name
from gateway.programme_file.trade import Trade

if TYPE_CHECKING:
    from tests.unit.docs.conftest import Page

Pages: TypeAlias = "dict[str, Page]"

NAME: Final = "docs/programme.md"
_CODE: Final = re.compile(r"`([^`]+)`")
_WORD: Final = re.compile(r"[a-z_]+")


@pytest.fixture(scope="module")
def words(pages: Pages) -> set[str]:
    """Every word that stands in code on the page: in a sentence, a table or an example."""
    page = pages[NAME]
    code = [*_CODE.findall(page.prose), *(block.text for block in page.blocks)]
    return {word for text in code for word in _WORD.findall(text)}


def parts(kind: object) -> Iterator[type]:
    """A type of the model, and every type of its fields."""
    if get_origin(kind) is None and isinstance(kind, type):
        yield kind
        if is_dataclass(kind):
            for hint in get_type_hints(kind).values():
                yield from parts(hint)
    for inner in get_args(kind):
        if inner not in (NoneType, Ellipsis):
            yield from parts(inner)


def settings_of(kinds: set[type]) -> set[str]:
    """The names that the fields of these types have in a file."""
    found = ((kind, fields(kind)) for kind in kinds if is_dataclass(kind))
    return {file_name(kind, field.name) for kind, names in found for field in names}


def test_the_guide_names_every_setting(words: set[str]) -> None:
    """Whatever may stand in a file is explained under the name that it has there."""
    named = settings_of({*parts(Rules), Base} - {Hours})
    assert len(named) > 100
    assert {name for name in named if name not in words} == set()


def test_the_guide_names_every_choice(words: set[str]) -> None:
    """Every value of every setting that has a choice of them is on the page."""
    choices = {kind for kind in (*parts(Rules), *parts(Base)) if issubclass(kind, StrEnum)}
    assert len(choices) > 20
    values = {value.value for kind in choices for value in kind}
    assert {value for value in values if value not in words} == set()


def test_the_guide_names_every_template(pages: Pages) -> None:
    """Each template is in the table of trades, by the name that the command takes."""
    for trade in Trade:
        assert f"| `{trade}` |" in pages[NAME].prose


def test_the_guides_examples_are_beyond_doubt(pages: Pages) -> None:
    """What owners copy from the page gives no reason to look again."""
    base = programme_text(default_programme("EUR"))
    blocks = [block.text for block in pages[NAME].blocks if block.language == "toml"]
    assert len(blocks) > 3
    for text in blocks:
        whole = text if "earn_points" in tomllib.loads(text) else base + text
        assert doubts(parse_programme(whole)) == ()
