"""File settings of NTAG 424 DNA: who may read and write, and what is mirrored into a reading.

Source: NT4H2421Gx data sheet rev. 3.0, sections 8.2.3.3, 10.7.1 and 10.7.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Final

from gateway.crypto.cards.ev2_messages import CommMode
from gateway.errors import WireError
from gateway.model.checks import check_int

#: Access conditions beside the key numbers 0 to 4: anybody, and nobody.
FREE: Final = 0xE
NEVER: Final = 0xF
KEY_NUMBER_MAX: Final = 4
_CONDITIONS: Final = frozenset({*range(KEY_NUMBER_MAX + 1), FREE, NEVER})

_OFFSET_BYTES: Final = 3
_OFFSET_MAX: Final = 0xFFFFFF
#: FileOption: the mode in two bits (plain has two spellings), dynamic messaging in one.
_MODE_BITS: Final = {CommMode.PLAIN: 0b00, CommMode.MAC: 0b01, CommMode.FULL: 0b11}
_MODES: Final = {0b00: CommMode.PLAIN, 0b10: CommMode.PLAIN} | {
    0b01: CommMode.MAC,
    0b11: CommMode.FULL,
}
_SDM_ON: Final = 0x40
_OPTION_RESERVED: Final = 0xBC
#: SDMOptions.
_UID: Final = 0x80
_COUNTER: Final = 0x40
_LIMIT: Final = 0x20
_FILE_DATA: Final = 0x10
_ASCII: Final = 0x01


def check_condition(name: str, value: int) -> None:
    """Refuse what is no access condition.

    Raises:
        WireError: if it is neither a key number of the card, nor FREE, nor NEVER.
    """
    if value not in _CONDITIONS:
        raise WireError(f"{name} is {value:X}: neither a key of the card, nor E, nor F")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRights:
    """Who may do what with a file: a key number 0 to 4, ``FREE`` or ``NEVER`` each."""

    read: int
    write: int
    read_write: int
    change: int

    def __post_init__(self) -> None:
        for one in fields(self):
            check_condition(one.name, getattr(self, one.name))

    def to_bytes(self) -> bytes:
        """Encode: two bytes, LSB first."""
        return bytes((self.read_write << 4 | self.change, self.read << 4 | self.write))

    @classmethod
    def from_bytes(cls, raw: bytes) -> AccessRights:
        """Decode two bytes.

        Raises:
            WireError: if one is no access condition.
        """
        return cls(
            read=raw[1] >> 4, write=raw[1] & 0xF, read_write=raw[0] >> 4, change=raw[0] & 0xF
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SdmSettings:
    """Secure dynamic messaging: what the card writes into a reading, and where.

    Offsets count bytes in the file; which of them are there follows from the access rights.

    Attributes:
        meta_read: the key that encrypts UID and counter; ``FREE`` for plain, ``NEVER`` for none.
        file_read: the key of the MAC; ``NEVER`` for none.
        counter_return: who may ask for the counter by GetFileCounters.
        uid: whether the UID is mirrored.
        read_counter: whether the counter is.
        uid_offset: the plain UID, 14 characters.
        read_counter_offset: the plain counter, 6 characters; FFFFFF mirrors none.
        picc_data_offset: UID and counter encrypted, 32 characters.
        mac_input_offset: where the bytes begin over which the MAC is made.
        enc_offset: the file data to be encrypted.
        enc_length: how many characters they take, a multiple of 32.
        mac_offset: the MAC, 16 characters.
        read_counter_limit: from this count on the file is not read any more.
    """

    meta_read: int
    file_read: int
    counter_return: int = NEVER
    uid: bool = True
    read_counter: bool = True
    uid_offset: int | None = None
    read_counter_offset: int | None = None
    picc_data_offset: int | None = None
    mac_input_offset: int | None = None
    enc_offset: int | None = None
    enc_length: int | None = None
    mac_offset: int | None = None
    read_counter_limit: int | None = None

    def __post_init__(self) -> None:
        for name in ("meta_read", "counter_return"):
            check_condition(name, getattr(self, name))
        if self.file_read == FREE:
            raise WireError("file_read names the MAC's key, or nobody: not everybody")
        check_condition("file_read", self.file_read)
        wanted = set(_offset_names(self._options(), self.meta_read, self.file_read))
        for name in _OFFSETS:
            value = getattr(self, name)
            if (value is not None) != (name in wanted):
                raise WireError(f"{name} does not go with the access rights and options")
            if value is not None:
                check_int(name, value, 0, _OFFSET_MAX)

    def to_bytes(self) -> bytes:
        """Encode SDMOptions and what follows it."""
        rights = bytes((0xF0 | self.counter_return, self.meta_read << 4 | self.file_read))
        names = _offset_names(self._options(), self.meta_read, self.file_read)
        return bytes((self._options(),)) + rights + b"".join(map(self._offset, names))

    @classmethod
    def from_bytes(cls, raw: bytes) -> SdmSettings:
        """Decode; every byte must belong to a field.

        Raises:
            WireError: if it is cut short, too long, or against the data sheet.
        """
        if len(raw) < 3 or raw[0] & 0x0F != _ASCII or raw[1] >> 4 != NEVER:
            raise WireError("these are no settings of dynamic messaging")
        options, meta_read, file_read = raw[0], raw[2] >> 4, raw[2] & 0xF
        names = tuple(_offset_names(options, meta_read, file_read))
        if len(raw) != 3 + _OFFSET_BYTES * len(names):
            raise WireError("the settings of dynamic messaging have a wrong length")
        offsets = {
            name: int.from_bytes(raw[start : start + _OFFSET_BYTES], "little")
            for name, start in zip(names, range(3, len(raw), _OFFSET_BYTES), strict=True)
        }
        return cls(
            meta_read=meta_read,
            file_read=file_read,
            counter_return=raw[1] & 0xF,
            uid=bool(options & _UID),
            read_counter=bool(options & _COUNTER),
            **offsets,
        )

    def _options(self) -> int:
        return (
            _ASCII
            | (_UID if self.uid else 0)
            | (_COUNTER if self.read_counter else 0)
            | (_LIMIT if self.read_counter_limit is not None else 0)
            | (_FILE_DATA if self.enc_offset is not None else 0)
        )

    def _offset(self, name: str) -> bytes:
        value = getattr(self, name)
        assert isinstance(value, int)
        return value.to_bytes(_OFFSET_BYTES, "little")


_OFFSETS: Final = (
    "uid_offset",
    "read_counter_offset",
    "picc_data_offset",
    "mac_input_offset",
    "enc_offset",
    "enc_length",
    "mac_offset",
    "read_counter_limit",
)


def _offset_names(options: int, meta_read: int, file_read: int) -> Iterator[str]:
    """Which offsets there are, in their order on the wire (data sheet, table 69)."""
    if meta_read == FREE and options & _UID:
        yield "uid_offset"
    if meta_read == FREE and options & _COUNTER:
        yield "read_counter_offset"
    if meta_read <= KEY_NUMBER_MAX:
        yield "picc_data_offset"
    if file_read != NEVER:
        yield "mac_input_offset"
        if options & _FILE_DATA:
            yield from ("enc_offset", "enc_length")
        yield "mac_offset"
    if options & _LIMIT:
        yield "read_counter_limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSettings:
    """One file's settings.

    Attributes:
        mode: how its data travel inside a session that a key opened.
        access: who may do what.
        sdm: dynamic messaging, None where it is off. Only file 2 can have it.
    """

    mode: CommMode
    access: AccessRights
    sdm: SdmSettings | None = None

    def to_bytes(self) -> bytes:
        """Encode as ChangeFileSettings takes it, without the file's number."""
        option = _MODE_BITS[self.mode] | (0 if self.sdm is None else _SDM_ON)
        sdm = b"" if self.sdm is None else self.sdm.to_bytes()
        return bytes((option,)) + self.access.to_bytes() + sdm

    @classmethod
    def from_bytes(cls, raw: bytes) -> FileSettings:
        """Decode what ``to_bytes`` makes.

        Raises:
            WireError: if the bytes are no settings.
        """
        if len(raw) < 3 or raw[0] & _OPTION_RESERVED:
            raise WireError("these are no file settings")
        sdm = raw[3:]
        if bool(sdm) != bool(raw[0] & _SDM_ON):
            raise WireError("the file settings have a wrong length")
        return cls(
            mode=_MODES[raw[0] & 0b11],
            access=AccessRights.from_bytes(raw[1:3]),
            sdm=SdmSettings.from_bytes(sdm) if sdm else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FileInformation:
    """What GetFileSettings says.

    Attributes:
        size_bytes: the file's size, which never changes.
        settings: what ChangeFileSettings can change.
    """

    size_bytes: int
    settings: FileSettings

    def to_bytes(self) -> bytes:
        """Encode as the card does: a type byte first, the size in the middle."""
        settings = self.settings.to_bytes()
        return b"\x00" + settings[:3] + self.size_bytes.to_bytes(3, "little") + settings[3:]

    @classmethod
    def from_bytes(cls, raw: bytes) -> FileInformation:
        """Decode a card's answer.

        Raises:
            WireError: if the answer is malformed, or the file is no standard data file.
        """
        if len(raw) < 7 or raw[0] != 0x00:
            raise WireError("this is no answer about a standard data file")
        settings = FileSettings.from_bytes(raw[1:4] + raw[7:])
        return cls(size_bytes=int.from_bytes(raw[4:7], "little"), settings=settings)
