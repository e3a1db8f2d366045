"""Writing an NDEF message to a Type 2 or a Type 4 tag, so that no torn write reads as a record.

Both ways follow the NFC Forum's order: the length becomes zero first, the message follows, and
its length comes last. Whoever takes the tag away in between is left with a tag that holds no
message (T2T 1.1; T4T 1.2). In the end all of it is read back.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Final

from gateway.errors import WireError
from gateway.readers.apdu import (
    CommandApdu,
    ResponseApdu,
    describe_status,
    exchange,
    select_application,
)
from gateway.readers.cards import ndef_type4
from gateway.readers.cards.ndef_type2 import (
    DATA_BLOCK,
    MAGIC,
    TLV_LOCK,
    TLV_MEMORY,
    TLV_NDEF,
    TLV_TERMINATOR,
    DataArea,
    read_length,
)
from gateway.readers.cards.ndef_type4 import Container
from gateway.readers.cards.storage import BLOCK_BYTES, read_patiently
from gateway.readers.cards.writing import (
    WriteDone,
    WriteOutcome,
    WriteRefused,
    WriteUnknown,
    Writing,
    read_blocks,
    split_blocks,
    write_blocks,
)
from gateway.readers.errors import CardRefusedError

#: Longer ones need a TLV length of three bytes, and no membership is longer than 120.
TYPE2_MESSAGE_BYTES_MAX: Final = 254


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where on a Type 2 tag the message goes, counted from block 4.

    Attributes:
        start: of the TLV.
        before: what lies before it and stays.
        size: of the data area.
    """

    start: int
    before: bytes
    size: int


def write_type2(message: bytes) -> Writing:
    """Write a message to a formatted Type 2 tag, after the control TLVs that it came with.

    Args:
        message: at most 254 bytes; they must fit the tag with two or three more.
    """
    if len(message) > TYPE2_MESSAGE_BYTES_MAX:
        return WriteRefused(detail=f"a message of {len(message)} bytes is too long")
    try:
        place = yield from _find_place(2 + len(message))
    except (WireError, CardRefusedError) as error:
        return WriteRefused(detail=str(error))
    if isinstance(place, WriteRefused):
        return place
    body = bytes((TLV_NDEF, len(message))) + message
    terminator = bytes((TLV_TERMINATOR,)) if place.start + len(body) < place.size else b""
    return (yield from _write_area(place, body + terminator))


def _write_area(place: _Place, body: bytes) -> Writing:
    first = place.start // BLOCK_BYTES
    kept = place.before[first * BLOCK_BYTES : place.start]
    blocks = split_blocks(kept + body)
    # The block that holds the length, which is the second where the tag byte ends the first.
    at = (len(kept) + 1) // BLOCK_BYTES
    emptied = split_blocks(kept + body[:1] + b"\0" + body[2:])
    start = DATA_BLOCK + first
    fault = yield from write_blocks(start, emptied[: at + 1])
    if fault is not None:
        return WriteUnknown(detail=fault) if at else WriteRefused(detail=fault)
    for number, part in ((start + at + 1, blocks[at + 1 :]), (start + at, (blocks[at],))):
        fault = yield from write_blocks(number, part)
        if fault is not None:
            return WriteUnknown(detail=fault)
    found = yield from read_blocks(start, len(blocks))
    if found != b"".join(blocks):
        return WriteUnknown(detail="what was read back is not what was written")
    return WriteDone()


def _find_place(
    needed: int,
) -> Generator[CommandApdu, ResponseApdu, _Place | WriteRefused]:
    response = yield from read_patiently(DATA_BLOCK - 1)
    if not response.ok:
        return WriteRefused(detail=f"capability container: {describe_status(response.status)}")
    container = response.data
    if container[0] != MAGIC or container[1] >> 4 != 1 or container[3] != 0:
        return WriteRefused(detail="the tag is not formatted for NDEF, or is write-protected")
    size = container[2] * 8
    area = DataArea(size)
    start = yield from _pass_controls(area)
    # The terminator and what fills up its block are written as well.
    end = min(size, (start + needed + BLOCK_BYTES) // BLOCK_BYTES * BLOCK_BYTES)
    if start + needed > size or area.is_reserved(start, end):
        return WriteRefused(detail=f"{needed} bytes do not fit the tag's {size} from {start} on")
    return _Place(start=start, before=area.bytes_before(start), size=size)


def _pass_controls(area: DataArea) -> Generator[CommandApdu, ResponseApdu, int]:
    """Where the first TLV that is no control TLV begins; those describe the chip and stay."""
    while True:
        start = area.position
        tag = yield from area.next_byte()
        if tag not in {TLV_LOCK, TLV_MEMORY}:
            return start
        value = yield from area.take((yield from read_length(area)))
        area.reserve(value, lock=tag == TLV_LOCK)


def write_type4(message: bytes) -> Writing:
    """Write a message to a Type 4 tag whose NDEF file anybody may write."""
    selected = yield from exchange(select_application(ndef_type4.NDEF_APPLICATION))
    if not selected.ok:
        return WriteRefused(detail=f"no NDEF application: {describe_status(selected.status)}")
    try:
        container = yield from _select_writable(message)
    except CardRefusedError as error:
        return WriteRefused(detail=str(error))
    if isinstance(container, WriteRefused):
        return container
    return (yield from _write_file(message, container))


def _select_writable(
    message: bytes,
) -> Generator[CommandApdu, ResponseApdu, Container | WriteRefused]:
    yield from ndef_type4.select(ndef_type4.CONTAINER_FILE)
    size = ndef_type4.CONTAINER_BYTES
    container = ndef_type4.parse_container((yield from ndef_type4.read(0, size, size)))
    if container is None or not (container.readable and container.writable):
        return WriteRefused(detail="the NDEF file is write-protected, or its container malformed")
    if 2 + len(message) > container.file_bytes or container.command_bytes < 2:
        return WriteRefused(
            detail=f"{len(message)} bytes do not fit a file of {container.file_bytes}"
        )
    yield from ndef_type4.select(container.file_id)
    return container


def _write_file(
    message: bytes, container: Container
) -> Generator[CommandApdu, ResponseApdu, WriteOutcome]:
    step = container.command_bytes
    parts = [(0, bytes(2))]
    parts += [(2 + at, message[at : at + step]) for at in range(0, len(message), step)]
    parts.append((0, len(message).to_bytes(2)))
    for number, (offset, part) in enumerate(parts):
        response = yield from exchange(update_binary(offset, part))
        if not response.ok:
            detail = f"offset {offset}: {describe_status(response.status)}"
            return WriteUnknown(detail=detail) if number else WriteRefused(detail=detail)
    try:
        found = yield from ndef_type4.read(0, 2 + len(message), container.chunk_bytes)
    except CardRefusedError as error:
        return WriteUnknown(detail=f"reading back: {error}")
    if found != len(message).to_bytes(2) + message:
        return WriteUnknown(detail="what was read back is not what was written")
    return WriteDone()


def update_binary(offset: int, data: bytes) -> CommandApdu:
    """UPDATE BINARY of the selected file (ISO/IEC 7816-4 (2020), 11.3)."""
    return CommandApdu(cla=0x00, ins=0xD6, p1=offset >> 8 & 0x7F, p2=offset & 0xFF, data=data)
