"""Listens to everything that the product's own SQLite connections ask of the disk.

While a ``Recorder`` is open, a file system of ours stands between SQLite and its Unix one. Every
call goes through to the real file; writes, truncations, syncs and deletions are noted when they
have succeeded. The product is not changed and does not know.

Ways weighed: ``strace`` sees the same calls, but is slow, another program, and asks for ptrace; a
FUSE layer needs /dev/fuse and root; apsw brings its own SQLite, so that the product's driver would
not be what is tested; an ``LD_PRELOAD`` library would be C. This needs nothing but ctypes.

Syncs of a directory are seen where SQLite opens one, which it does for nothing else
(``openDirectory`` in os_unix.c). What Python code itself syncs is not seen: that makes images
harsher, never kinder. The shared-memory file (``-shm``) is not durable state and does not pass
through here; SQLite makes it anew.
"""

from __future__ import annotations

import ctypes
import os
from ctypes import c_void_p, string_at
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from simulators.power.disk_log import (
    Created,
    Deleted,
    DirectorySynced,
    Operation,
    Synced,
    Truncated,
    Written,
    numbered,
)
from simulators.power.sqlite_vfs import (
    SQLITE_FULL,
    SQLITE_IOERR,
    SQLITE_OK,
    Close,
    Delete,
    GetSystemCall,
    IoMethods,
    Library,
    Open,
    OpenDirectory,
    RecorderError,
    SetSystemCall,
    Sync,
    Truncate,
    Vfs,
    Write,
    address_of,
    function,
)

_NAME: Final = b"mohr-recorder"
_DIRECTORY_CALL: Final = b"openDirectory"


class Recorder:
    """Notes what is asked of the files in one directory. Use as a context manager, one at a time.

    The files that lie there at the beginning count as durable.

    Attributes:
        log: what was noted so far, in order.
        full: while true, no file can grow: SQLite is told that the disk is full.
    """

    def __init__(self, folder: Path, *, lying_disk: bool = False) -> None:
        """Listen to nothing yet.

        Args:
            folder: of the databases.
            lying_disk: note no sync at all, as if the disk acknowledged what it did not do.
        """
        self.log: list[Operation] = []
        self.full = False
        self._folder = folder
        self._lying = lying_disk
        self._numbers: dict[str, int] = {}
        self._sizes: dict[int, int] = {}
        self._open: dict[int, int] = {}
        self._faults: list[Exception] = []

    def __enter__(self) -> Self:
        files = {path.name: b"" for path in self._folder.iterdir()}
        self._numbers = numbered(files)
        self._sizes = {
            number: (self._folder / name).stat().st_size for name, number in self._numbers.items()
        }
        _switch().on(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _switch().off()
        if self._faults:
            raise RecorderError("the recorder itself failed") from self._faults[0]

    # -- what the switch reports ----------------------------------------------------------------

    def opened(self, handle: int, path: str) -> None:
        """A database, log or rollback journal was opened; it may be new."""
        folder, name = os.path.split(path)
        if folder != str(self._folder):
            return
        if name not in self._numbers:
            number = len(self._sizes)
            if (size := Path(path).stat().st_size) != 0:
                raise RecorderError(f"{size} bytes of {name} were written behind our back")
            self._numbers[name] = number
            self._sizes[number] = 0
            self.log.append(Created(number, name))
        self._open[handle] = self._numbers[name]

    def closed(self, handle: int) -> None:
        """A file was closed, which makes nothing durable."""
        self._open.pop(handle, None)

    def fits(self, handle: int, end: int) -> bool:
        """Say whether there is room for a file to reach up to ``end``."""
        number = self._open.get(handle)
        return not self.full or number is None or end <= self._sizes[number]

    def written(self, handle: int, offset: int, data: bytes) -> None:
        """Bytes went into a file."""
        if (number := self._open.get(handle)) is not None:
            self._sizes[number] = max(self._sizes[number], offset + len(data))
            self.log.append(Written(number, offset, data))

    def truncated(self, handle: int, size_bytes: int) -> None:
        """A file was given another size."""
        if (number := self._open.get(handle)) is not None:
            self._sizes[number] = size_bytes
            self.log.append(Truncated(number, size_bytes))

    def synced(self, handle: int) -> None:
        """A file was synced."""
        if (number := self._open.get(handle)) is not None and not self._lying:
            self.log.append(Synced(number))

    def deleted(self, path: str) -> None:
        """A name was taken away."""
        folder, name = os.path.split(path)
        if folder == str(self._folder) and self._numbers.pop(name, None) is not None:
            self.log.append(Deleted(name))

    def directory_synced(self, folder: str) -> None:
        """A directory was synced."""
        if folder == str(self._folder) and not self._lying:
            self.log.append(DirectorySynced())

    def failed(self, error: Exception) -> None:
        """Keep what went wrong in a callback, from which nothing can be raised."""
        self._faults.append(error)


class _Switch:
    """The file system of ours, made once: SQLite may call it as long as a file of its is open."""

    def __init__(self) -> None:
        self._library = Library()
        self._unix = self._library.default()
        self._recorder: Recorder | None = None
        self._directories: list[str] = []
        self._methods: dict[int, tuple[IoMethods, int]] = {}
        self._unix_address = ctypes.addressof(self._unix)
        self._real_open = function(Open, self._unix.open)
        self._real_delete = function(Delete, self._unix.delete)
        find = function(GetSystemCall, self._unix.get_system_call)
        self._set = function(SetSystemCall, self._unix.set_system_call)
        self._real_open_directory = function(
            OpenDirectory, find(self._unix_address, _DIRECTORY_CALL)
        )
        # ctypes frees a callback with its Python object; all of them live as long as this one.
        self._open = Open(self._on_open)
        self._delete = Delete(self._on_delete)
        self._open_directory = OpenDirectory(self._on_open_directory)
        self._callbacks: list[Any] = []
        self._vfs = Vfs.from_buffer_copy(self._unix)
        self._vfs.name = _NAME
        self._vfs.open = address_of(self._open)
        self._vfs.delete = address_of(self._delete)

    def on(self, recorder: Recorder) -> None:
        if self._recorder is not None:
            raise RecorderError("one recorder at a time")
        self._library.register(self._vfs)
        self._set(self._unix_address, _DIRECTORY_CALL, address_of(self._open_directory))
        self._recorder = recorder

    def off(self) -> None:
        self._recorder = None
        self._library.unregister(self._vfs)
        self._library.register(self._unix)
        # NULL puts SQLite's own function back.
        self._set(self._unix_address, _DIRECTORY_CALL, None)

    # -- calls of SQLite's ----------------------------------------------------------------------

    def _on_open(self, _vfs: int, name: int | None, file: int, flags: int, out: int | None) -> int:
        code = int(self._real_open(self._unix_address, name, file, flags, out))
        try:
            if code == SQLITE_OK and self._recorder is not None and name is not None:
                methods = c_void_p.from_address(file)
                if methods.value is not None:
                    methods.value = self._listening(methods.value)
                    self._recorder.opened(file, os.fsdecode(string_at(name)))
        except Exception as error:  # noqa: BLE001 - nothing can be raised into C; kept for the end
            return self._fail(error)
        return code

    def _on_delete(self, _vfs: int, name: int, sync: int) -> int:
        self._directories.clear()
        code = int(self._real_delete(self._unix_address, name, sync))
        try:
            if code == SQLITE_OK and self._recorder is not None:
                self._recorder.deleted(os.fsdecode(string_at(name)))
                self._report_directories()
        except Exception as error:  # noqa: BLE001 - as above
            return self._fail(error)
        return code

    def _on_open_directory(self, name: bytes, out: Any) -> int:  # noqa: ANN401 - a ctypes pointer
        # Called within a sync or a deletion, and for the sync of the directory that follows it.
        self._directories.append(os.path.dirname(os.fsdecode(name)))  # noqa: PTH120 - bytes from C
        return int(self._real_open_directory(name, out))

    def _listening(self, address: int) -> int:
        """Copy a file's methods once, with ours in the places of those that change the disk."""
        if address not in self._methods:
            plain = IoMethods.from_address(address)
            ours = IoMethods.from_buffer_copy(plain)
            callbacks = {
                "close": self._closing(function(Close, plain.close)),
                "write": self._writing(function(Write, plain.write)),
                "truncate": self._truncating(function(Truncate, plain.truncate)),
                "sync": self._syncing(function(Sync, plain.sync)),
            }
            for name, callback in callbacks.items():
                setattr(ours, name, address_of(callback))
            self._callbacks.extend(callbacks.values())
            self._methods[address] = (ours, ctypes.addressof(ours))
        return self._methods[address][1]

    def _closing(self, real: Any) -> Any:  # noqa: ANN401 - ctypes' function types have no name
        def close(file: int) -> int:
            if self._recorder is not None:
                self._recorder.closed(file)
            return int(real(file))

        return Close(close)

    def _writing(self, real: Any) -> Any:  # noqa: ANN401 - as above
        def write(file: int, data: int, size: int, offset: int) -> int:
            recorder = self._recorder
            if recorder is not None and not recorder.fits(file, offset + size):
                return SQLITE_FULL
            code = int(real(file, data, size, offset))
            if code == SQLITE_OK and recorder is not None:
                recorder.written(file, offset, string_at(data, size))
            return code

        return Write(write)

    def _truncating(self, real: Any) -> Any:  # noqa: ANN401 - as above
        def truncate(file: int, size: int) -> int:
            code = int(real(file, size))
            if code == SQLITE_OK and self._recorder is not None:
                self._recorder.truncated(file, size)
            return code

        return Truncate(truncate)

    def _syncing(self, real: Any) -> Any:  # noqa: ANN401 - as above
        def sync(file: int, flags: int) -> int:
            self._directories.clear()
            code = int(real(file, flags))
            if code == SQLITE_OK and self._recorder is not None:
                self._recorder.synced(file)
                self._report_directories()
            return code

        return Sync(sync)

    def _report_directories(self) -> None:
        assert self._recorder is not None
        for folder in self._directories:
            self._recorder.directory_synced(folder)
        self._directories.clear()

    def _fail(self, error: Exception) -> int:
        assert self._recorder is not None
        self._recorder.failed(error)
        return SQLITE_IOERR


_made: list[_Switch] = []


def _switch() -> _Switch:
    if not _made:
        _made.append(_Switch())
    return _made[0]
