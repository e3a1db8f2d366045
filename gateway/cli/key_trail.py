"""What ``mohr key`` does to a gateway's keys stands in the trail of its office."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.config import SETTINGS_FILE
from gateway.errors import MohrError


@contextmanager
def recorded(directory: Path, *, action: str, subject: str) -> Iterator[dict[str, int]]:
    """Write down that a change is about to be made, and what became of it.

    Args:
        directory: the data directory; without a gateway in it nothing is written down.
        action: a machine name, such as ``key.add``.
        subject: a key version, or a file's name.

    Yields:
        what the change made, to be filled in.

    Raises:
        OfficeError: if the trail cannot be written; then nothing was changed.
    """
    made: dict[str, int] = {}
    if not (directory / SETTINGS_FILE).exists():
        yield made
        return
    # Imported here: the database is slow to load, and a ceremony has none.
    from gateway.office.store import OFFICE_FILE, OfficeStore  # noqa: PLC0415 - see above
    from gateway.office.trail import COMMAND_LINE, TrailOutcome  # noqa: PLC0415 - see above
    from gateway.system_clock import SystemClock  # noqa: PLC0415 - see above

    trail = OfficeStore(directory / OFFICE_FILE, SystemClock()).trail
    entry = trail.begin(account=COMMAND_LINE, action=action, subject=subject, before={})
    try:
        yield made
    except MohrError as error:
        trail.finish(entry, outcome=TrailOutcome.FAILED, after={}, detail=str(error))
        raise
    trail.finish(entry, outcome=TrailOutcome.DONE, after=dict(made), detail="")
