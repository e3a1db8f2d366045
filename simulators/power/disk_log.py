"""What a database asked of its disk, in order: the facts that crash images are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Created:
    """A new, empty file got a name. The name is not durable before ``DirectorySynced``.

    Attributes:
        file: numbers the file itself; a later file of the same name has another number.
        name: within the one directory.
    """

    file: int
    name: str


@dataclass(frozen=True, slots=True)
class Written:
    """Bytes were put into a file at an offset."""

    file: int
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Truncated:
    """A file was cut, or extended with zeros, to a size."""

    file: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Synced:
    """The disk said that everything asked of this file before is durable."""

    file: int


@dataclass(frozen=True, slots=True)
class Deleted:
    """A name was taken out of the directory."""

    name: str


@dataclass(frozen=True, slots=True)
class DirectorySynced:
    """The disk said that all names made and taken away before are durable."""


Operation = Created | Written | Truncated | Synced | Deleted | DirectorySynced

Files = Mapping[str, bytes]
"""The files of a directory, by name."""


def numbered(initial: Files) -> dict[str, int]:
    """Number the files that were there, durably, before the first operation."""
    return {name: number for number, name in enumerate(sorted(initial))}
