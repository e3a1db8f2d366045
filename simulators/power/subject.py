"""The port: a store whose power is cut."""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import ClassVar

from simulators.power.recording import Life


class Subject(ABC):
    """Lives a random life on a recorded disk, and goes on with whatever a power cut left of it.

    Attributes:
        name: what reports call it.
        database: the name of its file.
    """

    name: ClassVar[str]
    database: ClassVar[str]

    @abstractmethod
    def live(self, life: Life, folder: Path) -> None:
        """Begin in an empty folder, work for a while, and close. Once, before anything else.

        Every call of the product's that came back is to be noted with ``life.promise``.
        """

    @abstractmethod
    def go_on(self, life: Life, folder: Path, dice: Random) -> list[str]:
        """Open what is left with the product's own code, check it, work on, check again, close.

        Returns:
            what the product's own checks found wrong.

        Raises:
            MohrError: if the product refuses to go on.
        """

    @abstractmethod
    def missing(self, connection: sqlite3.Connection, promised: Mapping[str, bytes]) -> list[str]:
        """Which promised transactions are not there, or are there as other bytes."""
