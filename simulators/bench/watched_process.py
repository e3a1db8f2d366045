"""A shipped program as a process whose standard output is read line by line, each with its moment.

A line's moment is when the reading thread has it: some tens of microseconds after it was written.
"""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Self, TypeVar

from simulators.command_process import MOHR, PATIENCE_S, CommandError

T = TypeVar("T")
_READ_BYTES: Final = 65_536
_LOOK_S: Final = 0.005


class WatchedProcess:
    """One run of a ``mohr`` command, from its start to its end.

    Attributes:
        began_ns: when the process was asked for, by ``time.perf_counter_ns``.
    """

    def __init__(
        self, arguments: Sequence[str], log: Path, *, command: Sequence[str | Path] = (MOHR,)
    ) -> None:
        """Start it.

        Args:
            arguments: as they are typed after ``mohr``.
            log: where its standard error goes.
            command: what runs ``mohr``.
        """
        self._log = log
        self._lines: list[tuple[int, str]] = []
        self._written = threading.Condition()
        self.began_ns = time.perf_counter_ns()
        with log.open("ab") as errors:
            self._process = subprocess.Popen(  # noqa: S603 - our own command and arguments
                [*command, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
        assert self._process.stdout is not None
        self._pipe = self._process.stdout.fileno()
        self._reader = threading.Thread(target=self._read, name="bench-lines", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def wait_line(self, line: str, *, since_ns: int) -> int:
        """Wait until it has written a line.

        Args:
            line: the whole line.
            since_ns: what was written before does not count.

        Returns:
            when, by ``time.perf_counter_ns``.

        Raises:
            CommandError: if it never does.
        """
        deadline_s = time.monotonic() + PATIENCE_S
        looked_at = 0
        with self._written:
            while True:
                for at_ns, written in self._lines[looked_at:]:
                    if written == line and at_ns >= since_ns:
                        return at_ns
                looked_at = len(self._lines)
                if time.monotonic() > deadline_s or self._process.poll() is not None:
                    last = " / ".join(written for _, written in self._lines[-8:])
                    raise CommandError(f"it never wrote {line!r}, but {last}; see {self._log}")
                self._written.wait(0.5)

    def wait_for(self, look: Callable[[], T | None], what: str) -> tuple[int, T]:
        """Wait until ``look`` finds something.

        Args:
            look: asked again and again, a few milliseconds apart.
            what: is waited for, in words.

        Returns:
            when it was found, by ``time.perf_counter_ns``, and what.

        Raises:
            CommandError: if the process ends before, or it never is.
        """
        deadline_s = time.monotonic() + PATIENCE_S
        while (found := look()) is None:
            if time.monotonic() > deadline_s or self._process.poll() is not None:
                raise CommandError(f"waited in vain for {what}; see {self._log}")
            time.sleep(_LOOK_S)
        return time.perf_counter_ns(), found

    def stop(self) -> None:
        """Stop it as a service manager does.

        Raises:
            CommandError: if it ends with a fault.
        """
        self._process.terminate()
        self._finish()
        if self._process.returncode != 0:
            raise CommandError(f"it ended with {self._process.returncode}; see {self._log}")

    def kill(self) -> None:
        """End it as a power cut does; nothing if it has ended."""
        self._process.kill()
        self._finish()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._process.poll() is not None:
            self._finish()
        elif kind is None:
            self.stop()
        else:
            # What went wrong is on its way up already; how this one ends must not hide it.
            self.kill()

    def _finish(self) -> None:
        try:
            self._process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired as error:
            self._process.kill()
            self._process.wait()
            raise CommandError(f"it did not end and was killed; see {self._log}") from error
        finally:
            self._reader.join()
            if self._process.stdout is not None:
                self._process.stdout.close()

    def _read(self) -> None:
        rest = b""
        while part := os.read(self._pipe, _READ_BYTES):
            at_ns = time.perf_counter_ns()
            *lines, rest = (rest + part).split(b"\n")
            with self._written:
                self._lines.extend((at_ns, line.decode()) for line in lines)
                self._written.notify_all()
