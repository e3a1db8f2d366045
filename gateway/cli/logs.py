"""Where a long-running command writes its log: standard error, a line for each event."""

from __future__ import annotations

import logging
import sys
from typing import Annotated, TypeAlias

import structlog
import typer

JsonLogOption: TypeAlias = Annotated[
    bool, typer.Option("--log-json", help="Write the log as JSON lines.")
]


def log_to_stderr(*, as_json: bool) -> None:
    """Set the log up; standard output stays for what a script may want to read.

    Args:
        as_json: one JSON object in a line, for collectors; otherwise text for people.
    """
    renderer: structlog.typing.Processor
    if as_json:
        renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
    else:
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
