"""What is attached, for an integrator: driver, firmware, maker. Optional for every backend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderDescription:
    """A device.

    Attributes:
        reader: its name, as events give it.
        driver: what drives it.
        firmware: the version in the device, empty where it does not say.
        detail: maker, model, serial number, empty where it does not say.
    """

    reader: str
    driver: str
    firmware: str = ""
    detail: str = ""


@runtime_checkable
class Described(Protocol):
    """A started reader that knows what it drives."""

    @property
    def description(self) -> ReaderDescription | None:
        """What is attached now; None while nothing is."""


@runtime_checkable
class Describing(Protocol):
    """A backend that can say what is attached before any reader is started."""

    def describe_readers(self) -> tuple[ReaderDescription, ...]:
        """The readers that are there now, with what they say of themselves.

        Raises:
            ReaderError: if that cannot be found out.
        """
