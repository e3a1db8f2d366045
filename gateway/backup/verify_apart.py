"""Verifies a backup in a process of its own, so that a running gateway feels little of it.

The auditor keeps one interpreter busy and holds all books in memory, minutes long for a chain of
shops; in the gateway's own process the writer would wait for it. The child ends with its parent:
it holds the other end of a pipe, and goes when that closes.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from gateway.backup.errors import BackupError
from gateway.backup.verify import Verification, verify
from gateway.errors import MohrError

_FAULT_EXIT: Final = 2
_NICE: Final = 10
_SAID_MAX: Final = 500
_VERIFICATION: Final[TypeAdapter[Verification]] = TypeAdapter(Verification)


def verify_apart(archive: Path) -> Verification:
    """Prove a backup; see ``gateway.backup.verify.verify``.

    Raises:
        BackupError: if it could not be verified.
    """
    command = (sys.executable, "-m", "gateway.backup.verify_apart", str(archive.absolute()))
    try:
        with subprocess.Popen(  # noqa: S603 - ourselves, and a path of our own making
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as child:
            # Not communicate(): that would close the pipe by which the child knows that we live.
            said_wrong: list[bytes] = []
            assert child.stdout is not None
            assert child.stderr is not None
            errors = child.stderr
            listening = threading.Thread(target=lambda: said_wrong.append(errors.read()))
            listening.start()
            said = child.stdout.read()
            listening.join()
            code = child.wait()
    except OSError as error:
        raise BackupError(f"the verification cannot be started: {error}") from error
    if code != 0:
        text = b"".join(said_wrong).decode(errors="replace").strip()[-_SAID_MAX:]
        raise BackupError(text or f"the verification ended with exit code {code}")
    try:
        return _VERIFICATION.validate_json(said)
    except ValidationError as error:
        raise BackupError("the verification said nothing that can be read") from error


def _main(arguments: list[str]) -> int:
    # A shell starts what it puts in the background deaf to Ctrl-C, and its children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.nice(_NICE)
    try:
        verification = verify(Path(arguments[0]))
    except MohrError as error:
        sys.stderr.write(f"{error}\n")
        return _FAULT_EXIT
    sys.stdout.buffer.write(_VERIFICATION.dump_json(verification))
    sys.stdout.buffer.flush()
    return 0


def _end_with_parent() -> None:
    """Wait for the parent's end of the pipe to close; only the end of the parent does that."""
    # Not sys.stdin: its lock would be held while the interpreter ends.
    while os.read(0, 1):
        pass
    # As Ctrl-C would: the main thread still removes what it unpacked.
    os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
