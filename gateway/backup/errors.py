"""Faults of backups.

::

    BackupError
    ├── BackupSpaceError      no space: nothing half is left behind
    ├── BackupBusyError       another backup is being made in the same folder
    ├── BackupFormatError     a file that is no whole backup of ours
    └── BackupRefusedError    a backup that must not be restored as it was asked for
"""

from __future__ import annotations

from gateway.errors import MohrError


class BackupError(MohrError):
    """A backup cannot be taken, read or restored; the message says what to do."""


class BackupSpaceError(BackupError):
    """The disk is full, or would be. Nothing half is left behind."""


class BackupBusyError(BackupError):
    """Another backup is being made in the same folder at this moment."""


class BackupFormatError(BackupError):
    """A file is no backup of ours, is not whole, or holds what no backup holds."""


class BackupRefusedError(BackupError):
    """Restoring was refused; nothing was written."""
