"""Faults of the back office's store. Refusals that a person can cause are returned values.

::

    OfficeError
    ├── OfficeFullError       no space: nothing was changed, the same may be tried again
    └── OfficeVersionError    the file was made by a newer version of Mohr
"""

from __future__ import annotations

from gateway.errors import MohrError


class OfficeError(MohrError):
    """The office's store failed, or was asked for something that contradicts itself."""


class OfficeFullError(OfficeError):
    """The disk is full. Nothing was changed; try again when there is space."""


class OfficeVersionError(OfficeError):
    """The database was made by a newer version of Mohr than this one."""
