"""CBOR as Mohr writes it: numbers, byte strings, text, true and false, arrays and maps only.

The library does the parsing; this module takes away what deterministic messages never hold (tags,
indefinite lengths, duplicate keys, deep nesting). What is left to refuse, non-shortest lengths and
trailing bytes, shows when the schema's caller writes the value again and compares
(RFC 8949 section 4.2.1).
"""

from __future__ import annotations

from typing import Any, Final, NoReturn

import cbor2

from gateway.errors import WireError

#: A transaction nests four deep (message, sale, lines, line); nothing of ours comes near this.
DEPTH_MAX: Final = 8


def load(data: bytes, bytes_max: int) -> object:
    """Parse one item without yet proving that it is written in its canonical form.

    An array or map that declares more items than the data holds costs nothing: the parser reads
    item by item and stops where the data does.

    Args:
        data: the bytes.
        bytes_max: more bytes than this are refused before parsing.

    Returns:
        ``int``, ``bytes``, ``str``, ``bool``, ``list`` and ``dict`` built of each other; also
        ``float``, ``None`` and simple values, which every schema refuses by type.

    Raises:
        WireError: if the data is too long, or not one such item.
    """
    if len(data) > bytes_max:
        raise WireError(f"{len(data)} bytes are more than the {bytes_max} allowed")
    try:
        return cbor2.loads(
            data,
            max_depth=DEPTH_MAX,
            allow_indefinite=False,
            allow_duplicate_keys=False,
            semantic_decoders=REFUSED_TAGS,
            tag_hook=refuse_tag,
        )
    except cbor2.CBORError as error:
        raise WireError(f"not acceptable CBOR: {error}") from error


def dump(value: object) -> bytes:
    """Write plain values: shortest forms, definite lengths, maps in the order they are given.

    The caller gives maps in ascending key order. For the keys Mohr uses (0 to 255) that is
    RFC 8949's bytewise order, and sorting again would cost more than all the rest.

    Raises:
        WireError: if the value holds something that CBOR cannot express.
    """
    try:
        return cbor2.dumps(value)
    except cbor2.CBORError as error:
        raise WireError(f"cannot be written as CBOR: {error}") from error


def refuse_tag(*_: Any) -> NoReturn:  # noqa: ANN401 - the library's hooks differ in arguments
    """Take the place of whatever would be made of a tagged item."""
    raise WireError("tags are not allowed")


# The library would run these tags' own constructors on untrusted input first (it compiles regular
# expressions and raises numbers to powers), so each is replaced; the hook takes all other tags.
REFUSED_TAGS: Final = dict.fromkeys(
    (*range(6), 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1004, 43000, 55799),
    refuse_tag,
)
