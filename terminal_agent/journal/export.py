"""Write the journal out for an auditor: a CBOR sequence (RFC 8742) of the sealed envelopes.

Each envelope is itself one CBOR item, so the file is the envelopes one after the other and nothing
else. Anyone with the terminal's public key can check every seal and every link in it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from gateway.durable import sync_directory
from terminal_agent.errors import JournalError
from terminal_agent.journal.values import Export, Pending


def write_export(path: Path, envelopes: Iterable[Pending]) -> Export:
    """Write ``envelopes`` to ``path``; see ``Journal.export``."""
    unfinished = path.with_name(path.name + ".part")
    count = size = 0
    first: int | None = None
    last: int | None = None
    try:
        fd = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(fd, "wb") as file:
            for item in envelopes:
                file.write(item.envelope)
                first = item.seq if first is None else first
                last = item.seq
                count += 1
                size += len(item.envelope)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
        sync_directory(path.parent)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise JournalError(f"cannot write the export {path}: {error.strerror}") from error
    return Export(count=count, size_bytes=size, first_seq=first, last_seq=last)
