"""What a power cut leaves of the files: purely from the log, the moment and the dice.

The model, after SQLite's own crash tests (test6.c, https://sqlite.org/testing.html#crash_testing):

- Everything before a file's last completed sync is there, whole. Of every write after it, any
  subset of the sectors arrived, in any order, also across files; a sector may hold garbage.
- A truncation that was not synced happened or did not, whatever became of the writes after it.
- A write that did not arrive may still have made the file longer: the rest is zeros.
- A name is durable when its directory was synced after it was made, and not before, though ext4
  is kinder; of the names made and deleted since, each stands where some moment left it.

Damage stays within the bytes of a write ("powersafe overwrite", which SQLite takes for granted
unless it is built otherwise, https://sqlite.org/psow.html): bytes beside it in the same sector,
synced before, are not touched. Not modelled: a disk that answers a sync before it has done it
(record with ``lying_disk`` for that), synced bytes that rot, and files swapped for one another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Final

from simulators.power.disk_log import (
    Created,
    Deleted,
    DirectorySynced,
    Files,
    Operation,
    Synced,
    Truncated,
    Written,
    numbered,
)

SECTORS_BYTES: Final = (512, 4096)

#: Of the writes that did not arrive, how many still made their file longer.
_GREW: Final = 0.1
#: Of the sectors of a torn write, how many hold garbage; the rest arrived or did not, evenly.
_GARBLED: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Mood:
    """How a disk treats what it was not told to keep.

    Attributes:
        whole: the share of writes (and truncations) that arrived.
        torn: the share of which some sectors arrived; the remaining writes did not.
    """

    whole: float
    torn: float


NOTHING: Final = Mood(whole=0.0, torn=0.0)
EVERYTHING: Final = Mood(whole=1.0, torn=0.0)
MOODS: Final = (
    NOTHING,
    EVERYTHING,
    Mood(whole=0.1, torn=0.2),
    Mood(whole=0.4, torn=0.3),
    Mood(whole=0.85, torn=0.1),
    Mood(whole=0.0, torn=1.0),
)


@dataclass(slots=True)
class _File:
    """One file: what is durable of it, and what was asked since."""

    content: bytearray = field(default_factory=bytearray)
    waiting: list[Written | Truncated] = field(default_factory=list)

    def sync(self) -> None:
        for operation in self.waiting:
            _apply(self.content, operation)
        self.waiting.clear()


def crash_image(
    initial: Files, log: Iterable[Operation], mood: Mood, dice: Random
) -> dict[str, bytes]:
    """Give the files as a power cut at the end of ``log`` may leave them.

    Args:
        initial: the files before the first operation, all durable.
        log: everything that was asked until the cut.
        mood: how much of what was not synced arrived.
        dice: which of it.

    Returns:
        the files that have a name, by name.
    """
    sector = dice.choice(SECTORS_BYTES)
    files, names, renamed = _replayed(initial, log)
    for name, numbers in sorted(renamed.items()):
        # Each name stands as some moment since the last sync of the directory left it.
        left = len(numbers) if dice.random() < mood.whole else dice.randint(0, len(numbers))
        if left:
            names[name] = numbers[left - 1]
    image = {}
    for name, number in sorted(names.items()):
        if number is not None:
            content = bytearray(files[number].content)
            for operation in files[number].waiting:
                _endure(content, operation, mood, dice, sector)
            image[name] = bytes(content)
    return image


def whole_image(initial: Files, log: Iterable[Operation]) -> dict[str, bytes]:
    """Give the files with every operation done: as a process that was killed leaves them."""
    return crash_image(initial, log, EVERYTHING, Random(0))


def _replayed(
    initial: Files, log: Iterable[Operation]
) -> tuple[dict[int, _File], dict[str, int | None], dict[str, list[int | None]]]:
    """Give the files by number, the durable names, and what happened to names since."""
    names: dict[str, int | None] = dict(numbered(initial))
    files = {number: _File(bytearray(initial[name])) for name, number in numbered(initial).items()}
    renamed: dict[str, list[int | None]] = {}
    for operation in log:
        match operation:
            case Created(file, name):
                files[file] = _File()
                renamed.setdefault(name, []).append(file)
            case Written(file) | Truncated(file):
                files[file].waiting.append(operation)
            case Synced(file):
                files[file].sync()
            case Deleted(name):
                renamed.setdefault(name, []).append(None)
            case DirectorySynced():
                names.update({name: numbers[-1] for name, numbers in renamed.items()})
                renamed.clear()
    return files, names, renamed


def _apply(content: bytearray, operation: Written | Truncated) -> None:
    if isinstance(operation, Written):
        _put(content, operation.offset, operation.data)
        return
    _grow(content, operation.size_bytes)
    del content[operation.size_bytes :]


def _endure(
    content: bytearray, operation: Written | Truncated, mood: Mood, dice: Random, sector: int
) -> None:
    """Do as much of an operation as the disk got to."""
    luck = dice.random()
    if luck < mood.whole:
        _apply(content, operation)
    elif isinstance(operation, Truncated):
        return
    elif luck < mood.whole + mood.torn:
        for offset, data in _pieces(operation, sector):
            luck = dice.random()
            if luck < _GARBLED:
                _put(content, offset, dice.randbytes(len(data)))
            elif luck < (1 + _GARBLED) / 2:
                _put(content, offset, data)
    elif dice.random() < _GREW:
        _grow(content, operation.offset + len(operation.data))


def _pieces(operation: Written, sector: int) -> Iterator[tuple[int, bytes]]:
    """Cut a write at the borders of sectors."""
    at, end = operation.offset, operation.offset + len(operation.data)
    while at < end:
        border = min((at // sector + 1) * sector, end)
        yield at, operation.data[at - operation.offset : border - operation.offset]
        at = border


def _put(content: bytearray, offset: int, data: bytes) -> None:
    _grow(content, offset)
    content[offset : offset + len(data)] = data


def _grow(content: bytearray, size_bytes: int) -> None:
    if len(content) < size_bytes:
        content.extend(bytes(size_bytes - len(content)))
