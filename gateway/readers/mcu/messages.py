"""What frames carry: the kinds of message and their payloads, both ways. Pure.

``docs/readers/mcu.md`` is the specification, ``tests/data/mcu`` has the vectors. Numbers are
big-endian; a text is a length byte and UTF-8. Payloads of a later version may be longer at their
end: what follows the last field is not looked at, except where a field runs to the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Final

from gateway.errors import WireError
from gateway.model.checks import check_bytes, check_int
from gateway.readers.front_end import CardFront

#: The versions spoken here. Version 0 is the greeting's, and never changes.
GREETING_VERSION: Final = 0
LOWEST_VERSION: Final = 1
HIGHEST_VERSION: Final = 1

ANSWER_BIT: Final = 0x80
UID_BYTES_MAX: Final = 10


class Kind(IntEnum):
    """Questions of the host below 40, news of the microcontroller from 40 on."""

    HELLO = 0x01
    STATUS = 0x02
    SELECT = 0x03
    APDU = 0x04
    FRAME = 0x05
    SIGNAL = 0x06
    TEXT = 0x07
    UPDATE_BEGIN = 0x10
    UPDATE_DATA = 0x11
    UPDATE_END = 0x12
    CARD = 0x40
    GONE = 0x41
    ERROR = 0xFF


class McuError(IntEnum):
    """Why a question was not answered."""

    BAD_VERSION = 1
    UNKNOWN_KIND = 2
    BAD_PAYLOAD = 3
    NO_CARD = 4
    CARD_SILENT = 5
    SEVERAL_CARDS = 6
    NOT_SUPPORTED = 7
    FRONT_END_FAULT = 8
    WRONG_IMAGE = 9
    WRONG_OFFSET = 10
    BROKEN_IMAGE = 11


class Feature(IntFlag):
    """What a terminal has beside its front end."""

    LED = 0x0001
    BUZZER = 0x0002
    TEXT = 0x0004
    UPDATE = 0x0008


_NOTHING: Final = Feature(0)


class Led(IntEnum):
    """The colours of the lamp."""

    OFF = 0
    GREEN = 1
    RED = 2
    YELLOW = 3


class _Fields:
    """Reads a payload from its beginning."""

    def __init__(self, payload: bytes) -> None:
        self._payload = payload
        self._position = 0

    def take(self, count: int) -> bytes:
        taken = self._payload[self._position : self._position + count]
        if len(taken) != count:
            raise WireError(f"a payload of {len(self._payload)} bytes is cut short")
        self._position += count
        return taken

    def number(self, count: int) -> int:
        return int.from_bytes(self.take(count))

    def counted(self, bytes_max: int) -> bytes:
        length = self.number(1)
        if length > bytes_max:
            raise WireError(f"a field of {length} bytes is longer than {bytes_max}")
        return self.take(length)

    def text(self) -> str:
        try:
            return self.counted(0xFF).decode()
        except UnicodeDecodeError as error:
            raise WireError("a text is no UTF-8") from error


def _text(text: str) -> bytes:
    raw = text.encode()
    check_bytes("text", raw, 0, 0xFF)
    return bytes((len(raw),)) + raw


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmwareVersion:
    """Which firmware, for instance 1.4.0."""

    major: int
    minor: int
    patch: int

    def __post_init__(self) -> None:
        for name in ("major", "minor", "patch"):
            check_int(name, getattr(self, name), 0, 0xFF)

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    def to_bytes(self) -> bytes:
        """Three bytes."""
        return bytes((self.major, self.minor, self.patch))

    @classmethod
    def from_bytes(cls, raw: bytes) -> FirmwareVersion:
        """Read three bytes."""
        return cls(major=raw[0], minor=raw[1], patch=raw[2])


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting:
    """The microcontroller's answer to HELLO: who it is and what it can do.

    Attributes:
        version: of the protocol, from now on.
        features: beside the front end.
        payload_bytes_max: the longest payload it takes.
        columns: of its text display.
        rows: of its text display.
        firmware: the version that runs.
        boot: a number drawn at its start; another one means that it started anew.
        model: names the hardware that an image is made for.
        serial: of this very device.
    """

    version: int
    features: Feature = _NOTHING
    payload_bytes_max: int = 512
    columns: int = 0
    rows: int = 0
    firmware: FirmwareVersion
    boot: int
    model: str
    serial: str

    def to_bytes(self) -> bytes:
        """The payload."""
        head = bytes((self.version,)) + int(self.features).to_bytes(2)
        head += self.payload_bytes_max.to_bytes(2) + bytes((self.columns, self.rows))
        head += self.firmware.to_bytes() + self.boot.to_bytes(4)
        return head + _text(self.model) + _text(self.serial)

    @classmethod
    def from_bytes(cls, payload: bytes) -> Greeting:
        """Read the payload.

        Raises:
            WireError: if it is none.
        """
        fields = _Fields(payload)
        return cls(
            version=fields.number(1),
            # Bits of later versions are kept; nobody here asks for them.
            features=Feature(fields.number(2)),
            payload_bytes_max=fields.number(2),
            columns=fields.number(1),
            rows=fields.number(1),
            firmware=FirmwareVersion.from_bytes(fields.take(3)),
            boot=fields.number(4),
            model=fields.text(),
            serial=fields.text(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The answer to STATUS.

    Attributes:
        uptime_s: since the last start.
        front_end_fault: 0 where the front end works; else a number of the maker's.
        bad_frames: pieces of the line that were no frame, since the last start.
    """

    uptime_s: int
    front_end_fault: int
    bad_frames: int

    def to_bytes(self) -> bytes:
        """The payload."""
        tail = bytes((self.front_end_fault,)) + self.bad_frames.to_bytes(4)
        return self.uptime_s.to_bytes(4) + tail

    @classmethod
    def from_bytes(cls, payload: bytes) -> Status:
        """Read the payload.

        Raises:
            WireError: if it is none.
        """
        fields = _Fields(payload)
        return cls(
            uptime_s=fields.number(4),
            front_end_fault=fields.number(1),
            bad_frames=fields.number(4),
        )


_SEVERAL: Final = 0x01
_ISO_DEP: Final = 0x02


@dataclass(frozen=True, slots=True, kw_only=True)
class CardNews:
    """A card came (CARD), or was selected anew (answer to SELECT).

    Attributes:
        card: a number for this presence of a card; a card that comes next has another.
        several: more than one card is in the field; ``front`` is then any one of them.
        front: what the card shows.
    """

    card: int
    several: bool = False
    front: CardFront

    def to_bytes(self) -> bytes:
        """The payload."""
        flags = (_SEVERAL if self.several else 0) | (_ISO_DEP if self.front.iso_dep else 0)
        head = self.card.to_bytes(2) + bytes((flags, self.front.sak)) + self.front.atqa.to_bytes(2)
        uid, historical = self.front.uid, self.front.historical
        return head + bytes((len(uid),)) + uid + bytes((len(historical),)) + historical

    @classmethod
    def from_bytes(cls, payload: bytes) -> CardNews:
        """Read the payload.

        Raises:
            WireError: if it is none.
        """
        fields = _Fields(payload)
        card, flags, sak, atqa = (fields.number(count) for count in (2, 1, 1, 2))
        front = CardFront(
            sak=sak,
            atqa=atqa,
            iso_dep=bool(flags & _ISO_DEP),
            uid=fields.counted(UID_BYTES_MAX),
            historical=fields.counted(0xFF),
        )
        return cls(card=card, several=bool(flags & _SEVERAL), front=front)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardCommand:
    """APDU and FRAME: something to carry to a card.

    Attributes:
        card: from ``CardNews``; for another one the answer is NO_CARD.
        deadline_ms: the card has this long; then the answer is CARD_SILENT.
        data: the command APDU, or the frame without its CRC.
    """

    card: int
    deadline_ms: int
    data: bytes

    def to_bytes(self) -> bytes:
        """The payload."""
        return self.card.to_bytes(2) + self.deadline_ms.to_bytes(2) + self.data

    @classmethod
    def from_bytes(cls, payload: bytes) -> CardCommand:
        """Read the payload.

        Raises:
            WireError: if it is none.
        """
        fields = _Fields(payload)
        return cls(card=fields.number(2), deadline_ms=fields.number(2), data=payload[4:])


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """SIGNAL: the lamp and the buzzer.

    Attributes:
        led: the colour...
        led_ms: ...for this long; 0 until the next signal.
        beeps: so many...
        beep_ms: ...of this length, with pauses as long.
    """

    led: Led
    led_ms: int
    beeps: int
    beep_ms: int

    def to_bytes(self) -> bytes:
        """The payload."""
        head = bytes((self.led,)) + self.led_ms.to_bytes(2)
        return head + bytes((self.beeps,)) + self.beep_ms.to_bytes(2)

    @classmethod
    def from_bytes(cls, payload: bytes) -> Light:
        """Read the payload.

        Raises:
            WireError: if it is none.
        """
        fields = _Fields(payload)
        colour = fields.number(1)
        if colour not in set(Led):
            raise WireError(f"there is no colour {colour}")
        return cls(
            led=Led(colour),
            led_ms=fields.number(2),
            beeps=fields.number(1),
            beep_ms=fields.number(2),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """ERROR: why a question was not answered; ``text`` is for the log.

    Attributes:
        code: see ``McuError``; a number of a later version is kept as it is.
        text: in English, may be empty.
    """

    code: int
    text: str = ""

    def to_bytes(self) -> bytes:
        """The payload."""
        return bytes((self.code,)) + self.text.encode()

    @classmethod
    def from_bytes(cls, payload: bytes) -> Refused:
        """Read the payload.

        Raises:
            WireError: if it is empty.
        """
        code = _Fields(payload).number(1)
        return cls(code=code, text=payload[1:].decode(errors="replace"))

    def __str__(self) -> str:
        known = {int(one): one.name.lower().replace("_", " ") for one in McuError}
        name = known.get(self.code, f"error {self.code}")
        return f"{name}: {self.text}" if self.text else name
