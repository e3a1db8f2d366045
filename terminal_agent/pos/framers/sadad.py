"""Sadad PcPos (Iran), on serial lines and TCP: ``02`` length version type data ``03`` LRC.

Three digits of length count everything from the version to the LRC, which is the XOR of length to
data and of 03. On serial lines the terminal sends one 0A more behind each message. Between frames
nothing else goes over the line; acknowledgements are frames.

Only whole frames whose length, end and check agree are told. The vendor's own document has examples
where they do not; those are counted, and the search goes on one byte further.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from terminal_agent.pos.framers.checks import xor_lrc
from terminal_agent.pos.framers.held_framer import HeldFramer
from terminal_agent.pos.framers.sadad_fields import (
    SadadRequest,
    SadadResponse,
    read_request,
    read_request_v002,
    read_response,
    read_responses_v002,
)

_STX: Final = 0x02
_ETX: Final = 0x03
#: Sent behind messages; tells nothing.
_LINE_FEED: Final = 0x0A
#: STX, length, version and type.
HEAD_BYTES: Final = 8
#: What the length counts at least: version, type, ETX and LRC.
_LENGTH_MIN: Final = 6
VERSION_000: Final = "000"
VERSION_002: Final = "002"
#: Version 002: function and length of the data stand before it.
_FUNCTION_BYTES: Final = 4
FUNCTION_HEAD_BYTES: Final = 7


class SadadType(IntEnum):
    """What a message is."""

    CANCEL = 0x04
    ACKNOWLEDGED = 0x06
    NOT_ACKNOWLEDGED = 0x15
    REQUEST = 0x19
    RESPONSE = 0x1A
    INITIALISE = 0xF1


@dataclass(frozen=True, slots=True, kw_only=True)
class SadadMessage:
    """One checked message, without the card number that it may have held.

    Attributes:
        version: 000, 002 or another three digits.
        type: what it is.
        function: of version 002, its four characters; empty in others.
        request: what a request asks; None in other messages.
        responses: what a response says; several readings where its form allows them.
    """

    version: str
    type: SadadType
    function: str = ""
    request: SadadRequest | None = None
    responses: tuple[SadadResponse, ...] = ()


_TYPES: Final = {kind.value: kind for kind in SadadType}


class SadadFramer(HeldFramer[SadadMessage]):
    """Finds checked messages in one direction of a Sadad line, or in both mixed together."""

    def _look(self, at: int) -> tuple[int, SadadMessage | None] | None:
        held = self._held
        if held[at] != _STX:
            self._tally.skipped += held[at] != _LINE_FEED
            return 1, None
        length = message_bytes(held, at)
        if length == 0:
            self._tally.skipped += 1
            return 1, None
        if length is None or at + length > len(held):
            return None
        end = at + length
        covered = held[at + 1 : end - 1]
        if covered[-1] != _ETX or xor_lrc(covered) != held[end - 1]:
            self._tally.bad_checks += 1
            self._tally.skipped += 1
            return 1, None
        return end - at, self._read(bytes(covered[3:-1]))

    def _read(self, counted: bytes) -> SadadMessage | None:
        """Read a checked message from its version on; None, and counted, if its data is wrong."""
        version, kind, data = counted[:3].decode("ascii"), _TYPES[counted[3]], counted[4:]
        function = ""
        if version == VERSION_002 and kind in (SadadType.REQUEST, SadadType.RESPONSE):
            head, data = data[:FUNCTION_HEAD_BYTES], data[FUNCTION_HEAD_BYTES:]
            if head[_FUNCTION_BYTES:] != b"%03d" % len(data):
                self._tally.malformed += 1
                return None
            function = head[:_FUNCTION_BYTES].decode("latin-1")
        elif version != VERSION_000 and kind in (SadadType.REQUEST, SadadType.RESPONSE):
            # 001 is encrypted.
            self._tally.unknown += 1
            return None
        request, responses = _contents(version, kind, data)
        if request is None and not responses and kind in (SadadType.REQUEST, SadadType.RESPONSE):
            self._tally.malformed += 1
        return SadadMessage(
            version=version, type=kind, function=function, request=request, responses=responses
        )


def _contents(
    version: str, kind: SadadType, data: bytes
) -> tuple[SadadRequest | None, tuple[SadadResponse, ...]]:
    if kind is SadadType.REQUEST:
        read = read_request if version == VERSION_000 else read_request_v002
        return read(data), ()
    if kind is SadadType.RESPONSE and version == VERSION_002:
        return None, read_responses_v002(data)
    response = read_response(data) if kind is SadadType.RESPONSE else None
    return None, () if response is None else (response,)


def message_bytes(data: bytes | bytearray, at: int) -> int | None:
    """How many bytes a message has that begins at ``at`` with its STX.

    Returns:
        the number; 0 where none begins, None while its head is not complete.
    """
    head = bytes(data[at + 1 : at + HEAD_BYTES])
    if not _may_be_head(head):
        return 0
    return 4 + int(head[:3]) if len(head) == HEAD_BYTES - 1 else None


def _may_be_head(head: bytes) -> bool:
    """Whether these bytes, which may be fewer, can stand behind an STX."""
    digits = head[:6]
    if digits and not digits.isdigit():
        return False
    if len(head) >= 3 and int(head[:3]) < _LENGTH_MIN:
        return False
    return len(head) < HEAD_BYTES - 1 or head[6] in _TYPES
