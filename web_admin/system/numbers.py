"""The figures of the system page: versions, sizes of files, and what the gateway counted."""

from __future__ import annotations

import platform
import sqlite3
from importlib.metadata import version
from pathlib import Path
from typing import Final, TypeAlias

from flask_babel import gettext as _
from markupsafe import Markup

from gateway.backup.contents import LEDGER_FILE, OFFICE_FILE
from gateway.backup.shelf import Backup
from gateway.doctor.facts import Facts
from gateway.office.commands import Stats
from gateway.office.house import House
from web_admin.filters import num
from web_admin.system.sizes import size_words

_CODE: Final = Markup('<bdi translate="no" class="font-monospace" dir="ltr">{}</bdi>')


#: Labels, and what stands beside them.
Rows: TypeAlias = tuple[tuple[str, str], ...]


def versions(facts: Facts) -> Rows:
    """What runs here."""
    return (
        (_("This software"), _CODE.format(version("mohr"))),
        (_("Python interpreter"), _CODE.format(platform.python_version())),
        (_("Database library"), _CODE.format(sqlite3.sqlite_version)),
        (_("Ledger's schema"), _CODE.format(facts.ledger.revision or "?")),
        (_("Operating system"), _CODE.format(f"{platform.system()} {platform.release()}")),
    )


def storage(house: House, facts: Facts, backups: tuple[Backup, ...]) -> Rows:
    """What lies on the disk."""
    return (
        *_ledger(house, facts),
        (_("Office"), _size_of(house, OFFICE_FILE)),
        (_("Backups"), size_words(sum(one.size_bytes for one in backups))),
        (
            _("Free on the disk"),
            _(
                "%(free)s of %(total)s",
                free=size_words(facts.machine.free_bytes),
                total=size_words(facts.machine.total_bytes),
            ),
        ),
    )


def counters(stats: Stats) -> Rows:
    """What the gateway counted since it was started."""
    return (
        (_("Messages received"), num(stats.deliveries)),
        (_("Rows written to the journal"), num(stats.journalled)),
        (_("Durable commits"), num(stats.commits)),
        (_("Repeated messages"), num(stats.duplicates)),
        (_("Put into quarantine"), num(stats.quarantined)),
        (_("Messages sent"), num(stats.published)),
        (_("Not sent for lack of a connection"), num(stats.unpublished)),
        (_("Left to be sent again"), num(stats.shed)),
        (_("Failed in the gateway"), num(stats.set_aside)),
        (_("Waiting to be written"), num(stats.waiting)),
        (_("Terminals connected"), num(stats.terminals_online)),
    )


def _ledger(house: House, facts: Facts) -> Rows:
    if isinstance(house.ledger.place, Path):
        return (
            (_("Ledger"), _size_of(house, LEDGER_FILE)),
            (_("Ledger's log"), _size_of(house, f"{LEDGER_FILE}-wal")),
        )
    # A database elsewhere: whether it answers at all was found out with the facts.
    known = facts.ledger.fault is None
    return ((_("Ledger"), size_words(house.ledger.size_bytes()) if known else "?"),)


def _size_of(house: House, name: str) -> str:
    path = house.data_dir / name
    return size_words(path.stat().st_size if path.is_file() else 0)
