"""A real Mosquitto in a folder of its own, for tests and demonstrations on one machine."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from mqtt.link import LinkError

_PATIENCE_S: Final = 15.0


def mosquitto_program() -> Path | None:
    """Find the broker; None where it is not installed. Debian keeps it off a user's PATH."""
    found = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin") or shutil.which("mosquitto")
    return None if found is None else Path(found)


def free_port() -> int:
    """Ask the system for a port on 127.0.0.1 that nobody uses just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class MosquittoProcess:
    """Starts, kills and restarts one broker.

    Started by root, Mosquitto changes to the user ``mosquitto`` and then cannot write into a
    folder of root's; so it is told to stay who it is.

    Args:
        configuration: the configuration's text; it must name ``port``.
        port: where it listens, on 127.0.0.1.
        folder: where its files and its log go.
        prefix: words before the program's own.
    """

    def __init__(
        self, configuration: str, *, port: int, folder: Path, prefix: Sequence[str] = ()
    ) -> None:
        self._configuration = configuration
        self._prefix = tuple(prefix)
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.port = port
        self.log_file = folder / "mosquitto.log"

    @property
    def pid(self) -> int | None:
        """The process's number, or None where it is not running."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start it and wait until it takes connections.

        Raises:
            LinkError: if it is not installed, or ends at once; the log says why.
        """
        program = mosquitto_program()
        if program is None:
            raise LinkError("mosquitto is not installed: apt-get install mosquitto")
        self._folder.mkdir(parents=True, exist_ok=True)
        file = self._folder / "running.conf"
        file.write_text(f"user root\n{self._configuration}", encoding="utf-8")
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - a fixed program, our own file
                [*self._prefix, program, "-c", file],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._wait_until_listening(self._process)

    def _wait_until_listening(self, process: subprocess.Popen[bytes]) -> None:
        deadline_s = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline_s:
            if process.poll() is not None:
                self._process = None
                text = self.log_file.read_text(encoding="utf-8", errors="replace")
                raise LinkError(f"mosquitto ended at once: {text[-500:]}")
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.02)
            else:
                return
        self.stop()
        raise LinkError(f"mosquitto does not listen on port {self.port}")

    def pause(self) -> None:
        """Stop it where it stands; its connections stay open and silent."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def save(self) -> None:
        """Let it write down what it keeps, which it otherwise does when it is stopped."""
        self._signal(signal.SIGUSR1)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)

    def stop(self) -> None:
        """End it politely, so that it saves what it keeps."""
        self._end(kill=False)

    def kill(self) -> None:
        """End it as a power cut does."""
        self._end(kill=True)

    def _end(self, *, kill: bool) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if kill:
            process.kill()
        else:
            process.terminate()
        try:
            process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(_PATIENCE_S)
