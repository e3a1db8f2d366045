"""A small declarative layer: what a decoded CBOR value must look like to become a value of ours.

Decoding runs thousands of times a second, so the good path holds no exceptions, no path strings
and no checks that could be made once: a record remembers, for each set of keys it has accepted,
which fields they are. The path to a fault is put together while the fault travels up.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter
from typing import Any, Final, Generic, TypeVar

from gateway.errors import ProgrammeError, ValueRangeError, WireError

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

_SHOWN_CHARACTERS: Final = 40


class Mismatch(Exception):  # noqa: N818 - never leaves the wire package; WireError does
    """A value is not what the schema asks for; gathers the path to it on its way up."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.steps: list[str] = []

    def path(self, root: str) -> str:
        """The way from ``root`` to the fault, for example ``transaction.sale.lines[2].label``."""
        return root + "".join(reversed(self.steps))


class Item(ABC, Generic[T]):
    """One kind of value on the wire.

    Attributes:
        absent: what an optional field of this kind is where its key is left out.
    """

    absent: object = None

    @abstractmethod
    def decode(self, value: object) -> T:
        """Check a parsed CBOR value and give it its type.

        Raises:
            Mismatch: if it is not exactly what this item describes.
        """

    def encode(self, value: T) -> object:
        """Give the plain value that CBOR can express; most values are plain already."""
        return value


class Int(Item[int]):
    """A whole number inside [minimum, maximum]; ``True`` and ``1.0`` are none."""

    __slots__ = ("_maximum", "_minimum")

    def __init__(self, minimum: int, maximum: int) -> None:
        self._minimum = minimum
        self._maximum = maximum

    def decode(self, value: object) -> int:
        """Check type and range."""
        if type(value) is not int or not self._minimum <= value <= self._maximum:
            raise Mismatch(f"must be a whole number in [{self._minimum}, {self._maximum}]")
        return value


class Bytes(Item[bytes]):
    """A byte string of a length inside [minimum, maximum]."""

    __slots__ = ("_maximum", "_minimum")

    def __init__(self, minimum: int, maximum: int | None = None) -> None:
        self._minimum = minimum
        self._maximum = minimum if maximum is None else maximum

    def decode(self, value: object) -> bytes:
        """Check type and length."""
        if type(value) is not bytes or not self._minimum <= len(value) <= self._maximum:
            raise Mismatch(f"must be a byte string of {self._minimum} to {self._maximum} bytes")
        return value


class Text(Item[str]):
    """Text of a number of characters (not bytes) inside [minimum, maximum]."""

    __slots__ = ("_maximum", "_minimum")

    def __init__(self, minimum: int, maximum: int) -> None:
        self._minimum = minimum
        self._maximum = maximum

    def decode(self, value: object) -> str:
        """Check type and length; the model's own values refuse control characters."""
        if type(value) is not str or not self._minimum <= len(value) <= self._maximum:
            raise Mismatch(f"must be text of {self._minimum} to {self._maximum} characters")
        return value


class Bool(Item[bool]):
    """True or false, and neither one nor zero."""

    __slots__ = ()

    def decode(self, value: object) -> bool:
        """Check the type."""
        if type(value) is not bool:
            raise Mismatch("must be true or false")
        return value


class Code(Item[E]):
    """A name written as its number in an explicit table. Numbers are given once and for ever.

    Raises:
        ValueError: when made with a table that forgets a member or gives one number twice.
    """

    __slots__ = ("_codes", "_members", "absent", "enum")

    def __init__(self, enum: type[E], codes: Mapping[E, int], *, absent: E | None = None) -> None:
        self.enum = enum
        self.absent = absent
        self._codes = dict(codes)
        self._members = {code: member for member, code in codes.items()}
        if set(self._codes) != set(enum) or len(self._members) != len(self._codes):
            raise ValueError(f"every {enum.__name__} needs exactly one number of its own")

    @property
    def codes(self) -> Mapping[E, int]:
        """The table, for documentation and tests."""
        return self._codes

    def decode(self, value: object) -> E:
        """Find the name of a number."""
        member = self._members.get(value) if type(value) is int else None
        if member is None:
            raise Mismatch(f"is no known {self.enum.__name__} code: {shown(value)}")
        if member is self.absent:
            raise Mismatch("is what an absent field means, and must be left out")
        return member

    def encode(self, value: E) -> int:
        """Find the number of a name."""
        return self._codes[value]

    def or_absent(self, absent: E) -> Code[E]:
        """The same table for an optional field that means ``absent`` where it is left out."""
        return Code(self.enum, self._codes, absent=absent)


class Array(Item[tuple[T, ...]]):
    """One to ``maximum`` items of one kind. An empty array is written as an absent field."""

    __slots__ = ("_item", "_maximum")

    absent = ()

    def __init__(self, item: Item[T], maximum: int) -> None:
        self._item = item
        self._maximum = maximum

    def decode(self, value: object) -> tuple[T, ...]:
        """Check the number of items and each of them."""
        if type(value) is not list or not 1 <= len(value) <= self._maximum:
            raise Mismatch(f"must be an array of 1 to {self._maximum} items")
        decode = self._item.decode
        items: list[T] = []
        try:
            for part in value:
                items.append(decode(part))  # noqa: PERF401 - the length names a faulty item
        except Mismatch as fault:
            fault.steps.append(f"[{len(items)}]")
            raise
        return tuple(items)

    def encode(self, value: tuple[T, ...]) -> object:
        """Give a list of plain items.

        Raises:
            WireError: if there are none, or more than a receiver takes.
        """
        if not 1 <= len(value) <= self._maximum:
            raise WireError(f"an array of {len(value)} items; 1 to {self._maximum} are allowed")
        encode = self._item.encode
        return [encode(part) for part in value]


@dataclass(frozen=True, slots=True)
class Field:
    """One key of a record.

    Attributes:
        key: its number on the wire.
        name: the attribute of the value it becomes.
        item: what it must be.
        optional: whether the item's ``absent`` (None, or an empty tuple) is written by leaving
            the key out.
    """

    key: int
    name: str
    item: Item[Any]
    optional: bool = False


_Plan = tuple[tuple[str, Callable[[object], Any]], ...]


class Record(Item[T]):
    """A map with ascending integer keys that becomes one frozen value.

    Raises:
        ValueError: when made with keys that do not ascend.
    """

    __slots__ = ("_absent", "_make", "_parts", "_plans", "_steps", "fields")

    def __init__(self, make: Callable[..., T], *fields: Field) -> None:
        keys = [field.key for field in fields]
        if keys != sorted(set(keys)) or len(keys) < 1:
            raise ValueError("a record has at least one field, in ascending order of their keys")
        self.fields = fields
        self._make = make
        self._parts = _parts_of([field.name for field in fields])
        self._steps = tuple(
            (field.key, field.optional, field.item.absent, _encoder(field.item)) for field in fields
        )
        self._absent = {field.name: field.item.absent for field in fields if field.optional}
        self._plans: dict[tuple[int, ...], _Plan] = {}

    def decode(self, value: object) -> T:
        """Check every key and make the value."""
        if type(value) is not dict:
            raise Mismatch("must be a map")
        return self.decode_map(value)

    def decode_map(self, value: dict[Any, Any], **arguments: object) -> T:
        """Make the value from a map and from ``arguments`` that do not stand in the map.

        Raises:
            Mismatch: if a key or a part is not as described, or the value refuses its parts.
        """
        keys = tuple(value)
        # True and 1.0 find the plan of 1 (they compare equal); the loop below looks at types.
        plan = self._plans.get(keys) or self._plan(keys)
        arguments |= self._absent
        name = ""
        try:
            for (key, part), (name, decode) in zip(value.items(), plan, strict=True):
                if type(key) is not int:
                    raise Mismatch("has a key that is no whole number")  # noqa: TRY301 - see below
                arguments[name] = decode(part)
        except Mismatch as fault:
            # Every fault of a part, the one raised above as well, learns here where it is.
            fault.steps.append(f".{name}")
            raise
        try:
            return self._make(**arguments)
        except (ValueRangeError, ProgrammeError) as error:
            raise Mismatch(str(error)) from error

    def encode(self, value: T) -> dict[int, object]:
        """Give a map of plain values in ascending order of its keys."""
        plain: dict[int, object] = {}
        parts = zip(self._steps, self._parts(value), strict=True)
        for (key, optional, absent, encode), part in parts:
            if optional and part == absent:
                continue
            plain[key] = part if encode is None else encode(part)
        return plain

    def _plan(self, keys: tuple[object, ...]) -> _Plan:
        known = {field.key: field for field in self.fields}
        plan: list[tuple[str, Callable[[object], Any]]] = []
        accepted: list[int] = []
        for key in keys:
            if type(key) is not int or key not in known:
                raise Mismatch(f"has the unknown key {shown(key)}")
            if accepted and key <= accepted[-1]:
                raise Mismatch("has keys that do not ascend")
            accepted.append(key)
            plan.append((known[key].name, known[key].item.decode))
        for field in self.fields:
            if not field.optional and field.key not in accepted:
                raise Mismatch(f"lacks {field.name} (key {field.key})")
        # Only sets of keys that were found good are kept: 2**(optional fields) at the very most.
        return self._plans.setdefault(tuple(accepted), tuple(plan))


def _parts_of(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    """A function that takes all named attributes of a value at once, always as a tuple."""
    if len(names) == 1:
        return lambda value: (getattr(value, names[0]),)
    return attrgetter(*names)


def shown(value: object) -> str:
    """A short representation of an untrusted value, for messages."""
    text = repr(value)
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"


def _encoder(item: Item[Any]) -> Callable[[Any], object] | None:
    """The item's own encode, or None where the value is plain already and no call is needed."""
    return None if type(item).encode is Item.encode else item.encode
