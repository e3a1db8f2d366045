"""``mohr card issue --batch``: a list of members, a progress bar, a report."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from gateway.cli.card_room import Room
from gateway.cli.tables import show_json
from gateway.durable import write_durably
from gateway.errors import ConfigError, MohrError
from gateway.issuing.batch import BatchReport, BatchRow, BatchRun, Setback, read_batch
from gateway.issuing.desk import DeskOrder

UNFINISHED_EXIT = 1
_CODE_KIND = "svg"
_SHOWN_MAX = 20


def run_batch(
    room: Room,
    file: Path,
    *,
    wait_s: float,
    random_uid: bool,
    codes: Path | None,
    as_json: bool,
) -> None:
    """Issue a card for every line of a file that has none.

    Args:
        room: the open desk.
        file: see ``read_batch``.
        wait_s: how long to wait for the next card.
        random_uid: whether the cards hide their UIDs.
        codes: a folder for codes in the place of cards that failed; None prints none.
        as_json: print the report as JSON.

    Raises:
        ConfigError: if the list cannot be read, or names somebody whom the ledger does not know.
        typer.Exit: with 1, if a line has no card in the end.
    """
    rows = _rows(file)
    _check_members(room, rows)
    with room.slot() as slot, _bar(as_json=as_json) as bar:
        task = bar.add_task(file.stem, total=len(rows))
        run = BatchRun(
            room.desk, slot, name=file.stem, wait_ms=int(wait_s * 1_000), random_uid=random_uid
        )
        report = run.run(rows, lambda done: bar.update(task, completed=done))
    if codes is not None and report.missing:
        report = _print_codes(room, rows, report, codes, file.stem)
    _tell(report, as_json=as_json)
    if not report.complete:
        raise typer.Exit(UNFINISHED_EXIT)


def _rows(file: Path) -> tuple[BatchRow, ...]:
    try:
        return read_batch(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} cannot be read: {error}") from error


def _check_members(room: Room, rows: tuple[BatchRow, ...]) -> None:
    """Before the first card is touched: a card for nobody would have to be wiped."""
    for row in rows:
        if row.member_id is not None:
            room.books.member(row.member_id)


def _bar(*, as_json: bool) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=as_json or not sys.stderr.isatty(),
    )


def _print_codes(
    room: Room, rows: tuple[BatchRow, ...], report: BatchReport, folder: Path, batch: str
) -> BatchReport:
    folder.mkdir(parents=True, exist_ok=True)
    members = {row.number: row.member_id for row in rows}
    issued, setbacks = list(report.issued), list(report.setbacks)
    for number in report.missing:
        order = DeskOrder(number=number, member_id=members[number], batch=batch)
        try:
            room.press.issue(order)
            drawn = room.press.print(number, _CODE_KIND)
            write_durably(folder / f"{number}.{_CODE_KIND}", drawn, replace=True)
            issued.append(number)
        except (MohrError, OSError) as error:
            setbacks.append(Setback(number=number, reason=str(error)))
    missing = tuple(number for number in report.missing if number not in issued)
    return BatchReport(
        rows=report.rows,
        issued=tuple(issued),
        before=report.before,
        setbacks=tuple(setbacks),
        missing=missing,
    )


def _tell(report: BatchReport, *, as_json: bool) -> None:
    if as_json:
        show_json(asdict(report))
        return
    typer.echo(
        f"{len(report.issued)} issued, {report.before} were issued before,"
        f" {len(report.missing)} of {report.rows} are missing"
    )
    for one in report.setbacks[:_SHOWN_MAX]:
        typer.echo(f"set back: {one.reason}")
    if len(report.setbacks) > _SHOWN_MAX:
        typer.echo(f"and {len(report.setbacks) - _SHOWN_MAX} more; --json shows all of them")
    if report.missing:
        shown = ", ".join(report.missing[:_SHOWN_MAX])
        typer.echo(f"no card yet: {shown}{'…' if len(report.missing) > _SHOWN_MAX else ''}")
