"""How one family of messages is framed: STX, body, ETX and a check byte, and what varies in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.errors import ConfigError, ValueRangeError
from gateway.model.checks import check_int
from terminal_agent.pos.profile_table import TomlTable

STX: Final = 0x02
ETX: Final = 0x03
ETB: Final = 0x17
BODY_BYTES_MAX: Final = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameSettings:
    """What a protocol lays down about its frames.

    Attributes:
        lrc_initial: what the XOR of the check byte begins with: 0, or 7F in ECR17.
        lrc_covers_stx: STX is under the check.
        lrc_covers_etx: the end byte is under the check.
        ends_with_etb: ETB ends a frame as well as ETX does.
        separators: control bytes that may stand in a body, such as FS (1C).
        seven_bits: bit 7 of every byte is a parity bit and is cleared.
        framed_acknowledgements: ACK and NAK come as ACK ETX LRC (ECR17).
        progress: messages of SOH, twenty characters and EOT without a check may come (ECR17).
        body_bytes_max: a longer body is no frame.
        byte_gap_ms: silence within a frame that gives it up.
        frame_ms: how long a whole frame may take.

    Raises:
        ValueRangeError: if a number is outside its range.
    """

    lrc_initial: int = 0
    lrc_covers_stx: bool = False
    lrc_covers_etx: bool = True
    ends_with_etb: bool = False
    separators: bytes = b""
    seven_bits: bool = False
    framed_acknowledgements: bool = False
    progress: bool = False
    body_bytes_max: int = 1_024
    byte_gap_ms: int = 1_000
    frame_ms: int = 10_000

    def __post_init__(self) -> None:
        check_int("lrc_initial", self.lrc_initial, 0, 0xFF)
        check_int("body_bytes_max", self.body_bytes_max, 1, BODY_BYTES_MAX)
        check_int("byte_gap_ms", self.byte_gap_ms, 50, 60_000)
        check_int("frame_ms", self.frame_ms, 50, 600_000)
        if any(byte >= 0x20 or byte in (STX, ETX, ETB) for byte in self.separators):
            raise ValueRangeError("separators are control bytes other than STX, ETX and ETB")

    def lrc(self, body: bytes, end: int) -> int:
        """The check byte of a body that ``end`` ends."""
        check = self.lrc_initial
        if self.lrc_covers_stx:
            check ^= STX
        for byte in body:
            check ^= byte
        return check ^ end if self.lrc_covers_etx else check

    def frame(self, body: bytes) -> bytes:
        """Write a body as a frame, as a till or a card terminal sends it."""
        return bytes((STX, *body, ETX, self.lrc(body, ETX)))


def read_frame_settings(outer: TomlTable, key: str) -> FrameSettings:
    """Read the ``[frame]`` table of a profile.

    Raises:
        ConfigError: naming the key that is unknown or wrong, and what to write.
    """
    table = outer.sub(key, "a table such as lrc_initial = 0")
    flags = (
        "lrc_covers_stx", "lrc_covers_etx", "ends_with_etb", "seven_bits",
        "framed_acknowledgements", "progress",
    )  # fmt: skip
    numbers = ("lrc_initial", "body_bytes_max", "byte_gap_ms", "frame_ms")
    table.refuse_others({*flags, *numbers, "separators"})
    values: dict[str, bool | int | bytes] = {}
    for name in flags:
        if table.has(name):
            values[name] = table.flag(name)
    for name in numbers:
        if table.has(name):
            values[name] = table.whole(name)
    if table.has("separators"):
        try:
            values["separators"] = bytes.fromhex(table.text("separators"))
        except ValueError as error:
            raise table.wrong("separators", 'hexadecimal such as "1C"') from error
    try:
        return FrameSettings(**values)  # type: ignore[arg-type] # each of its own kind, as read above
    except ValueRangeError as error:
        raise ConfigError(f"profile {outer.source}: {key}: {error}") from error
