"""One life of a store on the recorded disk: what it asked of it, and what it promised when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from simulators.power.disk_log import Created, Files, Operation, Synced, Written, numbered
from simulators.power.image import whole_image
from simulators.power.recorder import Recorder
from simulators.power.sqlite_vfs import RecorderError


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A call of the product's came back: what it did must outlive any power cut from here on.

    Attributes:
        position: how many operations the log had then.
        transactions: those it said were safe, by name, each with its envelope's hash.
    """

    position: int
    transactions: Mapping[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """Everything that a store asked of the disk and promised, from opening to closing.

    Attributes:
        database: the name of the file that the store is in.
        initial: the files before it was opened.
        log: in order.
        promises: in order.
    """

    database: str
    initial: Files
    log: tuple[Operation, ...]
    promises: tuple[Promise, ...]

    def promised(self, cut: int) -> dict[str, bytes]:
        """Every transaction promised before the cut, with its hash."""
        return {
            name: envelope_hash
            for promise in self.promises
            if promise.position <= cut
            for name, envelope_hash in promise.transactions.items()
        }

    def possible(self, cut: int) -> tuple[int, ...]:
        """Where in the log the states stand that a cut may leave, and no others.

        The oldest is that of the last promise. Of the commit under way all may have arrived, so
        the newest is the first state that is whole after the cut.
        """
        kept = max((one.position for one in self.promises if one.position <= cut), default=0)
        positions = {0, len(self.log), *(one.position for one in self.promises)}
        positions.update(
            at for at, operation in enumerate(self.log, 1) if isinstance(operation, Synced)
        )
        after = min((at for at in positions if at > cut), default=cut)
        return tuple(sorted(at for at in positions if kept <= at <= after))

    def database_writes(self) -> tuple[int, ...]:
        """Where in the log the database file itself was written: checkpoints, mostly."""
        files = {number for name, number in numbered(self.initial).items() if name == self.database}
        found = []
        for at, operation in enumerate(self.log):
            if isinstance(operation, Created) and operation.name == self.database:
                files.add(operation.file)
            elif isinstance(operation, Written) and operation.file in files:
                found.append(at)
        return tuple(found)


class Life:
    """A store's life while it is being recorded.

    Attributes:
        recorder: hears the disk; its ``full`` fills it.
    """

    def __init__(self, recorder: Recorder, database: str, initial: Files) -> None:
        """Use ``recorded``."""
        self.recorder = recorder
        self._database = database
        self._initial = initial
        self._promises: list[Promise] = []

    def promise(self, transactions: Mapping[str, bytes] | None = None) -> None:
        """Note that the product has just said that all it was asked is durable."""
        position = len(self.recorder.log)
        self._promises.append(Promise(position=position, transactions=transactions or {}))

    def recording(self) -> Recording:
        """All of it up to now."""
        return Recording(
            database=self._database,
            initial=self._initial,
            log=tuple(self.recorder.log),
            promises=tuple(self._promises),
        )


@contextmanager
def recorded(
    folder: Path,
    database: str,
    *,
    known: Mapping[str, bytes] | None = None,
    lying_disk: bool = False,
) -> Iterator[Life]:
    """Record whatever is done to the databases of a folder.

    Args:
        folder: what lies there now counts as durable.
        database: the name of the store's file.
        known: what earlier lives promised.
        lying_disk: see ``Recorder``.

    Raises:
        RecorderError: if SQLite cannot be listened to, or not everything was heard.
    """
    initial = _files(folder)
    with Recorder(folder, lying_disk=lying_disk) as recorder:
        life = Life(recorder, database, initial)
        if known:
            life.promise(known)
        yield life
    heard = whole_image(initial, recorder.log)
    if heard != _files(folder):
        raise RecorderError(f"the files in {folder} are not what was heard being written")


def _files(folder: Path) -> dict[str, bytes]:
    """The durable files of a folder: not the shared memory, and not the lock, which is empty."""
    return {
        path.name: path.read_bytes()
        for path in folder.iterdir()
        if not path.name.endswith(("-shm", ".lock"))
    }
