"""``mohr sim furnished``: the furnished house, to look around in."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Annotated

import typer


def furnished(
    *,
    folder: Annotated[
        Path | None,
        typer.Option("--dir", help="Make it here; a folder that goes away if left out."),
    ] = None,
    port: Annotated[int, typer.Option(help="Serve the pages here; 0 takes a free port.")] = 8088,
    seed: Annotated[int, typer.Option(help="Of its past.")] = 1,
) -> None:
    """Serve the pages of a house with two weeks of sales behind it, until Ctrl-C.

    Nothing is connected to it: it is there to be looked at, and changes in it harm nobody.
    """
    # Imported here, so that mohr --help stays quick.
    import logging  # noqa: PLC0415 - see above
    import tempfile  # noqa: PLC0415 - see above

    import structlog  # noqa: PLC0415 - see above

    from gateway.config import WebSettings  # noqa: PLC0415 - see above
    from simulators.furnished.house import (  # noqa: PLC0415 - see above
        FurnishedHouse,
        FurnishedOptions,
    )
    from simulators.furnished.office import OWNERS, PASSWORD  # noqa: PLC0415 - see above

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    with tempfile.TemporaryDirectory(prefix="mohr-furnished-") as temporary:
        options = FurnishedOptions(seed=seed, web=WebSettings(port=port))
        with FurnishedHouse(folder or Path(temporary) / "gateway", options) as house:
            typer.echo(f"furnished house: {house.named_address}")
            typer.echo(f"sign in as {OWNERS['fa']} (Persian) or {OWNERS['en']} (English)")
            typer.echo(f"with the password: {PASSWORD}")
            stopping.wait()
