"""A record inside a byte string, so that it may stand under an extension's key."""

from __future__ import annotations

from typing import Generic, TypeVar

from gateway.errors import WireError
from gateway.wire import cbor
from gateway.wire.message import EXTENSION_BYTES_MAX
from gateway.wire.schema import Item, Mismatch, Record

T = TypeVar("T")


class Embedded(Item[T], Generic[T]):
    """A record's canonical CBOR as a byte string that an older reader can pass over."""

    __slots__ = ("_record",)

    def __init__(self, record: Record[T]) -> None:
        self._record = record

    def decode(self, value: object) -> T:
        """Check the bytes and what they hold; only the canonical form is taken."""
        if type(value) is not bytes:
            raise Mismatch("must be a byte string")
        try:
            raw = cbor.load(value, EXTENSION_BYTES_MAX)
        except WireError as error:
            raise Mismatch(str(error)) from error
        read = self._record.decode(raw)
        if cbor.dump(raw) != value:
            raise Mismatch("is not in canonical form")
        return read

    def encode(self, value: T) -> bytes:
        """Give the canonical bytes.

        Raises:
            WireError: if they are more than an extension may have.
        """
        data = cbor.dump(self._record.encode(value))
        if len(data) > EXTENSION_BYTES_MAX:
            raise WireError(f"{len(data)} bytes are more than an extension may have")
        return data
