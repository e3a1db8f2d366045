"""Opens one line of a till: its port, and what answers on it where the till is spoken to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.clock import Clock
from terminal_agent.line_till import LineTill
from terminal_agent.pos.capture_ring import CaptureRing
from terminal_agent.pos.captured_port import CapturedPort
from terminal_agent.pos.device import parse_device
from terminal_agent.pos.masking import mask_rule
from terminal_agent.pos.open_port import open_port, open_speaking_port
from terminal_agent.pos.port import PosPort
from terminal_agent.pos.profile import Dialect, ShopProfile

#: Where a line's capture ring is, in the data folder.
CAPTURE_FOLDER: Final = "capture"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineWish:
    """How a line is set up.

    Attributes:
        device: see ``parse_device``.
        profile: what is spoken on it.
        baud: of a serial device, and the pace of a recording.
        folder: the data folder: recordings and the capture ring start there.
        capture_bytes: how much of the line is kept on disk, masked; 0 for nothing.
        name: tells the line's capture from those of other lines.
    """

    device: str
    profile: ShopProfile
    baud: int
    folder: Path
    capture_bytes: int = 0
    name: str = "till"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedLine:
    """A line that is ready to be started.

    Attributes:
        port: brings what is heard.
        participant: reads and answers it, where the till speaks Mohr's own lines; None where the
            line is only observed: then ``listener_of`` its profile reads it.
    """

    port: PosPort
    participant: LineTill | None


def open_line(wish: LineWish, clock: Clock) -> OpenedLine:
    """Make a line's port and what answers on it; nothing is opened before the port's ``start``.

    Raises:
        ConfigError: if the device cannot be understood, or a setting cannot be used.
    """
    spec = parse_device(wish.device)
    if wish.profile.dialect is Dialect.MOHR_LINES:
        speaking = open_speaking_port(spec, clock, baud=wish.baud)
        participant = LineTill(wish.profile, speaking)
        return OpenedLine(port=_captured(speaking, wish), participant=participant)
    port = open_port(spec, clock, baud=wish.baud, folder=wish.folder)
    return OpenedLine(port=_captured(port, wish), participant=None)


def _captured(port: PosPort, wish: LineWish) -> PosPort:
    if not wish.capture_bytes:
        return port
    ring = CaptureRing(
        wish.folder / CAPTURE_FOLDER / wish.name,
        bytes_max=wish.capture_bytes,
        rule=mask_rule(wish.profile),
    )
    return CapturedPort(port, ring)
