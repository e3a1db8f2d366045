"""``mohr ledger``: audit the books, show what they hold, close days. A gateway may be running."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from gateway.cli import review
from gateway.cli.administer import DirOption, administer
from gateway.cli.tables import JsonOption, moment, show_json, show_table
from gateway.config import load_settings
from gateway.errors import ConfigError
from gateway.model.ids import MemberId
from gateway.office.commands import CloseDay
from gateway.service.data_dir import DataDir

#: An audit that found something; 2 is a fault, as everywhere.
UNCLEAN_EXIT = 1

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Audit the ledger, show its balances, close its days, check doubtful receipts.",
)
app.add_typer(review.app, name="review")


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


DayOption: TypeAlias = Annotated[
    str | None, typer.Option("--day", help="A business day such as 2027-03-21.")
]


@app.command("trial-balance")
def show_trial_balance(
    directory: DirOption, *, day: DayOption = None, as_json: JsonOption = False
) -> None:
    """Show what a closed day moved, or what moved since the last one; exit code 1 if it differs."""
    from gateway.accounting.closing import closings, open_totals  # noqa: PLC0415 - loads the ledger
    from gateway.accounting.trial_balance import trial_balance  # noqa: PLC0415 - the same
    from gateway.ledger.queries import LedgerReader  # noqa: PLC0415 - the same

    settings = load_settings(directory)
    with LedgerReader(DataDir(directory).ledger_place(settings)).batch() as batch:
        if day is None:
            sheet = trial_balance(open_totals(batch))
        else:
            closed = {close.day: close for close in closings(batch)}
            wanted = _day(day)
            if wanted not in closed:
                raise ConfigError(f"{wanted} is not closed; without --day the open one is shown")
            sheet = trial_balance(closed[wanted].totals)
    if as_json:
        show_json({"balanced": not sheet.differences, **asdict(sheet)})
    else:
        rows = [
            (one.ledger, one.account_class, str(one.debit), str(one.credit), str(one.balance))
            for one in sheet.totals
        ]
        show_table(("ledger", "account", "debit", "credit", "balance"), rows)
        for ledger, difference in sheet.differences:
            typer.echo(f"NOT BALANCED: {ledger} by {difference}")
    if sheet.differences:
        raise typer.Exit(UNCLEAN_EXIT)


@app.command("close-day")
def close_business_day(
    directory: DirOption, *, day: DayOption = None, as_json: JsonOption = False
) -> None:
    """Close a business day for good; without a day the last one that is over."""
    reply = administer(directory, CloseDay(day=None if day is None else _day(day)))
    if as_json:
        show_json({"closed": reply.text})
    else:
        typer.echo(reply.text)


@app.command()
def export(
    day: Annotated[str, typer.Argument(help="A closed business day such as 2027-03-21.")],
    mapping: Annotated[Path, typer.Argument(help="A TOML file with the accounts of your chart.")],
    directory: DirOption,
    *,
    as_json: JsonOption = False,
) -> None:
    """Print a closed day as lines for a general ledger: CSV, or JSON with what was left out."""
    from gateway.accounting.closing import closings  # noqa: PLC0415 - loads the ledger
    from gateway.accounting.contract_liability import PointValue  # noqa: PLC0415 - the same
    from gateway.accounting.general_ledger import csv_of, export_day  # noqa: PLC0415 - the same
    from gateway.accounting.mapping import read_mapping  # noqa: PLC0415 - the same
    from gateway.ledger.queries import LedgerReader  # noqa: PLC0415 - the same

    wanted, accounts = _day(day), read_mapping(mapping)
    settings = load_settings(directory)
    with LedgerReader(DataDir(directory).ledger_place(settings)).batch() as batch:
        close = next((one for one in closings(batch) if one.day == wanted), None)
        programme = batch.programmes()[-1]
        points_ledger = batch.ledgers().points
    if close is None or points_ledger is None:
        raise ConfigError(f"{wanted} is not closed; close it with mohr ledger close-day")
    value = PointValue(points=programme.redeem_points, amount_minor=programme.redeem_value_minor)
    made = export_day(close, accounts, points_ledger=points_ledger.name, value=value)
    if as_json:
        show_json(asdict(made))
        return
    typer.echo(csv_of(made.lines), nl=False)
    for ledger, account in made.unmapped:
        typer.echo(f"left out, no account named: {ledger} {account}", err=True)


@app.command()
def settlement(directory: DirOption, *, day: DayOption = None, as_json: JsonOption = False) -> None:
    """Show who owes whom for points used elsewhere, for a closed day or for all that was."""
    from gateway.accounting.closing import closings  # noqa: PLC0415 - loads the ledger
    from gateway.ledger.queries import LedgerReader  # noqa: PLC0415 - the same
    from gateway.queries.settlement import settlement as settle  # noqa: PLC0415 - the same

    settings = load_settings(directory)
    place = DataDir(directory).ledger_place(settings)
    with LedgerReader(place).batch() as batch:
        closed = {close.day: close for close in closings(batch)}
        first, last = 1, batch.head().journal_index
    if day is not None:
        close = closed.get(_day(day))
        if close is None:
            raise ConfigError(f"{day} is not closed; close it with mohr ledger close-day")
        first, last = close.first_index, close.last_index
    made = settle(place, first, last)
    if as_json:
        show_json(asdict(made))
        return
    rows = [
        (one.debtor, one.creditor, str(one.points), str(one.amount_minor)) for one in made.owings
    ]
    show_table(("owes", "to", "units", "money"), rows)
    typer.echo(f"used where it was earned: {made.own_minor}")


@app.command()
def statement(
    member: Annotated[str, typer.Argument(help="A member's pseudonym, 32 digits.")],
    directory: DirOption,
    *,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Show at most so many.")] = 100,
    as_json: JsonOption = False,
) -> None:
    """Show what moved a member's points, newest first."""
    from gateway.ledger.queries import LedgerReader  # noqa: PLC0415 - loads the ledger

    settings = load_settings(directory)
    reader = LedgerReader(DataDir(directory).ledger_place(settings))
    if reader.balance(MemberId(member)) is None:
        raise ConfigError(f"nobody is known as {member}")
    lines = reader.statement(MemberId(member), limit=limit)
    if as_json:
        show_json([asdict(line) for line in lines])
        return
    rows = [
        (
            str(line.journal_index),
            moment(line.recorded_at_ms),
            line.kind,
            line.branch,
            str(line.available_points),
            str(line.held_points),
            str(line.balance_points),
        )
        for line in lines
    ]
    show_table(("row", "recorded", "kind", "branch", "points", "held", "balance"), rows)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"{text!r} is not a day; write one such as 2027-03-21") from error
