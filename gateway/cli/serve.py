"""What ``mohr gateway run`` does: opens the gateway, its pages before it, and waits."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final

import structlog
import typer

from gateway.config import SETTINGS_FILE, GatewaySettings, WebSettings, load_settings
from gateway.errors import ConfigError
from gateway.heap import set_start_aside
from gateway.notifier import LogNotifier
from gateway.office.house import WebFront
from gateway.service.front_door import GatewayDoor
from gateway.system_clock import SystemClock

WEB_GROUP: Final = "mohr.web"
_POLL_S: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What the command line asks for.

    Attributes:
        directory: the data directory; blank for a first run in the browser.
        broker: broker settings to use instead of the file's, by name.
        web_port: the pages' port instead of the settings'.
        with_web: whether pages are served at all.
    """

    directory: Path
    broker: Mapping[str, str | int]
    web_port: int | None
    with_web: bool


def serve(serving: Serving, stopping: threading.Event) -> None:
    """Run a gateway until it is told to stop.

    Raises:
        MohrError: if it cannot start, or what ended it.
    """
    web = _web_settings(serving)
    with ExitStack() as stack:
        door = GatewayDoor(serving.directory, SystemClock(), LogNotifier(), serving.broker)
        stack.enter_context(door)
        if door.house is not None:
            broker = door.house.settings.broker
            typer.echo(f"mohr gateway: started, connecting to {broker.host}:{broker.port}")
        if web is not None:
            _serve_pages(door, web, stack)
        set_start_aside()
        _wait(door, stopping)


def _serve_pages(door: GatewayDoor, web: WebSettings, stack: ExitStack) -> None:
    """Open the pages and say where they are.

    A gateway that has a ledger goes on without them: a port that somebody else has must not keep a
    shop's receipts from being answered.

    Raises:
        ConfigError: if they cannot be opened, and there is nothing but pages to run.
    """
    try:
        front = stack.enter_context(_open_front(door, web))
        setup_address = front.setup_address
    except ConfigError as error:
        if door.house is None:
            raise
        structlog.get_logger("mohr.gateway").error("no pages are served", error=str(error))
        typer.echo(f"mohr gateway: no pages: {error}")
        return
    typer.echo(f"mohr gateway: pages at {front.address}")
    if setup_address is not None:
        typer.echo(f"mohr gateway: set it up at {setup_address}")


def _web_settings(serving: Serving) -> WebSettings | None:
    """Say how pages are served, or None where they are not.

    Raises:
        ConfigError: if there is no gateway and no wizard to make one, or the settings are wrong.
    """
    if _is_blank(serving.directory) and serving.with_web:
        # Nothing but the environment can say anything before there is a settings file.
        web = GatewaySettings().web
    else:
        web = load_settings(serving.directory).web
    if not serving.with_web or not web.enabled:
        return None
    if serving.web_port is None:
        return web
    return web.model_copy(update={"port": serving.web_port})


def _is_blank(directory: Path) -> bool:
    if not directory.exists():
        return True
    return not (directory / SETTINGS_FILE).exists() and not any(directory.iterdir())


def _open_front(door: GatewayDoor, web: WebSettings) -> WebFront:
    """Find the pages, which nothing in the gateway imports: they plug in by entry point."""
    found = tuple(entry_points(group=WEB_GROUP))
    if not found:
        raise ConfigError("the pages are not installed: install the whole of mohr, or use --no-web")
    try:
        opener = found[0].load()
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"the pages need {error.name}: install mohr[gateway], or use --no-web"
        ) from error
    front: WebFront = opener(door, web)
    return front


def _wait(door: GatewayDoor, stopping: threading.Event) -> None:
    ready = False
    while not stopping.is_set():
        running = door.running
        if running is None:
            stopping.wait(_POLL_S)
        elif ready:
            if running.service.wait_ended(_POLL_S):
                return
        elif running.service.wait_ended(0):
            return
        elif running.service.wait_up(_POLL_S):
            ready = True
            typer.echo("mohr gateway: ready")
