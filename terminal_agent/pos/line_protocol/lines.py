"""A line: one JSON object, ``*``, and the CRC-32 of the object's bytes in eight hex digits."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping
from typing import Any, Final

#: A message with its check and its end of line.
LINE_BYTES_MAX: Final = 65_536
_CHECK: Final = re.compile(rb"\*([0-9A-Fa-f]{8})\Z")
#: Where a message may begin behind noise that stands on its line. Each is tried against the check,
#: so that only a whole message passes; more than a message can have is not tried.
_BEGINNINGS_MAX: Final = 256


def write_line(values: Mapping[str, Any]) -> bytes:
    """Write an object as a line with its check and its end."""
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()
    return text + b"*%08x\n" % zlib.crc32(text)


def checked_text(line: bytes) -> bytes | None:
    """The object's bytes out of a line without its end, or None where no check holds.

    Noise before the object is passed over.
    """
    match = _CHECK.search(line)
    if match is None:
        return None
    check = int(match.group(1), 16)
    begin = line.find(b"{")
    for _ in range(_BEGINNINGS_MAX):
        if begin < 0 or begin >= match.start():
            return None
        text = line[begin : match.start()]
        if zlib.crc32(text) == check:
            return text
        begin = line.find(b"{", begin + 1)
    return None


def has_check(line: bytes) -> bool:
    """Whether a line ends as a checked one does."""
    return _CHECK.search(line) is not None
