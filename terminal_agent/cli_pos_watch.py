"""``mohr pos watch``: bytes, events and sales of a line while they come."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator, Sequence
from typing import Annotated, Final

import typer

from gateway.system_clock import SystemClock
from terminal_agent.pos.device import FileDevice, parse_device
from terminal_agent.pos.interpreters.till_events import TillEvent
from terminal_agent.pos.listener import Listener
from terminal_agent.pos.listeners import listener_of
from terminal_agent.pos.masking import TimedMask, mask_rule
from terminal_agent.pos.open_port import open_port
from terminal_agent.pos.port import (
    Direction,
    PosBytes,
    PosPortEvent,
    PosPortState,
    PosPortStateChanged,
)
from terminal_agent.pos.profile import ShopProfile
from terminal_agent.pos.profile_file import load_profile
from terminal_agent.pos.recording import load_recording
from terminal_agent.pos.sentences import sentence_of

DEVICE_HELP: Final = (
    "A serial device, tcp://HOST:PORT, tcp-listen://HOST:PORT, proxy://HOST:PORT>PRINTER:PORT, "
    "relay://HOST:PORT>TERMINAL:PORT or file:PATH."
)
_ROW_BYTES: Final = 16
#: How long one wait for the line is; silence is told to the listener this often at the latest.
_LOOK_S: Final = 0.1
_ARROWS: Final = {Direction.FROM_TILL: "till >", Direction.TO_TILL: "till <"}


def watch(
    device: Annotated[str, typer.Argument(help=DEVICE_HELP)],
    profile: Annotated[
        str, typer.Option("--profile", "-p", help="A shipped profile's name or a .toml file.")
    ] = "generic-escpos-eur",
    baud: Annotated[int, typer.Option("--baud", help="Of a serial device.")] = 9_600,
    seconds: Annotated[
        float | None, typer.Option("--seconds", help="Stop after so long.", min=0.0)
    ] = None,
) -> None:
    """Show what a line says as it comes: bytes (card numbers masked), events and sales.

    Ends with Ctrl-C, after --seconds, or with a recording's last byte. An observer: it answers
    nothing. A proxy or relay forwards meanwhile.

    Raises:
        ConfigError: if the device or the profile cannot be used.
    """
    loaded = load_profile(profile)
    view = LiveView(loaded)
    spec = parse_device(device)
    if isinstance(spec, FileDevice):
        for piece in load_recording(spec.path).pieces:
            _print(
                view.take(
                    PosBytes(data=piece.data, monotonic_ms=piece.t_ms, direction=piece.direction)
                )
            )
        _print(view.end())
        return
    clock = SystemClock()
    port = open_port(spec, clock, baud=baud)
    events: queue.Queue[PosPortEvent] = queue.Queue()
    until_s = None if seconds is None else time.monotonic() + seconds
    port.start(events.put)
    try:
        while until_s is None or time.monotonic() < until_s:
            try:
                event = events.get(timeout=_LOOK_S)
            except queue.Empty:
                _print(view.pass_time(clock.monotonic_ms()))
            else:
                _print(view.take(event))
    except KeyboardInterrupt:
        typer.echo("stopped")
    finally:
        port.stop()
    _print(view.end())


class LiveView:
    """Turns what a port tells into lines for a person. Pure."""

    def __init__(self, profile: ShopProfile) -> None:
        """Watch a line that speaks by ``profile``."""
        self._profile = profile
        self._listener: Listener = listener_of(profile)
        rule = mask_rule(profile)
        self._masks = {direction: TimedMask(rule) for direction in Direction}
        self._first_ms: int | None = None

    def take(self, event: PosPortEvent) -> Iterator[str]:
        """Lines for what a port told."""
        if isinstance(event, PosPortStateChanged):
            yield f"-- line {event.state.value}: {event.detail}"
            if event.state is PosPortState.DOWN:
                yield from self._told(self._listener.lost())
            return
        if self._first_ms is None:
            self._first_ms = event.monotonic_ms
        pieces = self._masks[event.direction].feed(event.data, event.monotonic_ms)
        yield from self._dumped(pieces, event.direction)
        heard = self._listener.feed(event.data, event.monotonic_ms, event.direction)
        yield from self._told(heard)

    def pass_time(self, now_ms: int) -> Iterator[str]:
        """Lines for what silence makes known."""
        yield from self._told(self._listener.idle(now_ms))

    def end(self) -> Iterator[str]:
        """Lines for what was held back, and for what the end of the line makes known."""
        for direction, mask in self._masks.items():
            yield from self._dumped(mask.end(), direction)
        yield from self._told(self._listener.idle(self._listener.deadline_ms or 0))
        counters = self._listener.counters
        yield (
            f"-- {counters.bytes_in} bytes, {counters.commands} commands, {counters.unknown} "
            f"unknown, {counters.bad_checks} bad checks, {counters.abandoned} abandoned"
        )

    def _dumped(self, pieces: list[tuple[int, bytes]], direction: Direction) -> Iterator[str]:
        for at_ms, data in pieces:
            seconds = (at_ms - (self._first_ms or 0)) / 1_000
            for at in range(0, len(data), _ROW_BYTES):
                row = data[at : at + _ROW_BYTES]
                text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)
                spaced = row.hex(" ").upper()
                yield f"{seconds:9.3f} {_ARROWS[direction]} {spaced:<47}  {text}"

    def _told(self, events: Sequence[TillEvent]) -> Iterator[str]:
        for event in events:
            yield f"== {sentence_of(event, self._profile)}"


def _print(lines: Iterator[str]) -> None:
    for line in lines:
        typer.echo(line)
