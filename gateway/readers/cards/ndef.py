"""NDEF messages (NFC Forum NDEF 1.0): a strict reader and a writer.

Our own, in a page, because the one maintained-looking library had its last release in 2019 and
all that is needed is the record framing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from gateway.errors import WireError
from gateway.model.checks import check_bytes

#: No membership card needs more; a bigger message is somebody else's and is not read at all.
MESSAGE_BYTES_MAX: Final = 512

_MB, _ME, _CF, _SR, _IL = 0x80, 0x40, 0x20, 0x10, 0x08


class TypeNameFormat(IntEnum):
    """How a record's type is to be read (NDEF 1.0, 3.2.6). 6 (chunks) and 7 are refused."""

    EMPTY = 0
    WELL_KNOWN = 1
    MEDIA = 2
    URI = 3
    EXTERNAL = 4
    UNKNOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class NdefRecord:
    """One record.

    Attributes:
        tnf: how ``type`` is to be read.
        type: at most 255 bytes; empty for EMPTY and UNKNOWN.
        payload: the record's content.
        id: at most 255 bytes, usually empty.
    """

    tnf: TypeNameFormat
    type: bytes = b""
    payload: bytes = b""
    id: bytes = b""

    def __post_init__(self) -> None:
        check_bytes("type", self.type, 0, 255)
        check_bytes("id", self.id, 0, 255)
        check_bytes("payload", self.payload, 0, 2**32 - 1)


def decode_message(raw: bytes) -> tuple[NdefRecord, ...]:
    """Read a whole message; every byte must belong to it.

    Chunked records are refused: none of ours is chunked, and half a chunk is not a card.

    Raises:
        WireError: naming the rule that is broken.
    """
    records: list[NdefRecord] = []
    position, last = 0, False
    while not last:
        record, flags, position = _decode_record(raw, position)
        if bool(flags & _MB) != (not records):
            raise WireError("NDEF: 'message begin' belongs to the first record alone")
        last = bool(flags & _ME)
        records.append(record)
    if position != len(raw):
        raise WireError("NDEF: bytes after the last record")
    return tuple(records)


def _decode_record(raw: bytes, start: int) -> tuple[NdefRecord, int, int]:
    flags, position = _take_int(raw, start, 1)
    if flags & _CF or flags & 0x07 > TypeNameFormat.UNKNOWN:
        raise WireError("NDEF: chunked and reserved records are not accepted")
    tnf = TypeNameFormat(flags & 0x07)
    type_length, position = _take_int(raw, position, 1)
    payload_length, position = _take_int(raw, position, 1 if flags & _SR else 4)
    id_length, position = _take_int(raw, position, 1) if flags & _IL else (0, position)
    if tnf is TypeNameFormat.EMPTY and (type_length or payload_length or id_length):
        raise WireError("NDEF: an empty record has no type, payload or id")
    if (tnf is TypeNameFormat.UNKNOWN) != (type_length == 0) and tnf is not TypeNameFormat.EMPTY:
        raise WireError("NDEF: the type does not go with its format")
    type_, position = _take(raw, position, type_length)
    id_, position = _take(raw, position, id_length)
    payload, position = _take(raw, position, payload_length)
    return NdefRecord(tnf=tnf, type=type_, payload=payload, id=id_), flags, position


def _take(raw: bytes, position: int, count: int) -> tuple[bytes, int]:
    if position + count > len(raw):
        raise WireError("NDEF: the message is cut short")
    return raw[position : position + count], position + count


def _take_int(raw: bytes, position: int, count: int) -> tuple[int, int]:
    taken, position = _take(raw, position, count)
    return int.from_bytes(taken), position


def encode_message(records: Iterable[NdefRecord]) -> bytes:
    """Write a message of at least one record, with the short form where it fits.

    Raises:
        WireError: for a message of no records (an empty card holds one EMPTY record).
    """
    listed = tuple(records)
    if not listed:
        raise WireError("NDEF: a message has at least one record")
    last = len(listed) - 1
    return b"".join(
        _encode_record(record, (_MB if index == 0 else 0) | (_ME if index == last else 0))
        for index, record in enumerate(listed)
    )


def _encode_record(record: NdefRecord, flags: int) -> bytes:
    short = len(record.payload) <= 0xFF
    flags |= int(record.tnf) | (_SR if short else 0) | (_IL if record.id else 0)
    lengths = bytes((len(record.type),)) + len(record.payload).to_bytes(1 if short else 4)
    id_length = bytes((len(record.id),)) if record.id else b""
    return bytes((flags,)) + lengths + id_length + record.type + record.id + record.payload
