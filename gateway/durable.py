"""Files that a power cut leaves whole: their bytes and their names are on the disk on return."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Final

#: Readable by the owner alone, as everything is that Mohr keeps beside its keys.
PRIVATE: Final = 0o600
#: What other machines are told, such as public keys, and settings without secrets.
PUBLIC: Final = 0o644


def write_durably(
    path: Path, content: bytes, *, mode: int = PRIVATE, replace: bool = False
) -> None:
    """Write a file and sync it, its name included.

    Args:
        path: where.
        content: all of it.
        mode: permission bits of a new file, less the process's umask.
        replace: write over what is there already; otherwise it is an error and left as it is.

    Raises:
        FileExistsError: if something is there that must not be replaced.
        OSError: if it cannot be written or synced.
    """
    how = os.O_TRUNC if replace else os.O_EXCL
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | how | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    sync_directory(path.parent)


def write_whole(path: Path, content: bytes, *, replace: bool = False) -> None:
    """Write a private file (0600) beside its place, sync it, and only then give it its name.

    Under its name there is always a whole file: the old one, the new one, or none.

    Args:
        path: where; the directory must exist.
        content: all of it.
        replace: put it in the place of what is there; otherwise that is an error.

    Raises:
        FileExistsError: if something is there that must not be replaced.
        OSError: if it cannot be written or synced; what is there is left as it is.
    """
    descriptor, name = tempfile.mkstemp(prefix=_aside_prefix(path), dir=path.parent)
    aside = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            aside.replace(path)
        else:
            _take_name(aside, path)
    finally:
        aside.unlink(missing_ok=True)
    sync_directory(path.parent)


def clear_asides(path: Path) -> None:
    """Remove what a killed ``write_whole`` of this path left. Only while nobody else writes it.

    Raises:
        OSError: if something cannot be removed.
    """
    for aside in path.parent.iterdir():
        if aside.name.startswith(_aside_prefix(path)):
            aside.unlink(missing_ok=True)


def _take_name(aside: Path, path: Path) -> None:
    """Give a file its name, if nobody has it: unlike a rename, a hard link fails where one has."""
    try:
        os.link(aside, path)
    except PermissionError:
        # What FAT says to every link (link(2)), and memory sticks are FAT. The name is taken by an
        # empty file then, whose place the whole one gets.
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE))
        aside.replace(path)


def _aside_prefix(path: Path) -> str:
    return f".{path.name}."


def sync_directory(directory: Path) -> None:
    """Make the names in a directory as durable as the files they stand for.

    Raises:
        OSError: if the directory cannot be opened or synced.
    """
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
