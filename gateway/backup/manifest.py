"""A backup's own account of itself: which files, their hashes, and the state they hold."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from gateway.backup.contents import (
    ARCHIVED,
    DATABASES,
    KEY_FILES,
    KEYS_FILE,
    SMALL_FILE_BYTES_MAX,
)
from gateway.backup.errors import BackupFormatError

MANIFEST_BYTES_MAX: Final = 64 * 1024
_I63_MAX: Final = 2**63 - 1

_Count = Annotated[int, Field(ge=0, le=_I63_MAX)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ArchivedFile(_Part):
    """One file of a backup.

    Attributes:
        name: its name in the data directory, or ``keys.sealed``.
        size_bytes: its length.
        sha256: its SHA-256, in hexadecimal.
    """

    name: str
    size_bytes: _Count
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class LedgerState(_Part):
    """Where the copied ledger ends.

    Attributes:
        journal_index: its last journal row; 0 for an empty journal.
        recorded_at_ms: when that was recorded; 0 for an empty journal.
        revision: of its schema.
    """

    journal_index: _Count
    recorded_at_ms: _Count
    revision: str


class Manifest(_Part):
    """What ``manifest.json`` says.

    Attributes:
        format: of the archive; this version writes and reads 1.
        made_at_ms: when the backup was begun, Unix time.
        mohr: the version of Mohr that made it...
        python: ...on this Python...
        sqlite: ...with this SQLite.
        ledger: where the copied ledger ends.
        files: what the archive holds behind the manifest, in its order.
        keys: the keys in ``keys.sealed``; empty where no passphrase was given.
        left_out: names of files of the data directory that the archive does not hold.
    """

    format: Literal[1] = 1
    made_at_ms: _Count
    mohr: str
    python: str
    sqlite: str
    ledger: LedgerState
    files: tuple[ArchivedFile, ...]
    keys: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _names_are_ours(self) -> Self:
        names = [file.name for file in self.files]
        if len(set(names)) != len(names) or not ARCHIVED.issuperset(names):
            raise ValueError("it names files that no backup holds")
        if DATABASES[0] not in names:
            raise ValueError("it holds no ledger")
        if not set(KEY_FILES).issuperset(self.keys) or bool(self.keys) != (KEYS_FILE in names):
            raise ValueError("it names keys that no backup holds")
        for file in self.files:
            if file.name not in DATABASES and file.size_bytes > SMALL_FILE_BYTES_MAX:
                raise ValueError(f"{file.name} is too long")
        return self

    @property
    def size_bytes(self) -> int:
        """What all files need when they are unpacked."""
        return sum(file.size_bytes for file in self.files)

    def to_json(self) -> bytes:
        """Write it as JSON."""
        return self.model_dump_json(indent=2).encode()


def read_manifest(content: bytes) -> Manifest:
    """Read a manifest.

    Raises:
        BackupFormatError: if it is none, or of a newer version of Mohr.
    """
    try:
        return Manifest.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "it"
        raise BackupFormatError(f"the manifest cannot be used: {where}: {first['msg']}") from error
