"""What a browser that was never here before has to fetch for a page, over the wire.

Counted are the page, every style sheet, script, picture and sprite that it names, and every font
that a style sheet names: a browser fetches only the fonts whose letters it meets, so this is the
most that it can be.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import urljoin, urlsplit

from simulators.bench.pages_client import Answer, PageClient, PageError

_NAMED: Final = re.compile(
    r"<(?:link|script|img|use|source)\b[^>]*?(?:href|src)=\"([^\"]+)\"", re.IGNORECASE
)
_NOT_FETCHED: Final = re.compile(r"<link\b[^>]*rel=\"(?:alternate|canonical|manifest)\"[^>]*>")
_IN_SCRIPTS: Final = re.compile(r"\b(?:from|import)\s*\(?\s*['\"](\.{1,2}/[^'\"]+)['\"]")
_IN_STYLES: Final = re.compile(r"url\(\s*['\"]?([^'\")]+)['\"]?\s*\)")


def files_named(page: str) -> tuple[str, ...]:
    """The addresses of the files that a page names, each once."""
    found = _NAMED.findall(_NOT_FETCHED.sub("", page))
    return tuple(dict.fromkeys(one.partition("#")[0] for one in found if _is_ours(one)))


def files_in_styles(styles: str) -> tuple[str, ...]:
    """The addresses of the files that a style sheet names, each once."""
    found = _IN_STYLES.findall(styles)
    return tuple(dict.fromkeys(one.partition("#")[0] for one in found if _is_ours(one)))


def files_in_scripts(script: str) -> tuple[str, ...]:
    """The addresses of the modules that a script imports, each once."""
    return tuple(dict.fromkeys(_IN_SCRIPTS.findall(script)))


def first_load_bytes(client: PageClient, path: str) -> int:
    """Fetch a page and all it needs, compressed as a browser is sent it.

    Args:
        client: logged in, if the page needs it, and asking for ``gzip``.
        path: the page.

    Raises:
        PageError: if a file is missing.
    """
    page = _fetched(client, path)
    wanted = [urljoin(path, one) for one in files_named(page.text)]
    sizes = {path: page.wire_bytes}
    while wanted:
        file = wanted.pop()
        if file in sizes:
            continue
        answer = _fetched(client, file)
        sizes[file] = answer.wire_bytes
        named = _FILES_IN.get(PurePosixPath(urlsplit(file).path).suffix)
        if named is not None:
            wanted += [urljoin(file, one) for one in named(answer.text)]
    return sum(sizes.values())


_FILES_IN: Final = {".css": files_in_styles, ".js": files_in_scripts}


def _is_ours(address: str) -> bool:
    return not address.startswith(("data:", "#")) and not urlsplit(address).netloc


def _fetched(client: PageClient, path: str) -> Answer:
    answer = client.get(path)
    if answer.status != 200:
        raise PageError(f"{path} answered with {answer.status}")
    return answer
