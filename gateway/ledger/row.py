"""The base of every row that the ledger keeps."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable
from typing import ClassVar


class Row(ABC):
    """A frozen value that a store keeps under its primary key."""

    __slots__ = ()

    TABLE: ClassVar[str]

    @property
    @abstractmethod
    def key(self) -> Hashable:
        """The primary key: one value, or a tuple in the order of the table's key columns."""
