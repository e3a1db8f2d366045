"""``mohr pos``: look at what a till sends and how it is understood."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from terminal_agent.cli_pos_calibrate import calibrate_command
from terminal_agent.cli_pos_record import record
from terminal_agent.cli_pos_watch import watch
from terminal_agent.pos.interpreters.till_events import TillEvent
from terminal_agent.pos.listeners import listener_of
from terminal_agent.pos.profile_file import load_profile, shipped_names
from terminal_agent.pos.recording import (
    RECORDING_BYTES_MAX,
    Recording,
    load_recording,
    read_recording,
)
from terminal_agent.pos.rows import row_of
from terminal_agent.pos.sentences import sentence_of

app = typer.Typer(
    add_completion=False,
    help="Look at what a till sends and how it is understood.",
    no_args_is_help=True,
)

_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_JsonRows = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]


@app.command()
def decode(
    file: Annotated[Path, typer.Argument(help="Recorded bytes of the till's line; - for stdin.")],
    profile: Annotated[
        str,
        typer.Option("--profile", "-p", help="A shipped profile's name or a .toml file."),
    ] = "generic-escpos-eur",
    as_json: _JsonRows = False,  # noqa: FBT002 - typer makes flags of booleans
) -> None:
    """Read a recording and show every sale, refund and question in it.

    Raw bytes, lines of hexadecimal digits (.hex) and timed rows are understood. Without times the
    recording is taken as one uninterrupted stream; there is silence behind it.

    Raises:
        ConfigError: if the profile or the recording cannot be read.
    """
    listener = listener_of(load_profile(profile))
    events: list[TillEvent] = []
    for piece in _recording(file).pieces:
        events += listener.feed(piece.data, piece.t_ms, piece.direction)
    events += listener.idle(listener.deadline_ms or 0)
    if as_json:
        for event in events:
            row = row_of(event, listener.profile.currency.code)
            typer.echo(json.dumps(row, ensure_ascii=False))
        return
    for event in events:
        typer.echo(sentence_of(event, listener.profile))
    if not events:
        typer.echo("nothing printed")
    counters = listener.counters
    typer.echo(
        f"{counters.bytes_in} bytes, {counters.commands} commands, "
        f"{counters.unknown} unknown, {counters.abandoned} abandoned"
    )


@app.command()
def profiles(as_json: _Json = False) -> None:  # noqa: FBT002 - typer makes flags of booleans
    """List the shop profiles that come with Mohr."""
    loaded = [load_profile(name) for name in shipped_names()]
    if as_json:
        entries = [
            {
                "name": profile.name,
                "version": profile.version,
                "dialect": profile.dialect.value,
                "printer": profile.printer,
                "currency": profile.currency.code,
                "exponent": profile.currency.exponent,
                "default_encoding": profile.default_encoding,
            }
            for profile in loaded
        ]
        typer.echo(json.dumps(entries, indent=2))
        return
    for profile in loaded:
        typer.echo(
            f"{profile.name}  version {profile.version}  {profile.dialect.value}  "
            f"{profile.printer or '-'}  {profile.currency.code}  {profile.default_encoding}"
        )


def _recording(file: Path) -> Recording:
    if str(file) == "-":
        return read_recording(sys.stdin.buffer.read(RECORDING_BYTES_MAX + 1), "-")
    return load_recording(file)


# Each in a file of its own: they open lines.
app.command()(watch)
app.command()(record)
app.command("calibrate")(calibrate_command)
