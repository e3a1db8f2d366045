"""The shipped ``mohr`` command as real processes: run once, or started, killed and started again.

For tests and demonstrations on one machine. Nothing is simulated here; this is only the hand that
a service manager or a person would lend.
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import typer

from gateway.cli.commands import sub_commands
from gateway.cli.main import app
from gateway.errors import MohrError

#: The command as it is installed beside the interpreter that runs us.
MOHR: Final = Path(sys.executable).with_name("mohr")
#: Before a command's words: it is killed when the thread that started it ends, however that ends
#: (prctl(2), PR_SET_PDEATHSIG; setpriv(1) of util-linux). So start it from a thread that stays.
DIE_WITH_US: Final = ("setpriv", "--pdeathsig", "KILL")
#: What has not happened by then never will, on however busy a machine.
PATIENCE_S: Final = 60.0
_LOOK_S: Final = 0.02
_LOG_SHOWN_CHARACTERS: Final = 6_000


class CommandError(MohrError):
    """A command failed, or what was waited for never came; the message holds the logs."""


def run_mohr(*arguments: str) -> str:
    """Run the shipped command to its end.

    Args:
        arguments: as they are typed after ``mohr``.

    Returns:
        what it printed on standard output.

    Raises:
        CommandError: if it did not end well, with all it said.
    """
    done = subprocess.run(  # noqa: S603 - our own command with our own arguments
        [MOHR, *arguments], capture_output=True, text=True, check=False, timeout=PATIENCE_S
    )
    if done.returncode != 0:
        said = f"{done.stdout}{done.stderr}"
        raise CommandError(f"mohr {' '.join(arguments)} ended with {done.returncode}: {said}")
    return done.stdout


def run_mohr_here(*arguments: str) -> str:
    """Run the same command inside this process, which saves the second that a new one takes.

    Args:
        arguments: as they are typed after ``mohr``.

    Returns:
        what it printed on standard output.

    Raises:
        MohrError: what the command ended with.
    """
    group = typer.main.get_group(app)
    for command in sub_commands():
        group.add_command(command)
    with contextlib.redirect_stdout(io.StringIO()) as said:
        group(list(arguments), prog_name="mohr", standalone_mode=False)
    return said.getvalue()


def wait_until(look: Callable[[], object], what: str, *logs: Path) -> None:
    """Wait until ``look`` is true.

    Args:
        look: asked again and again.
        what: is waited for, in words.
        logs: tell why it never came.

    Raises:
        CommandError: if it never came.
    """
    until_s = time.monotonic() + PATIENCE_S
    while not look():
        if time.monotonic() > until_s:
            raise CommandError(f"waited {PATIENCE_S} s for {what}{_tail(*logs)}")
        time.sleep(_LOOK_S)


class MohrProcess:
    """One long-running ``mohr`` command, which may die and be started again.

    Args:
        log: where everything it says goes, of all its lives.
        arguments: as they are typed after ``mohr``.
        program: the words before them; those of the shipped command as a rule.
    """

    def __init__(self, log: Path, *arguments: str, program: Sequence[str] = (str(MOHR),)) -> None:
        self.log = log
        self._arguments = arguments
        self._program = tuple(program)
        self._process: subprocess.Popen[bytes] | None = None
        self._life_began_at = 0

    @property
    def pid(self) -> int | None:
        """The process's number, or None where none was started."""
        return None if self._process is None else self._process.pid

    @property
    def running(self) -> bool:
        """Whether it lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def ended_with(self) -> int | None:
        """The exit code of one that ended by itself; None while it runs, or where none was."""
        return None if self._process is None else self._process.poll()

    def start(
        self, *, wait_ready: bool = True, environment: Mapping[str, str] | None = None
    ) -> None:
        """Start it.

        Args:
            wait_ready: return once it has said that it is ready.
            environment: variables beside those of this process.

        Raises:
            CommandError: if it ends before it is ready, or never is.
        """
        self._life_began_at = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own command and arguments
                [*self._program, *self._arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
            )
        if wait_ready:
            wait_until(self._is_ready, f"mohr {' '.join(self._arguments)}", self.log)

    def said(self) -> str:
        """What it has said in this life."""
        with self.log.open("rb") as log:
            log.seek(self._life_began_at)
            return log.read().decode(errors="replace")

    def stop(self) -> None:
        """Stop it as a service manager does; does nothing where it was not started or was killed.

        Raises:
            CommandError: if it ends with a fault or does not end.
        """
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        code = _end_of(process)
        if code != 0:
            arguments = " ".join(self._arguments)
            raise CommandError(f"mohr {arguments} ended with {code}{_tail(self.log)}")

    def kill(self) -> None:
        """End it as a power cut does."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            _end_of(process)

    def pause(self) -> None:
        """Stop it where it stands, as a machine that swaps does; nothing where it does not run."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)

    def wait_end(self) -> int:
        """Wait until it ends by itself.

        Returns:
            its exit code.

        Raises:
            CommandError: if it does not.
        """
        process, self._process = self._process, None
        assert process is not None, "it was not started"
        return _end_of(process)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.stop()
        else:
            # What went wrong is on its way up already; how this one ends must not hide it.
            self.kill()

    def _is_ready(self) -> bool:
        if not self.running:
            raise CommandError(f"mohr {' '.join(self._arguments)} ended at once{_tail(self.log)}")
        return ": ready" in self.said()


def _end_of(process: subprocess.Popen[bytes]) -> int:
    try:
        return process.wait(timeout=PATIENCE_S)
    except subprocess.TimeoutExpired as error:
        process.kill()
        process.wait()
        raise CommandError(f"process {process.pid} did not end and was killed") from error


def _tail(*logs: Path) -> str:
    told = [log.read_text(errors="replace")[-_LOG_SHOWN_CHARACTERS:] for log in logs]
    return "".join(f"\n--- {log.name}\n{text}" for log, text in zip(logs, told, strict=True))
