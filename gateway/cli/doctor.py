"""``mohr gateway doctor``: looks for what is wrong, and says what to do about it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gateway.cli.administer import DirOption
from gateway.cli.tables import JsonOption, show_json
from gateway.errors import ConfigError

if TYPE_CHECKING:
    from gateway.doctor.finding import Finding
    from gateway.office.commands import Stats
    from gateway.office.store import OfficeStore

#: Something should be done; 2 says that something is at fault, as everywhere.
WARNING_EXIT: Final = 1
FAULT_EXIT: Final = 2

app = typer.Typer(add_completion=False)


@app.command()
def doctor(
    directory: DirOption = Path(),
    *,
    list_checks: Annotated[
        bool, typer.Option("--list-checks", help="Name the checks and leave.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Look for what is wrong. Exit code 0: nothing; 1: warnings; 2: faults."""
    from gateway.doctor.checks import CHECKS, examine  # noqa: PLC0415 - loads the ledger
    from gateway.doctor.collect import Patient, collect  # noqa: PLC0415 - the same

    if list_checks:
        for check in CHECKS:
            typer.echo(f"{check.name}: {check.summary}")
        return
    from gateway.config import load_settings  # noqa: PLC0415 - the same
    from gateway.system_clock import SystemClock  # noqa: PLC0415 - the same

    settings = load_settings(directory)
    patient = Patient(
        data_dir=directory,
        settings=settings,
        clock=SystemClock(),
        stats=_stats(directory),
        hints=None,
        office=_office(directory),
        environment=os.environ,
    )
    findings = examine(collect(patient))
    if as_json:
        show_json([_as_json(finding) for finding in findings])
    else:
        _show(findings)
    if findings and findings[0].severity != "note":
        raise typer.Exit(FAULT_EXIT if findings[0].severity == "fault" else WARNING_EXIT)


def _show(findings: tuple[Finding, ...]) -> None:
    from gateway.doctor.sentences import sentence_of  # noqa: PLC0415 - as above

    for finding in findings:
        typer.echo(f"{finding.severity.upper()} {finding.code}: {sentence_of(finding)}")
    if not any(finding.severity != "note" for finding in findings):
        typer.echo("nothing is wrong")


def _as_json(finding: Finding) -> dict[str, object]:
    from gateway.doctor.sentences import sentence_of  # noqa: PLC0415 - as above

    return {
        "code": finding.code,
        "severity": finding.severity,
        "values": dict(finding.values),
        "text": sentence_of(finding),
    }


def _stats(directory: Path) -> Stats | None:
    """What the running gateway counted; None where none runs."""
    from gateway.office.commands import GetStats  # noqa: PLC0415 - as above
    from gateway.service.admin_socket import ask  # noqa: PLC0415 - as above
    from gateway.service.data_dir import DataDir  # noqa: PLC0415 - as above

    reply = ask(DataDir(directory).socket, GetStats())
    if reply is None:
        return None
    if not reply.ok:
        raise ConfigError(reply.text)
    return reply.stats


def _office(directory: Path) -> OfficeStore | None:
    """The office; None where it would have to be made first, because looking changes nothing."""
    from gateway.backup.contents import OFFICE_FILE  # noqa: PLC0415 - as above
    from gateway.office.office_key import KEY_FILE  # noqa: PLC0415 - as above
    from gateway.office.store import OfficeStore  # noqa: PLC0415 - as above
    from gateway.system_clock import SystemClock  # noqa: PLC0415 - as above

    if not all((directory / name).is_file() for name in (OFFICE_FILE, KEY_FILE)):
        return None
    return OfficeStore(directory / OFFICE_FILE, SystemClock())
