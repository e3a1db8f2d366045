"""A gateway's keys in a backup: all of them in one box that a passphrase opens, or none."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from gateway.backup.contents import KEY_FILES
from gateway.backup.errors import BackupError
from gateway.crypto.key_file import KEY_FILE_BYTES_MAX
from gateway.crypto.passphrase_box import open_with_passphrase, seal_with_passphrase

_PURPOSE: Final = b"mohr backup keys 1"


def present_keys(data_dir: Path) -> tuple[str, ...]:
    """Names of the keys that a data directory holds."""
    return tuple(name for name in KEY_FILES if (data_dir / name).is_file())


def seal_keys(data_dir: Path, names: tuple[str, ...], passphrase: str) -> bytes:
    """Close keys into a box.

    Raises:
        BackupError: if one cannot be read, or is far too long for a key.
        KeyStoreError: if the passphrase is too short or too long.
    """
    contents: dict[str, str] = {}
    for name in names:
        try:
            content = (data_dir / name).read_bytes()
        except OSError as error:
            raise BackupError(f"{name} cannot be read: {error}") from error
        if len(content) > KEY_FILE_BYTES_MAX:
            raise BackupError(f"{name} is too long for a key")
        contents[name] = base64.b64encode(content).decode()
    return seal_with_passphrase(json.dumps(contents).encode(), passphrase, _PURPOSE)


def open_keys(box: bytes, passphrase: str) -> Mapping[str, bytes]:
    """Open a box of keys.

    Returns:
        the content of each key file.

    Raises:
        CryptoError: if the passphrase is wrong or the box was changed.
        BackupError: if there are no keys inside.
    """
    opened = open_with_passphrase(box, passphrase, _PURPOSE)
    try:
        contents = json.loads(opened)
        keys = {name: base64.b64decode(text, validate=True) for name, text in contents.items()}
    except (ValueError, TypeError, AttributeError, binascii.Error) as error:
        raise BackupError("the box of keys holds something else") from error
    if not set(KEY_FILES).issuperset(keys):
        raise BackupError("the box of keys holds other files")
    return keys
