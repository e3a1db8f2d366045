"""The agent's local door: a Unix socket in its data folder that only its own user may open."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, Self

import structlog

from terminal_agent.control import (
    LINE_BYTES_MAX,
    Answer,
    AnswerCode,
    Command,
    ControlError,
    read_answer,
    read_command,
    write_answer,
    write_command,
)

SOCKET_NAME: Final = "control.sock"

#: A command line that opens the door and says nothing must not keep it from the next.
_PATIENCE_S: Final = 5.0
#: Linux keeps 108 bytes for a socket's path, the closing zero byte among them (unix(7)).
_PATH_BYTES_MAX: Final = 107

_log = structlog.get_logger(__name__)


class ControlServer:
    """Takes one connection after another, one command each."""

    def __init__(self, path: Path, handle: Callable[[Command], Answer]) -> None:
        """Prepare to listen.

        Args:
            path: of the socket; its folder exists and belongs to the agent.
            handle: carries a command out; called from the server's thread.
        """
        self._path = path
        self._handle = handle
        self._listener: socket.socket | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="mohr-control", daemon=True)

    def start(self) -> None:
        """Begin to listen.

        A socket file that nobody listens on was left by an agent that was killed, and is replaced.

        Raises:
            ControlError: if another agent listens there, or the socket cannot be made.
        """
        _check_path(self._path)
        _remove_stale(self._path)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            # Between bind and chmod nobody else gets in: the mask takes their rights away first.
            mask = os.umask(0o177)
            try:
                listener.bind(str(self._path))
            finally:
                os.umask(mask)
            listener.listen(8)
        except OSError as error:
            listener.close()
            raise ControlError(f"cannot listen on {self._path}: {error.strerror}") from error
        self._listener = listener
        self._thread.start()

    def stop(self) -> None:
        """Stop listening and remove the socket file."""
        self._stopping.set()
        if self._listener is not None:
            # Closing a socket does not wake a thread that waits in accept; shutting it down does.
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._thread.join()
            self._listener.close()
            self._path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _serve(self) -> None:
        assert self._listener is not None
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError as error:
                if not self._stopping.is_set():
                    _log.warning("control socket failed", error=str(error))
                return
            with connection:
                self._serve_one(connection)

    def _serve_one(self, connection: socket.socket) -> None:
        connection.settimeout(_PATIENCE_S)
        try:
            try:
                answer = self._handle(read_command(_receive_line(connection)))
            except ControlError as error:
                _log.info("control command refused", error=str(error))
                answer = Answer(code=AnswerCode.NOT_UNDERSTOOD)
            connection.sendall(write_answer(answer))
        except OSError as error:
            _log.info("control connection lost", error=str(error))


def ask_agent(path: Path, command: Command, timeout_s: float = 10.0) -> Answer:
    """Give a running agent a command and wait for its answer.

    Args:
        path: of the agent's socket.
        command: what to do.
        timeout_s: how long to wait.

    Raises:
        ControlError: if no agent runs there, or it gives no understandable answer in time.
    """
    _check_path(path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout_s)
        try:
            connection.connect(str(path))
            connection.sendall(write_command(command))
            return read_answer(_receive_line(connection))
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise ControlError(
                f"no agent is running here ({path}); start one with `mohr terminal run`"
            ) from error
        except OSError as error:
            raise ControlError(f"the agent did not answer: {error}") from error


def _receive_line(connection: socket.socket) -> bytes:
    received = b""
    while not received.endswith(b"\n"):
        if len(received) > LINE_BYTES_MAX:
            raise ControlError(f"a line may hold {LINE_BYTES_MAX} bytes")
        chunk = connection.recv(LINE_BYTES_MAX)
        if not chunk:
            raise ControlError("the line ended in the middle")
        received += chunk
    return received


def _check_path(path: Path) -> None:
    if len(os.fsencode(path)) > _PATH_BYTES_MAX:
        raise ControlError(
            f"the path of a socket may have {_PATH_BYTES_MAX} bytes; use a shorter folder: {path}"
        )


def _remove_stale(path: Path) -> None:
    if not path.exists():
        return
    if not stat.S_ISSOCK(path.lstat().st_mode):
        raise ControlError(f"{path} is in the way and is not a socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(_PATIENCE_S)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
        except OSError as error:
            raise ControlError(f"cannot tell whether an agent uses {path}: {error}") from error
    raise ControlError(f"another agent is listening on {path}")
