"""``mohr pos record``: a line's bytes with their times, card numbers masked, into a file."""

from __future__ import annotations

import os
import queue
import time
from pathlib import Path
from typing import IO, Annotated, Final

import typer

from gateway.errors import ConfigError
from gateway.system_clock import SystemClock
from terminal_agent.cli_pos_watch import DEVICE_HELP
from terminal_agent.pos.device import FileDevice, parse_device
from terminal_agent.pos.masking import MaskRule, TimedMask, mask_rule
from terminal_agent.pos.open_port import open_port
from terminal_agent.pos.port import Direction, PosBytes, PosPort, PosPortEvent
from terminal_agent.pos.profile_file import load_profile
from terminal_agent.pos.recording import (
    RECORDING_BYTES_MAX,
    RecordedPiece,
    load_recording,
    write_row,
)

_LOOK_S: Final = 0.1

_TestCards = Annotated[
    bool,
    typer.Option(
        "--test-cards", help="Mask nothing. Only where every card on the line is a test card."
    ),
]


class Recorder:
    """Writes what passes a line as timed rows."""

    def __init__(self, out: IO[bytes], *, rule: MaskRule | None) -> None:
        """Write to ``out``.

        Args:
            out: takes the rows.
            rule: how the line is masked; None masks nothing at all.
        """
        self._out = out
        self._masks = (
            None if rule is None else {direction: TimedMask(rule) for direction in Direction}
        )
        self._first_ms: int | None = None
        #: Bytes of the line so far, and bytes of the file.
        self.heard_bytes = 0
        self.written_bytes = 0

    def take(self, event: PosBytes) -> None:
        """Note bytes of the line."""
        if self._first_ms is None:
            self._first_ms = event.monotonic_ms
        self.heard_bytes += len(event.data)
        at_ms = max(event.monotonic_ms - self._first_ms, 0)
        if self._masks is None:
            self._write(event.direction, [(at_ms, event.data)])
        else:
            self._write(event.direction, self._masks[event.direction].feed(event.data, at_ms))

    def end(self) -> None:
        """Write what was held back."""
        for direction, mask in (self._masks or {}).items():
            self._write(direction, mask.end())

    def _write(self, direction: Direction, pieces: list[tuple[int, bytes]]) -> None:
        for t_ms, data in pieces:
            row = write_row(RecordedPiece(t_ms=t_ms, direction=direction, data=data))
            self.written_bytes += len(row)
            self._out.write(row)
        self._out.flush()


def record(
    device: Annotated[str, typer.Argument(help=DEVICE_HELP)],
    out: Annotated[Path, typer.Argument(help="The new file: timed rows in JSON.")],
    profile: Annotated[
        str,
        typer.Option(
            "--profile",
            "-p",
            help="Whose line it is. On a card terminal's line name the card terminal's profile: "
            "only then are digits masked that are packed two to a byte, and amounts left alone.",
        ),
    ] = "generic-escpos-eur",
    baud: Annotated[int, typer.Option("--baud", help="Of a serial device.")] = 9_600,
    seconds: Annotated[
        float | None, typer.Option("--seconds", help="Stop after so long.", min=0.0)
    ] = None,
    test_cards: _TestCards = False,  # noqa: FBT002 - typer makes flags of booleans
) -> None:
    """Record a line until Ctrl-C or for --seconds; 'mohr pos decode' and 'file:' play it.

    Card numbers and track data are masked before anything is written. The file must not exist, and
    only its owner may read it.

    Raises:
        ConfigError: if the device, the profile or the file cannot be used.
    """
    rule = None if test_cards else mask_rule(load_profile(profile))
    spec = parse_device(device)
    with _create(out) as file:
        recorder = Recorder(file, rule=rule)
        if isinstance(spec, FileDevice):
            for piece in load_recording(spec.path).pieces:
                recorder.take(
                    PosBytes(data=piece.data, monotonic_ms=piece.t_ms, direction=piece.direction)
                )
        else:
            _record_line(open_port(spec, SystemClock(), baud=baud), recorder, seconds)
        recorder.end()
    typer.echo(f"{recorder.heard_bytes} bytes recorded in {out}")


def _record_line(port: PosPort, recorder: Recorder, seconds: float | None) -> None:
    events: queue.Queue[PosPortEvent] = queue.Queue()
    until_s = None if seconds is None else time.monotonic() + seconds
    port.start(events.put)
    try:
        while until_s is None or time.monotonic() < until_s:
            try:
                event = events.get(timeout=_LOOK_S)
            except queue.Empty:
                continue
            if not isinstance(event, PosBytes):
                typer.echo(f"line {event.state.value}: {event.detail}")
            elif recorder.written_bytes < RECORDING_BYTES_MAX:
                recorder.take(event)
            else:
                typer.echo("the recording is as large as one may be")
                return
    except KeyboardInterrupt:
        typer.echo("stopped")
    finally:
        port.stop()


def _create(path: Path) -> IO[bytes]:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise ConfigError(f"recording {path}: {error.strerror or error}") from error
    return os.fdopen(descriptor, "wb")
