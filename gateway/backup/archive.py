"""Backups as files: a gzipped tar that any tar opens, read here more strictly than tar would.

A backup may come back from anywhere. So the reader takes plain files with the names and lengths of
the manifest, which must come first, and nothing else: no paths, links, extended headers or bytes
behind the end. It never holds more than a piece in memory, and unpacks no more than was announced.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, cast

from gateway.backup.contents import MANIFEST_FILE
from gateway.backup.errors import BackupFormatError, BackupSpaceError
from gateway.backup.manifest import MANIFEST_BYTES_MAX, ArchivedFile, Manifest, read_manifest
from gateway.durable import PRIVATE

_BLOCK_BYTES: Final = 512
_PIECE_BYTES: Final = 1024 * 1024
#: A ledger is mostly seals, which nothing compresses: higher levels cost far more than they save.
_LEVEL: Final = 3


def describe(path: Path) -> ArchivedFile:
    """Measure a file that is to be archived."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            digest.update(piece)
        size = file.tell()
    return ArchivedFile(name=path.name, size_bytes=size, sha256=digest.hexdigest())


def write_archive(target: Path, manifest: Manifest, folder: Path) -> None:
    """Write an archive that only its owner may read, and sync it.

    Args:
        target: a file that does not exist.
        manifest: goes first; names what follows.
        folder: where those files are.

    Raises:
        OSError: if it cannot be written.
    """
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE)
    with os.fdopen(descriptor, "wb") as raw:
        # No file name and the backup's own time in gzip's header: the bytes depend on nothing else.
        made_at_s = manifest.made_at_ms // 1_000
        with gzip.GzipFile("", "wb", _LEVEL, raw, mtime=made_at_s) as packed:
            content = manifest.to_json()
            packed.write(_header(MANIFEST_FILE, len(content), made_at_s))
            packed.write(content + bytes(-len(content) % _BLOCK_BYTES))
            for file in manifest.files:
                packed.write(_header(file.name, file.size_bytes, made_at_s))
                with (folder / file.name).open("rb") as source:
                    shutil.copyfileobj(source, packed, _PIECE_BYTES)
                packed.write(bytes(-file.size_bytes % _BLOCK_BYTES))
            packed.write(bytes(2 * _BLOCK_BYTES))
        raw.flush()
        os.fsync(raw.fileno())


def read_archive_manifest(archive: Path) -> Manifest:
    """Read only the manifest, which takes no time however large the backup is.

    Raises:
        BackupFormatError: if the file is no backup of ours.
        OSError: if it cannot be read.
    """
    with _opened(archive) as packed:
        return _read_head(packed)


def unpack(archive: Path, folder: Path) -> tuple[Manifest, tuple[ArchivedFile, ...]]:
    """Unpack everything into an empty folder that only its owner may enter.

    Args:
        archive: the backup.
        folder: where to.

    Returns:
        the manifest, and what was really found in place of each of its files.

    Raises:
        BackupFormatError: if the file is no whole backup of ours.
        BackupSpaceError: if what the manifest announces does not fit.
        OSError: if something cannot be read or written.
    """
    with _opened(archive) as packed:
        manifest = _read_head(packed)
        free_bytes = shutil.disk_usage(folder).free
        if manifest.size_bytes > free_bytes:
            raise BackupSpaceError(
                f"unpacking needs {manifest.size_bytes} bytes and {folder} has {free_bytes}"
            )
        found = tuple(_unpack_file(packed, file, folder) for file in manifest.files)
        if any(_exactly(packed, 2 * _BLOCK_BYTES)) or packed.read(1):
            raise BackupFormatError("the backup holds more than its manifest says")
    return manifest, found


@contextmanager
def _opened(archive: Path) -> Iterator[BinaryIO]:
    try:
        with gzip.open(archive, "rb") as packed:
            yield cast("BinaryIO", packed)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise BackupFormatError(f"{archive.name} is no whole backup: {error}") from error


def _read_head(packed: BinaryIO) -> Manifest:
    name, size = _next_header(packed)
    if name != MANIFEST_FILE or size > MANIFEST_BYTES_MAX:
        raise BackupFormatError("this is no backup of ours: it does not begin with a manifest")
    content = _exactly(packed, size)
    _exactly(packed, -size % _BLOCK_BYTES)
    return read_manifest(content)


def _unpack_file(packed: BinaryIO, file: ArchivedFile, folder: Path) -> ArchivedFile:
    name, size = _next_header(packed)
    if (name, size) != (file.name, file.size_bytes):
        raise BackupFormatError(f"{file.name} is not where the manifest says")
    digest = hashlib.sha256()
    # The name is one of a fixed few, so it cannot lead out of the folder.
    path = folder / file.name
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE)
    with os.fdopen(descriptor, "wb") as target:
        left = size
        while left:
            piece = _exactly(packed, min(left, _PIECE_BYTES))
            digest.update(piece)
            target.write(piece)
            left -= len(piece)
        target.flush()
        os.fsync(target.fileno())
    _exactly(packed, -size % _BLOCK_BYTES)
    return ArchivedFile(name=name, size_bytes=size, sha256=digest.hexdigest())


def _next_header(packed: BinaryIO) -> tuple[str, int]:
    try:
        header = tarfile.TarInfo.frombuf(_exactly(packed, _BLOCK_BYTES), "ascii", "strict")
    except (tarfile.HeaderError, UnicodeDecodeError) as error:
        raise BackupFormatError(f"the backup is damaged: {error}") from error
    if header.type != tarfile.REGTYPE or header.size < 0:
        raise BackupFormatError("the backup holds something that is no plain file")
    return header.name, header.size


def _exactly(packed: BinaryIO, size: int) -> bytes:
    content = packed.read(size)
    if len(content) != size:
        raise BackupFormatError("the backup ends in the middle")
    return content


def _header(name: str, size_bytes: int, made_at_s: int) -> bytes:
    header = tarfile.TarInfo(name)
    header.size, header.mode, header.mtime = size_bytes, PRIVATE, made_at_s
    # GNU's form alone writes the length of a ledger beyond 8 GiB into the header itself.
    return header.tobuf(tarfile.GNU_FORMAT, "ascii", "strict")
