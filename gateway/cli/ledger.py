"""``mohr ledger``: audit the books, show what they hold. Reads only; a gateway may be running."""

from __future__ import annotations

from dataclasses import asdict

import typer

from gateway.cli.administer import DirOption
from gateway.cli.tables import JsonOption, show_json, show_table
from gateway.config import load_settings
from gateway.service.data_dir import DataDir

#: An audit that found something; 2 is a fault, as everywhere.
UNCLEAN_EXIT = 1

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Audit the ledger and show its balances."
)


@app.command()
def audit(directory: DirOption, *, as_json: JsonOption = False) -> None:
    """Recompute everything from the sealed envelopes; exit code 1 where anything differs."""
    from gateway.audit.auditor import audit as run_audit  # noqa: PLC0415 - loads the ledger
    from gateway.ledger.queries import LedgerReader  # noqa: PLC0415 - the same

    settings = load_settings(directory)
    with LedgerReader(DataDir(directory).ledger_place(settings)).batch() as batch:
        report = run_audit(batch)
    if as_json:
        show_json({"clean": report.clean, **asdict(report)})
    else:
        for name, count in asdict(report.checked).items():
            typer.echo(f"{name.replace('_', ' ')}: {count}")
        for finding in report.findings:
            typer.echo(f"FINDING {finding.where}: {finding.what}")
        if report.found > len(report.findings):
            typer.echo(f"and {report.found - len(report.findings)} more")
        typer.echo("clean" if report.clean else f"NOT CLEAN: {report.found} findings")
    if not report.clean:
        raise typer.Exit(UNCLEAN_EXIT)


@app.command()
def balances(directory: DirOption, *, as_json: JsonOption = False) -> None:
    """Show what every account holds: members together, system accounts each."""
    from gateway.ledger.queries import LedgerReader  # noqa: PLC0415 - loads the ledger

    settings = load_settings(directory)
    totals = LedgerReader(DataDir(directory).ledger_place(settings)).totals()
    if as_json:
        show_json([asdict(total) for total in totals])
        return
    rows = [(total.ledger, total.account, str(total.points)) for total in totals]
    show_table(("ledger", "account", "points"), rows)
