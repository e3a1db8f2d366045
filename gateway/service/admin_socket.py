"""The local socket through which the command line reaches the one writer.

One connection carries one command and its reply, each a line of JSON. The kernel is the lock on the
door: the socket is made with mode 0600, and a peer of another user is refused.
"""

from __future__ import annotations

import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import structlog

from gateway.errors import ConfigError, MohrError
from gateway.office.commands import (
    COMMAND_BYTES_MAX,
    Command,
    Reply,
    decode_command,
    decode_reply,
)

REPLY_BYTES_MAX: Final = 16 * 1024 * 1024
_CONVERSATION_TIMEOUT_S: Final = 10.0
_ACCEPT_POLL_S: Final = 0.2
#: struct ucred of unix(7): process, user, group.
_UCRED: Final = struct.Struct("3i")
#: sun_path of unix(7) holds 108 bytes with its final NUL.
_SUN_PATH_BYTES: Final = 107


class AdminSocket:
    """Listens on a Unix socket and hands each command to ``handle``, one at a time."""

    def __init__(self, path: Path, handle: Callable[[Command], Reply]) -> None:
        """Open the socket.

        Args:
            path: where; a leftover of a gateway that died is replaced, which is safe because the
                caller holds the data directory's lock.
            handle: executes a command; what it raises of our fault tree becomes the reply.

        Raises:
            ConfigError: if the socket cannot be opened.
        """
        self._path = path
        self._handle = handle
        self._log = structlog.get_logger("mohr.admin")
        self._stopping = threading.Event()
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            path.unlink(missing_ok=True)
            # Before bind: on Linux the file is then made with this mode at once.
            os.fchmod(self._server.fileno(), 0o600)
            with _address(path) as address:
                self._server.bind(address)
            self._server.listen(4)
        except OSError as error:
            self._server.close()
            raise ConfigError(f"{path} cannot be opened: {error}") from error
        self._server.settimeout(_ACCEPT_POLL_S)
        self._thread = threading.Thread(target=self._serve, name="mohr-admin")
        self._thread.start()

    def stop(self) -> None:
        """Close the socket and remove its file; waits for a conversation under way."""
        self._stopping.set()
        self._thread.join()
        self._server.close()
        self._path.unlink(missing_ok=True)

    def _serve(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._server.accept()
            except TimeoutError:
                continue
            except OSError as error:
                # Out of descriptors, say: administration waits, the ledger goes on.
                self._log.warning("administration connection failed", error=str(error))
                self._stopping.wait(_ACCEPT_POLL_S)
                continue
            with connection:
                try:
                    self._converse(connection)
                except OSError as error:
                    self._log.warning("administration conversation broke off", error=str(error))

    def _converse(self, connection: socket.socket) -> None:
        connection.settimeout(_CONVERSATION_TIMEOUT_S)
        if _peer_user(connection) not in (os.geteuid(), 0):
            return
        line = _read_line(connection, COMMAND_BYTES_MAX)
        try:
            command = decode_command(line)
            self._log.info("administration command", command=command.kind)
            reply = self._handle(command)
        except MohrError as error:
            reply = Reply(ok=False, text=str(error))
        connection.sendall(reply.model_dump_json().encode() + b"\n")


def ask(path: Path, command: Command) -> Reply | None:
    """Send one command to the gateway that runs on this data directory.

    Args:
        path: the gateway's socket.
        command: what to do.

    Returns:
        the reply, or None where no gateway listens there.

    Raises:
        ConfigError: if the gateway was reached but did not answer properly.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_CONVERSATION_TIMEOUT_S)
        try:
            with _address(path) as address:
                connection.connect(address)
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        except OSError as error:
            raise ConfigError(f"{path} cannot be reached: {error}") from error
        try:
            connection.sendall(command.model_dump_json().encode() + b"\n")
            line = _read_line(connection, REPLY_BYTES_MAX)
        except OSError as error:
            raise ConfigError(f"the gateway at {path} did not answer: {error}") from error
    return decode_reply(line)


@contextmanager
def _address(path: Path) -> Iterator[str]:
    """Name a socket however deep it lies: a long path goes through its open directory."""
    if len(os.fsencode(path)) <= _SUN_PATH_BYTES:
        yield str(path)
        return
    directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{directory}/{path.name}"
    finally:
        os.close(directory)


def _peer_user(connection: socket.socket) -> int:
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
    return int(_UCRED.unpack(credentials)[1])


def _read_line(connection: socket.socket, bytes_max: int) -> bytes:
    received = bytearray()
    while not received.endswith(b"\n"):
        chunk = connection.recv(65_536)
        if not chunk or len(received) + len(chunk) > bytes_max:
            raise ConnectionError("the line ended early or is too long")
        received += chunk
    return bytes(received)
