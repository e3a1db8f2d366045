"""A door whose house stands already: for pages before a gateway that somebody else runs."""

from __future__ import annotations

from pathlib import Path

from gateway.clock import Clock
from gateway.errors import ConfigError
from gateway.office.house import Door, FirstSteps, House


class OpenDoor(Door):
    """Leads to one house, and builds none."""

    def __init__(self, house: House) -> None:
        """Stand before a house."""
        self._house = house

    @property
    def house(self) -> House:
        """The house, which is always there."""
        return self._house

    @property
    def data_dir(self) -> Path:
        """The house's data directory."""
        return self._house.data_dir

    @property
    def clock(self) -> Clock:
        """The house's time."""
        return self._house.clock

    def set_up(self, steps: FirstSteps) -> House:
        """Refuse: there is nothing to set up.

        Raises:
            ConfigError: always.
        """
        raise ConfigError(f"a gateway is here already; {steps.organisation} needs another place")
