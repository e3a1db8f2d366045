"""Firmware images and how they are sent: chunks, resumption, and refusing the wrong one. Pure.

An image file is ``MFW1``, the model's name (a length byte and UTF-8), three bytes of version, the
size and the CRC-32 of the code (four bytes each), and the code. The CRC-32 is that of zlib.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Final
from zlib import crc32

from gateway.errors import WireError
from gateway.model.checks import check_bytes
from gateway.readers.errors import ReaderUnavailableError
from gateway.readers.mcu.link import Answer, Question
from gateway.readers.mcu.messages import Feature, FirmwareVersion, Greeting, Kind, Refused

MAGIC: Final = b"MFW1"
IMAGE_BYTES_MAX: Final = 16 * 1024 * 1024
CHUNK_BYTES_MAX: Final = 256
_OFFSET_BYTES: Final = 4
#: Erasing a chip's memory takes its time, and so does checking a whole image.
_SLOW_MS: Final = 10_000
#: A microcontroller that goes on refusing offsets must not keep us for ever.
_STEPS_BACK_MAX: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmwareImage:
    """An image whose checksum agrees.

    Attributes:
        model: the hardware that it is made for.
        version: what it contains.
        code: the bytes for the chip.
    """

    model: str
    version: FirmwareVersion
    code: bytes = field(repr=False)

    def __post_init__(self) -> None:
        check_bytes("model", self.model.encode(), 1, 0xFF)
        check_bytes("code", self.code, 1, IMAGE_BYTES_MAX)

    def announcement(self) -> bytes:
        """The payload of UPDATE_BEGIN, and the head of an image file after its magic."""
        model = self.model.encode()
        head = bytes((len(model),)) + model + self.version.to_bytes()
        return head + len(self.code).to_bytes(4) + crc32(self.code).to_bytes(4)

    def to_bytes(self) -> bytes:
        """The image file."""
        return MAGIC + self.announcement() + self.code

    @classmethod
    def from_bytes(cls, raw: bytes) -> FirmwareImage:
        """Read an image file.

        Raises:
            WireError: if it is none, is cut short, or its checksum does not agree.
        """
        if raw[:4] != MAGIC or len(raw) < 5:
            raise WireError("this is no firmware image: it does not begin with MFW1")
        model_end = 5 + raw[4]
        code = raw[model_end + 11 :]
        head = raw[model_end : model_end + 11]
        if len(head) != 11 or int.from_bytes(head[3:7]) != len(code):
            raise WireError("the firmware image is cut short, or longer than it says")
        if int.from_bytes(head[7:]) != crc32(code):
            raise WireError("the firmware image is damaged: its checksum does not agree")
        try:
            model = raw[5:model_end].decode()
        except UnicodeDecodeError as error:
            raise WireError("the firmware image names no model") from error
        return cls(model=model, version=FirmwareVersion.from_bytes(head), code=code)


Upload = Generator[Question, Answer, None]


def check_fits(image: FirmwareImage, greeting: Greeting) -> None:
    """Refuse an image before any of it is sent.

    Raises:
        ReaderUnavailableError: if the terminal takes no images, or none of this model.
    """
    if not greeting.features & Feature.UPDATE:
        raise ReaderUnavailableError("this terminal takes no firmware over the line")
    if image.model != greeting.model:
        raise ReaderUnavailableError(
            f"the image is for {image.model!r}, and this is a {greeting.model!r}"
        )


def upload(image: FirmwareImage, greeting: Greeting) -> Upload:
    """Send an image, from where an interrupted attempt ended.

    Yields questions and is sent their answers. When it returns the microcontroller has checked the
    whole image and starts anew with it.

    Raises:
        ReaderUnavailableError: if the image does not fit, or the microcontroller refuses it.
    """
    check_fits(image, greeting)
    begin = Question(kind=Kind.UPDATE_BEGIN, payload=image.announcement(), patience_ms=_SLOW_MS)
    offset = _offset((yield begin), image)
    chunk_bytes = min(CHUNK_BYTES_MAX, greeting.payload_bytes_max - _OFFSET_BYTES)
    steps_back = 0
    while offset < len(image.code):
        chunk = image.code[offset : offset + chunk_bytes]
        data = offset.to_bytes(_OFFSET_BYTES) + chunk
        after = _offset((yield Question(kind=Kind.UPDATE_DATA, payload=data)), image)
        steps_back += after <= offset
        if steps_back > _STEPS_BACK_MAX:
            raise ReaderUnavailableError("the terminal does not get on with the image")
        offset = after
    answer = yield Question(kind=Kind.UPDATE_END, patience_ms=_SLOW_MS)
    if isinstance(answer, Refused):
        raise ReaderUnavailableError(f"the terminal refuses the image: {answer}")


def _offset(answer: Answer, image: FirmwareImage) -> int:
    if isinstance(answer, Refused):
        raise ReaderUnavailableError(f"the terminal refuses the image: {answer}")
    offset = int.from_bytes(answer[:_OFFSET_BYTES])
    if len(answer) < _OFFSET_BYTES or offset > len(image.code):
        raise ReaderUnavailableError("the terminal asks for bytes that the image does not have")
    return offset
