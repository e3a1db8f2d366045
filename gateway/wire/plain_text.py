"""Large tables of names inside a message: canonical JSON in a byte string.

The rules of a programme have a hundred settings, nearly all of them left at their default. They
travel as the text that the ledger keeps, which says what every part is called.
"""

from __future__ import annotations

import json
from typing import Any, Generic, TypeVar

from gateway.errors import ValueRangeError
from gateway.model.plain import from_plain, to_canonical_json
from gateway.wire.schema import Item, Mismatch

T = TypeVar("T")


class PlainText(Item[T], Generic[T]):
    """A frozen value as a byte string of UTF-8 JSON; only the canonical text is taken."""

    __slots__ = ("_kind", "_maximum", "absent")

    def __init__(self, kind: type[T], maximum: int, *, absent: T | None = None) -> None:
        self._kind = kind
        self._maximum = maximum
        self.absent = absent

    def decode(self, value: object) -> T:
        """Check length, names, ranges, and that no other text stands for the same value."""
        if type(value) is not bytes or not 1 <= len(value) <= self._maximum:
            raise Mismatch(f"must be a byte string of 1 to {self._maximum} bytes")
        try:
            text = value.decode()
            plain: Any = json.loads(text)
            read = from_plain(self._kind, plain)
        except (UnicodeDecodeError, RecursionError, json.JSONDecodeError) as error:
            raise Mismatch("must be JSON") from error
        except ValueRangeError as error:
            raise Mismatch(str(error)) from error
        if to_canonical_json(read) != text:
            raise Mismatch("is not in canonical form")
        if read == self.absent:
            raise Mismatch("says nothing and must be left out")
        return read

    def encode(self, value: T) -> bytes:
        """Give the canonical text's bytes."""
        return to_canonical_json(value).encode()
