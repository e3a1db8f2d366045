"""The one-time code of the first run: printed where the gateway starts, and never kept."""

from __future__ import annotations

import secrets
from typing import Final, cast

from flask import current_app

from gateway.office.house import Door

EXTENSION: Final = "mohr-setup-code"
_CODE_BYTES: Final = 16


class SetupCode:
    """A code that is good until there is an owner. May be used from any thread."""

    def __init__(self, door: Door) -> None:
        """Make a code for this run of the gateway."""
        self._door = door
        self._code: str | None = secrets.token_urlsafe(_CODE_BYTES)

    @property
    def value(self) -> str | None:
        """The code; None once there is an owner, for good.

        Raises:
            OfficeError: if the office cannot be asked.
        """
        if self._code is None:
            return None
        house = self._door.house
        if house is not None and house.office.accounts.has_owner():
            self._code = None
        return self._code


def current_setup_code() -> str | None:
    """The code of the application that serves this request; None once there is an owner."""
    return cast("SetupCode", current_app.extensions[EXTENSION]).value
