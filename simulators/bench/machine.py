"""On what a bench ran: without it a figure means nothing."""

from __future__ import annotations

import os
import platform
import sqlite3
import subprocess
from pathlib import Path

from simulators.mosquitto_process import mosquitto_program


def describe_machine() -> str:
    """One line: processor, cores, kernel, interpreter, SQLite, broker and what else is running."""
    one, five, _ = os.getloadavg()
    parts = (
        _processor(),
        f"{os.cpu_count()} cores",
        f"{platform.system()} {platform.release()}",
        f"Python {platform.python_version()}",
        f"SQLite {sqlite3.sqlite_version}",
        _mosquitto(),
        f"load {one:.2f} (1 min) {five:.2f} (5 min)",
    )
    return ", ".join(parts)


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.machine()


def _mosquitto() -> str:
    program = mosquitto_program()
    if program is None:
        return "no Mosquitto"
    # Mosquitto 2.0 ends its help, which begins with the version, with exit code 3.
    done = subprocess.run(  # noqa: S603 - a fixed program
        [program, "-h"], capture_output=True, text=True, check=False, timeout=10
    )
    return " ".join(done.stdout.split()[:3]) or "Mosquitto"
