"""How the gateway's command line shows values to a person or, as JSON, to a program."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, TypeAlias

import typer
from rich.console import Console
from rich.table import Table

_NAME_CHARACTERS = 32

JsonOption: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON instead.")]


def show_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table; numbers stand on the right."""
    table = Table(*headings)
    for column, values in zip(table.columns, zip(*rows, strict=True), strict=False):
        # What names something must be whole, to be copied into the next command.
        column.min_width = min(max(map(len, values)), _NAME_CHARACTERS)
        if all(value.lstrip("-").isdecimal() for value in values):
            column.justify = "right"
    for row in rows:
        table.add_row(*row)
    Console().print(table)


def show_json(value: object) -> None:
    """Print a value as JSON, Persian names as they are written."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def moment(unix_ms: int) -> str:
    """Write a time as ISO 8601 in UTC, to the second."""
    return datetime.fromtimestamp(unix_ms // 1_000, UTC).isoformat()
