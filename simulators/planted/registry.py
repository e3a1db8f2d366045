"""Every planted bug by its name."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from types import MappingProxyType, ModuleType
from typing import Final

from simulators.planted import (
    card_bugs,
    currency_bugs,
    harmless,
    hold_bugs,
    journal_bugs,
    points_bugs,
    process_bugs,
    review_bugs,
    rules_back_bugs,
    rules_bugs,
    sending_bugs,
    sequence_bugs,
    storage_bugs,
)
from simulators.planted.bug import Calls, PlantedBug, PlantedError, planted_bug


def _bugs_of(*modules: ModuleType) -> dict[str, PlantedBug]:
    found: dict[str, PlantedBug] = {}
    for module in modules:
        for value in vars(module).values():
            if isinstance(value, PlantedBug):
                if value.name in found:
                    raise PlantedError(f"two planted bugs are called {value.name}")
                found[value.name] = value
    return found


#: What must be caught, in the order of the files.
BUGS: Final = MappingProxyType(
    _bugs_of(
        journal_bugs,
        sending_bugs,
        sequence_bugs,
        hold_bugs,
        points_bugs,
        rules_bugs,
        rules_back_bugs,
        currency_bugs,
        card_bugs,
        review_bugs,
        storage_bugs,
        process_bugs,
    )
)

#: What the design forgives.
HARMLESS: Final = MappingProxyType(_bugs_of(harmless))


def find_bug(name: str) -> PlantedBug:
    """Find a planted bug, harmful or not.

    Raises:
        PlantedError: if there is none of that name.
    """
    bug = BUGS.get(name) or HARMLESS.get(name)
    if bug is None:
        raise PlantedError(f"no planted bug is called {name!r}; --list names them")
    return bug


@contextmanager
def planted(name: str) -> Generator[Calls]:
    """Put a bug into the running product for the length of a block.

    Yields:
        how often it has been run into.

    Raises:
        PlantedError: if there is no such bug, or it cannot be planted.
    """
    with planted_bug(find_bug(name)) as calls:
        yield calls
