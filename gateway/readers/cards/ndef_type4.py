"""NFC Forum Type 4 tags (NTAG 424, DESFire with NDEF, phones): a small file system over APDUs.

Select the NDEF application, read the capability container (file E103), select the NDEF file it
names, read NLEN and then the message in chunks no longer than the container's MLe
(NFC Forum T4T 1.2, 5.4).
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.crypto.public_key import PublicKey
from gateway.readers.apdu import (
    CommandApdu,
    ResponseApdu,
    describe_status,
    exchange,
    read_binary,
    select_application,
    select_file,
)
from gateway.readers.cards.dialogue import (
    CardProblem,
    OtherProfile,
    ProfileDialogue,
    ProfileReader,
)
from gateway.readers.cards.membership import judge_message
from gateway.readers.cards.ndef import MESSAGE_BYTES_MAX
from gateway.readers.cards.traits import CardKind, CardTraits
from gateway.readers.errors import CardRefusedError
from gateway.readers.reader import CardTrouble

NDEF_APPLICATION: Final = bytes.fromhex("D2760000850101")
CONTAINER_FILE: Final = 0xE103
CONTAINER_BYTES: Final = 15
FILE_CONTROL_TLV: Final = bytes.fromhex("0406")
#: The smallest MLe a Type 4 tag may name (T4T 1.2, table 4).
MLE_MIN: Final = 15
#: Readers on the market stumble over 256; nothing of ours is long enough to miss it.
CHUNK_BYTES_MAX: Final = 240
FREELY: Final = 0x00

_FILES_NOT_FOR_NDEF: Final = frozenset({0x0000, 0x3F00, 0x3FFF, 0xE102, 0xE103, 0xFFFF})


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """What the capability container says of the NDEF file.

    Attributes:
        chunk_bytes: the longest answer to ask for.
        command_bytes: the longest command data to send.
        file_id: the NDEF file.
        file_bytes: its size, the two bytes of NLEN in it.
        readable: whether anybody may read it.
        writable: whether anybody may write it.
    """

    chunk_bytes: int
    command_bytes: int
    file_id: int
    file_bytes: int
    readable: bool
    writable: bool


def select(file_id: int) -> Generator[CommandApdu, ResponseApdu, None]:
    """Select a file.

    Raises:
        CardRefusedError: if the tag does not.
    """
    response = yield from exchange(select_file(file_id))
    if not response.ok:
        raise CardRefusedError(f"file {file_id:04X}: {describe_status(response.status)}")


def read(offset: int, count: int, chunk: int) -> Generator[CommandApdu, ResponseApdu, bytes]:
    """Read the selected file in chunks.

    Raises:
        CardRefusedError: if the tag refuses or gives another number of bytes.
    """
    collected = b""
    while len(collected) < count:
        wanted = min(chunk, count - len(collected))
        response = yield from exchange(read_binary(offset + len(collected), wanted))
        if not response.ok or not 1 <= len(response.data) <= wanted:
            raise CardRefusedError(
                f"offset {offset + len(collected)}: {describe_status(response.status)} "
                f"with {len(response.data)} of {wanted} bytes"
            )
        collected += response.data
    return collected


def parse_container(raw: bytes) -> Container | None:
    """Read the container; None where it is not one this code understands.

    Mapping versions 2 and 3 share the layout as long as the first TLV is the NDEF file control
    TLV (tag 04); the extended one (tag 06) belongs to files beyond what a card of ours holds.
    """
    length, version = int.from_bytes(raw[0:2]), raw[2] >> 4
    mle, file_id = int.from_bytes(raw[3:5]), int.from_bytes(raw[9:11])
    if length < CONTAINER_BYTES or version not in {2, 3} or mle < MLE_MIN:
        return None
    if raw[7:9] != FILE_CONTROL_TLV or file_id in _FILES_NOT_FOR_NDEF:
        return None
    return Container(
        chunk_bytes=min(mle, CHUNK_BYTES_MAX),
        command_bytes=min(int.from_bytes(raw[5:7]), CHUNK_BYTES_MAX),
        file_id=file_id,
        file_bytes=int.from_bytes(raw[11:13]),
        readable=raw[13] == FREELY,
        writable=raw[14] == FREELY,
    )


def read_type4(
    traits: CardTraits, organisation: bytes | None, issuers: Sequence[PublicKey] = ()
) -> ProfileDialogue:
    """Read the membership of a Type 4 tag; see ``judge_message`` for what counts."""
    selected = yield from exchange(select_application(NDEF_APPLICATION))
    if not selected.ok:
        return OtherProfile(detail=f"no NDEF application: {describe_status(selected.status)}")
    try:
        message = yield from _read_selected()
    except CardRefusedError as error:
        return CardProblem(trouble=CardTrouble.BAD_RECORD, detail=str(error))
    if not isinstance(message, bytes):
        return message
    return judge_message(message, organisation, issuers, traits.uid)


def _read_selected() -> Generator[CommandApdu, ResponseApdu, bytes | CardProblem | OtherProfile]:
    yield from select(CONTAINER_FILE)
    container = parse_container((yield from read(0, CONTAINER_BYTES, CONTAINER_BYTES)))
    if container is None:
        return CardProblem(
            trouble=CardTrouble.BAD_RECORD, detail="the capability container is malformed"
        )
    if not container.readable:
        return OtherProfile(detail="the NDEF file is locked against reading")
    yield from select(container.file_id)
    length = int.from_bytes((yield from read(0, 2, container.chunk_bytes)))
    if not 0 < length <= MESSAGE_BYTES_MAX:
        return OtherProfile(detail=f"an NDEF message of {length} bytes is not ours")
    return (yield from read(2, length, container.chunk_bytes))


def accepts_type4(traits: CardTraits) -> bool:
    """Only ISO/IEC 14443-4 cards take ISO 7816-4 commands."""
    return traits.kind is CardKind.ISO_14443_4


def type4_profile(
    organisation: bytes | None = None, issuers: Sequence[PublicKey] = ()
) -> ProfileReader:
    """The profile for the ordered list."""
    return ProfileReader(
        name="ndef-type4",
        accepts=accepts_type4,
        read=lambda traits: read_type4(traits, organisation, issuers),
    )
