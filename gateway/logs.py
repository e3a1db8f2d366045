"""How every long-running process of ours writes its log: to standard error, a line an event.

Tracebacks are written without the values of local variables: among them are keys, passwords and
card numbers, and a log is copied to places where those must not go.
"""

from __future__ import annotations

import logging
import sys

import structlog


def log_to_stderr(*, as_json: bool = False) -> None:
    """Set the log up; standard output stays for what a person or a script wants to read.

    Args:
        as_json: one JSON object in a line, for collectors; otherwise text for people.
    """
    processors: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if as_json:
        processors += [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    else:
        processors.append(
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            )
        )
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
