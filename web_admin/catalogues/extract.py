"""Finds every message in the templates and modules of the pages."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from babel.messages.extract import extract
from jinja2 import TemplateSyntaxError

from gateway.errors import ConfigError

#: The package whose templates and modules are read.
PACKAGE: Final = Path(__file__).resolve().parents[1]
_METHODS: Final = {
    ".py": "babel.messages.extract:extract_python",
    ".html": "jinja2.ext:babel_extract",
}
_CONTEXT: Final = ((1, "c"), 2)
#: The gettext functions that our code calls, and which of their arguments are texts.
KEYWORDS: Final[dict[str, Any]] = {
    "_": None,
    "_l": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
    "pgettext": _CONTEXT,
    "lazy_pgettext": _CONTEXT,
    "npgettext": (*_CONTEXT, 3),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """A message where it is used.

    Attributes:
        text: the English sentence, in the singular.
        plural: the same in the plural, where there is one.
        context: what tells it from a like sentence, where there is something.
        place: file and line.
    """

    text: str
    plural: str | None
    context: str | None
    place: str

    @property
    def key(self) -> tuple[str | None, str]:
        """By what a catalogue finds it."""
        return self.context, self.text


def messages_of(package: Path = PACKAGE) -> list[Used]:
    """Read every template and module.

    Args:
        package: the folder of the package.

    Returns:
        each message at each of its places.

    Raises:
        ConfigError: if a template is not one; names it.
    """
    return [message for file in _files(package) for message in _messages_in(file, package)]


def unread_calls(package: Path = PACKAGE) -> list[str]:
    """Find calls whose message no catalogue can hold.

    Returns:
        one sentence for each: a text that is put together only when the page is made, or a gettext
        function under a name that ``KEYWORDS`` does not know.
    """
    return [
        f"{file.relative_to(package)}:{line}: {said}"
        for file in _files(package)
        if file.suffix == ".py"
        for line, said in _unread_in(ast.parse(file.read_text(encoding="utf-8")))
    ]


def _files(package: Path) -> list[Path]:
    modules = package.rglob("*.py")
    templates = (package / "templates").rglob("*.html")
    return sorted([*modules, *templates])


def _messages_in(file: Path, package: Path) -> Iterator[Used]:
    method = _METHODS[file.suffix]
    name = file.relative_to(package).as_posix()
    stream = BytesIO(file.read_bytes())
    options = {"silent": "false", "trim_blocks": "true", "encoding": "utf-8"}
    try:
        found = list(extract(method, stream, keywords=KEYWORDS, options=options))
    except TemplateSyntaxError as error:
        raise ConfigError(f"{name}:{error.lineno}: {error.message}") from error
    for line, texts, _comments, context in found:
        singular, plural = texts[:2] if isinstance(texts, tuple) else (texts, None)
        if singular:
            yield Used(text=singular, plural=plural, context=context, place=f"{name}:{line}")


def _unread_in(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "flask_babel":
            for alias in node.names:
                name = alias.asname or alias.name
                if alias.name in KEYWORDS and name not in KEYWORDS:
                    yield node.lineno, f"{alias.name} is called {name}, and nobody looks for that"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            plain = bool(node.args) and isinstance(node.args[0], ast.Constant)
            if node.func.id in KEYWORDS and not plain:
                yield node.lineno, f"what {node.func.id} is given is not a plain text"
