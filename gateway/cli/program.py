"""``mohr program``: look at programme files, and try them on the past. Nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from gateway.cli.administer import DirOption
from gateway.cli.program_effect import effect
from gateway.cli.program_sentences import sentence_of
from gateway.cli.tables import JsonOption, show_json, show_table
from gateway.config import load_settings
from gateway.config_programme import load_programme
from gateway.errors import MohrError
from gateway.ledger.moved import MovedTotal
from gateway.program.difference import ChangeKind, difference
from gateway.program.doubts import doubts
from gateway.program.linting.doubt import Doubt, Severity
from gateway.programme_file.changes import WrittenChange, written_change
from gateway.programme_file.problems import ProgrammeFileError
from gateway.programme_file.trade import Trade, TradeCurrency, trade_text
from gateway.programme_file.writing import table_lines, value_text
from gateway.service.data_dir import DataDir
from gateway.system_clock import SystemClock

#: Doubts, where ``--strict`` asks to hear of them so; 2 says that something is at fault.
DOUBTS_EXIT: Final = 1
FAULT_EXIT: Final = 2

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Check programme files, compare them, try them on past sales, begin with one by trade.",
)
app.command("effect")(effect)

_FileArgument = Annotated[Path, typer.Argument(help="A programme file.")]


@app.command()
def check(
    file: _FileArgument,
    *,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit code 1 where there are warnings.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Say what is wrong with a programme, and what is hardly meant so.

    Exit code 0: it can be used; 1: with --strict, there are warnings; 2: it cannot be used, or a
    rule in it cannot do what it says.
    """
    try:
        programme = load_programme(file)
    except MohrError as error:
        _show_problems(error, as_json=as_json)
        raise typer.Exit(FAULT_EXIT) from error
    found = doubts(programme, today=_today())
    if as_json:
        named = {"name": programme.name, "version": programme.version}
        show_json(
            {
                "valid": True,
                "programme": named,
                "problems": [],
                "doubts": [_as_json(one) for one in found],
            }
        )
    else:
        for doubt in found:
            typer.echo(_line(doubt))
        typer.echo(f"{programme.name} version {programme.version}: {_verdict(found)}")
    raise typer.Exit(_exit_code(found, strict=strict))


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(help="The programme file before.")],
    new: Annotated[Path, typer.Argument(help="The programme file after.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Show what changes from one programme file to another, setting by setting."""
    found = difference(load_programme(old), load_programme(new))
    changes = [written_change(change) for change in found]
    if as_json:
        shown = [
            {"kind": one.kind, "path": one.path, "old": _plain(one.old), "new": _plain(one.new)}
            for one in changes
        ]
        show_json({"changes": shown})
        return
    for change in changes:
        for line in _change_lines(change):
            typer.echo(line)
    if not changes:
        typer.echo("nothing changes")


@app.command()
def show(
    template: Annotated[Trade, typer.Option("--template", help="Which one.")],
    currency: Annotated[
        TradeCurrency, typer.Option("--currency", help="In whose money its amounts are.")
    ],
) -> None:
    """Print a programme for a trade, to be changed: redirect it into a file."""
    typer.echo(trade_text(template, currency), nl=False)


@app.command()
def simulate(file: _FileArgument, directory: DirOption, *, as_json: JsonOption = False) -> None:
    """Play all past sales again under a programme, and show what it would have given."""
    from gateway.ledger.queries import LedgerReader  # noqa: PLC0415 - loads the ledger
    from gateway.rehearsal.simulation import simulate as play  # noqa: PLC0415 - the same
    from gateway.writer.settings import WriterSettings  # noqa: PLC0415 - the same

    programme, settings = load_programme(file), load_settings(directory)
    limits = WriterSettings(
        future_tolerance_ms=settings.limits.future_tolerance_ms,
        reorder_timeout_ms=settings.limits.reorder_timeout_ms,
    )
    with LedgerReader(DataDir(directory).ledger_place(settings)).batch() as batch:
        made = play(batch, programme, limits)
    if as_json:
        show_json(asdict(made))
        return
    would_be = {(one.ledger, one.account): one for one in made.would_be}
    was = {(one.ledger, one.account): one for one in made.was}
    rows = [
        (*key, _moved(was.get(key)), _moved(would_be.get(key))) for key in sorted({*was, *would_be})
    ]
    show_table(("ledger", "account", "it was", "it would be"), rows)
    typer.echo(f"{made.differing} of {made.rows} rows come to something else")
    for kind, count in made.by_kind:
        typer.echo(f"  {kind}: {count}")


def _moved(total: MovedTotal | None) -> str:
    """What an account stood at in the end."""
    return "0" if total is None else str(total.credit - total.debit)


def _today() -> date:
    return datetime.fromtimestamp(SystemClock().unix_ms() / 1_000, UTC).date()


def _show_problems(error: MohrError, *, as_json: bool) -> None:
    """Say why a file cannot be used, one problem a line."""
    problems = error.problems if isinstance(error, ProgrammeFileError) else (str(error),)
    if as_json:
        show_json({"valid": False, "problems": problems, "doubts": []})
        return
    for problem in problems:
        typer.echo(f"mohr: {problem}", err=True)


def _line(doubt: Doubt) -> str:
    subject = f" {doubt.subject}" if doubt.subject else ""
    return f"{doubt.severity.upper()} {doubt.code}{subject}: {sentence_of(doubt)}"


def _as_json(doubt: Doubt) -> dict[str, object]:
    return {
        "code": doubt.code,
        "severity": doubt.severity,
        "subject": doubt.subject,
        "values": dict(doubt.values),
        "text": sentence_of(doubt),
    }


def _verdict(found: tuple[Doubt, ...]) -> str:
    counts = {severity: sum(one.severity is severity for one in found) for severity in Severity}
    told = [
        f"{count} {severity}{'' if count == 1 else 's'}"
        for severity, count in counts.items()
        if count
    ]
    return ", ".join(told) or "nothing is doubtful"


def _exit_code(found: tuple[Doubt, ...], *, strict: bool) -> int:
    severities = {doubt.severity for doubt in found}
    if Severity.ERROR in severities:
        return FAULT_EXIT
    return DOUBTS_EXIT if strict and Severity.WARNING in severities else 0


_SIGNS: Final = {ChangeKind.ADDED: "+", ChangeKind.REMOVED: "-", ChangeKind.CHANGED: "~"}


def _change_lines(change: WrittenChange) -> Iterator[str]:
    """``~ earn_points: 1 → 2``, ``+ offers.happy-hour`` with its settings below, ``- …``."""
    begin = f"{_SIGNS[change.kind]} {change.path}"
    whole = change.new if change.kind is ChangeKind.ADDED else change.old
    if change.kind is ChangeKind.CHANGED:
        yield f"{begin}: {_text(change.old)} → {_text(change.new)}"
    elif isinstance(whole, Mapping):
        yield begin
        yield from (f"    {line}" for line in table_lines(whole))
    else:
        yield f"{begin}: {_text(whole)}"


def _text(value: object) -> str:
    return "nothing" if value is None else value_text(value)


def _plain(value: object) -> object:
    """A value of a file's in JSON's terms: its days become text."""
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return value.isoformat() if isinstance(value, date) else value
