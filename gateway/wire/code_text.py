"""Bytes as text for a QR code that any scanner passes on unharmed.

``MOHR:`` and base32 (RFC 4648, section 6) without padding. Upper-case letters, digits and a colon
are QR's alphanumeric mode, 5.5 bits a character, and keyboards of every country have the letters
and digits in reach of a scanner that types. Case carries nothing, so a scanner with caps lock the
wrong way round does no harm. The first byte says what the rest is.
"""

from __future__ import annotations

import base64
import binascii
from enum import IntEnum
from typing import Final

from gateway.errors import WireError

PREFIX: Final = "MOHR:"
PAYLOAD_BYTES_MAX: Final = 256
#: No code of ours is longer than this many characters.
TEXT_CHARACTERS_MAX: Final = len(PREFIX) + -(-PAYLOAD_BYTES_MAX * 8 // 5)
_GROUP: Final = 8


class CodeKind(IntEnum):
    """What a code is: the first byte of its payload. Kinds are added, never renumbered."""

    MEMBERSHIP = 1
    ROTATING = 2
    CLAIM = 3


_KINDS: Final = {kind.value: kind for kind in CodeKind}


def is_code_text(text: str) -> bool:
    """Whether a text says of itself that it is a code of ours."""
    return text[: len(PREFIX)].upper() == PREFIX


def write_code_text(kind: CodeKind, body: bytes) -> str:
    """Write a code.

    Args:
        kind: what it is.
        body: what follows the kind, 1 to 255 bytes.

    Raises:
        WireError: if the body has another length.
    """
    if not 1 <= len(body) < PAYLOAD_BYTES_MAX:
        raise WireError(f"a code holds 1 to {PAYLOAD_BYTES_MAX - 1} bytes, not {len(body)}")
    return PREFIX + base64.b32encode(bytes((kind,)) + body).decode("ascii").rstrip("=")


def read_code_text(text: str) -> tuple[CodeKind, bytes]:
    """Read a code in either case.

    Returns:
        its kind and what follows it.

    Raises:
        WireError: if it is none, of a kind that is not known here, or not in its one form. The
            message holds nothing of the text.
    """
    if not is_code_text(text):
        raise WireError("the text is no code of ours")
    if len(text) > TEXT_CHARACTERS_MAX:
        raise WireError(f"a code has at most {TEXT_CHARACTERS_MAX} characters, not {len(text)}")
    letters = text[len(PREFIX) :].upper()
    try:
        payload = base64.b32decode(letters + "=" * (-len(letters) % _GROUP))
    except (binascii.Error, ValueError):
        raise WireError("the code is not base32") from None
    # Left-over bits and padding would give one code many forms.
    if base64.b32encode(payload).decode("ascii").rstrip("=") != letters:
        raise WireError("the code is not in its one form")
    if len(payload) < 2 or payload[0] not in _KINDS:
        raise WireError("the code is of a kind that is not known here")
    return _KINDS[payload[0]], payload[1:]
