"""SQLite's own door to the disk, opened from Python: the structures of ``sqlite3_vfs`` by ctypes.

The library is reached through Python's ``_sqlite3`` module, whose symbols lead to the very copy of
SQLite that the product runs on. See https://sqlite.org/c3ref/vfs.html and ``io_methods.html``.
"""

from __future__ import annotations

import _sqlite3
import ctypes
import sqlite3
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_int, c_int64, c_void_p
from typing import Any, Final

from gateway.errors import MohrError

SQLITE_OK: Final = 0
SQLITE_IOERR: Final = 10
SQLITE_FULL: Final = 13


class RecorderError(MohrError):
    """This Python's SQLite cannot be listened to, or what was heard makes no sense."""


# POINTER(c_char) would copy; an address passes through untouched, which file names must: SQLite
# keeps the parameters of a URI behind their end.
Open = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, c_void_p)
Delete = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int)
Close = CFUNCTYPE(c_int, c_void_p)
Write = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
Truncate = CFUNCTYPE(c_int, c_void_p, c_int64)
Sync = CFUNCTYPE(c_int, c_void_p, c_int)
OpenDirectory = CFUNCTYPE(c_int, c_char_p, POINTER(c_int))
SetSystemCall = CFUNCTYPE(c_int, c_void_p, c_char_p, c_void_p)
GetSystemCall = CFUNCTYPE(c_void_p, c_void_p, c_char_p)


class Vfs(Structure):
    """``sqlite3_vfs``, version 3."""

    _fields_ = (
        ("version", c_int),
        ("file_bytes", c_int),
        ("path_bytes_max", c_int),
        ("next", c_void_p),
        ("name", c_char_p),
        ("data", c_void_p),
        ("open", c_void_p),
        ("delete", c_void_p),
        ("access", c_void_p),
        ("full_pathname", c_void_p),
        ("dl_open", c_void_p),
        ("dl_error", c_void_p),
        ("dl_sym", c_void_p),
        ("dl_close", c_void_p),
        ("randomness", c_void_p),
        ("sleep", c_void_p),
        ("current_time", c_void_p),
        ("last_error", c_void_p),
        ("current_time_ms", c_void_p),
        ("set_system_call", c_void_p),
        ("get_system_call", c_void_p),
        ("next_system_call", c_void_p),
    )


class IoMethods(Structure):
    """``sqlite3_io_methods``, version 3; a file begins with a pointer to its own."""

    _fields_ = (
        ("version", c_int),
        ("close", c_void_p),
        ("read", c_void_p),
        ("write", c_void_p),
        ("truncate", c_void_p),
        ("sync", c_void_p),
        ("file_size", c_void_p),
        ("lock", c_void_p),
        ("unlock", c_void_p),
        ("check_reserved_lock", c_void_p),
        ("file_control", c_void_p),
        ("sector_size", c_void_p),
        ("device_characteristics", c_void_p),
        ("shm_map", c_void_p),
        ("shm_lock", c_void_p),
        ("shm_barrier", c_void_p),
        ("shm_unmap", c_void_p),
        ("fetch", c_void_p),
        ("unfetch", c_void_p),
    )


class Library:
    """The SQLite that ``import sqlite3`` uses."""

    def __init__(self) -> None:
        """Find it.

        Raises:
            RecorderError: if this Python hides its SQLite's symbols.
        """
        # A Python with SQLite built in has no such file, and its own symbols are asked instead.
        self._library = ctypes.CDLL(getattr(_sqlite3, "__file__", None))
        try:
            self._find = self._library.sqlite3_vfs_find
            self._register = self._library.sqlite3_vfs_register
            self._unregister = self._library.sqlite3_vfs_unregister
            version = self._library.sqlite3_libversion
        except AttributeError as error:
            raise RecorderError(f"this Python hides its SQLite: {error}") from error
        self._find.restype = c_void_p
        version.restype = c_char_p
        if version().decode() != sqlite3.sqlite_version:
            raise RecorderError(f"this Python's SQLite is not the {version().decode()} found")

    def default(self) -> Vfs:
        """The file system in force.

        Raises:
            RecorderError: if it is not one for Unix in the version we know.
        """
        address = self._find(None)
        vfs = Vfs.from_address(address) if address else None
        if vfs is None or vfs.name != b"unix" or vfs.version < 3:
            raise RecorderError(f"SQLite's file system here is {vfs and vfs.name!r}, not b'unix'")
        return vfs

    def register(self, vfs: Vfs) -> None:
        """Make a file system the default for connections opened from now on."""
        self._check(self._register(ctypes.byref(vfs), 1))

    def unregister(self, vfs: Vfs) -> None:
        """Take a file system out again; files opened through it stay as they are."""
        self._check(self._unregister(ctypes.byref(vfs)))

    def _check(self, code: int) -> None:
        if code != SQLITE_OK:
            raise RecorderError(f"SQLite answered {code}")


def function(kind: Any, address: int) -> Any:  # noqa: ANN401 - ctypes' function types have no name
    """Make a pointer found in a structure callable."""
    return kind(address)


def address_of(callback: Any) -> int:  # noqa: ANN401 - as above
    """The address under which C calls a callback; the callback must be kept alive."""
    address = ctypes.cast(callback, c_void_p).value
    assert address is not None, "a callback has an address"
    return address
