"""Caisse-AP over IP (France): fields of tag (2), length (3 digits) and value, and nothing else.

A message begins with its version, ``CZ``. It has no end and no check: the next message's ``CZ``
ends it, or silence does. A message with a field that cannot be, or with a tag twice, is counted and
dropped whole; so is one that stops within a field.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from terminal_agent.pos.framers.timed_framer import TimedFramer

#: The first field: four digits of version, 0300 for 3.00.
BEGIN: Final = re.compile(rb"CZ004[0-9]{4}")
BEGIN_BYTES: Final = 9
_BEGIN_LETTERS: Final = b"CZ004"
FIELD: Final = re.compile(rb"([A-Z][A-Z0-9])([0-9]{3})")
FIELD_START: Final = re.compile(rb"(?:[A-Z](?:[A-Z0-9](?:[0-9]{0,2})?)?)?")
FIELD_HEAD_BYTES: Final = 5
#: Some programs end what they send like a line of text.
_BETWEEN: Final = b"\r\n\0 "
#: Far more than all fields of the protocol together.
MESSAGE_BYTES_MAX: Final = 8_192
#: What tells of a payment. Card number (AA), its expiry (AB) and all others are dropped here.
KEPT: Final = frozenset((b"AC", b"AE", b"AF", b"BA", b"CA", b"CB", b"CC", b"CD", b"CE", b"CZ"))


@dataclass(frozen=True, slots=True, kw_only=True)
class CaisseApMessage:
    """One message: its fields that tell of a payment, in order."""

    fields: tuple[tuple[str, str], ...]

    def value(self, tag: str) -> str | None:
        """A field's value; None where it is absent."""
        return next((value for name, value in self.fields if name == tag), None)


class CaisseApFramer(TimedFramer[CaisseApMessage]):
    """Finds messages in one direction of a connection, or in both mixed together."""

    def __init__(self, *, message_gap_ms: int, frame_timeout_ms: int) -> None:
        """Begin between two messages.

        Args:
            message_gap_ms: silence that ends a message.
            frame_timeout_ms: longest time that a message may take.
        """
        super().__init__(character_timeout_ms=message_gap_ms, frame_timeout_ms=frame_timeout_ms)
        #: From the beginning of a message on, or what may become one.
        self._held = bytearray()
        #: Where the next field of the message begins; 0 outside a message.
        self._next = 0
        self._fields: dict[bytes, bytes] = {}

    def _take(self, data: bytes) -> list[CaisseApMessage]:
        self._held += data
        return self._read()

    def _give_up(self) -> list[CaisseApMessage]:
        messages: list[CaisseApMessage] = []
        while self._held:
            if self._next == len(self._held):
                messages += self._end(self._next)
            else:
                self._tally.abandoned += 1
                self._drop()
            messages += self._read()
        return messages

    def _forget(self) -> None:
        self._held.clear()
        self._leave()

    def _is_open(self) -> bool:
        return bool(self._held)

    def _read(self) -> list[CaisseApMessage]:
        """Read fields as far as they are there."""
        messages: list[CaisseApMessage] = []
        while self._held:
            if not self._next:
                if not self._find_beginning():
                    break
                continue
            step = self._read_field()
            if step is None:
                break
            messages += step
        return messages

    def _find_beginning(self) -> bool:
        """Pass over what is no beginning; whether one is there."""
        begin = BEGIN.search(self._held)
        at = begin.start() if begin else len(self._held) - unfinished_beginning(self._held)
        self._tally.skipped += len(self._held[:at].translate(None, _BETWEEN))
        del self._held[:at]
        if begin is None:
            return False
        self._another_began()
        self._next = BEGIN_BYTES
        self._fields = {b"CZ": bytes(self._held[5:BEGIN_BYTES])}
        return True

    def _read_field(self) -> list[CaisseApMessage] | None:
        """Read the next field; returns the message that it ends, or None to wait for more."""
        at = self._next
        head = bytes(self._held[at : at + FIELD_HEAD_BYTES])
        if not head or (len(head) < FIELD_HEAD_BYTES and FIELD_START.fullmatch(head)):
            return None
        field = FIELD.fullmatch(head)
        if head[0] in _BETWEEN or (field is not None and field[1] == b"CZ"):
            return self._end(at)
        return self._quarantine() if field is None else self._read_value(field[1], int(field[2]))

    def _read_value(self, tag: bytes, length: int) -> list[CaisseApMessage] | None:
        start = self._next + FIELD_HEAD_BYTES
        end = start + length
        if tag in self._fields or end > MESSAGE_BYTES_MAX:
            return self._quarantine()
        if end > len(self._held):
            return None
        self._fields[tag] = bytes(self._held[start:end])
        self._next = end
        return []

    def _end(self, at: int) -> list[CaisseApMessage]:
        fields = tuple(
            (tag.decode("ascii"), value.decode("latin-1"))
            for tag, value in self._fields.items()
            if tag in KEPT
        )
        del self._held[:at]
        self._leave()
        if self._held:
            self._another_began()
        return [CaisseApMessage(fields=fields)]

    def _quarantine(self) -> list[CaisseApMessage]:
        self._tally.malformed += 1
        self._drop()
        return []

    def _drop(self) -> None:
        """What began here is no message; another may begin within it."""
        self._tally.skipped += 1
        del self._held[:1]
        self._leave()

    def _leave(self) -> None:
        self._next = 0
        self._fields = {}


def unfinished_beginning(held: bytes | bytearray) -> int:
    """How many bytes at the end may be the first of a beginning."""
    for length in range(min(len(held), BEGIN_BYTES - 1), 0, -1):
        tail = bytes(held[-length:])
        letters, digits = tail[: len(_BEGIN_LETTERS)], tail[len(_BEGIN_LETTERS) :]
        if _BEGIN_LETTERS.startswith(letters) and (not digits or digits.isdigit()):
            return length
    return 0
