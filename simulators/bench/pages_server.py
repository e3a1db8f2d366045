"""The process that serves the pages of a prepared house while another one measures them.

It says one line of JSON with its address, then answers each line that it is sent with one line of
JSON: the statements its pages have asked since the last. It ends with its standard input.
"""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path

import structlog

from gateway.config import WebSettings
from simulators.bench.big_ledger import END_MS
from simulators.bench.pages_house import AFTER_THE_PAST_MS
from simulators.bench.pages_statements import StatementCount
from simulators.furnished.clock import RunningClock
from simulators.quiet_house import QuietHouse, QuietOptions
from web_admin.front import WaitressFront

_PAGES_THREADS = "waitress"


def main(arguments: list[str]) -> None:
    """Serve a folder until nobody asks any more."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        # Standard output is the other process's.
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    counted = StatementCount(lambda thread: thread.startswith(_PAGES_THREADS))
    web = WebSettings(port=0)
    clock = RunningClock(END_MS + AFTER_THE_PAST_MS)
    with (
        QuietHouse(Path(arguments[0]), clock, QuietOptions(web=web)) as house,
        WaitressFront(house, web) as front,
    ):
        _say({"address": front.address})
        for _ in sys.stdin:
            _say(counted.take())


def _say(told: object) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
