"""Style sheets, scripts, fonts and pictures: compressed once, named by their content, kept long.

Addresses hold one hash over all files, so browsers keep them until a release changes any and never
ask again; a style sheet finds its fonts beside it. Everything is in memory from the start.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Final

from flask import Flask, Response, abort, request

from gateway.errors import ConfigError

#: Where the files lie, and what each kind is called.
FOLDER: Final = Path(__file__).resolve().parent / "static"
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}
_COMPRESSED: Final = frozenset({".css", ".js", ".svg", ".webmanifest"})
_HASH_CHARACTERS: Final = 12
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_BRIEFLY: Final = "public, max-age=300"


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticFile:
    """One file as it is sent.

    Attributes:
        name: its path below the folder.
        kind: its media type.
        body: its bytes.
        packed: the same, gzip; None where that saves nothing.
        mark: the start of its SHA-256, its ETag.
    """

    name: str
    kind: str
    body: bytes
    packed: bytes | None
    mark: str


@cache
def read_static_files(folder: Path = FOLDER) -> Mapping[str, StaticFile]:
    """Read and compress every file that browsers get, once for all applications of a process.

    Raises:
        ConfigError: if a file cannot be read.
    """
    found = {}
    try:
        for path in sorted(folder.rglob("*")):
            kind = _TYPES.get(path.suffix)
            if kind is None or not path.is_file():
                continue
            body = path.read_bytes()
            name = path.relative_to(folder).as_posix()
            found[name] = StaticFile(
                name=name,
                kind=kind,
                body=body,
                packed=_pack(body) if path.suffix in _COMPRESSED else None,
                mark=sha256(body).hexdigest()[:_HASH_CHARACTERS],
            )
    except OSError as error:
        raise ConfigError(f"the pages' own files cannot be read: {error}") from error
    return MappingProxyType(found)


def init_static(app: Flask, folder: Path = FOLDER) -> None:
    """Serve the files under ``/static/`` and give templates ``static_url``.

    Args:
        app: an application made with ``static_folder=None``.
        folder: where the files lie.

    Raises:
        ConfigError: if a file cannot be read.
    """
    files = read_static_files(folder)
    release = _release_of(files)

    def static_url(name: str) -> str:
        """The address of a file by its path; KeyError says that there is no such file."""
        return f"/static/{release}/{files[name].name}"

    def send(filename: str) -> Response:
        """Send one file."""
        mark, _, name = filename.partition("/")
        file = files.get(name)
        if file is None:
            abort(404)
        # A page of an earlier release may still ask by its mark: it gets today's file, briefly.
        return _send(file, keep=_FOR_EVER if mark == release else _BRIEFLY)

    app.jinja_env.globals["static_url"] = static_url
    app.add_url_rule("/static/<path:filename>", "static", send)


def _release_of(files: Mapping[str, StaticFile]) -> str:
    every = "\n".join(f"{name} {files[name].mark}" for name in sorted(files))
    return sha256(every.encode()).hexdigest()[:_HASH_CHARACTERS]


def _send(file: StaticFile, *, keep: str) -> Response:
    packed = file.packed is not None and "gzip" in request.headers.get("Accept-Encoding", "")
    response = Response(file.packed if packed else file.body, content_type=file.kind)
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    if file.packed is not None:
        response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = keep
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.set_etag(f"{file.mark}-gzip" if packed else file.mark)
    response.make_conditional(request)
    return response


def _pack(body: bytes) -> bytes | None:
    # No time in the header: the same file is the same bytes on every machine.
    packed = gzip.compress(body, 9, mtime=0)
    return packed if len(packed) < len(body) else None
