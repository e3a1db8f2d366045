"""A whole message: its version, its extension rule, and the one canonical form it is taken in.

Key 0 holds [major, minor]. Keys 1 to 127 are critical: a reader that does not know one refuses
the message. Keys 128 to 255 hold extensions of a newer minor version: byte strings that an older
reader may pass over. It takes them only from a message that says it is newer, so that its own
version stays closed. Numbers in a table (kinds, reasons) are critical as well.

Each kind of message counts its own minor versions. A record's field with a key of 128 or above came
with one of them: a message is written as of the newest version that any of its keys came with, and
a message without such keys as it always was, so that every value still has one form only.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final, Generic, TypeVar

from gateway.errors import WireError
from gateway.wire import cbor
from gateway.wire.schema import Bytes, Mismatch, Record, shown

T = TypeVar("T")

MAJOR: Final = 1
#: The minor version of every message that has no extension which this code knows.
MINOR: Final = 0
MINOR_MAX: Final = 65_535
#: With an envelope's head and signature around it, the longest message still fits 65,536 bytes.
MESSAGE_BYTES_MAX: Final = 65_000

EXTENSION_KEY_MIN: Final = 128
EXTENSION_KEY_MAX: Final = 255
EXTENSIONS_MAX: Final = 16
EXTENSION_BYTES_MAX: Final = 1024

Extensions = tuple[tuple[int, bytes], ...]

_EXTENSION: Final = Bytes(0, EXTENSION_BYTES_MAX)


class Message(Generic[T]):
    """Encodes and decodes one kind of message.

    Attributes:
        name: what faults call it.
        record: its keys, without the version.
        keeps_extensions: whether the value has ``wire_minor`` and ``extensions`` to keep a newer
            version's extensions in. Elsewhere they are checked and dropped: only transactions
            are ever written again, and the envelope keeps all bytes as evidence anyway.
        minor: the newest minor version of it that this code knows every key of.
        since: the minor version that each known key from 128 on came with; ``minor`` where it is
            not named.
    """

    def __init__(
        self,
        name: str,
        record: Record[T],
        *,
        minor: int = MINOR,
        bytes_max: int = MESSAGE_BYTES_MAX,
        keeps_extensions: bool = False,
        since: Mapping[int, int] | None = None,
    ) -> None:
        self.name = name
        self.record = record
        self.minor = minor
        self.keeps_extensions = keeps_extensions
        self._bytes_max = bytes_max
        self._since = {
            field.key: (since or {}).get(field.key, minor)
            for field in record.fields
            if field.key >= EXTENSION_KEY_MIN
        }

    def decode(self, data: bytes) -> T:
        """Take a message in its one canonical form.

        Raises:
            WireError: naming the path to what is wrong.
        """
        try:
            raw = cbor.load(data, self._bytes_max)
        except WireError as error:
            raise WireError(f"{self.name}: {error}") from error
        try:
            body, minor, extensions = self._split(raw)
            kept: dict[str, Any] = (
                {"wire_minor": minor, "extensions": extensions} if self.keeps_extensions else {}
            )
            value = self.record.decode_map(body, **kept)
        except Mismatch as fault:
            cause = fault.__cause__ or fault
            raise WireError(f"{fault.path(self.name)} {fault.problem}") from cause
        # By now the value holds nothing but the schema's types in ascending maps, so writing it
        # again gives the canonical bytes: longer forms and trailing bytes show as a difference.
        if cbor.dump(raw) != data:
            raise WireError(f"{self.name} is not in canonical form")
        return value

    def encode(self, value: T) -> bytes:
        """Write a message in its canonical form.

        Raises:
            WireError: if the message would be one that ``decode`` refuses for its size or its
                extensions.
        """
        plain: dict[int, object] = {0: [MAJOR, MINOR]}
        plain.update(self.record.encode(value))
        plain[0] = [MAJOR, self._newest(plain)]
        if self.keeps_extensions:
            self._add_extensions(plain, value)
        data = cbor.dump(plain)
        if len(data) > self._bytes_max:
            raise WireError(
                f"{self.name}: {len(data)} bytes are more than the {self._bytes_max} allowed"
            )
        return data

    def _newest(self, keys: Collection[object]) -> int:
        """The minor version that the newest of these keys came with."""
        if not self._since:
            return MINOR
        return max((minor for key, minor in self._since.items() if key in keys), default=MINOR)

    def _split(self, raw: object) -> tuple[dict[Any, Any], int, Extensions]:
        """Take version and unknown extensions off a parsed message."""
        body, minor = _versioned(raw)
        if minor <= self.minor:
            if self._newest(body) != minor:
                raise Mismatch(f"is of version {MAJOR}.{minor} and has not that version's keys")
            return body, minor, ()
        keys = list(body)
        if any(type(key) is not int for key in keys) or keys != sorted(keys):
            raise Mismatch("has keys that do not ascend")
        found = {
            key: body.pop(key)
            for key in keys
            if key >= EXTENSION_KEY_MIN and key not in self._since
        }
        return body, minor, _check_extensions(found, minor)

    def _add_extensions(self, plain: dict[int, object], value: Any) -> None:  # noqa: ANN401 - T has two more attributes here
        minor: int = value.wire_minor
        extensions: Extensions = value.extensions
        if minor == MINOR and not extensions:
            return
        plain[0] = [MAJOR, minor]
        try:
            checked = _check_extensions(dict(extensions), minor)
        except Mismatch as fault:
            raise WireError(f"{fault.path(self.name)} {fault.problem}") from fault
        if checked != extensions:
            raise WireError(f"{self.name} has extension keys that do not ascend")
        plain.update(checked)


def _versioned(raw: object) -> tuple[dict[Any, Any], int]:
    """Take the version off a parsed message."""
    if type(raw) is not dict:
        raise Mismatch("must be a map")
    first = next(iter(raw), None)
    # False equals 0 and would be found under it.
    if type(first) is not int or first != 0:
        raise Mismatch("must begin with its version [major, minor] (key 0)")
    body: dict[Any, Any] = dict(raw)
    return body, _minor(body.pop(0))


def _minor(version: object) -> int:
    if type(version) is not list or len(version) != 2:
        raise Mismatch("must begin with its version [major, minor] (key 0)")
    major, minor = version
    if type(major) is not int or type(minor) is not int or not 0 <= minor <= MINOR_MAX:
        raise Mismatch("has a version that is not two whole numbers")
    if major != MAJOR:
        raise Mismatch(f"is of major version {shown(major)}; this reader knows {MAJOR}")
    return minor


def _check_extensions(found: dict[int, Any], minor: int) -> Extensions:
    if found and not MINOR < minor <= MINOR_MAX:
        raise Mismatch("has extensions, which only a newer minor version may have")
    if len(found) > EXTENSIONS_MAX:
        raise Mismatch(f"has {len(found)} extensions; {EXTENSIONS_MAX} are allowed")
    extensions: list[tuple[int, bytes]] = []
    for key in sorted(found):
        if not EXTENSION_KEY_MIN <= key <= EXTENSION_KEY_MAX:
            raise Mismatch(f"has the unknown key {shown(key)}")
        try:
            extensions.append((key, _EXTENSION.decode(found[key])))
        except Mismatch as fault:
            fault.steps.append(f".extensions[{key}]")
            raise
    return tuple(extensions)
