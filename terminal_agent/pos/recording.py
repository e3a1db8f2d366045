"""Recordings of a till's line: raw bytes, lines of hexadecimal digits, or timed rows.

========== ======================================================================================
raw        the bytes as they came; everything from the till
hex lines  one message a line, ``1B 40 0A``; ``<`` before it: to the till; ``#``: a remark
timed rows JSON, one row a line: ``{"t_ms": 1042, "direction": "from_till", "hex": "1b400a"}``
========== ======================================================================================

Which one it is the first line tells, for hex lines together with the name ``.hex``: digits alone
could be raw bytes as well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from gateway.errors import ConfigError
from terminal_agent.pos.port import Direction

#: A recorded day stays far below; more is a wrong file.
RECORDING_BYTES_MAX: Final = 64 * 1024 * 1024
#: A hundred years: a machine's time since it was started.
_T_MS_MAX: Final = 100 * 366 * 86_400_000
_ROW_KEYS: Final = {"t_ms", "direction", "hex"}
_HEX_PAIRS: Final = re.compile(r"(?:[0-9A-Fa-f]{2})(?:[ \t]*[0-9A-Fa-f]{2})*", re.ASCII)
_HEX_SUFFIX: Final = ".hex"


class RecordingFormat(StrEnum):
    """How a recording is written down."""

    RAW = "raw"
    HEX = "hex"
    TIMED = "timed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedPiece:
    """Bytes of a recording.

    Attributes:
        t_ms: when they came, from any start; 0 throughout where the recording tells no times.
        direction: which way they went.
        data: the bytes.
    """

    t_ms: int
    direction: Direction
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A recording, in the order in which it was heard."""

    format: RecordingFormat
    pieces: tuple[RecordedPiece, ...]


def load_recording(path: Path, form: RecordingFormat | None = None) -> Recording:
    """Read a recording from a file.

    Args:
        path: of the file.
        form: how it is written; None to find out.

    Raises:
        ConfigError: if it cannot be read, saying which line.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(RECORDING_BYTES_MAX + 1)
    except OSError as error:
        raise ConfigError(f"recording {path}: {error.strerror or error}") from error
    return read_recording(content, str(path), form)


def read_recording(content: bytes, name: str, form: RecordingFormat | None = None) -> Recording:
    """Read a recording from its bytes.

    Args:
        content: the bytes.
        name: of the file, for finding out its format and for messages.
        form: how it is written; None to find out.

    Raises:
        ConfigError: if it is too large or a line cannot be read.
    """
    if len(content) > RECORDING_BYTES_MAX:
        raise ConfigError(f"recording {name}: larger than {RECORDING_BYTES_MAX} bytes")
    form = form or _format_of(content, name)
    if form is RecordingFormat.RAW:
        whole = RecordedPiece(t_ms=0, direction=Direction.FROM_TILL, data=content)
        return Recording(format=form, pieces=(whole,) if content else ())
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"recording {name}: no text, so no {form} recording") from error
    read = _timed_piece if form is RecordingFormat.TIMED else _hex_piece
    pieces: list[RecordedPiece] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or (form is RecordingFormat.HEX and line.lstrip().startswith("#")):
            continue
        try:
            pieces.append(read(line.strip()))
        except ValueError as error:
            raise ConfigError(f"recording {name}, line {number}: {error}") from error
    # Bytes that a mask held back stand behind later ones of the other direction.
    pieces.sort(key=lambda piece: piece.t_ms)
    return Recording(format=form, pieces=tuple(pieces))


def write_row(piece: RecordedPiece) -> bytes:
    """Write a piece as one timed row."""
    row = {"t_ms": piece.t_ms, "direction": piece.direction.value, "hex": piece.data.hex()}
    return json.dumps(row).encode() + b"\n"


def bytes_from_till(pieces: Iterable[RecordedPiece]) -> bytes:
    """What the till sent, without times."""
    return b"".join(p.data for p in pieces if p.direction is Direction.FROM_TILL)


def _format_of(content: bytes, name: str) -> RecordingFormat:
    first = content.lstrip(b"\r\n\t ").partition(b"\n")[0]
    # Mohr's own line protocol begins with a brace as well, and has other fields.
    if first.startswith(b"{") and all(b'"%s"' % key.encode() in first for key in _ROW_KEYS):
        return RecordingFormat.TIMED
    return RecordingFormat.HEX if name.lower().endswith(_HEX_SUFFIX) else RecordingFormat.RAW


def _timed_piece(line: str) -> RecordedPiece:
    try:
        row = json.loads(line)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(row, dict) or row.keys() != _ROW_KEYS:
        raise ValueError(f"a row has exactly the fields {', '.join(sorted(_ROW_KEYS))}")
    t_ms, hexadecimal = row["t_ms"], row["hex"]
    if type(t_ms) is not int or not 0 <= t_ms <= _T_MS_MAX:
        raise ValueError(f"t_ms must be a whole number from 0 to {_T_MS_MAX}")
    if not isinstance(hexadecimal, str):
        raise ValueError("hex must be a string")  # noqa: TRY004 - every fault of a row is one
    return RecordedPiece(
        t_ms=t_ms, direction=Direction(row["direction"]), data=bytes.fromhex(hexadecimal)
    )


def _hex_piece(line: str) -> RecordedPiece:
    direction = Direction.FROM_TILL
    if line[0] in "<>":
        direction = Direction.TO_TILL if line[0] == "<" else direction
        line = line[1:].strip()
    if _HEX_PAIRS.fullmatch(line) is None:
        raise ValueError("not pairs of hexadecimal digits")
    return RecordedPiece(t_ms=0, direction=direction, data=bytes.fromhex(line))
