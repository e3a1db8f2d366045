"""What a backup holds, by name, and how it is called."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from gateway.config import SETTINGS_FILE

LEDGER_FILE: Final = "ledger.db"
OFFICE_FILE: Final = "office.db"
ISSUING_FILE: Final = "issuing.db"
MANIFEST_FILE: Final = "manifest.json"
KEYS_FILE: Final = "keys.sealed"

DATABASES: Final = (LEDGER_FILE, OFFICE_FILE, ISSUING_FILE)
#: Small files that hold no secret. The settings stand last: a data directory without them is one
#: whose making broke off, and the gateway refuses it.
PLAIN_FILES: Final = ("programme.toml", "gateway.json", SETTINGS_FILE)
#: What cannot be made again: seals of receipts, names of cards, sessions and codes of the web, what
#: printed codes and signed tags are signed with, and what codes on phones are drawn with.
KEY_FILES: Final = ("gateway.key", "card.key", "web.key", "issuer.key", "phone.key")
#: Without these two a restored gateway does not start.
NEEDED_KEYS: Final = ("gateway.key", "card.key")

ARCHIVED: Final = frozenset({*DATABASES, *PLAIN_FILES, KEYS_FILE})
#: In the data directory, unless somebody names another folder.
BACKUPS_FOLDER: Final = "backups"
SMALL_FILE_BYTES_MAX: Final = 1024 * 1024

#: What a data directory also holds and nobody misses: it is made again at every start.
_PASSING: Final = frozenset({"gateway.lock", "admin.sock", BACKUPS_FOLDER})
_LOGS: Final = ("-wal", "-shm", "-journal")

_STAMP: Final = "%Y%m%dT%H%M%SZ"
_NAME: Final = re.compile(r"mohr-backup-(\d{8}T\d{6}Z)\.tar\.gz", re.ASCII)


def backup_name(made_at_ms: int) -> str:
    """Name a backup after the second in which it was begun."""
    moment = datetime.fromtimestamp(made_at_ms // 1_000, UTC)
    return f"mohr-backup-{moment.strftime(_STAMP)}.tar.gz"


def made_at_ms(name: str) -> int | None:
    """When a backup was begun, by its name; None for anything that is not called like one."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    try:
        moment = datetime.strptime(found[1], _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
    return int(moment.timestamp()) * 1_000


def is_passing(name: str) -> bool:
    """Whether a file of a data directory is of no use to a restored one."""
    return name in _PASSING or name.endswith(_LOGS)
