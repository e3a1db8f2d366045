"""The command line's option for how a long-running command writes its log."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

JsonLogOption: TypeAlias = Annotated[
    bool, typer.Option("--log-json", help="Write the log as JSON lines.")
]
