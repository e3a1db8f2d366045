"""The lock: for each package what npm vouched for, for each file its hash."""

from __future__ import annotations

import json
import tomllib
from hashlib import sha256
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from web_admin.vendoring.errors import VendorError

FILE: Final = Path(__file__).resolve().parent / "vendor.lock.toml"
_HEAD: Final = "# Written by `python -m web_admin.vendoring fetch`; do not edit.\n"


class _Value(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LockedFile(_Value):
    """One file as it lies here.

    Attributes:
        source: its path in the tarball; for a sprite the icon's, for a licence text ``(text)``.
        destination: its path below the checkout; an icon's has ``#name`` behind it.
        sha256: of the member, in hexadecimal.
    """

    source: str
    destination: str
    sha256: str


class LockedPackage(_Value):
    """One package as it was got.

    Attributes:
        name: on npm.
        version: exactly this one.
        integrity: ``sha512-`` and base64 of the tarball's hash, as npm publishes it.
        licence: SPDX name.
        file: its files.
    """

    name: str
    version: str
    integrity: str
    licence: str
    file: tuple[LockedFile, ...]


class Lock(_Value):
    """Everything that was got.

    Attributes:
        package: by name.
    """

    package: tuple[LockedPackage, ...] = ()


def hash_of(data: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return sha256(data).hexdigest()


def read_lock(file: Path = FILE) -> Lock:
    """Read a lock; one that is not there yet locks nothing.

    Raises:
        VendorError: if it cannot be read or does not make sense.
    """
    if not file.exists():
        return Lock()
    try:
        return Lock.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise VendorError(f"{file.name} cannot be read: {error}") from error


def write_lock(lock: Lock) -> str:
    """Write a lock as TOML; the same lock is the same text."""
    lines = [_HEAD]
    for package in sorted(lock.package, key=lambda one: one.name):
        lines.append("[[package]]")
        lines += _fields(package, "name", "version", "integrity", "licence")
        for file in sorted(package.file, key=lambda one: one.destination):
            lines += ["", "[[package.file]]"]
            lines += _fields(file, "source", "destination", "sha256")
        lines.append("")
    return "\n".join(lines)


def _fields(value: LockedPackage | LockedFile, *names: str) -> list[str]:
    return [f"{name} = {json.dumps(getattr(value, name))}" for name in names]
