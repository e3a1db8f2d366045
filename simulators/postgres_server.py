"""A real PostgreSQL server in a temporary folder, for tests on one machine.

It listens on a Unix socket in that folder and nowhere else, so it needs no port and no password.
PostgreSQL refuses to run as root; started by root, it becomes an unprivileged user. The server ends
when the process that started it does, however that ends.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from gateway.errors import MohrError
from gateway.ledger.place import PostgresPlace

_PATIENCE_S: Final = 30.0
_RETRY_S: Final = 0.02
#: Whom root becomes, by what there is.
_OTHERS: Final = ("postgres", "nobody")
_USER: Final = "mohr"
#: Debian keeps the server off everybody's PATH, by version.
_DEBIAN: Final = Path("/usr/lib/postgresql")
_SETTINGS: Final = {
    "listen_addresses": "",
    "shared_buffers": "16MB",
    "max_connections": "60",
    "autovacuum": "off",
}


class PostgresError(MohrError):
    """The server is not installed, or does not start."""


def postgres_folder() -> Path | None:
    """The folder with PostgreSQL's programs, the newest one; None where it is not installed."""
    installed = [path.parent for path in _DEBIAN.glob("*/bin/initdb")]
    if installed:
        return max(installed, key=lambda path: int(path.parent.name.partition(".")[0]))
    found = shutil.which("initdb")
    return None if found is None else Path(found).parent


def missing_postgres() -> str | None:
    """What is to be installed before a server can be started, in words; None where nothing is."""
    if postgres_folder() is not None:
        return None
    return "PostgreSQL not found: apt-get install --no-install-recommends postgresql"


class PostgresServer:
    """One server with a cluster of its own. Use as a context manager; nothing is left behind.

    Raises:
        PostgresError: on entering, if it is not installed or does not start; the log says why.
    """

    def __init__(self) -> None:
        self._folder = Path()
        self._programs = Path()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        programs = postgres_folder()
        if programs is None:
            raise PostgresError(str(missing_postgres()))
        self._programs = programs
        # A socket's path must be short, which a test's own folder is not.
        self._folder = Path(tempfile.mkdtemp(prefix="mohr-postgres-"))
        try:
            self._make_cluster()
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def place(self, database: str) -> PostgresPlace:
        """Where a database of this server is."""
        host = str(self._folder).replace("/", "%2F")
        return PostgresPlace(f"postgresql://{_USER}@/{database}?host={host}")

    def make_database(self, name: str, *, template: str = "template0") -> PostgresPlace:
        """Make a database.

        Args:
            name: lower-case letters, digits and underscores.
            template: what it is a copy of; nobody may be connected to that.
        """
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.place(name)

    def drop_database(self, name: str) -> None:
        """Remove a database, whoever is connected to it."""
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def execute(self, sql: str, *, database: str = "postgres") -> str:
        """Run SQL outside of any transaction, as the server's owner.

        Returns:
            the rows, one a line, as text.

        Raises:
            PostgresError: if the server complains.
        """
        words = ("--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1")
        return self._run(
            str(self._programs / "psql"), *words, f"--command={sql}", self.place(database).url
        )

    def schema(self, database: str) -> list[str]:
        """The statements that make a database's tables, line by line, as ``pg_dump`` says them."""
        dump = str(self._programs / "pg_dump")
        said = self._run(dump, "--schema-only", "--no-owner", self.place(database).url)
        # A backslash begins a command to psql, which holds a random word.
        return [line for line in said.splitlines() if line and not line.startswith(("--", "\\"))]

    def own(self, folder: Path) -> None:
        """Give a folder to the user that the server runs as."""
        if os.geteuid() == 0:
            user = _other_user()
            os.chown(folder, user.pw_uid, user.pw_gid)

    # -- its life -----------------------------------------------------------------------------

    def start(self) -> None:
        """Start the server on its cluster and wait until it takes connections."""
        settings = {**_SETTINGS, "unix_socket_directories": str(self._folder)}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with (self._folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - a fixed program, our own files
                [*_unprivileged(), self._programs / "postgres", "-D", self._data, *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._wait_until_ready(self._process)

    def stop(self) -> None:
        """End it politely; whoever is connected is disconnected."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """End it at once, as a crash does; its next start has to recover."""
        self._end(signal.SIGQUIT)

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(number)
        try:
            process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(_PATIENCE_S)

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _make_cluster(self) -> None:
        self.own(self._folder)
        self._run(
            *(*_unprivileged(), str(self._programs / "initdb"), "--pgdata", str(self._data)),
            *("--username", _USER, "--auth=trust", "--encoding=UTF8", "--locale=C"),
            *("--no-sync", "--no-instructions"),
        )

    @staticmethod
    def _run(*command: str) -> str:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed programs
        if done.returncode != 0:
            raise PostgresError(f"{command[0]} failed: {done.stderr.strip()}")
        return done.stdout.strip()

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline_s = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline_s:
            if process.poll() is not None:
                self._process = None
                raise PostgresError(f"PostgreSQL ended at once: {self._said()}")
            asked = subprocess.run(  # noqa: S603 - a fixed program
                [self._programs / "pg_isready", "--quiet", "--host", self._folder],
                check=False,
            )
            if asked.returncode == 0:
                return
            time.sleep(_RETRY_S)
        self.stop()
        raise PostgresError(f"PostgreSQL takes no connections: {self._said()}")

    def _said(self) -> str:
        log = self._folder / "server.log"
        return log.read_text(encoding="utf-8", errors="replace")[-500:]


def _other_user() -> pwd.struct_passwd:
    for name in _OTHERS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise PostgresError("PostgreSQL does not run as root, and there is no other user here")


def _unprivileged() -> tuple[str, ...]:
    """Words before a command: it ends with us, and is not root."""
    # A child that is killed with its parent leaves no server behind (prctl(2), PR_SET_PDEATHSIG).
    words = ("setpriv", f"--pdeathsig={signal.SIGINT.name.removeprefix('SIG')}")
    if os.geteuid() != 0:
        return words
    user = _other_user()
    return (*words, f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups")
