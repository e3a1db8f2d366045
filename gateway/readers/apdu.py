"""Command and response APDUs: ISO/IEC 7816-4, and the pseudo-APDUs of PC/SC part 3.

Pure: bytes in, bytes out. ``exchange`` is a generator that a shell drives: it yields the command
to send and is sent the response, so that the same code runs against a reader, a virtual card and
a table of bytes.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

from gateway.errors import WireError
from gateway.model.checks import check_bytes, check_int

SHORT_DATA_BYTES_MAX: Final = 255
SHORT_EXPECTED_MAX: Final = 256
EXTENDED_DATA_BYTES_MAX: Final = 65_535
EXTENDED_EXPECTED_MAX: Final = 65_536

#: A card that answers 61xx for ever must not keep a lane busy: 64 rounds of 256 bytes are 16 KiB.
CONTINUATIONS_MAX: Final = 64


class StatusWord(IntEnum):
    """Status words with a meaning of their own (ISO/IEC 7816-4, table 6; PC/SC part 3, 3.2.2)."""

    OK = 0x9000
    READ_FAILED = 0x6300
    EXECUTION_ERROR = 0x6400
    MEMORY_FAILURE = 0x6581
    WRONG_LENGTH = 0x6700
    CLASS_NOT_SUPPORTED = 0x6800
    COMMAND_INCOMPATIBLE = 0x6981
    SECURITY_NOT_SATISFIED = 0x6982
    CONDITIONS_NOT_SATISFIED = 0x6985
    WRONG_DATA = 0x6A80
    FUNCTION_NOT_SUPPORTED = 0x6A81
    FILE_NOT_FOUND = 0x6A82
    WRONG_P1_P2 = 0x6A86
    OFFSET_OUTSIDE_FILE = 0x6B00
    INSTRUCTION_NOT_SUPPORTED = 0x6D00
    CLASS_UNKNOWN = 0x6E00
    UNKNOWN_ERROR = 0x6F00


_STATUS_NAMES: Final = {int(word): word.name.lower().replace("_", " ") for word in StatusWord}

#: High bytes whose low byte counts something.
SW1_MORE_DATA: Final = 0x61
SW1_WRONG_EXPECTED: Final = 0x6C


def describe_status(status: int) -> str:
    """Say a status word for a log line: ``6A82 file not found``, or the number alone."""
    name = _STATUS_NAMES.get(status)
    return f"{status:04X} {name}" if name else f"{status:04X}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandApdu:
    """A command to a card.

    Attributes:
        cla: class byte.
        ins: instruction byte.
        p1: first parameter byte.
        p2: second parameter byte.
        data: command data, at most 255 bytes, or 65,535 when extended.
        expected: the most bytes wanted back (Ne), 1..256, or ..65,536 when extended; None where
            no answer data is expected and no Le is sent.
        extended: use extended length fields; one choice holds for both Lc and Le.

    Raises:
        ValueRangeError: if a part is outside its range.
    """

    cla: int
    ins: int
    p1: int = 0
    p2: int = 0
    data: bytes = b""
    expected: int | None = None
    extended: bool = False

    def __post_init__(self) -> None:
        for name in ("cla", "ins", "p1", "p2"):
            check_int(name, getattr(self, name), 0, 0xFF)
        data_max = EXTENDED_DATA_BYTES_MAX if self.extended else SHORT_DATA_BYTES_MAX
        check_bytes("data", self.data, 0, data_max)
        if self.expected is not None:
            expected_max = EXTENDED_EXPECTED_MAX if self.extended else SHORT_EXPECTED_MAX
            check_int("expected", self.expected, 1, expected_max)

    def to_bytes(self) -> bytes:
        """Encode as ISO/IEC 7816-4 (2020), 5.2: case 1, 2, 3 or 4, short or extended."""
        head = bytes((self.cla, self.ins, self.p1, self.p2))
        if not self.extended:
            body = bytes((len(self.data),)) + self.data if self.data else b""
            tail = b"" if self.expected is None else bytes((self.expected % 256,))
            return head + body + tail
        if not self.data and self.expected is None:
            return head
        body = len(self.data).to_bytes(2) + self.data if self.data else b""
        tail = b"" if self.expected is None else (self.expected % 65_536).to_bytes(2)
        return head + b"\x00" + body + tail

    @classmethod
    def from_bytes(cls, raw: bytes) -> CommandApdu:
        """Decode a command strictly: every byte belongs to a field and every length agrees.

        Raises:
            WireError: if ``raw`` is none of the seven forms of ISO/IEC 7816-4, 5.2.
        """
        if len(raw) < 4:
            raise WireError("a command APDU has at least four bytes")
        data, expected, extended = _decode_body(raw[4:])
        return cls(
            cla=raw[0],
            ins=raw[1],
            p1=raw[2],
            p2=raw[3],
            data=data,
            expected=expected,
            extended=extended,
        )


def _decode_body(body: bytes) -> tuple[bytes, int | None, bool]:
    if not body:
        return b"", None, False
    if len(body) == 1:
        return b"", body[0] or SHORT_EXPECTED_MAX, False
    if body[0] != 0:
        data, tail = body[1 : 1 + body[0]], body[1 + body[0] :]
        if len(data) != body[0] or len(tail) > 1:
            raise WireError("a short command APDU's length byte disagrees with its data")
        return data, (tail[0] or SHORT_EXPECTED_MAX) if tail else None, False
    if len(body) < 3:
        raise WireError("an extended command APDU's length is cut short")
    length = int.from_bytes(body[1:3])
    if len(body) == 3:
        return b"", length or EXTENDED_EXPECTED_MAX, True
    data, tail = body[3 : 3 + length], body[3 + length :]
    if length == 0 or len(data) != length or len(tail) not in {0, 2}:
        raise WireError("an extended command APDU's length disagrees with its data")
    return data, (int.from_bytes(tail) or EXTENDED_EXPECTED_MAX) if tail else None, True


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseApdu:
    """A card's answer: data, then two status bytes.

    Attributes:
        data: response data, at most 65,536 bytes.
        status: SW1 ‖ SW2 as one number, see ``StatusWord``.
    """

    data: bytes = b""
    status: int

    def __post_init__(self) -> None:
        check_bytes("data", self.data, 0, EXTENDED_EXPECTED_MAX)
        # A StatusWord is an int by meaning though not by type.
        check_int("status", int(self.status), 0, 0xFFFF)

    @property
    def ok(self) -> bool:
        """Whether the card did what it was asked, without a warning."""
        return self.status == StatusWord.OK

    def to_bytes(self) -> bytes:
        """Encode: data ‖ SW1 ‖ SW2."""
        return self.data + self.status.to_bytes(2)

    @classmethod
    def from_bytes(cls, raw: bytes) -> ResponseApdu:
        """Decode an answer.

        Raises:
            WireError: if it is too short to hold a status word (an empty answer is what PC/SC
                gives for a card torn away in mid-command) or too long.
        """
        if not 2 <= len(raw) <= EXTENDED_EXPECTED_MAX + 2:
            raise WireError(f"a response APDU of {len(raw)} bytes holds no status word")
        return cls(data=raw[:-2], status=int.from_bytes(raw[-2:]))


Exchange = Generator[CommandApdu, ResponseApdu, ResponseApdu]


def exchange(command: CommandApdu) -> Exchange:
    """Send one command and see it through 61xx (more data) and 6Cxx (other Le).

    pcscd hands 61xx and 6Cxx through unchanged; ISO/IEC 7816-4 (2020), 5.3.4 says what they ask.

    Returns:
        The final answer with the data of all parts. Data of a part that ended in an error is
        dropped, so that nobody takes half an answer for a whole one.
    """
    response = yield command
    if response.status >> 8 == SW1_WRONG_EXPECTED:
        wanted = response.status & 0xFF or SHORT_EXPECTED_MAX
        response = yield replace(command, expected=wanted)
    collected = response.data
    for _ in range(CONTINUATIONS_MAX):
        if response.status >> 8 != SW1_MORE_DATA:
            break
        response = yield get_response(command.cla, response.status & 0xFF)
        collected += response.data
    if response.status >> 8 == SW1_MORE_DATA or len(collected) > EXTENDED_EXPECTED_MAX:
        return ResponseApdu(status=StatusWord.UNKNOWN_ERROR)
    return ResponseApdu(data=collected if response.ok else b"", status=response.status)


def get_response(cla: int, waiting: int) -> CommandApdu:
    """GET RESPONSE (ISO/IEC 7816-4 (2020), 11.7.1); ``waiting`` is SW2, 0 for 256 or more."""
    # Of an interindustry class the logical channel goes on (5.4.1); of a reader's or a maker's
    # own class nothing does.
    channel = cla & 0x03 if cla < 0x20 else 0
    return CommandApdu(cla=channel, ins=0xC0, expected=waiting or SHORT_EXPECTED_MAX)


def get_uid() -> CommandApdu:
    """GET DATA for the card's UID: ``FF CA 00 00 00`` (PC/SC part 3, 3.2.2.1.3)."""
    return CommandApdu(cla=0xFF, ins=0xCA, expected=SHORT_EXPECTED_MAX)


def read_storage(block: int, expected: int) -> CommandApdu:
    """READ BINARY of a storage card: ``FF B0``, block number, Le (PC/SC part 3, 3.2.2.1.8)."""
    return CommandApdu(cla=0xFF, ins=0xB0, p1=block >> 8, p2=block & 0xFF, expected=expected)


def select_application(aid: bytes) -> CommandApdu:
    """SELECT by application identifier (ISO/IEC 7816-4 (2020), 11.2.2), first occurrence."""
    return CommandApdu(cla=0x00, ins=0xA4, p1=0x04, p2=0x00, data=aid, expected=SHORT_EXPECTED_MAX)


def select_file(file_id: int) -> CommandApdu:
    """SELECT an elementary file by its two-byte identifier, no answer data wanted."""
    return CommandApdu(cla=0x00, ins=0xA4, p1=0x00, p2=0x0C, data=file_id.to_bytes(2))


def read_binary(offset: int, expected: int) -> CommandApdu:
    """READ BINARY of the selected file at ``offset`` (below 32,768)."""
    check_int("offset", offset, 0, 0x7FFF)
    return CommandApdu(cla=0x00, ins=0xB0, p1=offset >> 8, p2=offset & 0xFF, expected=expected)
